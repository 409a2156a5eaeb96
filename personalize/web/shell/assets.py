"""Serve our stylesheets: a closed list, read once."""

from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

HEADERS = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}


def asset_route(files: Mapping[str, Path]) -> Route:
    """Return the route `/assets/NAME` for these stylesheets."""
    texts = {name: path.read_text(encoding="utf-8") for name, path in files.items()}

    async def asset(request: Request) -> Response:
        text = texts.get(request.path_params["name"])
        if text is None:
            return PlainTextResponse("Not found", 404)
        return Response(text, headers=HEADERS, media_type="text/css")

    return Route("/assets/{name}", asset, name="asset")
