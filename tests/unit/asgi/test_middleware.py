"""The middleware on raw ASGI: what it hands on, what it leaves alone."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

import pytest
from jinja2 import Environment

from personalize.asgi.templating import install
from personalize.asgi.visit import Visit, current
from personalize.model.people import Assurance, Visitor
from tests.house import COOKIE, HTML, KNOWN, House, Prepared, ask, page

CACHED = [
    (b"Content-Type", b"text/html"),
    (b"Cache-Control", b"public, max-age=60"),
    (b"ETag", b'"1"'),
    (b"vary", b"accept"),
    (b"content-length", b"2"),
]


@pytest.mark.parametrize("headers", [[], KNOWN])
async def test_a_page_without_slots_is_the_very_message_of_the_site(headers: Any) -> None:
    sent = {"type": "http.response.start", "status": 200, "headers": CACHED}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(sent)
        await send({"type": "http.response.body", "body": b"hi"})

    assert (await ask(House().wrap(app), headers=headers)).start is sent


async def test_a_page_with_slots_of_a_known_person_is_kept_out_of_caches() -> None:
    app = House().wrap(page(b"hi", headers=CACHED, before=lambda visit: visit.decide("hero")))
    answer = await ask(app, headers=KNOWN)
    assert answer.headers == [
        (b"Content-Type", b"text/html"),
        (b"vary", b"accept, Cookie"),
        (b"content-length", b"2"),
        (b"cache-control", b"private, no-store"),
    ]


async def test_a_strangers_page_with_slots_stays_cacheable_and_varies_by_cookie() -> None:
    app = House().wrap(page(b"hi", headers=CACHED, before=lambda visit: visit.decide("hero")))
    assert (await ask(app)).headers == [*CACHED[:3], (b"vary", b"accept, Cookie"), CACHED[4]]


@pytest.mark.parametrize("look", [attrgetter("visitor"), attrgetter("is_known")], ids=["visitor", "is_known"])
async def test_reading_who_it_is_keeps_the_page_out_of_caches_too(look: Callable[[Visit], object]) -> None:
    app = House().wrap(page(b"hi", headers=CACHED, before=look))
    assert (await ask(app, headers=KNOWN)).header(b"cache-control") == b"private, no-store"
    assert (await ask(app)).header(b"vary") == b"accept, Cookie"


async def test_the_sites_own_header_list_is_not_changed() -> None:
    bore = list(CACHED)
    await ask(House().wrap(page(b"hi", headers=bore, before=lambda visit: visit.decide("hero"))), headers=KNOWN)
    assert bore == CACHED


async def test_a_head_decides_nothing_and_bears_the_headers_of_its_get() -> None:
    house = House()
    app = house.wrap(page(b"hi", headers=CACHED, before=lambda visit: visit.decide("hero")))
    head, get = [await ask(app, method=method, headers=KNOWN) for method in ("HEAD", "GET")]
    assert len(house.pipeline.asked) == 1
    assert head.headers == [pair for pair in get.headers if pair[0] != b"content-length"]


@pytest.mark.parametrize(
    ("cookie", "counted"),
    [
        (COOKIE + b"; " + COOKIE, "cookie_duplicate"),
        (COOKIE + b"; a=" + b"x" * 9000, "cookie_too_long"),
        (b"\xa0" + COOKIE, None),
        (b"x" + COOKIE, None),
        (b"__Host-pz", None),
        (b"__host-pz=anna", None),
    ],
)
async def test_a_cookie_that_is_not_exactly_ours_makes_a_stranger(cookie: bytes, counted: str | None) -> None:
    house, seen = House(), []
    app = house.wrap(page(b"hi", before=lambda visit: seen.append(visit.visitor.subject)))
    await ask(app, headers=[(b"cookie", cookie)])
    assert seen == [None]
    assert dict(house.counters) == ({counted: 1} if counted else {})


async def test_two_cookie_headers_count_as_one() -> None:
    seen: list[Any] = []
    app = House().wrap(page(b"hi", before=lambda visit: seen.append(visit.visitor.subject)))
    await ask(app, headers=[(b"cookie", b"a=b"), *KNOWN])
    await ask(app, headers=[*KNOWN, *KNOWN])
    assert seen == [1, None]


async def test_a_store_that_cannot_be_read_makes_a_stranger() -> None:
    house = House()
    house.pipeline.broken = True
    assert (await ask(house.wrap(page(b"hi")), headers=KNOWN)).body == b"hi"
    assert house.counters["prepare_failed"] == 1


async def test_the_login_wins_over_the_cookie() -> None:
    seen: list[Any] = []
    app = House(login=lambda scope: "customer_number:9").wrap(page(b"hi", before=lambda v: seen.append(v.visitor)))
    await ask(app, headers=KNOWN)
    assert seen[0].identifier == "customer_number:9"


@pytest.mark.parametrize(
    ("root", "path", "answered"),
    [
        ("", "/personalize", b"own /personalize /personalize"),
        ("", "/personalize/me", b"own /personalize /personalize/me"),
        ("/shop", "/shop/personalize/me", b"own /shop/personalize /shop/personalize/me"),
        ("", "/personalized", b"site"),
        ("", "/x/personalize/me", b"site"),
        ("/shop", "/personalize-x", b"site"),
    ],
)
async def test_the_visitors_pages_answer_below_their_path(root: str, path: str, answered: bytes) -> None:
    assert (await ask(House().wrap(page(b"site")), path, root_path=root)).body == answered


async def test_without_a_path_the_visitors_pages_are_not_served() -> None:
    assert (await ask(House(path="").wrap(page(b"site")), "/personalize/me")).body == b"site"


async def test_the_visitors_pages_have_the_visit() -> None:
    house = House()
    house.visitor_app = page(b"own", before=lambda visit: visit.visitor)
    answer = await ask(house.wrap(page(b"site")), "/personalize/me", headers=KNOWN)
    assert answer.header(b"cache-control") == b"private, no-store"


async def test_switched_off_everything_passes_and_slots_have_their_default() -> None:
    house, seen = House(enabled=False, markers=True), []
    bore = list(CACHED)
    app = house.wrap(
        page(b"<!--slot hero-->d<!--/slot-->", headers=bore, before=lambda v: seen.append(v.decide("hero")))
    )
    answer = await ask(app, headers=KNOWN)
    assert (answer.body, answer.headers) == (b"<!--slot hero-->d<!--/slot-->", CACHED)
    assert seen[0].reason.name == "DISABLED"
    assert house.log == []


@pytest.mark.parametrize("kind", ["websocket", "mystery"])
async def test_what_is_not_http_passes_untouched(kind: str) -> None:
    seen: list[Any] = []

    async def app(*parts: Any) -> None:
        seen.append(parts)

    parts: Any = ({"type": kind, "path": "/personalize"}, object(), object())
    await House().wrap(app)(*parts)
    assert all(given is passed for given, passed in zip(parts, seen[0], strict=True))
    assert parts[0] == {"type": kind, "path": "/personalize"}


def templated(**site: Any) -> House:
    """Return a house whose site has templates."""
    house = House(**site)
    install(Environment(autoescape=True), house.renderer)
    return house


@pytest.mark.parametrize("markers", [False, True])
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
async def test_the_sites_errors_pass_unchanged_and_the_visit_ends(markers: bool, error: type[BaseException]) -> None:
    raised = error("the site's own")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert current.get() is scope["state"]["personalize"]
        raise raised

    with pytest.raises(error) as caught:
        await ask(templated(markers=markers).wrap(app))
    assert caught.value is raised
    assert current.get() is None


async def test_a_middleware_within_another_leaves_the_outer_visit_as_it_was() -> None:
    inner, seen = templated().wrap(page(b"hi")), []

    async def outer(scope: Any, receive: Any, send: Any) -> None:
        visit = current.get()
        await inner(scope, receive, send)
        seen.append(visit is not None and current.get() is visit)

    await ask(templated().wrap(outer))
    assert seen == [True]


async def test_messages_that_are_no_response_pass() -> None:
    early = {"type": "http.response.early_hint", "links": [b"</x>"]}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(early)
        await page(b"hi")(scope, receive, send)

    for markers in (False, True):
        assert (await ask(House(markers=markers).wrap(app))).messages[0] is early


async def test_headers_may_be_missing_altogether() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["state"]["personalize"].decide("hero")
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})

    for markers in (False, True):
        assert (await ask(House(markers=markers).wrap(app))).headers == [(b"vary", b"Cookie")]


async def test_html_is_known_by_its_type_alone() -> None:
    assert (await ask(House(markers=True).wrap(page(b"x", headers=HTML)))).header(b"vary") == b"Cookie"
    plain = [(b"content-type", b"text/plain")]
    assert (await ask(House(markers=True).wrap(page(b"x", headers=plain)))).headers == plain


async def test_a_page_that_may_name_a_login_we_do_not_know_is_kept_out_of_caches() -> None:
    house = House(login=lambda scope: "customer_number:9")
    house.pipeline.prepare = lambda credentials, headers: Prepared(
        visitor=Visitor(assurance=Assurance.login, identifier=credentials.login)
    )
    naming = house.wrap(page(b"hi", headers=CACHED, before=lambda visit: visit.visitor))
    deciding = house.wrap(page(b"hi", headers=CACHED, before=lambda visit: visit.decide("hero")))
    assert (await ask(naming)).header(b"cache-control") == b"private, no-store"
    assert (await ask(deciding)).header(b"cache-control") == b"public, max-age=60"


async def test_a_stream_that_asks_who_it_is_after_its_start_gets_nobody() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": CACHED})
        seen.append(scope["state"]["personalize"].visitor)
        await send({"type": "http.response.body", "body": b"hi"})

    assert (await ask(House().wrap(app), headers=KNOWN)).header(b"cache-control") == b"public, max-age=60"
    assert (seen[0].subject, seen[0].identifier) == (None, None)


async def test_a_visitor_asked_before_the_start_stays_known_in_the_stream() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        visit = scope["state"]["personalize"]
        seen.append(visit.visitor)
        await page(b"hi", before=lambda visit: None)(scope, receive, send)
        seen.append(visit.visitor)

    assert (await ask(House().wrap(app), headers=KNOWN)).header(b"cache-control") == b"private, no-store"
    assert seen[0] is seen[1]


async def test_the_page_a_site_shows_for_its_own_error_knows_nobody() -> None:
    visits: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        visits.append(scope["state"]["personalize"])
        assert visits[0].visitor.subject == 1
        assert visits[0].decide("hero").variant
        raise RuntimeError("the site's own")

    with pytest.raises(RuntimeError):
        await ask(House().wrap(app), headers=KNOWN)
    [visit] = visits
    assert (visit.visitor.subject, visit.code, visit.render("hero")) == (None, "", "")
