"""Pages with markers, to the letter: who gets what, under which headers."""

import re
from typing import Any

import pytest

from personalize.asgi.markers import LIMIT
from tests.house import DOCUMENT, HTML, KNOWN, House, answer, ask, page, request

PAGE = b"<html><!--slot hero-->default<!--/slot--></html>"
FOR_YOU = b'<html><div class="slot slot-hero"><p class="headline">For you</p></div></html>'
FOR_ALL = FOR_YOU.replace(b"For you", b"For all")
VALIDATED = [
    *HTML,
    (b"cache-control", b"max-age=60"),
    (b"etag", b'"1"'),
    (b"last-modified", b"Sat, 01 Nov 2025 00:00:00 GMT"),
    (b"accept-ranges", b"bytes"),
    (b"content-length", str(len(PAGE)).encode()),
]


def marked(**public: str) -> House:
    house = House(markers=True)
    house.pipeline.public.update(public)
    return house


@pytest.mark.parametrize("headers", [HTML, VALIDATED])
@pytest.mark.parametrize("known", [False, True])
async def test_every_cut_of_a_page_gives_the_same_page(known: bool, headers: Any) -> None:
    house = marked(hero="For all")
    for at in range(len(PAGE) + 1):
        app = house.wrap(page(PAGE[:at], PAGE[at:], headers=headers))
        got = await ask(app, headers=[*DOCUMENT, *(KNOWN if known else [])])
        assert got.body == (FOR_YOU if known else FOR_ALL), at
        assert got.header(b"content-length") in (None, str(len(got.body)).encode())


CODED = b"<html><!--slot hero-->default<!--/slot--><i><!--slot visit_code-->none<!--/slot--></i></html>"


@pytest.mark.parametrize("headers", [HTML, VALIDATED])
async def test_a_marker_prints_a_known_persons_visit_code_and_leaves_strangers_what_stands_there(headers: Any) -> None:
    app = marked(hero="For all").wrap(page(CODED, headers=headers))
    known = (await ask(app, headers=[*DOCUMENT, *KNOWN])).body.decode()
    assert re.search(r"For you.*<i>[0-9A-Z]{4}-[0-9A-Z]{4}</i></html>$", known)
    assert (await ask(app, headers=DOCUMENT)).body == FOR_ALL.replace(
        b"</html>", b"<i><!--slot visit_code-->none<!--/slot--></i></html>"
    )


async def test_a_marker_for_the_visit_code_alone_changes_nothing_of_a_strangers_page() -> None:
    body = b"<html><!--slot visit_code-->none<!--/slot--></html>"
    app = marked().wrap(page(body, headers=VALIDATED[:3]))
    stranger, known = await ask(app, headers=DOCUMENT), await ask(app, headers=[*DOCUMENT, *KNOWN])
    assert (stranger.body, stranger.headers) == (body, [*VALIDATED[:3], (b"vary", b"Cookie")])
    assert (known.body, known.header(b"cache-control")) == (body, b"private, no-store")


async def test_a_known_persons_page_is_private_of_the_right_length_and_without_validators() -> None:
    got = await ask(marked().wrap(page(PAGE, headers=VALIDATED)), headers=DOCUMENT + KNOWN)
    assert got.headers == [
        *HTML,
        (b"content-length", str(len(FOR_YOU)).encode()),
        (b"vary", b"Cookie"),
        (b"cache-control", b"private, no-store"),
    ]


async def test_a_known_persons_page_without_markers_is_as_cacheable_as_it_was() -> None:
    got = await ask(marked().wrap(page(b"plain", headers=VALIDATED[:3])), headers=DOCUMENT + KNOWN)
    assert (got.body, got.headers) == (b"plain", [*VALIDATED[:3], (b"vary", b"Cookie")])


async def test_what_would_spoil_the_page_is_taken_out_of_a_known_persons_request() -> None:
    spoiling = [
        (b"if-none-match", b'"1"'), (b"if-modified-since", b"x"), (b"range", b"bytes=0-1"),
        (b"if-range", b'"1"'), (b"accept-encoding", b"gzip"),
    ]  # fmt: skip
    extensions = {"http.response.pathsend": {}, "http.response.zerocopysend": {}, "tls": {}}
    for who, left in ((KNOWN, []), ([], spoiling[4:])):
        scope = request(headers=[*DOCUMENT, *spoiling, *who], extensions=dict(extensions))
        await answer(marked().wrap(page(PAGE)), scope)
        assert [pair for pair in scope["headers"] if pair in spoiling] == left
        assert list(scope["extensions"]) == (["tls"] if who else list(extensions))


