"""Output depends on declared inputs only: sixty headers, each with values that others have fallen for (T19)."""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse

from personalize.asgi.middleware import PersonalizeMiddleware
from personalize.testing.browser import OPENING
from personalize.testing.site import TrialSite
from tests.house import answer, request
from tests.property.test_shared_cache import CONFIG, CONTENT, login

HOSTS = ("evil.example", "site.example:99", "site.example.evil.example", "127.0.0.1", "")
ALTERED: dict[str, tuple[str, ...]] = {
    # who was asked, and by which way
    "host": HOSTS,
    "forwarded": ("host=evil.example;proto=http", "for=127.0.0.1"),
    "x-forwarded-host": HOSTS,
    "x-forwarded-server": HOSTS,
    "x-forwarded-proto": ("http", "javascript"),
    "x-forwarded-scheme": ("http",),
    "x-forwarded-port": ("99",),
    "x-forwarded-prefix": ("/evil",),
    "x-forwarded-path": ("/evil",),
    "x-forwarded-for": ("127.0.0.1", "::1"),
    "x-forwarded-user": ("admin",),
    "x-forwarded-ssl": ("off",),
    "x-host": HOSTS,
    "x-http-host-override": HOSTS,
    "x-original-host": HOSTS,
    "x-original-url": ("/evil", "/personalize/me"),
    "x-rewrite-url": ("/evil", "/personalize/me"),
    "x-original-uri": ("/evil",),
    "x-real-ip": ("127.0.0.1",),
    "x-client-ip": ("127.0.0.1",),
    "client-ip": ("127.0.0.1",),
    "true-client-ip": ("127.0.0.1",),
    "cf-connecting-ip": ("127.0.0.1",),
    "cf-ipcountry": ("NO", "T1"),
    "x-cluster-client-ip": ("127.0.0.1",),
    "front-end-https": ("off",),
    "via": ("1.1 evil",),
    "x-method-override": ("POST", "DELETE"),
    "x-http-method": ("POST",),
    "x-http-method-override": ("POST", "DELETE"),
    "te": ("trailers",),
    "upgrade-insecure-requests": ("1",),
    # what is wanted, and from where it is asked
    "accept-language": ("nb", "xx"),
    "accept-charset": ("utf-7",),
    "referer": ("https://evil.example/", "https://site.example/?pzt=abc"),
    "origin": ("https://evil.example", "null"),
    "sec-fetch-site": ("cross-site", "none"),
    "sec-fetch-user": ("?1",),
    "sec-ch-ua": ('"Evil";v="1"',),
    "sec-ch-ua-mobile": ("?1",),
    "sec-ch-ua-platform": ('"Evil"',),
    "sec-ch-prefers-color-scheme": ("dark",),
    "device-memory": ("0.25",),
    "save-data": ("on",),
    "viewport-width": ("320",),
    "dnt": ("1",),
    "x-requested-with": ("XMLHttpRequest",),
    "x-wap-profile": ("http://evil.example/wap.xml",),
    "user-agent": (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1",
        "x" * 9000,
    ),
    "content-type": ("application/json", "text/html; charset=utf-7"),
    "x-correlation-id": ("<script>",),
    "x-request-id": ("<script>",),
    "traceparent": ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",),
    # what asks a cache, or its own layer, for something
    "cache-control": ("no-cache", "no-transform", "max-stale"),
    "pragma": ("no-cache", "akamai-x-get-cache-key"),
    "x-cache": ("HIT",),
    "surrogate-capability": ('abc="ESI/1.0"',),
    "fastly-ff": ("1",),
    "personalize-context": ("own", "0123456789abcdef"),
    "x-accel-internal": ("/evil",),
    "x-trial": ("\xa0\xff",),
}
DECLARED = frozenset(
    {"cookie", "accept", "accept-encoding", "sec-fetch-dest", "sec-fetch-mode", "sec-purpose", "sec-gpc"}
)
"""What says who it is, whether a page is opened, and what may be done: those may change the output."""
PATHS = {
    False: ("/tags/0", "/static/2", "/personalize/me?lang=en", "/personalize/api/slots?name=greeting&name=public"),
    True: ("/markers/1",),
}
"""By whether the site uses markers."""
VALUES = [pytest.param(1, id="first"), pytest.param(9, marks=pytest.mark.soak, id="every")]
CODE = re.compile(rb"[0-9A-Z]{4}-?[0-9A-Z]{4}")


@pytest.fixture(params=[False, True], ids=["tags", "markers"])
def markers(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def trial(markers: bool, tmp_path: Path) -> Iterator[TrialSite]:
    config = tmp_path / "personalize.toml"
    config.write_text(CONFIG.format(markers=str(markers).lower()), "utf-8")
    with TrialSite(config, content=CONTENT) as trial:
        trial.personalizer.login = login
        trial.knows("customer_number:1", first_name="Anna", letters="climate")

        async def page(scope: Any, receive: Any, send: Any) -> None:
            visit = Request(scope).state.personalize
            text = "<!--slot public-->x<!--/slot-->"
            if "tags" in scope["path"]:
                text = f"{visit.render('greeting')}|{visit.render('public')}|{visit.code}"
            await HTMLResponse(text, headers={"cache-control": "public, s-maxage=60"})(scope, receive, send)

        trial.app = PersonalizeMiddleware(page, trial.personalizer)
        yield trial


async def output(trial: TrialSite, path: str, who: str, altered: dict[str, str]) -> tuple[Any, ...]:
    """Return status, headers and body, with visit codes taken out: those are random."""
    headers = {"host": "site.example", **OPENING, **({"cookie": who} if who else {}), **altered}
    at, _, query = path.partition("?")
    scope = request(at, query=query.encode())
    scope["headers"] = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    given = await answer(trial.app, scope)
    return given.status, [(name, CODE.sub(b"", value)) for name, value in given.headers], CODE.sub(b"", given.body)


def each(most: int) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, values in ALTERED.items() for value in values[:most])


def test_there_are_sixty_and_none_is_declared() -> None:
    assert len(ALTERED) >= 60
    assert not DECLARED & ALTERED.keys()


@pytest.mark.parametrize("most", VALUES)
async def test_no_other_header_alters_what_comes_out(trial: TrialSite, markers: bool, most: int) -> None:
    for path, who in product(PATHS[markers], ("", "session=1")):
        usual = await output(trial, path, who, {})
        assert usual[0] == 200
        if most == 1 and "/me" in path:
            continue  # a long page, for a sample
        for name, value in each(most):
            assert await output(trial, path, who, {name: value}) == usual, f"{name}: {value[:40]!r} altered {path}"


async def test_a_links_redirect_names_no_host_and_heeds_no_other_header(trial: TrialSite) -> None:
    trial.personalizer.login = None
    path = trial.link("customer_number:1").removeprefix(trial.url)
    usual = await output(trial, path, "", {})
    assert (usual[0], dict(usual[1])[b"location"]) == (303, b"/")
    for name, value in each(9):
        assert await output(trial, path, "", {name: value}) == usual, name
