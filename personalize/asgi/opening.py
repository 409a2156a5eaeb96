"""When the store is open: for as long as the lifespan, or from the first request where none comes."""

import logging
from time import monotonic

import anyio

from personalize.asgi.contract import App, Message, PersonalizerParts, Receive, Scope, Send
from personalize.asgi.door import Door
from personalize.asgi.facts import Facts
from personalize.model.decisions import Reason

log = logging.getLogger("personalize")
PER_ROUTE = (
    "PersonalizeMiddleware stands in a list that the framework runs for each route alone, so visitors' pages and health"
    " answer 404, and nobody can object there: wrap the whole app, PersonalizeMiddleware(app, personalizer=...)"
)
AGAIN_AFTER = 5.0
"""How long (s) a start that failed is left alone before one more try."""


class Opening:
    """Opens and closes the store; a start that fails leaves the site running, unpersonalised."""

    def __init__(self, personalizer: PersonalizerParts, facts: Facts, off: Reason) -> None:
        self._personalizer, self._facts, self._off = personalizer, facts, off
        self.door = self._shut()
        self._lock: anyio.Lock | None = None
        self._not_before = 0.0

    @property
    def is_open(self) -> bool:
        """Say whether visitors can be recognised and slots decided."""
        return self.door.pipeline is not None

    async def arrive(self, scope: Scope) -> Door:
        """Open the store for a request that comes before a lifespan, and say once where only some requests come."""
        handler = scope.get("route_handler")  # as Litestar names it once a route is chosen
        if handler is not None and not getattr(handler, "is_mount", False):
            if not self._personalizer.counters["per_route"]:
                log.error(PER_ROUTE)
            self._personalizer.counters["per_route"] += 1
        return await self.open()

    async def open(self) -> Door:
        """Open the store if it is not, and return the way in; never raises."""
        if self.is_open or monotonic() < self._not_before:
            return self.door
        if self._lock is None:
            self._lock = anyio.Lock()
        async with self._lock:
            if not self.is_open and monotonic() >= self._not_before:
                await self._try()
        return self.door

    async def _try(self) -> None:
        try:
            await self._personalizer.startup()
            self.door = self._opened()
        except Exception as error:
            self._personalizer.counters["startup_failed"] += 1
            self._not_before = monotonic() + AGAIN_AFTER
            log.error("personalize could not start, pages show their defaults: %s", error, exc_info=error)

    async def close(self) -> None:
        """Close the store if it is open; never raises."""
        if not self.is_open:
            return
        self.door, self._lock = self._shut(), None
        try:
            await self._personalizer.shutdown()
        except Exception as error:
            self._personalizer.counters["shutdown_failed"] += 1
            log.error("personalize could not close its store: %s", error, exc_info=error)

    def _shut(self) -> Door:
        parts = self._personalizer
        return Door(None, parts.renderer, self._facts, parts.counters, self._off)

    def _opened(self) -> Door:
        parts = self._personalizer
        return Door(parts.pipeline, parts.renderer, self._facts, parts.counters, self._off, parts.browsing)

    async def watch(self, app: App, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the lifespan on: open before the site starts, close after it has stopped.

        An app that fails or ends without a look at it, as Django does, knows none: then it is answered here.
        """
        heeded = False

        async def opening() -> Message:
            nonlocal heeded
            heeded = True
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.open()
            return message

        async def closing(message: Message) -> None:
            nonlocal heeded
            heeded = True
            if message["type"] in ("lifespan.shutdown.complete", "lifespan.shutdown.failed"):
                await self.close()
            await send(message)

        try:
            try:
                await app(scope, opening, closing)
            except Exception as error:
                if heeded:  # it failed at its own start, and the server is to know
                    raise
                log.info("The app knows no lifespan, so personalize answers it alone: %s", error)
            if not heeded:
                await _answer(opening, closing)
        finally:
            with anyio.CancelScope(shield=True):
                await self.close()


async def _answer(receive: Receive, send: Send) -> None:
    for phase in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{phase}.complete"})