async def test_a_request_for_anything_but_a_document_keeps_its_headers() -> None:
    scope = request(headers=[(b"accept", b"text/css,*/*"), (b"if-none-match", b'"1"'), *KNOWN])
    await answer(marked().wrap(page(b"x")), scope)
    assert (b"if-none-match", b'"1"') in scope["headers"]


@pytest.mark.parametrize(
    ("method", "headers", "decided"),
    [
        ("GET", [(b"sec-fetch-dest", b"document")], True),
        ("GET", [(b"accept", b"application/xhtml+xml, Text/HTML;q=0.9")], True),
        ("GET", [(b"accept", b"*/*")], False),
        ("GET", [], False),
        ("POST", DOCUMENT, False),
    ],
)
async def test_a_known_person_gets_slots_in_documents_only(method: str, headers: Any, decided: bool) -> None:
    got = await ask(marked().wrap(page(PAGE)), method=method, headers=[*headers, *KNOWN])
    assert got.body == (FOR_YOU if decided else PAGE)
    assert got.header(b"vary") == b"Cookie"


async def test_a_strangers_page_of_defaults_passes_chunk_by_chunk() -> None:
    chunks = (b"<p>a", b"<!--slot hero-->d", b"<!--/slot-->b")
    got = await ask(marked().wrap(page(*chunks)), headers=DOCUMENT)
    assert got.chunks == list(chunks)
    assert got.headers == [*HTML, (b"vary", b"Cookie")]


async def test_what_strangers_see_stays_cacheable_under_an_etag_of_the_recipe() -> None:
    house = marked(hero="For all")
    app = house.wrap(page(PAGE, headers=VALIDATED))
    got = await ask(app, headers=DOCUMENT)
    assert (got.body, got.header(b"cache-control")) == (FOR_ALL, b"max-age=60")
    assert (got.header(b"etag") or b"").startswith(b'"1~pz-' + house.pipeline.recipe[:16].encode())
    assert got.header(b"last-modified") is None
    house.pipeline.recipe = "ab" * 32
    assert (await ask(app, headers=DOCUMENT)).header(b"etag") != got.header(b"etag")


