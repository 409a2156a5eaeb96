"""Pages with slot markers: which responses are held, which stream, and what becomes of their headers."""

import re
from collections.abc import Callable, Iterable
from functools import partial
from urllib.parse import quote

from personalize.asgi.asking import has_subject
from personalize.asgi.caching import (
    VALIDATORS,
    header,
    headers_of,
    keep_private,
    replaced_body,
    vary_by_cookie,
    without,
)
from personalize.asgi.contract import BODY, START, App, Counters, Message, RawHeaders, Receive, Scope, Send
from personalize.asgi.facts import Facts
from personalize.asgi.markers import LIMIT, Marker, Replacer
from personalize.asgi.validators import CONDITIONS, RANGES, PublicPages, extend_in, suffix_of
from personalize.asgi.visit import Visit
from personalize.model.content import VISIT_CODE
from personalize.model.decisions import Decision

TAKEN_OUT = CONDITIONS | RANGES | {b"accept-encoding"}
SHORTCUTS = ("http.response.pathsend", "http.response.zerocopysend")
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([^\s;\"']+)")
_UTF_8 = frozenset({b"utf-8", b"utf8"})
GET_OR_HEAD = frozenset({"GET", "HEAD"})


class Marking:
    """Answers requests whose pages may hold markers."""

    def __init__(self, facts: Facts, counters: Counters) -> None:
        self.facts, self.counters = facts, counters
        self.pages = PublicPages()

    async def answer(self, app: App, visit: Visit, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the site's app and put slots in place of the markers of its page."""
        response = MarkedResponse(self, visit, scope, send)
        response.prepare()
        await app(scope, receive, response.send)
        await response.finish()

    def content(self, marker: Marker, visit: Visit, decide: Callable[..., Decision]) -> bytes | None:
        """Return what a marker is replaced by, None where its default stands."""
        if marker.slot == VISIT_CODE:
            return (visit.code.encode() or None) if has_subject(visit) else None
        facts = self.facts.from_text(marker.slot, marker.facts)
        content = visit.content(decide(marker.slot, marker.lang, **facts))
        return None if content is None else content.encode()

    def suffix(self, visit: Visit, markers: Iterable[Marker]) -> bytes:
        """Return what the ETag of a public page with these markers is extended by; nothing is counted."""
        return suffix_of(
            [
                visit.peek(marker.slot, marker.lang, **self.facts.from_text(marker.slot, marker.facts))
                for marker in markers
                if marker.slot != VISIT_CODE
            ]
        )


class MarkedResponse:
    """One response on its way: passed untouched, streamed through the replacer, or held until complete."""

    def __init__(self, marking: Marking, visit: Visit, scope: Scope, send: Send) -> None:
        self._marking, self._visit, self._down = marking, visit, send
        self._scope, self._method = scope, scope["method"]
        self._is_document = is_document(scope)
        self._page = page_of(scope) if self._is_document else b""
        self._suffix = b""
        self._start: Message = {}
        self._parts: list[bytes] = []
        self._size = 0
        self._replacer: Replacer | None = None
        self._on: Send = self._begin

    def prepare(self) -> None:
        """Take out of the scope what would keep the site from sending a complete, readable, fresh page.

        In place: whoever stands outside sees what the site saw.
        """
        scope = self._scope
        if not self._is_document:
            return
        if has_subject(self._visit):
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in TAKEN_OUT]
            if held := scope.get("extensions"):
                scope["extensions"] = {name: held[name] for name in held if name not in SHORTCUTS}
            return
        suffix = partial(self._marking.suffix, self._visit)
        scope["headers"], self._suffix = self._marking.pages.revalidate(self._page, scope["headers"], suffix)

    async def send(self, message: Message) -> None:
        """Take the next message of the site's response."""
        await self._on(message)

    async def finish(self) -> None:
        """Pass on what is held of a response that the site left incomplete."""
        if self._on == self._hold:
            await self._give_up()

    async def _begin(self, message: Message) -> None:
        if message["type"] != START:
            await self._down(message)
            return
        headers = headers_of(message)
        if not self._is_page(message["status"], headers):
            self._on = self._down
            await self._down({**message, "headers": headers})  # ASGI lets an app's own be read only once
            return
        self._start = message = {**message, "headers": vary_by_cookie(headers)}
        self._on = self._choose(message["status"], message["headers"])
        if self._on == self._stream:
            self._replacer = Replacer(self._public, eager=True)
        if self._on != self._hold:
            await self._down(self._headers_only(message))

    def _is_page(self, status: int, headers: RawHeaders) -> bool:
        kind = header(headers, b"content-type")
        if kind is None:
            return status == 304 and self._is_document
        return kind.lower().partition(b";")[0].strip() == b"text/html"

    def _choose(self, status: int, headers: RawHeaders) -> Send:
        """Return what becomes of the body of an HTML response."""
        if self._method != "GET" or status in (204, 206, 304) or not is_utf8(headers):
            return self._down
        if header(headers, b"content-encoding") not in (None, b"identity"):
            self._marking.counters["markers_encoded"] += 1
            return self._down
        if has_subject(self._visit):
            return self._hold if self._is_document else self._down
        length = header(headers, b"content-length")
        if length is not None and length.isdigit() and int(length) > LIMIT:
            return self._down
        return self._hold if length is not None or _has_validators(headers) else self._stream

    def _headers_only(self, message: Message) -> Message:
        """Return the start of a response whose body is not looked at, under the headers of its GET's page."""
        headers: RawHeaders = message["headers"]
        if message["status"] == 304 and self._suffix:
            return {**message, "headers": extend_in(headers, self._suffix)}
        markers = self._marking.pages.markers(self._page)
        if self._method != "HEAD" or not self._is_document or markers == ():
            return message
        if has_subject(self._visit):
            return {**message, "headers": without(keep_private(headers), (b"content-length",))}
        suffix = self._marking.suffix(self._visit, markers or ())
        if not suffix:
            return message
        return {**message, "headers": without(extend_in(headers, suffix), (b"content-length",))}

    async def _stream(self, message: Message) -> None:
        """Pass a stranger's live stream on, replacing what differs as it goes by."""
        replacer = self._replacer
        if message["type"] != BODY or replacer is None:
            await self._down(message)
            return
        more = message.get("more_body", False)
        body = replacer.feed(message.get("body", b""))
        if not more:
            body += replacer.finish()
            self._note(replacer)
        if body or not more:
            await self._down({**message, "body": body})

    async def _hold(self, message: Message) -> None:
        """Keep the body until it is complete or at its limit."""
        if message["type"] != BODY:
            await self._give_up()
            await self._down(message)
            return
        self._parts.append(message.get("body", b""))
        self._size += len(self._parts[-1])
        complete = not message.get("more_body", False)
        if complete or self._size >= LIMIT:
            self._on = self._down
            await self._release(complete)

    async def _give_up(self) -> None:
        """Pass on what is held as it is, and the rest too."""
        self._on = self._down
        self._marking.counters["markers_incomplete"] += 1
        await self._down(self._start)
        if self._parts:
            await self._down({"type": BODY, "body": b"".join(self._parts), "more_body": True})

    async def _release(self, complete: bool) -> None:
        """Decide the slots of what is held and pass it on under fitting headers."""
        body = b"".join(self._parts)
        replacer = Replacer(self._decided)
        page = body
        if _reads_as_utf8(body, self._start["headers"], complete):
            page = replacer.feed(body) + replacer.finish()
            self._note(replacer)
        if complete and self._start["status"] == 200 and self._is_document:
            self._marking.pages.remember(self._page, replacer.markers)
        if replacer.markers:
            self._start = {**self._start, "headers": self._fitting(replacer, len(page) - len(body))}
        await self._down(self._start)
        await self._down({"type": BODY, "body": page, "more_body": not complete})

    def _fitting(self, replacer: Replacer, grown: int) -> RawHeaders:
        """Return the headers of a page with slots; what is private the visit sees to."""
        headers: RawHeaders = self._start["headers"]
        if not replacer.replaced:
            return headers
        if not has_subject(self._visit):
            headers = extend_in(headers, self._marking.suffix(self._visit, replacer.markers))
        return [
            (name, b"%d" % (int(value) + grown) if name.lower() == b"content-length" else value)
            for name, value in replaced_body(headers)
        ]

    def _decided(self, marker: Marker) -> bytes | None:
        return self._marking.content(marker, self._visit, self._visit.decide)

    def _public(self, marker: Marker) -> bytes | None:
        return self._marking.content(marker, self._visit, self._visit.public)

    def _note(self, replacer: Replacer) -> None:
        if replacer.late:
            self._marking.counters["markers_late"] += 1


def is_document(scope: Scope) -> bool:
    """Say whether a page is asked for: GET or HEAD, for a document or accepting `text/html`."""
    if scope["method"] not in GET_OR_HEAD:
        return False
    headers: RawHeaders = scope["headers"]
    return (b"sec-fetch-dest", b"document") in headers or any(
        name == b"accept" and b"text/html" in value.lower() for name, value in headers
    )


def page_of(scope: Scope) -> bytes:
    """Return what tells one page of the site from another."""
    path: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    query: bytes = scope.get("query_string", b"")
    return path.partition(b"?")[0] + b"?" + query


def is_utf8(headers: RawHeaders) -> bool:
    """Say whether an HTML response is in UTF-8, as far as its headers tell."""
    charset = _CHARSET.search((header(headers, b"content-type") or b"").lower())
    return charset is None or charset[1] in _UTF_8


def _reads_as_utf8(body: bytes, headers: RawHeaders, complete: bool) -> bool:
    """Check the bytes of a page that does not say its encoding."""
    if _CHARSET.search((header(headers, b"content-type") or b"").lower()):
        return True
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return not complete and error.start >= len(body) - 3
    return True


def _has_validators(headers: RawHeaders) -> bool:
    return any(name.lower() in VALIDATORS for name, _ in headers)
