"""Click links: the token leaves the address bar, a person is known afterwards, and nothing else happens."""

from typing import Any

import pytest

from tests.house import AGENT, COOKIE, DOCUMENT, KNOWN, UNWILLING, VALID, House, ask, page

LINK = b"pzt=" + VALID
SEEN = b"<p>page</p>"


def site(house: House, queries: list[bytes] | None = None) -> Any:
    inner = page(SEEN)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if queries is not None:
            queries.append(scope["query_string"])
        await inner(scope, receive, send)

    return house.wrap(app)


async def test_a_person_is_sent_to_the_same_page_without_the_token() -> None:
    answer = await ask(site(House()), "/news/1", query=b"a=1&" + LINK + b"&b=%20", headers=DOCUMENT)
    assert answer.status == 303
    assert sorted(answer.headers) == [
        (b"cache-control", b"no-store"),
        (b"content-length", b"0"),
        (b"location", b"/news/1?a=1&b=%20"),
        (b"referrer-policy", b"no-referrer"),
        (b"set-cookie", COOKIE + b"; Path=/; Secure; HttpOnly; SameSite=Lax"),
    ]


async def test_a_person_who_does_not_want_to_be_recognised_gets_no_cookie() -> None:
    answer = await ask(site(House()), query=b"pzt=" + UNWILLING, headers=DOCUMENT)
    assert (answer.status, answer.header(b"location"), answer.header(b"set-cookie")) == (303, b"/", None)


async def test_a_click_never_replaces_a_login() -> None:
    answer = await ask(site(House(login=lambda scope: "customer_number:2")), query=LINK, headers=DOCUMENT)
    assert (answer.status, answer.header(b"set-cookie")) == (303, None)


@pytest.mark.parametrize("token", [b"x", b"", VALID[:-1], VALID + b"&pzt=" + VALID, b"%00", b"\xff" * 87])
async def test_a_token_that_does_not_hold_leaves_the_address_bar_all_the_same(token: bytes) -> None:
    answer = await ask(site(House()), "/p", query=b"a=1&pzt=" + token, headers=DOCUMENT)
    assert (answer.status, answer.header(b"location"), answer.header(b"set-cookie")) == (303, b"/p?a=1", None)


@pytest.mark.parametrize(
    "headers",
    [
        [(b"sec-purpose", b"prefetch")],
        [(b"sec-purpose", b"prefetch;prerender")],
        [(b"purpose", b"prefetch")],
        [(b"x-moz", b"prefetch")],
    ],
)
async def test_a_prefetch_is_sent_away_unstored(headers: Any) -> None:
    answer = await ask(site(House()), query=LINK, headers=[*DOCUMENT, *headers])
    assert (answer.status, answer.header(b"cache-control")) == (503, b"no-store")
    assert answer.header(b"set-cookie") is None


@pytest.mark.parametrize(
    ("mode", "dest"), [(b"no-cors", b"image"), (b"navigate", b"iframe"), (b"cors", b"empty"), (b"navigate", b"")]
)
async def test_anything_but_a_page_that_is_opened_sets_no_cookie(mode: bytes, dest: bytes) -> None:
    headers = [(b"sec-fetch-mode", mode), (b"sec-fetch-dest", dest), (b"user-agent", AGENT)]
    answer = await ask(site(House()), query=LINK, headers=headers)
    assert (answer.status, answer.header(b"set-cookie")) == (303, None)


@pytest.mark.parametrize("missing", [b"sec-fetch-dest", b"sec-fetch-mode", b"user-agent"])
async def test_who_does_not_say_that_a_browser_opens_a_page_is_not_recognised(missing: bytes) -> None:
    headers = [each for each in DOCUMENT if each[0] != missing]
    answer = await ask(site(House()), query=LINK, headers=headers)
    assert (answer.status, answer.header(b"location"), answer.header(b"set-cookie")) == (303, b"/", None)


async def test_a_scanner_that_only_looks_gets_the_redirect_without_a_cookie() -> None:
    answer = await ask(site(House()), method="HEAD", query=LINK)
    assert (answer.status, answer.header(b"set-cookie")) == (303, None)


async def test_a_post_with_a_token_reaches_the_site_without_it() -> None:
    queries: list[bytes] = []
    assert (await ask(site(House(), queries), method="POST", query=LINK)).body == SEEN
    assert queries == [b""]


async def test_opening_a_link_twenty_times_asks_for_no_slot() -> None:
    house = House()
    for method in ("GET", "HEAD") * 10:
        await ask(site(house), method=method, query=LINK)
    assert house.pipeline.asked == []


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "///x"])
async def test_a_redirect_stays_on_the_site(path: str) -> None:
    location = (await ask(site(House()), path, query=LINK)).header(b"location")
    assert location is not None
    assert location[:1] == b"/"
    assert location[1:2] not in (b"/", b"\\")


async def test_the_servers_own_scope_is_cleaned_too() -> None:
    from tests.house import answer, request

    scope = request(query=LINK)
    await answer(site(House()), scope)
    assert scope["query_string"] == b""


async def test_where_links_cannot_be_checked_the_page_is_reached_without(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    monkeypatch.setattr(house.pipeline, "click", None)
    answer = await ask(site(house), query=LINK, headers=DOCUMENT)
    assert (answer.status, answer.header(b"location"), answer.header(b"set-cookie")) == (303, b"/", None)
    assert house.counters["click_failed"] == 1


async def test_the_request_after_the_redirect_is_told_and_the_one_with_the_token_is_not() -> None:
    house = House()
    await ask(site(house), query=LINK, headers=DOCUMENT)
    assert house.pipeline.visits == []
    await ask(site(house), headers=[*DOCUMENT, *KNOWN])
    assert house.pipeline.visits == [b"anna"]


async def test_switched_off_the_site_still_sees_no_token() -> None:
    queries: list[bytes] = []
    await ask(site(House(enabled=False), queries), query=LINK)
    assert len(queries) == 1
    assert b"pzt" not in queries[0]
