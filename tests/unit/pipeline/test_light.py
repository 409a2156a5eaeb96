"""What a page of a warm person costs, where it is easily lost again without a sign."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType

import pytest

from personalize.asgi.middleware import PersonalizeMiddleware
from personalize.asgi.visit import Visit
from personalize.testing import TrialSite
from tests.house import ask, page
from tests.unit.pipeline.test_decide_all import SITE, VARIANTS

WAY = (
    "asgi/middleware.py", "asgi/asking.py", "asgi/visit.py", "asgi/respond.py", "asgi/caching.py", "pipeline.py",
    "verdicts.py", "serving.py", "profile/hot.py", "cookbook/record.py", "cookbook/journal.py", "cookbook/codes.py",
)  # fmt: skip
PERSON = [(b"x-trial-login", b"customer_number:7")]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[TrialSite]:
    """A site that is not in development: without the bar, and its checks."""
    settings = tmp_path / "personalize.toml"
    settings.write_text(SITE.replace("http://127.0.0.1:8000", "https://www.example.org"), encoding="utf-8")
    with TrialSite(settings, content=VARIANTS) as site:
        site.knows("customer_number:7", age=20)
        yield site


async def test_no_function_on_the_way_of_a_page_makes_cells(site: TrialSite) -> None:
    """Each name that a comprehension or a lambda takes from around it is a cell, made at every call."""
    topics = iter(("climate", "sport", "climate", "sport"))

    def decide(visit: Visit) -> None:
        visit.decide_all("hero", "offer", topic=next(topics))

    app = PersonalizeMiddleware(page(b"x", before=decide), site.personalizer)
    for _ in range(2):
        await ask(app, headers=PERSON)
    called: set[CodeType] = set()

    def note(frame: FrameType, event: str, what: object) -> None:
        called.add(frame.f_code)

    sys.setprofile(note)
    try:
        await ask(app, headers=PERSON)
    finally:
        sys.setprofile(None)
    ours = {code.co_qualname: code.co_cellvars for code in called if code.co_filename.endswith(WAY)}
    assert {"Recorder.write", "Pipeline._decided", "judge_again", "Visit.put_on_the_page"} <= ours.keys()
    assert {name: cells for name, cells in ours.items() if cells} == {}
