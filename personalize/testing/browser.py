"""A browser for tests: it asks an ASGI app, keeps cookies and follows redirects, without a server."""

import asyncio
import re
from collections.abc import Mapping
from html import unescape
from urllib.parse import urljoin, urlsplit

from msgspec import Struct

from personalize.asgi.contract import App, Message, RawHeaders, Scope

LOGIN = "x-trial-login"
"""The header by which a browser says who is logged in; only a trial site believes it."""
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
OPENING = {
    "accept": "text/html",
    "sec-fetch-dest": "document",
    "sec-fetch-mode": "navigate",
    "user-agent": AGENT,
}
MOST_REDIRECTS = 5


class Page(Struct, frozen=True, kw_only=True):
    """A response: its status, its headers (lower case, the last of a name), its body, and where it was found."""

    status: int
    headers: dict[str, str]
    text: str
    url: str

    def slot(self, name: str) -> str:
        """Return the text of a slot on a trial site's page, without tags."""
        found = re.search(rf"<!--begin {re.escape(name)}-->(.*?)<!--end {re.escape(name)}-->", self.text, re.DOTALL)
        if found is None:
            raise LookupError(f"the page has no slot '{name}'")
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", found[1])).split())


class Browser:
    """One person's browser. `login` is who is logged in there, such as `customer_number:4711`."""

    def __init__(self, app: App, site: str, login: str = "") -> None:
        self._app, self._site, self.login = app, site, login
        self.cookies: dict[str, str] = {}

    def open(self, url: str = "/") -> Page:
        """Open a page as a click on a link does: cookies are kept, redirects followed."""
        for _ in range(MOST_REDIRECTS):
            page = self.request("GET", url, OPENING)
            if page.status not in (301, 302, 303, 307, 308):
                return page
            url = urljoin(page.url, page.headers["location"])
        raise RuntimeError(f"{url}: more than {MOST_REDIRECTS} redirects")

    def request(self, method: str, url: str = "/", headers: Mapping[str, str] | None = None, body: bytes = b"") -> Page:
        """Make one request with exactly these headers, cookies and login besides; follow nothing."""
        asked = urljoin(f"{self._site}/", url)
        answer = _Answer(body)
        asyncio.run(self._ask(_scope(method, asked, self._headers(headers or {})), answer))
        for name, value in answer.headers:
            if name.lower() == b"set-cookie":
                self._keep(value.decode("latin-1"))
        plain = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
        return Page(status=answer.status, headers=plain, text=answer.body.decode(errors="replace"), url=asked)

    async def _ask(self, scope: Scope, answer: "_Answer") -> None:
        await self._app(scope, answer.receive, answer.send)

    def _headers(self, given: Mapping[str, str]) -> RawHeaders:
        headers = {"host": urlsplit(self._site).netloc, **{name.lower(): value for name, value in given.items()}}
        if self.cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.login:
            headers[LOGIN] = self.login
        return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]

    def _keep(self, cookie: str) -> None:
        pair, _, attributes = cookie.partition(";")
        name, _, value = pair.strip().partition("=")
        if not value or re.search(r"max-age=0\b", attributes, re.IGNORECASE):
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value


class _Answer:
    """Gives the app the request's body, and collects what it sends."""

    def __init__(self, body: bytes) -> None:
        self._waiting = [body]
        self.status, self.headers, self.body = 0, RawHeaders(), b""

    async def receive(self) -> Message:
        """Return the body once, then wait as for a client that stays."""
        if not self._waiting:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": self._waiting.pop(), "more_body": False}

    async def send(self, message: Message) -> None:
        """Take the next part of the response."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message.get("headers", ()))
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")


def _scope(method: str, url: str, headers: RawHeaders) -> Scope:
    parts = urlsplit(url)
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": parts.scheme,
        "path": parts.path or "/",
        "raw_path": (parts.path or "/").encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 50_000),
        "server": (parts.hostname, parts.port or 80),
        "state": {},
    }
