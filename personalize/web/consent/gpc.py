"""`/.well-known/gpc.json`: the site says that it heeds `Sec-GPC` (Global Privacy Control, section 4)."""

from starlette.responses import Response

from personalize.asgi.contract import Receive, Scope, Send

BODY = b'{"gpc": true}\n'
HEADERS = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}


class GpcApp:
    """Answers GET and HEAD; mount it at that very path."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer alike whoever asks."""
        if scope["method"] not in ("GET", "HEAD"):
            await Response(status_code=405, headers={"Allow": "GET, HEAD"})(scope, receive, send)
            return
        await Response(BODY, headers=HEADERS, media_type="application/json")(scope, receive, send)
