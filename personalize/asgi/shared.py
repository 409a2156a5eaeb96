"""Pages for a context: made without credentials, so that a cache in front may share them.

The cache asks for a visitor's context (`/personalize/api/context`), then for the page without any
cookie and with the context's name in `Personalize-Context`. To every other cache the page is private.
"""

import logging
import re
from collections.abc import Awaitable
from functools import partial

from personalize.asgi.caching import header, headers_of, keep_private
from personalize.asgi.contract import START, App, Message, PersonalizerParts, RawHeaders, Receive, Scope, Send
from personalize.asgi.door import Door
from personalize.asgi.facts import Facts
from personalize.asgi.visit import Visit
from personalize.contexts import World
from personalize.model.decisions import Reason

log = logging.getLogger("personalize")
CONTEXT = b"personalize-context"
VARY = (b"vary", b"Personalize-Context")
_NO = re.compile(rb"(?:__Host-)?banner-no=[0-9a-f]{16}")
"""The one cookie that a request for a context may bear: a no to the banner, the same for everybody."""
OWN = (b"x-accel-redirect", b"@personalize-own")
"""Tells the cache in front to ask again, with the visitor's cookies, and to keep nothing."""
UNSURE = frozenset({Reason.ERROR, Reason.UNRECORDED, Reason.LATE})
_NOT_SHARED = re.compile(rb"(?:^|[\s,])(?:private|no-store|no-cache)(?:$|[\s,=])")
_SECONDS = re.compile(rb"(?:^|[\s,])(s-maxage|max-age)=(\d{1,9})(?=$|[\s,])")


class SharedPages:
    """Answers requests of a site that has contexts."""

    def __init__(self, personalizer: PersonalizerParts, facts: Facts) -> None:
        self._personalizer, self._facts = personalizer, facts

    async def answer(self, app: App, visit: Visit, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the site's app for whoever asks, or for everybody in the context that is asked for."""
        name = context_of(scope["headers"])
        if not name:
            await app(scope, receive, partial(_told, visit, send))
            return
        world = self._stand(visit, name) if scope["method"] == "GET" else None
        await app(scope, receive, partial(_shared, visit, world, send))

    def _stand(self, visit: Visit, name: str) -> World | None:
        """Let the visit stand for a context; None where there is none of that name now."""
        try:
            contexts = self._personalizer.contexts
            world = contexts.world()
            prepared = contexts.prepare(world, name)
        except Exception:
            self._personalizer.counters["context_failed"] += 1
            log.exception("A context could not be looked up: its visitors get pages of their own.")
            return None
        if prepared is None:
            return None
        parts = self._personalizer
        visit.stand_for(Door(world.trip, parts.renderer, self._facts, parts.counters, Reason.ERROR), prepared)
        return world


def context_of(headers: RawHeaders) -> str:
    """Return the context a cache asks for; nothing where the request bears credentials, whatever it says."""
    cookies = [value for name, value in headers if name == b"cookie"]
    if header(headers, b"authorization") is not None or len(cookies) > 1 or not all(map(_NO.fullmatch, cookies)):
        return ""
    return (header(headers, CONTEXT) or b"").decode("latin-1")


def seconds_of(headers: RawHeaders) -> int:
    """Return for how long (s) the site lets shared caches keep a page; 0 where it does not say so (RFC 9111, 5.2.2)."""
    said = b",".join(value.lower() for name, value in headers if name.lower() == b"cache-control")
    if _NOT_SHARED.search(said) or header(headers, b"set-cookie") is not None:
        return 0
    found = dict(_SECONDS.findall(said))
    return int(found.get(b"s-maxage") or found.get(b"max-age") or 0)


def _told(visit: Visit, send: Send, message: Message) -> Awaitable[None]:
    """Send a message on; a page with slots that strangers share says that it differs by context."""
    if message["type"] == START and visit.touched and not visit.is_private:
        message = {**message, "headers": [*headers_of(message), VARY]}
    return send(message)


def _shared(visit: Visit, world: World | None, send: Send, message: Message) -> Awaitable[None]:
    """Send a message on; the start of a page with slots says whether the cache that asked may keep it."""
    if message["type"] == START and (visit.touched or world is None):
        headers = headers_of(message)
        own = world is None or visit.is_private or not world.suits(visit.decisions)
        seconds = 0 if own or message["status"] != 200 or _is_unsure(visit) else seconds_of(headers)
        headers = [*keep_private(headers), VARY]
        if own:
            headers.insert(0, OWN)
        elif seconds:  # ahead of the rest: a cache takes the first that it understands
            headers.insert(0, (b"x-accel-expires", b"%d" % seconds))
        message = {**message, "headers": headers}
        visit.late, visit.touched = True, False
    return send(message)


def _is_unsure(visit: Visit) -> bool:
    return any(decision.reason in UNSURE for decision in visit.decisions)
