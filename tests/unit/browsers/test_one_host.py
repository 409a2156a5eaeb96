"""Two sites on one host, below different paths: browsers keep one cookie for both."""

from pathlib import Path

import pytest

from personalize.testing.browser import Browser
from tests.own_login import FORM, TOML, URL, Paper
from tests.unit.browsers.visitors import CLICK, DEVICE, HOST, LOGIN, visitor

OURS = {"sec-fetch-site": "same-origin", **FORM}


@pytest.fixture
def shop(tmp_path: Path) -> Paper:
    return Paper(tmp_path / "shop", toml=TOML.replace(URL, f"{URL}/shop"))


@pytest.fixture(params=[LOGIN, DEVICE, CLICK])
def reader(tmp_path: Path, request: pytest.FixtureRequest) -> Browser:
    """Somebody whom the newspaper on the same host knows."""
    paper = Paper(tmp_path / "news", toml=TOML.replace(URL, f"{URL}/news"))
    return visitor(paper, request.param, paper.knows("1", first_name="Anna", theme="dark"))


def test_to_the_other_site_a_cookie_is_nobody_s_and_reading_leaves_it(shop: Paper, reader: Browser) -> None:
    there, stranger = shop.browser(), shop.browser()
    there.cookies = dict(reader.cookies)
    for path in ("/", "/personalize/me", "/personalize/consent"):
        assert there.request("GET", path).text == stranger.request("GET", path).text
    assert there.cookies == reader.cookies


def test_what_is_agreed_to_at_one_replaces_what_the_other_knows_a_browser_by(shop: Paper, reader: Browser) -> None:
    there = shop.browser()
    there.cookies = dict(reader.cookies)
    digest = shop.personalizer.settings.notices["reading"].digests["en"]
    form = f"answer=yes&lang=en&from=form&back=&texts=reading:{digest}"
    assert there.request("POST", "/personalize/consent", OURS, form.encode()).status == 303
    assert there.cookies.keys() == reader.cookies.keys() == {HOST}
    assert there.cookies != reader.cookies