def revalidating(etag: bytes = b'"1"') -> Any:
    """Return an app that answers 304 to whoever has this ETag."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if (b"if-none-match", etag) in scope["headers"]:
            await page(b"", status=304, headers=[(b"etag", etag)])(scope, receive, send)
        else:
            await page(PAGE if scope["path"] == "/" else b"plain", headers=[*HTML, (b"etag", etag)])(
                scope, receive, send
            )

    return app


async def revisit(app: Any, etag: bytes | None, path: str = "/", who: Any = ()) -> Any:
    return await ask(app, path, headers=[*DOCUMENT, (b"if-none-match", etag), *who])


async def test_a_stranger_can_revalidate_what_is_still_shown() -> None:
    app = marked(hero="For all").wrap(revalidating())
    etag = (await ask(app, headers=DOCUMENT)).header(b"etag")
    got = await revisit(app, etag)
    assert (got.status, got.header(b"etag"), got.header(b"vary")) == (304, etag, b"Cookie")


async def test_a_stranger_is_not_told_that_a_page_is_the_same_when_its_slots_are_not() -> None:
    house = marked()
    app = house.wrap(revalidating())
    before = (await ask(app, headers=DOCUMENT)).header(b"etag")
    assert (before, (await revisit(app, before)).status) == (b'"1"', 304)
    house.pipeline.public["hero"] = "For all"
    filled = await revisit(app, before)
    assert (filled.status, filled.body) == (200, FOR_ALL)
    house.pipeline.public.clear()
    assert (await revisit(app, filled.header(b"etag"))).body == PAGE


async def test_a_page_without_markers_revalidates_as_before() -> None:
    app = marked(hero="For all").wrap(revalidating())
    await ask(app, "/plain", headers=DOCUMENT)
    assert (await revisit(app, b'"1"', "/plain")).status == 304


async def test_a_known_person_is_never_answered_304_to_a_document() -> None:
    app = marked().wrap(revalidating())
    assert (await revisit(app, b'"1"', who=KNOWN)).body == FOR_YOU


@pytest.mark.parametrize(
    ("headers", "status", "counted"),
    [
        ([*HTML, (b"content-encoding", b"gzip")], 200, {"markers_encoded": 1}),
        ([(b"content-type", b"text/html; charset=iso-8859-1")], 200, {}),
        ([(b"content-type", b"application/json")], 200, {}),
        (HTML, 206, {}),
    ],
)
async def test_only_complete_readable_html_is_looked_into(headers: Any, status: int, counted: Any) -> None:
    house = marked(hero="For all")
    for who in ([], KNOWN):
        got = await ask(house.wrap(page(PAGE, headers=headers, status=status)), headers=[*DOCUMENT, *who])
        assert (got.status, got.body) == (status, PAGE)
    assert dict(house.counters) == dict.fromkeys(counted, 2)


async def test_a_page_that_does_not_say_its_encoding_must_read_as_utf8() -> None:
    untold = [(b"content-type", b"text/html")]
    for body, got in ((b"\xe9" + PAGE, b"\xe9" + PAGE), ("é".encode() + PAGE, "é".encode() + FOR_YOU)):
        assert (await ask(marked().wrap(page(body, headers=untold)), headers=DOCUMENT + KNOWN)).body == got


async def test_an_error_page_has_its_slots_too() -> None:
    got = await ask(marked().wrap(page(PAGE, status=404)), headers=DOCUMENT + KNOWN)
    assert (got.status, got.body) == (404, FOR_YOU)


@pytest.mark.parametrize("who", [[], KNOWN])
@pytest.mark.parametrize("length", [True, False])
async def test_past_the_limit_the_default_stands_and_the_rest_streams(who: Any, length: bool) -> None:
    chunks = [PAGE, *[b"x" * 65536] * 20, PAGE]
    size = [(b"content-length", str(sum(map(len, chunks))).encode())] if length else []
    got = await ask(marked(hero="For all").wrap(page(*chunks, headers=[*HTML, *size])), headers=[*DOCUMENT, *who])
    assert got.body.endswith(PAGE)
    assert got.body.startswith(FOR_YOU if who else PAGE if length else FOR_ALL)
    assert got.header(b"content-length") in (None, str(len(got.body)).encode())
    assert len(got.chunks) > 3
    assert len(got.body) > LIMIT


async def test_a_head_decides_nothing_and_bears_the_cache_headers_of_its_get() -> None:
    house = marked(hero="For all")
    app = house.wrap(page(PAGE, headers=VALIDATED))
    for who in ([], KNOWN):
        get = await ask(app, headers=[*DOCUMENT, *who])
        asked = [each for each in house.pipeline.asked if each[3]]
        head = await ask(app, method="HEAD", headers=[*DOCUMENT, *who])
        for name in (b"cache-control", b"etag", b"vary", b"last-modified"):
            assert head.header(name) == get.header(name), name
        assert head.header(b"content-length") is None
        assert [each for each in house.pipeline.asked if each[3]] == asked


async def test_a_response_the_site_leaves_incomplete_stays_so() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": HTML})
        await send({"type": "http.response.body", "body": PAGE, "more_body": True})

    got = await ask(marked().wrap(app), headers=DOCUMENT + KNOWN)
    assert (got.body, got.complete) == (PAGE, False)


async def test_a_file_that_the_server_sends_itself_passes() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": VALIDATED})
        await send({"type": "http.response.pathsend", "path": "/x.html"})

    for who in ([], KNOWN):
        got = await ask(marked().wrap(app), headers=[*DOCUMENT, *who])
        assert got.messages[1] == {"type": "http.response.pathsend", "path": "/x.html"}
        assert got.header(b"content-length") == str(len(PAGE)).encode()


async def test_language_and_facts_of_a_marker_reach_the_decision() -> None:
    house = marked()
    body = b'<!--slot hero lang=nb topic="climate change" visits=3-->d<!--/slot-->'
    await ask(house.wrap(page(body)), headers=DOCUMENT + KNOWN)
    assert house.pipeline.asked == [("hero", {"topic": "climate change", "visits": 3}, "nb", True)]


async def test_a_page_whose_slots_show_their_default_is_the_same_page_but_private() -> None:
    house = marked()
    house.pipeline.shows.clear()
    got = await ask(house.wrap(page(PAGE, headers=VALIDATED)), headers=DOCUMENT + KNOWN)
    assert (got.body, got.header(b"cache-control")) == (PAGE, b"private, no-store")
    assert got.header(b"content-length") == str(len(PAGE)).encode()


async def test_an_unknown_slot_keeps_its_default() -> None:
    body = b"<!--slot nowhere-->d<!--/slot-->"
    assert (await ask(marked().wrap(page(body)), headers=DOCUMENT + KNOWN)).body == body


@pytest.mark.parametrize("url", ["https://www.example.org", "http://127.0.0.1:8000"])
@pytest.mark.parametrize("kind", [b"text/html; charset=utf-8", b"application/json"])
async def test_headers_that_can_be_read_only_once_reach_the_visitor(url: str, kind: bytes) -> None:
    sent = [(b"content-type", kind), (b"x-own", b"1")]
    got = await ask(House(markers=True, url=url).wrap(page(b"plain", headers=iter(sent))), headers=DOCUMENT)
    assert [pair for pair in got.headers if pair != (b"vary", b"Cookie")] == sent
