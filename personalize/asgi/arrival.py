"""Click links on arrival: the token leaves the address bar, and nothing of consequence happens (law 5)."""

import logging
from urllib.parse import quote

from personalize.admission import Prepared
from personalize.asgi.contract import BODY, START, Counters, RawHeaders, Scope, Send
from personalize.asgi.crawlers import is_browser
from personalize.asgi.own_pages import as_seen
from personalize.model.people import Assurance, Visitor
from personalize.pipeline import Pipeline
from personalize.recognition.choices import Choice, seal
from personalize.recognition.cookies import cookie_name, read_cookies, set_cookie_header
from personalize.recognition.links import is_navigation, is_prefetch, redirect_target, take_token
from personalize.recognition.recognise import Credentials
from personalize.recognition.tokens import LENGTH

log = logging.getLogger("personalize")
NO_STORE = (b"cache-control", b"no-store")
NO_REFERRER = (b"referrer-policy", b"no-referrer")
READS = frozenset({"GET", "HEAD"})


class Arrivals:
    """Answers requests that carry a click token; the site's app never sees one (T7).

    Whoever asks by GET or HEAD is sent on to the same address without it, valid or not, so that the answer
    tells nothing of the token (T12). Only a browser that opens a page is recognised by it. `path` is where
    the visitor's pages are, empty where they are not.
    """

    def __init__(self, site: str, path: str, counters: Counters) -> None:
        self._site, self._path, self._counters = site, path, counters
        self._cookie = cookie_name(site)

    async def answer(self, pipeline: Pipeline | None, scope: Scope, send: Send, *, login: str | None) -> bool:
        """Take the token out of the scope; send whoever opens the link on; say if that was the answer.

        The scope is changed in place, so that the server's access log shows no token either (T8).
        """
        token, rest = take_token(scope["query_string"])
        if rest == scope["query_string"]:
            return False
        scope["query_string"] = rest
        if is_prefetch(scope["headers"]):
            await _reply(send, 503, [NO_STORE])
            return True
        if scope["method"] not in READS:
            return False
        target = redirect_target(_raw_path(scope), rest)
        found: RawHeaders = [(b"location", target)]
        if token is not None and pipeline is not None and _opens_a_page(scope):
            found = self._recognise(pipeline, scope, token, login, target)
        await _reply(send, 303, [*found, NO_STORE, NO_REFERRER])
        return True

    def _recognise(
        self, pipeline: Pipeline, scope: Scope, token: bytes, login: str | None, target: bytes
    ) -> RawHeaders:
        """Return where the person goes, and the cookie where nobody else is known here."""
        headers = scope["headers"]
        stay: RawHeaders = [(b"location", target)]
        try:
            _, cookie = pipeline.click(token, headers)
            if cookie is None:
                return stay
            held = read_cookies(headers, self._cookie)
            here = pipeline.prepare(Credentials(login=login, cookie=held), headers)
            addressee = pipeline.prepare(Credentials(cookie=cookie.encode()), headers).visitor
            if _is_somebody_else(here.visitor, addressee):
                path = as_seen(scope.get("root_path", ""), self._path)
                return [(b"location", self._choice(pipeline, here, cookie, target, path))]
            if login is not None or here.visitor.assurance > Assurance.click:
                return stay
            return [*stay, set_cookie_header(self._site, pipeline.recogniser.beside(held, cookie, here.moment.at))]
        except Exception:
            self._counters["click_failed"] += 1
            log.exception("a click link could not be read; its page is shown without it")
            return stay

    def _choice(self, pipeline: Pipeline, here: Prepared, cookie: str, target: bytes, path: str) -> bytes:
        """Return the address of the page of choice; without the visitor's pages the link is not applied."""
        subject = here.visitor.subject
        if not self._path or subject is None:
            return target
        choice = Choice(subject=subject, cookie=cookie, target=target.decode("ascii"))
        sealed = seal(pipeline.recogniser.ring, self._site, choice, here.moment.at)
        return f"{path}/choose?c={sealed}".encode()


def conceal(scope: Scope) -> None:
    """Take a mail's token out of the path that the server writes into its log; the page has a scope of its own (T8)."""
    before, _, last = scope["path"].rpartition("/")
    if len(last) == LENGTH:
        scope["path"] = f"{before}/-"
        scope["raw_path"] = scope["path"].encode("utf-8", "replace")


def _is_somebody_else(here: Visitor, addressee: Visitor) -> bool:
    """Say whether a known person is here already, and the link is another one's; a lone device is nobody."""
    known = here.subject is not None and not here.is_device
    return known and addressee.subject is not None and here.subject != addressee.subject


def _opens_a_page(scope: Scope) -> bool:
    """Say whether a person opens a page in a browser."""
    return is_navigation(scope["method"], scope["headers"]) and is_browser(scope["headers"])


def _raw_path(scope: Scope) -> bytes:
    raw: bytes | None = scope.get("raw_path")
    return raw or quote(scope["path"]).encode()


async def _reply(send: Send, status: int, headers: RawHeaders) -> None:
    await send({"type": START, "status": status, "headers": [*headers, (b"content-length", b"0")]})
    await send({"type": BODY, "body": b""})
