"""The newspaper with one subscriber, and the browsers that come to her page."""

import re
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from personalize.testing import TrialSite
from personalize.testing.browser import LOGIN, OPENING
from tests.unit.web.mine.visiting import ANNA, HERE, NEWSPAPER, SECRETS


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("newspaper")
    text = re.sub(r"(?m)^template = .*?\n", "", (NEWSPAPER / "personalize.toml").read_text(encoding="utf-8"))
    (folder / "personalize.toml").write_text(text, encoding="utf-8")
    shutil.copytree(NEWSPAPER / "content", folder / "content")
    shutil.copy(NEWSPAPER / "last_days.py", folder)
    return folder / "personalize.toml"


@pytest.fixture
def site(config: Path) -> Iterator[TrialSite]:
    """The newspaper with one subscriber, who agreed to two things and came by once."""
    with TrialSite(config) as site:
        site.knows(ANNA, first_name=SECRETS[0], contract_end=date(2031, 12, 31), newsletters=frozenset({SECRETS[2]}))
        site.gives(ANNA, "climate_letter")
        site.gives(ANNA, "recognition")
        site.browser(ANNA).open("/")
        yield site


@pytest.fixture
def anna(site: TrialSite) -> TestClient:
    """Anna's browser, logged in."""
    return TestClient(site.app, base_url=site.url, follow_redirects=False, headers={LOGIN: ANNA})


@pytest.fixture
def nobody(site: TrialSite) -> TestClient:
    return TestClient(site.app, base_url=site.url, follow_redirects=False)


@pytest.fixture
def clicked(site: TrialSite, nobody: TestClient) -> TestClient:
    """A browser that opened Anna's newsletter link."""
    nobody.headers.update(OPENING)
    assert nobody.get(site.link(ANNA)).cookies
    return nobody


@pytest.fixture
def device(site: TrialSite, nobody: TestClient) -> TestClient:
    """A browser of nobody in particular, in which the banner was agreed to."""
    texts = f"reading:{site.personalizer.settings.notices['reading'].digests['en']}"
    fields = {"texts": texts, "lang": "en", "from": "banner", "back": "/", "answer": "yes"}
    assert nobody.post("/personalize/consent", data=fields, headers=HERE).status_code == 303
    return nobody
