"""A mailing's links among machines (T3, T6 to T9): scanners, crawlers and prefetches leave no trace, people arrive."""

import itertools
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from crawleruseragents import CRAWLER_USER_AGENTS_DATA
from playwright.sync_api import Browser, Page

from personalize.asgi.middleware import PersonalizeMiddleware
from personalize.model.moments import SECOND
from personalize.recognition.recognise import handle_digest
from personalize.recognition.tokens import CLICK_LIFE, LEEWAY, handle_of
from personalize.testing import TrialSite
from personalize.testing.browser import AGENT, OPENING
from tests.chromium import launched
from tests.house import Answer, ask
from tests.trip.server import exchange, served

CONFIG = Path(__file__).resolve().parents[2] / "personalize" / "cli" / "starter" / "personalize.toml"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
HEADLESS = CHROME.replace("Chrome", "HeadlessChrome")
PAGE = [(name.encode(), value.encode()) for name, value in OPENING.items()]
PLAIN = [(b"user-agent", AGENT.encode()), (b"accept", b"*/*")]
NOT_A_PERSON = [(name, value) for name, value in PAGE if name != b"user-agent"]
TRACES = ("subjects", "handles", "mailings", "consent_events", "changes", "browsers", "identifiers", "profiles")
FETCHES = 20


@contextmanager
def mailing(people: int, clock: Any = None) -> Iterator[tuple[TrialSite, dict[str, str]]]:
    """A site and a mailing to so many people who agreed to being recognised: identifier and link."""
    with TrialSite(CONFIG, clock=clock) as site:
        everybody = [f"customer_number:{number}" for number in range(1, people + 1)]
        for person in everybody:
            site.knows(person, customer=True)
            site.gives(person, "newsletter")
        sent = site.house.mailing("weekly")
        tokens = sent.tokens([site.house.subject_of(person) for person in everybody])
        yield site, {person: f"/?pzt={token}" for person, token in zip(everybody, tokens, strict=True)}


def traces(site: TrialSite) -> dict[str, list[Any]]:
    """Everything that is kept of people, and what was decided for them."""
    site.house.mailing_visitors.write()
    kept = {table: site.house.store.people.all(f"SELECT * FROM {table}") for table in TRACES}
    return {**kept, "entries": list(site.house.cookbook.by_time(0, 1 << 62))}


def visitors(site: TrialSite) -> int:
    site.house.mailing_visitors.write()
    return site.house.store.handles.mailings()[0].visitors


async def fetch(site: TrialSite, link: str, headers: Any, method: str = "GET") -> Answer:
    return await ask(site.app, "/", query=urlsplit(link).query.encode(), headers=headers, method=method)


async def plain_get(site: TrialSite, link: str) -> list[Answer]:
    return [await fetch(site, link, PLAIN)]


async def head(site: TrialSite, link: str) -> list[Answer]:
    return [await fetch(site, link, PAGE, "HEAD")]


async def crawler(site: TrialSite, link: str) -> list[Answer]:
    """One that says who it is, and otherwise everything that a browser does."""
    agent = b"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    return [await fetch(site, link, [*NOT_A_PERSON, (b"user-agent", agent)])]


async def follows_without_cookies(site: TrialSite, link: str) -> list[Answer]:
    """Says all that a browser says, and follows the redirect, but keeps no cookie."""
    return [await fetch(site, link, PAGE), await fetch(site, "/", PAGE)]


async def keeps_cookies(site: TrialSite, link: str) -> list[Answer]:
    """Follows the redirect with whatever cookie it got, and never comes back."""
    first = await fetch(site, link, PLAIN)
    held = (first.header(b"set-cookie") or b"").partition(b";")[0]
    return [first, await fetch(site, "/", [*PLAIN, (b"cookie", held)])]


AGENTS = (plain_get, head, crawler, follows_without_cookies, keeps_cookies)


@pytest.mark.parametrize("people", [20, pytest.param(1_000, marks=pytest.mark.soak)])
async def test_scanners_open_every_link_and_leave_no_trace(people: int) -> None:
    with mailing(people) as (site, links):
        before = traces(site)
        for agent in AGENTS:
            for link in links.values():
                for _ in range(FETCHES):
                    answers = await agent(site, link)
                    assert answers[0].status == 303
                    if agent is not follows_without_cookies:
                        assert all(answer.header(b"set-cookie") is None for answer in answers)
        assert traces(site) == before
        await everybody_arrives(site, links)
        assert visitors(site) == people


