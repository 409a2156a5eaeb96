"""Health, for those who watch the site: no personal data."""

from collections.abc import Callable, Mapping

from msgspec import json
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Health = Callable[[], Mapping[str, object]]
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def health_route(health: Health) -> Route:
    """Return the route `/api/health`, with all that `health` says: 503 unless `status` is "ok" or "disabled"."""

    async def answer(request: Request) -> Response:
        found = await run_in_threadpool(lambda: dict(health()))
        status = 200 if found.get("status") in ("ok", "disabled") else 503
        return Response(json.encode(found), status, headers=HEADERS, media_type="application/json")

    return Route("/api/health", answer, methods=["GET"], name="health")
