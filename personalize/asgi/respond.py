"""Respond: what a response bears when slots were decided or the visitor looked at; others pass untouched."""

from __future__ import annotations  # evaluated ones would cost every request

from collections.abc import Awaitable

from personalize.asgi.asking import has_subject
from personalize.asgi.bar import Bar
from personalize.asgi.caching import keep_private, vary_by_cookie, without
from personalize.asgi.coalescing import Coalescing
from personalize.asgi.contract import START, Message, Scope, Send
from personalize.asgi.visit import Visit

UNSEEN = frozenset({204, 205, *range(300, 400)})
"""Statuses of responses whose body no browser shows. The pages of errors it does show."""


def respond(request: tuple[Visit, Coalescing, Send], message: Message) -> Awaitable[None]:
    """Send a message of the site's response on; its start bears the headers that the visit asks for.

    A plain function that hands on the server's awaitable: a page without slots pays for one call.
    """
    visit, coalescing, send = request
    if message["type"] == START:
        visit.late = True
        if visit.touched:
            return _start(visit, coalescing, send, message)
    return send(message)


async def _start(visit: Visit, coalescing: Coalescing, send: Send, message: Message) -> None:
    """Send the start of a page that depends on the visitor; where it has slots, together with others that are ready.

    Its headers are made first: while others go, the site may fail, and the visit be nobody's any more. Noted is what
    the server took: a request that ends before, or whose browser is gone, put nothing on a page.
    """
    message = marked(visit, message)
    if visit.decisions:
        await coalescing.wait()
    await send(message)
    if message["status"] not in UNSEEN:
        visit.put_on_the_page()


def marked(visit: Visit, message: Message) -> Message:
    """Return a response start under the cache headers of law 8.

    A HEAD bears those of its GET, whose length it cannot know.
    """
    headers = message.get("headers") or ()
    headers = keep_private(headers) if has_subject(visit) or visit.is_private else vary_by_cookie(headers)
    if visit.cookie is not None:
        headers.append(visit.cookie)
    if visit.is_silent and visit.decisions:
        headers = without(headers, (b"content-length",))
    return {**message, "headers": headers}


def with_bar(bar: Bar, visit: Visit, scope: Scope, send: Send) -> Send:
    """Return a `send` that puts the developer's bar onto the page where it belongs."""

    def sending(message: Message) -> Awaitable[None]:
        nonlocal send
        if message["type"] == START and bar.is_for(visit, message):
            send = bar.onto(visit, scope, send)
        return send(message)

    return sending
