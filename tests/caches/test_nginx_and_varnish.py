"""The real caches in front of the newspaper, set up as the documentation says: nothing crosses, strangers hit."""

import http.client
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from personalize.health.watch import Measures
from personalize.house import House
from personalize.model.people import Assurance, Visitor
from personalize.web.api.metrics import metrics_route
from personalize.web.consent.banner import Banner
from tests.caches.paper import (
    PAGES,
    STORY,
    Answer,
    Browser,
    Paper,
    Street,
    customer,
    newspaper,
    opened,
    own_marks,
    reads_climate,
)
from tests.caches.programs import nginx, varnish
from tests.trip.server import served

pytestmark = pytest.mark.server
Run = Callable[[str, int, Path], AbstractContextManager[int]]
CACHES = [pytest.param(nginx, "nginx.conf", id="nginx"), pytest.param(varnish, "site.vcl", id="varnish")]
SHARING = [pytest.param(nginx, "contexts.conf", id="nginx"), pytest.param(varnish, "contexts.vcl", id="varnish")]
FILES = ["nginx.conf", "site.vcl", "contexts.conf", "contexts.vcl"]
CONTEXTS = """
[segments.read-about-climate]
when = "read_topic == 'climate'"
[contexts]
segments = ["climate-readers", "read-about-climate"]
"""
SIZES = [pytest.param((16, 1), id="sample"), pytest.param((200, 4), marks=pytest.mark.soak, id="all")]
BANNER = 'class="pz-consent"'
VISITOR = "127.0.0.2"
WITHIN = 1.5
"""Seconds until a withdrawal in another process holds here (law 9: one), and some for a page."""


@pytest.fixture(scope="module", params=SIZES)
def crowd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Paper, int]]:
    """A newspaper with readers, and how often each reads."""
    readers, rounds = request.param
    with newspaper(tmp_path_factory.mktemp("paper") / "site", readers, CONTEXTS) as paper:
        yield paper, rounds


class Readings:
    """What came to whom: names and visit codes belong to the first reader they came to, or somebody crossed."""

    def __init__(self) -> None:
        self.owner: dict[str, int] = {}
        self.strangers: list[bool] = []
        self.shared: list[bool] = []

    def own(self, answer: Answer, place: int, *, named: bool) -> None:
        """Check a reader's own page."""
        self._sound(answer)
        assert not answer.hit
        assert own_marks(answer)
        for mark in own_marks(answer):
            assert self.owner.setdefault(mark, place) == place, f"{mark} of {self.owner[mark]} came to {place}"
        assert (f"Reader{place:04}" in answer.body) is named

    def in_context(self, answer: Answer) -> None:
        """Check a page that readers share."""
        self._sound(answer)
        assert not own_marks(answer)
        self.shared.append(answer.hit)

    def stranger(self, answer: Answer) -> None:
        """Check a strangers' page."""
        assert answer.status == 200
        assert "set-cookie" not in dict(answer.headers)
        assert not own_marks(answer)
        assert STORY not in answer.body
        self.strangers.append(answer.hit)

    def _sound(self, answer: Answer) -> None:
        assert answer.status == 200
        assert {"private", "no-store"} <= set(answer.header("cache-control").split(", "))
        assert not {"etag", "set-cookie", "x-accel-expires", "x-accel-redirect"}.intersection(dict(answer.headers))


def share(hits: list[bool]) -> float:
    return sum(hits) / len(hits)


