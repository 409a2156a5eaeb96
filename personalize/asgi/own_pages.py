"""The visitor's own pages, behind the path that the site gives them."""

import anyio.to_thread

from personalize.asgi.contract import App, PersonalizerParts, Receive, Scope, Send


class OwnPages:
    """Answers with the visitor's pages; they are built in a thread when one is first asked for.

    That takes tens of milliseconds, for which the site's other visitors need not wait.
    """

    def __init__(self, house: PersonalizerParts) -> None:
        self._house = house
        self._app: App | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request for a page below our path."""
        if self._app is None:
            self._app = await anyio.to_thread.run_sync(lambda: self._house.visitor_app)
        await self._app(scope, receive, send)
