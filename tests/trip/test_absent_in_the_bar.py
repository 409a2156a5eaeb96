"""What the development bar says of a variant that is not shown for want of something."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from personalize import PersonalizeMiddleware
from personalize.testing import Browser, TrialSite

HELLO = Path(__file__).parents[2] / "examples" / "01-hello" / "personalize.toml"
FACTS = 'context = { topic = "text", depth = "number", tags = "set of text" }'
VARIANTS = """
[[variant]]
slot = "hello"
name = "by-name"
when = "first_name == 'Anna'"
fields = { text = "Anna" }
[[variant]]
slot = "hello"
name = "by-page"
when = "topic == 'climate' or depth > 3 or 'sport' in tags"
fields = { text = "Climate" }
"""
ANNA = "customer_number:7"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[TrialSite]:
    config = tmp_path / "personalize.toml"
    config.write_text(HELLO.read_text("utf-8").replace("[slots.hello]", f"[slots.hello]\n{FACTS}"), "utf-8")
    with TrialSite(config, content=VARIANTS) as site:
        site.knows(ANNA)
        yield site


def opened(site: TrialSite, **facts: object) -> str:
    def page(request: Request) -> HTMLResponse:
        request.state.personalize.decide("hello", **facts)
        return HTMLResponse("<body></body>")

    middleware = Middleware(PersonalizeMiddleware, personalizer=site.personalizer)
    app = Starlette(routes=[Route("/", page)], middleware=[middleware])
    return Browser(app, site.url, ANNA).open().text


def test_attributes_and_page_facts_are_named(site: TrialSite) -> None:
    text = site.browser(ANNA).open().text
    assert "by-name: it is meant for others, the value is missing (first_name)" in text
    assert "by-page: it is meant for others, the value is missing (depth, tags, topic)" in text


def test_what_was_read_is_told_from_what_was_not_there_and_by_what_the_person_is_known(site: TrialSite) -> None:
    absent = site.browser(ANNA).open().text
    assert "no ingredients; absent: first_name (the value is missing)<" in absent
    site.knows("customer_number:8", first_name="Anna")
    there = site.browser("customer_number:8").open().text
    assert "1 ingredient: first_name<" in there
    assert "known by login, visit code" in there


def test_a_fact_that_the_page_gave_is_not_named(site: TrialSite) -> None:
    assert "by-page: it is meant for others, the value is missing (depth, tags)<" in opened(site, topic="sport")


def test_of_facts_that_are_not_kept_nothing_is_said(site: TrialSite) -> None:
    assert "by-page: it is meant for others, the value is missing<" in opened(site, topic="sport", tags=["a"])


def test_nobodys_data_is_named_to_a_stranger(site: TrialSite) -> None:
    assert "by-name: the visitor is not recognised<" in site.browser().open().text
