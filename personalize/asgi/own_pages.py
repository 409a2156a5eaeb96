"""The visitor's own pages, behind the path that the site gives them."""

from urllib.parse import quote

import anyio.to_thread

from personalize.asgi.contract import App, PersonalizerParts, Receive, Scope, Send


def as_seen(root: str, path: str) -> str:
    """Return a path of ours as a browser sees it: below `root`, ASGI's `root_path`, where the site is mounted.

    A root that a server took from a request's own path names no other host (T23).
    """
    return f"/{quote(root.strip('/'), errors='replace')}{path}" if root.strip("/") else path


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