async def everybody_arrives(site: TrialSite, links: dict[str, str]) -> None:
    """Each person opens their link in a browser and is recognised on the page it leads to."""
    for person, link in links.items():
        first = await fetch(site, link, PAGE)
        cookie = (first.header(b"set-cookie") or b"").partition(b";")[0]
        await fetch(site, first.header(b"location").decode(), [*PAGE, (b"cookie", cookie)])
        assert len(site.entries(person)) == len(site.personalizer.settings.slots)


async def test_no_known_crawler_is_recognised_or_given_a_cookie() -> None:
    agents = [agent for known in CRAWLER_USER_AGENTS_DATA for agent in known.get("instances", ())]
    assert len(agents) > 1_000
    with mailing(1) as (site, links):
        (link,) = links.values()
        before = traces(site)
        for agent in agents:
            answer = await fetch(site, link, [*NOT_A_PERSON, (b"user-agent", agent.encode("utf-8", "replace"))])
            assert (answer.status, answer.header(b"set-cookie")) == (303, None), agent
        assert traces(site) == before


MODES = ("navigate", "no-cors", "cors", "same-origin", "websocket", None)
DESTS = ("document", "iframe", "frame", "embed", "object", "image", "script", "empty", None)
PURPOSES = (None, "prefetch", "prefetch;prerender", "prefetch;anonymous-client-ip")


async def test_only_a_page_that_is_opened_sets_a_cookie() -> None:
    with mailing(1) as (site, links):
        (link,) = links.values()
        for mode, dest, purpose, method in itertools.product(MODES, DESTS, PURPOSES, ("GET", "HEAD", "POST")):
            named = {"sec-fetch-mode": mode, "sec-fetch-dest": dest, "sec-purpose": purpose}
            held = [(name.encode(), value.encode()) for name, value in named.items() if value is not None]
            answer = await fetch(site, link, [(b"user-agent", AGENT.encode()), *held], method)
            opened = (mode, dest, purpose, method) == ("navigate", "document", None, "GET")
            assert (answer.header(b"set-cookie") is not None) is opened, (named, method)
            assert purpose is None or answer.status == 503


@pytest.mark.parametrize("count", [200, pytest.param(10_000, marks=pytest.mark.soak)])
def test_no_token_stands_in_an_access_log(count: int, caplog: pytest.LogCaptureFixture) -> None:
    with mailing(1) as (site, links):
        caplog.set_level("DEBUG", logger="uvicorn")
        caplog.set_level("DEBUG", logger="personalize")
        tokens = site.house.mailing("weekly").tokens([site.house.subject_of(*links)] * count)
        with served(site.app, lifespan="off", log_config=None, level="info") as port:
            for token in tokens:
                status, *_ = exchange(
                    port, f"/?a=1&pzt={token}", *(f"{key}: {value}" for key, value in OPENING.items())
                )
                assert b" 303 " in status
        lines = "\n".join(logging.Formatter("%(message)s %(args)s").format(each) for each in caplog.records)
        assert lines.count("GET /?a=1") >= count
        assert [token for token in tokens if token in lines or token[:43] in lines] == []


class Times:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.at = 1_800_000_000 * SECOND

    def now(self) -> int:
        return self.at


async def is_recognised(site: TrialSite, link: str) -> bool:
    return (await fetch(site, link, PAGE)).header(b"set-cookie") is not None


async def test_an_old_link_recognises_nobody_and_neither_does_its_sibling() -> None:
    clock = Times()
    with mailing(1, clock) as (site, links):
        (link,) = links.values()
        sibling = f"{link[:-1]}{chr(ord(link[-1]) + 1)}"
        assert not await is_recognised(site, sibling)
        clock.at += CLICK_LIFE + LEEWAY - 2 * SECOND
        assert await is_recognised(site, link)
        for seconds in (4, 3_600, 86_400, 365 * 86_400):
            clock.at += seconds * SECOND
            assert not await is_recognised(site, link)
            assert not await is_recognised(site, sibling)
        clock.at = 1_800_000_000 * SECOND - LEEWAY - 2 * SECOND
        assert not await is_recognised(site, link)


async def test_a_revoked_link_and_the_cookie_it_gave_end_at_once() -> None:
    with mailing(3) as (site, links):
        first, second, third = links.items()
        got = (await fetch(site, first[1], PAGE)).header(b"set-cookie") or b""
        held = [*PAGE, (b"cookie", got.partition(b";")[0])]
        await fetch(site, "/", held)
        shown = len(site.entries(first[0]))
        assert shown > 0
        assert site.house.revoke(subject=site.house.subject_of(first[0])) == 1
        await fetch(site, "/", held)
        assert len(site.entries(first[0])) == shown
        assert [await is_recognised(site, link) for _, link in (first, second, third)] == [False, True, True]
        digest = handle_digest(handle_of(second[1].partition("pzt=")[2].encode()) or b"")
        assert site.house.store.handles.handle(digest) is not None
        assert site.house.revoke(mailing="weekly") == 2
        assert [await is_recognised(site, link) for _, link in (second, third)] == [False, False]


