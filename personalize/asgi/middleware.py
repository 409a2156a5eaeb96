"""The middleware: one ASGI layer that recognises the visitor and hands the site a visit."""

from __future__ import annotations  # evaluated ones would cost every request

import logging
from contextlib import suppress
from types import MethodType
from typing import Any

from personalize.admission import Prepared
from personalize.asgi.arrival import Arrivals, conceal
from personalize.asgi.bar import Bar
from personalize.asgi.coalescing import Coalescing
from personalize.asgi.contract import App, PersonalizerParts, RawHeaders, Receive, Scope, Send
from personalize.asgi.door import Door
from personalize.asgi.facts import Facts
from personalize.asgi.login import Doubt, LoginQuestion
from personalize.asgi.marked import Marking
from personalize.asgi.opening import Opening
from personalize.asgi.own_pages import OwnPages
from personalize.asgi.respond import respond, with_bar
from personalize.asgi.shared import SharedPages
from personalize.asgi.visit import Visit, current
from personalize.model.decisions import Reason
from personalize.model.people import LOGIN, Assurance
from personalize.recognition.cookies import CookieFault, cookie_name, read_cookies
from personalize.recognition.links import PARAMETER, take_token
from personalize.recognition.recognise import Credentials

log = logging.getLogger("personalize")
KEY = "personalize"
"""Where a request's visit stands: `scope["state"]["personalize"]`."""
NOWHERE = "\0"
"""No path of a request holds it: the visitor's pages are not served here."""


class PersonalizeMiddleware:
    """Add it inside the site's session: `Middleware(PersonalizeMiddleware, personalizer=personalizer)`.

    Each request finds its visit in `scope["state"]["personalize"]`. Websockets and streams pass untouched.
    """

    def __init__(self, app: App, personalizer: PersonalizerParts) -> None:
        self.app, self._own_pages = app, OwnPages(personalizer)
        self._counters, self._token = personalizer.counters, PARAMETER + b"="
        site = personalizer.settings.site
        self._enabled, self._cookie, self._path = site.enabled, cookie_name(site.url), site.path.rstrip("/") or NOWHERE
        self._login = LoginQuestion(personalizer.login, self._counters) if personalizer.login else None
        self._arrivals = Arrivals(site.url, site.path.rstrip("/"), self._counters)
        self._facts, self._coalescing = Facts(personalizer.settings), Coalescing()
        bar = Bar(lambda: personalizer.refused, markers=site.markers)
        self._bar = bar if site.development else None
        self._marking: Marking | SharedPages | None = Marking(self._facts, self._counters) if site.markers else None
        if personalizer.settings.contexts:
            self._marking = SharedPages(personalizer, self._facts)
        off = Reason.ERROR if site.enabled else Reason.DISABLED
        self._opening = Opening(personalizer, self._facts, off)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one connection on, with a visit where it is an http request.

        In one piece: every page pays for each call made here, several times over once the processor's
        caches have been used by others.
        """
        if scope["type"] != "http":
            await self._beside(scope, receive, send)
            return
        door = self._opening.door
        if door.pipeline is None:
            if not self._enabled:
                await self._switched_off(door, scope, receive, send)
                return
            door = await self._opening.arrive(scope)
        login: Any = None
        question = self._login
        if question is not None:
            try:
                login = question.ask(scope)
            except Exception as error:
                login = question.failed(error)
            if login is not None and not isinstance(login, str):
                login = await question.settle(login)
        query = scope["query_string"]
        if query and query.find(self._token) >= 0 and await self._arrives(door, scope, send, login):
            return  # `in` would raise and drop an error first: bytes may hold a number too
        headers, brought = scope["headers"], False
        for name, value in headers:
            if name == b"cookie" and value.find(self._cookie) >= 0:
                brought = True
        prepared = self._prepare(door, headers, login, brought) if brought or login is not None else None
        visit = Visit(door, prepared, scope["method"] == "HEAD", headers, scope.get("root_path", ""))
        try:
            scope["state"][KEY] = visit
        except KeyError:
            scope["state"] = {KEY: visit}
        if self._bar is not None:
            send = with_bar(self._bar, visit, scope, send)
        # a partial costs half as much again, at each message
        sending = MethodType(respond, (visit, self._coalescing, send))
        token = current.set(visit) if door.renderer.templates is not None else None
        try:
            if self._marking is None and self._path not in scope["path"]:
                await self.app(scope, receive, sending)
            else:
                await self._detour(visit, scope, receive, sending)
        except BaseException:
            visit.abandon()
            raise
        finally:
            if token is not None:
                with suppress(ValueError):  # a server may close an abandoned request from another context
                    current.reset(token)

    def _prepare(self, door: Door, headers: RawHeaders, login: str | None, brought: bool) -> Prepared | None:
        """Make the first three stops for whoever brings credentials; `brought` says that our cookie may be there."""
        pipeline = door.pipeline
        if pipeline is None:
            return None
        try:
            if not brought and login is not None and (met := pipeline.met(login)) is not None:
                return met
            if isinstance(login, Doubt):
                return pipeline.in_doubt(login)
            cookie = read_cookies(headers, self._cookie) if brought else None
            if isinstance(cookie, CookieFault):
                self._counters[f"cookie_{cookie}"] += 1
            prepared = pipeline.prepare(Credentials(login=login, cookie=cookie), headers)
            if self._login is not None and prepared.visitor.problem.startswith(LOGIN):
                self._login.unread(prepared.visitor.problem.removeprefix(LOGIN))
            if prepared.visitor.assurance is Assurance.click and isinstance(cookie, bytes):
                pipeline.came(cookie, prepared.visitor, headers)
            return prepared
        except Exception:
            self._counters["prepare_failed"] += 1
            log.exception("the visitor could not be recognised")
            return None

    async def _arrives(self, door: Door, scope: Scope, send: Send, login: str | None) -> bool:
        return await self._arrivals.answer(door.pipeline, scope, send, login=login)

    async def _detour(self, visit: Visit, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the visitor's own pages, or the site's app with an eye on its markers."""
        own = scope_below(scope, self._path)
        if own is not None:
            conceal(scope)
            await self._own_pages(own, receive, send)
        elif self._marking is None:
            await self.app(scope, receive, send)
        else:
            await self._marking.answer(self.app, visit, scope, receive, send)

    async def _switched_off(self, door: Door, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on as it came; only a link's token is taken out, and health still answers."""
        if self._token in scope["query_string"]:
            scope["query_string"] = take_token(scope["query_string"])[1]
        own = scope_below(scope, self._path) if self._path in scope["path"] else None
        if own is not None and own["path"].endswith("/api/health"):
            await self._own_pages(own, receive, send)
            return
        scope.setdefault("state", {})[KEY] = Visit(door)
        await self.app(scope, receive, send)

    async def _beside(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" and self._enabled:
            await self._opening.watch(self.app, scope, receive, send)
        else:
            await self.app(scope, receive, send)


def scope_below(scope: Scope, path: str) -> Scope | None:
    """Return the scope of an app mounted at `path`, or None where the request is for another place."""
    root: str = scope.get("root_path", "")
    inside = scope["path"].removeprefix(root)
    if inside != path and not inside.startswith(path + "/"):
        return None
    return {**scope, "root_path": root + path, "app_root_path": scope.get("app_root_path", root)}
