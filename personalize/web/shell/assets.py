"""Serve our stylesheets and scripts: a closed list, read once."""

from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

HEADERS = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
TYPES = {".css": "text/css", ".js": "text/javascript"}


def asset_route(files: Mapping[str, Path], under: str = "/assets") -> Route:
    """Return the route `/assets/NAME`, or one below another path, for these files."""
    texts = {name: path.read_text(encoding="utf-8") for name, path in files.items()}

    async def asset(request: Request) -> Response:
        name = request.path_params["name"]
        text = texts.get(name)
        if text is None:
            return PlainTextResponse("Not found", 404)
        return Response(text, headers=HEADERS, media_type=TYPES[Path(name).suffix])

    return Route(f"{under}/{{name}}", asset, name="asset")