def turns(street: Street, rounds: int) -> Iterator[tuple[int, str]]:
    """Yield reader and page, so that the readers of a page take turns."""
    for turn in range(rounds):
        for place in range(len(street.paper.links)):
            yield place, PAGES[(place // 4 + turn) % len(PAGES)]


@pytest.mark.parametrize(("run", "config"), CACHES)
def test_nothing_crosses_and_strangers_are_served_from_the_cache(
    run: Run, config: str, crowd: tuple[Paper, int], tmp_path: Path
) -> None:
    paper, rounds = crowd
    read = Readings()
    with run(config, paper.port, tmp_path) as port, Street(port, paper) as street:
        readers = [(street.logged_in if n % 4 < 2 else street.by_letter)(n) for n in range(len(paper.links))]
        stranger = street.browser()
        for place, path in turns(street, rounds):
            for number in range(2):
                stranger.jar = {"_ga": f"GA1.{place}.{number}"}
                read.stranger(stranger.ask(path))
            answer = readers[place].ask(path)
            read.own(answer, place, named=place % 4 < 2)
            assert path != "/en/" or (STORY in answer.body) is reads_climate(place)
        check_banner(street)
    assert share(read.strangers) >= 0.9


def said_no(paper: Paper) -> dict[str, str]:
    """Return the cookie by which a browser remembers a no."""
    with opened(paper) as house:
        name, value = Banner(house.settings, lambda: house).no_cookie(["reading"])[1].decode().split(";")[0].split("=")
    return {name: value}


def check_banner(street: Street) -> None:
    """Check that a no to the banner is heeded by the cache, for everybody who said so and nobody else."""
    refusing, other = street.browser(**said_no(street.paper)), street.browser(_ga="1")
    for browser, asked in ((refusing, False), (other, True), (refusing, False), (other, True)):
        answer = browser.ask("/nb/")
        assert (BANNER in answer.body) is asked
    assert answer.hit
    assert refusing.ask("/nb/").hit


@pytest.mark.parametrize(("run", "config"), SHARING)
def test_readers_of_one_context_share_pages_and_nothing_crosses(
    run: Run, config: str, crowd: tuple[Paper, int], tmp_path: Path
) -> None:
    paper, rounds = crowd
    read, people = Readings(), range(len(paper.links))
    with run(config, paper.port, tmp_path) as port, Street(port, paper) as street:
        by_letter, logged_in = [street.by_letter(n) for n in people], {n: street.logged_in(n) for n in people[::8]}
        stranger = street.browser(_ga="GA1.2")
        for place, path in [*turns(street, rounds), *turns(street, 4 * rounds)]:
            read.stranger(stranger.ask(path))
            answer = by_letter[place].ask(path)
            read.in_context(answer)
            assert path != "/en/" or (STORY in answer.body) is reads_climate(place)
            if place in logged_in:
                read.own(logged_in[place].ask(path), place, named=True)
        with opened(paper) as house:
            check_records(house, 1, 5 * rounds)
            check_withdrawal(house, by_letter[0], 0)
            house.ledger.give(*agreement(house, 0))
        check_banner(street)
        assert stranger.ask("/personalize/api/context").status == 404
        by_letter[2].jar |= said_no(paper)
        assert BANNER not in by_letter[2].ask("/en/").body
        assert BANNER in by_letter[4].ask("/en/").body
    assert share(read.strangers) >= 0.9
    assert share(read.shared) >= 0.9


def check_records(house: House, place: int, least: int) -> None:
    """Check that each page a reader got from the cache left an entry of their context."""
    subject = house.subject_of(f"customer_number:{customer(place)}")
    slots = [entry.slot for entry in house.cookbook.by_subject(subject, 1000)]
    assert slots.count("segments") >= least
    assert "hero" not in slots[:least]


def agreement(house: House, place: int) -> tuple[Visitor, str, str, str]:
    """Return what a reader agrees to when they want the climate letter."""
    visitor = Visitor(subject=house.subject_of(f"customer_number:{customer(place)}"), assurance=Assurance.login)
    return visitor, "climate_letter", "en", house.settings.notices["climate_letter"].digests["en"]


def check_withdrawal(house: House, reader: Browser, place: int) -> None:
    """Check that a withdrawal ends the shared page as soon as any."""
    assert STORY in reader.ask("/en/").body
    house.ledger.withdraw(agreement(house, place)[0], "climate_letter")
    until = time.monotonic() + WITHIN
    while STORY in reader.ask("/en/").body:
        assert time.monotonic() < until


@pytest.mark.parametrize(("run", "config"), [each.values for each in (*CACHES, *SHARING)], ids=FILES)
def test_the_site_is_told_who_asks_and_metrics_are_not_for_them(run: Run, config: str, tmp_path: Path) -> None:
    def who(request: Request) -> Response:
        if request.url.path == "/own" and "cookie" not in request.headers:
            return Response(headers={"x-accel-redirect": "@personalize-own"})
        return PlainTextResponse(f"{request.client.host if request.client else None}")

    def context(request: Request) -> Response:
        return Response(status_code=204, headers={"personalize-context": "a"})

    ours = [metrics_route(Measures), Route("/api/context", context), Route("/me", who)]
    routes = [Mount("/personalize", routes=ours), Route("/{path:path}", who)]
    somebody, forged = {"cookie": "__Host-pz=x"}, {"x-forwarded-for": "10.9.8.7", "host": "127.0.0.1"}
    with served(Starlette(routes=routes)) as behind, run(config, behind, tmp_path) as port:
        for path, cookie in (("/", {}), ("/", somebody), ("/own", somebody), ("/personalize/me", somebody)):
            assert ask_from(VISITOR, port, path, {**cookie, **forged}) == (200, VISITOR)
        assert ask_from(VISITOR, port, "/personalize/api/metrics", forged)[0] == 403
        assert ask_from(VISITOR, behind, "/personalize/api/metrics", {})[0] == 200


def ask_from(address: str, port: int, path: str, headers: dict[str, str]) -> tuple[int, str]:
    """Ask from an address of this machine's loopback network, and return status and body."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20, source_address=(address, 0))) as line:
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        return answer.status, answer.read().decode("utf-8")


@pytest.mark.parametrize(("run", "config"), [SHARING[0], pytest.param(*SHARING[1].values, marks=pytest.mark.soak)])
@pytest.mark.parametrize("status", [404, 500])
def test_where_no_context_can_be_had_the_page_is_the_strangers(
    run: Run, config: str, status: int, tmp_path: Path
) -> None:
    def page(request: Request) -> Response:
        told = f"{request.headers.get('cookie')} {request.headers.get('personalize-context')}"
        return PlainTextResponse(f"page {told}", headers={"cache-control": "s-maxage=60"})

    def context(request: Request) -> Response:
        return Response(status_code=status)

    site = Starlette(routes=[Route("/personalize/api/context", context), Route("/", page)])
    with served(site) as behind, run(config, behind, tmp_path) as port, Street(port, Paper(0, tmp_path, [])) as street:
        answer = street.browser(**{"__Host-pz": "x"}).ask("/", personalize_context="forged")
        assert (answer.status, answer.body.split()[1]) == (200, "None")
        assert answer.body.split()[2] in ("None", "")
