"""The bar that a developer sees at the foot of the page: what each slot shows, why, and the visit code.

In development only, on pages where a slot was decided. No script, no inline style: it works under
`default-src 'self'`, and takes the nonce of a policy that has one.
"""

import logging
import re
from collections.abc import Callable

from markupsafe import Markup

from personalize.asgi.caching import header, headers_of
from personalize.asgi.contract import BODY, START, Message, Scope, Send
from personalize.asgi.markers import partial_end
from personalize.asgi.visit import Visit

log = logging.getLogger("personalize")
STYLESHEET_PATH = "/assets/bar.css"
"""Where the visitor's pages serve the stylesheet, below their own path."""

_NONCE = re.compile(rb"(?:style-src(?:-elem)?|default-src)\s[^;]*'nonce-([A-Za-z0-9+/_=-]+)'")
_END = b"</body"


class Bar:
    """Makes bars; `refused` says what is wrong with newer content files.

    With `markers` a slot may be decided while its page streams already.
    """

    def __init__(self, refused: Callable[[], str], *, markers: bool = False) -> None:
        self._refused, self._markers = refused, markers

    def is_for(self, visit: Visit, start: Message) -> bool:
        """Say whether this response may need the bar; where nothing was decided it stays away in the end."""
        streams = self._markers and header(headers_of(start), b"content-length") is None
        return streams or bool(visit.decisions)

    def onto(self, visit: Visit, scope: Scope, send: Send) -> Send:
        """Return the `send` that puts the bar into an HTML response."""
        return _BarredResponse(self, visit, scope, send).send

    def html(self, visit: Visit, nonce: str) -> bytes:
        """Return the bar of a visit; nothing where nothing was decided, or where it cannot be made."""
        try:
            return self._html(visit, nonce) if visit.decisions else b""
        except Exception:
            log.exception("the development bar could not be made")
            return b""

    def _html(self, visit: Visit, nonce: str) -> bytes:
        from personalize.asgi.bar_words import words  # the explanations: at developers' alone, not at each start

        style = Markup(' nonce="{}"').format(nonce) if nonce else Markup()
        return (
            Markup(
                '<link rel="stylesheet" href="{}"{}>'
                '<aside id="personalize-bar" aria-label="personalize, development only" lang="en" dir="ltr">'
                "<details>{}</details></aside>"
            )
            .format(
                f"{visit.pages}{STYLESHEET_PATH}",
                style,
                words(visit, self._refused()),
            )
            .encode()
        )


class _BarredResponse:
    """Puts the bar before `</body>`, or at the end of a page that has none; the body goes on streaming."""

    def __init__(self, bar: Bar, visit: Visit, scope: Scope, send: Send) -> None:
        self._bar, self._visit, self._scope, self._down = bar, visit, scope, send
        self._start: Message | None = None
        self._nonce = ""
        self._html: bytes | None = None
        self._rest = b""
        self._on: Send = self._begin

    async def send(self, message: Message) -> None:
        """Take the next message of the response."""
        await self._on(message)

    async def _begin(self, message: Message) -> None:
        if message["type"] == START and self._fits(message):
            self._start, self._on = message, self._first
            return
        if message["type"] == START:
            self._on = self._down
        await self._down(message)

    def _fits(self, message: Message) -> bool:
        headers = headers_of(message)
        kind = header(headers, b"content-type") or b""
        return (
            self._scope["method"] != "HEAD"
            and message["status"] not in (204, 206, 304)
            and kind.lower().startswith(b"text/html")
            and header(headers, b"content-encoding") is None
        )

    async def _first(self, message: Message) -> None:
        """Send the start once the body begins; a body that the server fetches itself gets no bar."""
        start = self._start or {}
        if message["type"] != BODY:
            self._on = self._down
            await self._down(start)
            await self._down(message)
            return
        self._on = self._body
        await self._down({**start, "headers": self._lengthened(start)})
        await self._body(message)

    def _lengthened(self, start: Message) -> list[tuple[bytes, bytes]]:
        headers = headers_of(start)
        policy = _NONCE.search(header(headers, b"content-security-policy") or b"")
        self._nonce = policy[1].decode() if policy else ""
        if header(headers, b"content-length") is None:
            return headers
        self._html = self._made()
        return [
            (name, b"%d" % (int(value) + len(self._html)) if name.lower() == b"content-length" else value)
            for name, value in headers
        ]

    def _made(self) -> bytes:
        if self._html is None:
            self._html = self._bar.html(self._visit, self._nonce)
        return self._html

    async def _body(self, message: Message) -> None:
        if message["type"] != BODY:
            await self._down(message)
            return
        more = message.get("more_body", False)
        data = self._rest + message.get("body", b"")
        at = data.lower().find(_END)
        if at >= 0 or not more:
            at = at if at >= 0 else len(data)
            data, self._rest = data[:at] + self._made() + data[at:], b""
            self._on = self._down
        else:
            keep = partial_end(data.lower(), _END)
            data, self._rest = data[: len(data) - keep], data[len(data) - keep :]
        if data or not more:
            await self._down({**message, "body": data})