RULES = '<script type="speculationrules">{{"HOW": [{{"urls": ["{}"], "eagerness": "immediate"}}]}}</script>'
AHEAD = {
    "/link": '<link rel="prefetch" href="{}">',
    "/prefetch": RULES.replace("HOW", "prefetch"),
    "/prerender": RULES.replace("HOW", "prerender"),
}


class Letter:
    """The web version of a newsletter beside the site, and what each request said."""

    def __init__(self, site: TrialSite) -> None:
        self.site, self.link = site, ""
        self.arrived: list[tuple[str, str]] = []
        self.seen: list[str] = []
        self._inner = PersonalizeMiddleware(self.page, site.personalizer)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = {name.decode(): value.decode() for name, value in scope.get("headers", ())}
        if b"pzt=" in scope.get("query_string", b""):
            self.arrived.append((headers.get("sec-purpose", ""), headers.get("sec-fetch-dest", "")))
        await self._inner(scope, receive, send)

    async def page(self, scope: Any, receive: Any, send: Any) -> None:
        self.seen.append(f"{scope['path']}?{scope['query_string']} {scope['headers']}")
        known = scope["state"]["personalize"].visitor.subject is not None
        ahead, who = AHEAD.get(scope["path"], "").format(self.link), "known" if known else "stranger"
        body = f"<!doctype html><title>t</title>{ahead}<p>{who}</p><img src=/pixel><a href=/on>on</a>"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": body.encode()})


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched("no link was prefetched") as browser:
        yield browser


@pytest.mark.browser
def test_chromium_prefetches_in_vain_and_the_person_arrives(chromium: Browser) -> None:
    reader = chromium.new_context(user_agent=CHROME)
    with mailing(1) as (site, links):
        (link,) = links.values()
        letter, before = Letter(site), traces(site)
        with served(letter, lifespan="off") as port:
            letter.link = link
            for path in AHEAD:
                page, count = reader.new_page(), len(letter.arrived)
                with page.expect_event("requestfinished", lambda request: "/pixel" in request.url):
                    page.goto(f"http://127.0.0.1:{port}{path}")
                for _ in range(200):
                    if len(letter.arrived) > count:
                        break
                    page.wait_for_timeout(20)
                page.close()
            assert [purpose for purpose, _ in letter.arrived] == ["prefetch", "prefetch", "prefetch;prerender"]
            assert reader.cookies() == []
            assert traces(site) == before
            page = reader.new_page()
            page.goto(f"http://127.0.0.1:{port}{link}")
            assert page.inner_text("p") == "known"
            assert page.evaluate("document.referrer") == ""
            page.click("a")
            token = link.partition("pzt=")[2]
            assert page.inner_text("p") == "known"
            assert token not in page.url + page.content() + page.evaluate("document.referrer") + "".join(letter.seen)
        assert visitors(site) == 1
        reader.close()


LOOKS = [
    pytest.param(*look, marks=() if look == ("nb", "dark", 320) else pytest.mark.soak)
    for look in itertools.product(("nl", "nb", "en"), ("light", "dark"), (320, 1280))
]


@pytest.mark.browser
@pytest.mark.parametrize(("lang", "scheme", "width"), LOOKS)
def test_the_choice_is_made_by_keyboard_on_a_page_that_breaks_no_rule(
    chromium: Browser, lang: str, scheme: str, width: int
) -> None:
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    reader = chromium.new_context(user_agent=CHROME, bypass_csp=True, **look)
    with mailing(2) as (site, links), served(site.app, lifespan="off") as port:
        page, (first, second) = reader.new_page(), links.values()
        page.goto(f"http://127.0.0.1:{port}{first}")
        page.goto(f"http://127.0.0.1:{port}{second}")
        page.goto(f"{page.url}&lang={lang}")
        assert broken(page) == []
        page.focus("button")
        page.keyboard.press("Enter")
        page.wait_for_url(f"http://127.0.0.1:{port}/")
        assert len(site.entries(list(links)[1])) == len(site.personalizer.settings.slots)
        page.goto(f"http://127.0.0.1:{port}/personalize/not-you?lang={lang}")
        assert broken(page) == []
        page.focus("button")
        page.keyboard.press("Enter")
        page.wait_for_selector("[role=status]")
        assert broken(page) == []
        assert reader.cookies() == []
    reader.close()


def broken(page: Page) -> list[object]:
    """What axe finds wrong, and whether the page is wider than its window."""
    found: list[object] = [each["id"] for each in Axe().run(page).response["violations"]]
    wider = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return [*found, "wider than the window"] if wider else found
