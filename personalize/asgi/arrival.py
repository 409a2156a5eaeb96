"""Click links on arrival: the token leaves the address bar, and nothing of consequence happens (law 5)."""

import logging
from urllib.parse import quote

from personalize.asgi.contract import BODY, START, Counters, RawHeaders, Scope, Send
from personalize.pipeline import Pipeline
from personalize.recognition.cookies import set_cookie_header
from personalize.recognition.links import is_navigation, is_prefetch, redirect_target, take_token

log = logging.getLogger("personalize")
NO_STORE = (b"cache-control", b"no-store")
NO_REFERRER = (b"referrer-policy", b"no-referrer")


class Arrivals:
    """Answers requests that carry a click token; the site's app never sees one (T7)."""

    def __init__(self, site: str, counters: Counters) -> None:
        self._site, self._counters = site, counters

    async def answer(self, pipeline: Pipeline | None, scope: Scope, send: Send, *, logged_in: bool) -> bool:
        """Take the token out of the scope; redirect a person who opens the link; say if so.

        The scope is changed in place, so that the server's access log shows no token either (T8).
        """
        token, rest = take_token(scope["query_string"])
        if rest == scope["query_string"]:
            return False
        scope["query_string"] = rest
        if is_prefetch(scope["headers"]):
            await _reply(send, 503, [NO_STORE])
            return True
        if token is None or pipeline is None or not _opens_a_page(scope):
            return False
        holds, cookie = self._click(pipeline, token)
        if not holds:
            return False
        headers = [(b"location", redirect_target(_raw_path(scope), rest)), NO_STORE, NO_REFERRER]
        if cookie and scope["method"] == "GET" and not logged_in:
            headers.append(set_cookie_header(self._site, cookie))
        await _reply(send, 303, headers)
        return True

    def _click(self, pipeline: Pipeline, token: bytes) -> tuple[bool, str | None]:
        try:
            return pipeline.click(token)
        except Exception:
            self._counters["click_failed"] += 1
            log.exception("a click link could not be read; its page is shown without it")
            return False, None


def _opens_a_page(scope: Scope) -> bool:
    """Say whether a person, or a scanner that only looks (HEAD), opens a page."""
    return is_navigation("GET" if scope["method"] == "HEAD" else scope["method"], scope["headers"])


def _raw_path(scope: Scope) -> bytes:
    raw: bytes | None = scope.get("raw_path")
    return raw or quote(scope["path"]).encode()


async def _reply(send: Send, status: int, headers: RawHeaders) -> None:
    await send({"type": START, "status": status, "headers": [*headers, (b"content-length", b"0")]})
    await send({"type": BODY, "body": b""})
