"""Floods: junk cookies reach no store (T16), and requests without any leave no trace (T17, law 10)."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from threading import get_ident
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse

from personalize.asgi.middleware import PersonalizeMiddleware
from personalize.recognition.cookies import SECURE_NAME
from personalize.recognition.keys import KeyRing
from personalize.recognition.mailing import campaign_id
from personalize.recognition.tokens import TokenKind, issue
from personalize.storage.sqlite.connect import Database
from personalize.testing.browser import OPENING
from personalize.testing.site import TrialSite
from tests.house import answer, request
from tests.property.little_site import Rows
from tests.property.test_shared_cache import CONFIG, CONTENT

JUNK = [pytest.param(500, id="sample"), pytest.param(100_000, marks=pytest.mark.soak, id="all")]
STRANGERS = [pytest.param(2_000, id="sample"), pytest.param(1_000_000, marks=pytest.mark.soak, id="all")]
MEGABYTES = 5
COUNTED = frozenset({"cookbook.counts"})
"""How often strangers got which variant in an hour: bounded by the slots, not by the requests."""
HEADERS = [(name.encode(), value.encode()) for name, value in OPENING.items()]
ALPHABET = "ABCXYZabcxyz0189-_.~"


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[TrialSite]:
    config = tmp_path / "personalize.toml"
    config.write_text(CONFIG.format(markers="false"), "utf-8")
    with TrialSite(config, content=CONTENT) as trial:

        async def page(scope: Any, receive: Any, send: Any) -> None:
            visit, topic = Request(scope).state.personalize, scope["path"][1:]
            text = f"{visit.render('greeting', topic=topic)}{visit.render('public')}{visit.code}"
            await HTMLResponse(text)(scope, receive, send)

        trial.app = PersonalizeMiddleware(page, trial.personalizer)
        yield trial


@pytest.fixture
def asked(trial: TrialSite, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements of requests that reach a store, not those of the indexer's thread.

    Nor the look whether anything changed, which time alone asks for.
    """
    statements: list[str] = []
    here = get_ident()
    for name in ("one", "all"):
        real = getattr(Database, name)

        def noting(database: Database, sql: str, *values: Any, real: Any = real) -> Any:
            if get_ident() == here and "data_version" not in sql and "FROM changes" not in sql:
                statements.append(sql)
            return real(database, sql, *values)

        monkeypatch.setattr(Database, name, noting)
    return statements


def cookie(value: str) -> list[tuple[bytes, bytes]]:
    return [*HEADERS, (b"cookie", SECURE_NAME + b"=" + value.encode())]


def token(trial: TrialSite, ring: KeyRing, kind: TokenKind) -> str:
    """Return a token of somebody's, well made with the keys of a ring."""
    now = trial.house.clock.now()
    return issue(ring, trial.url, kind, secrets.token_bytes(16), now, now + 3_600_000_000, campaign_id("weekly"))


async def test_a_cookie_that_is_ours_is_looked_up(trial: TrialSite, asked: list[str]) -> None:
    await answer(trial.app, request("/", headers=cookie(token(trial, trial.house.ring, TokenKind.cookie))))
    assert asked


@pytest.mark.parametrize("requests", JUNK)
async def test_junk_cookies_make_no_call_to_a_store(trial: TrialSite, asked: list[str], requests: int) -> None:
    foreign = KeyRing.new(trial.house.clock.now())
    for number in range(requests):
        value = "".join(secrets.choice(ALPHABET) for _ in range(secrets.choice((1, 43, 87, 175, 300))))
        if number % 4 == 0:
            value = token(trial, foreign, TokenKind.cookie if number % 8 else TokenKind.browser)
        page = await answer(trial.app, request("/", headers=cookie(value)))
        assert page.header(b"set-cookie") is None
    assert asked == []


@pytest.mark.parametrize("requests", STRANGERS)
async def test_strangers_leave_no_row_no_cookie_and_no_memory(trial: TrialSite, requests: int) -> None:
    rows, warm = Rows(trial.folder), requests // 4
    before, used = rows.count(), 0
    try:
        for number in range(requests):
            if number == warm:
                used = resident()
            topic = secrets.token_hex(secrets.choice((1, 8, 200)))
            page = await answer(trial.app, request(f"/{topic}", headers=HEADERS, query=f"n={number}".encode()))
            assert page.header(b"set-cookie") is None
            assert page.header(b"cache-control") is None
        grown = resident() - used
        assert grown <= MEGABYTES * 1024 * 1024, f"{grown / 1024 / 1024:.1f} MB more"
        trial.house.recorder.keep_served()
        grew = {table for table, count in rows.count().items() if before.get(table) != count}
        assert grew <= COUNTED
        assert not list(trial.house.cookbook.by_time(0, 1 << 62))
    finally:
        rows.close()


def resident() -> int:
    """Return the bytes of memory that this process holds."""
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
