"""The visitor's own pages, behind the path that the site gives them."""

import logging
from urllib.parse import quote

import anyio.to_thread

from personalize.asgi.contract import App, PersonalizerParts, Receive, Scope, Send

log = logging.getLogger("personalize")
MISPLACED = (
    "requests come with the root_path %r, while [site] url says %r: mails, newsletter links and downloads lead to %s. "
    "Write the path at which visitors see the site into url, and give the server the same (`--root-path`)"
)


def as_seen(root: str, path: str) -> str:
    """Return a path of ours as a browser sees it: below `root`, ASGI's `root_path`, where the site is mounted.

    A root that a server took from a request's own path names no other host (T23).
    """
    return f"/{quote(root.strip('/'), errors='replace')}{path}" if root.strip("/") else path


class OwnPages:
    """Answers with the visitor's pages; they are built in a thread when one is first asked for.

    That takes tens of milliseconds, for which the site's other visitors need not wait. Where the requests show that
    the site stands elsewhere than its settings say, which mails go by, the log says so once.
    """

    def __init__(self, personalizer: PersonalizerParts) -> None:
        self._personalizer = personalizer
        self._app: App | None = None
        self._misplaced = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request for a page below our path."""
        if self._app is None:
            self._app = await anyio.to_thread.run_sync(lambda: self._personalizer.visitor_app)
        if not self._misplaced:
            self._check_place(scope)
        await self._app(scope, receive, send)

    def _check_place(self, scope: Scope) -> None:
        site = self._personalizer.settings.site
        root = scope.get("root_path", "").removesuffix(site.path.rstrip("/"))
        if root.rstrip("/") != site.root:
            self._misplaced = True
            log.warning(MISPLACED, root, site.root, site.pages)
