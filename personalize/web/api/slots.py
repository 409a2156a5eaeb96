"""Slots for single-page apps: what the page would show, as JSON."""

from msgspec import json
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from personalize.asgi.facts import Facts
from personalize.model.decisions import Decision
from personalize.web.shell.visits import visit_of

MOST_SLOTS = 20
MOST_FACTS = 32
OURS = frozenset({"name", "peek", "lang"})
HEADERS = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


def slots_route(facts: Facts) -> Route:
    """Return the route `/api/slots?name=hero&topic=climate`; several names make several slots.

    `peek=1` looks without counting a stranger's look; a known person's look is recorded all the same (law 3),
    and the answer has no code. Every parameter that is not ours is a page fact. `lang` is what the fields are in.
    """

    async def slots(request: Request) -> Response:
        visit, query = visit_of(request), request.query_params
        names = list(dict.fromkeys(name for name in query.getlist("name") if name))
        pairs = [(key, value) for key, value in query.multi_items() if key not in OURS]
        if visit is None:
            return _answer({"error": "personalize does not run in front of this app"}, 503)
        if not 0 < len(names) <= MOST_SLOTS or len(pairs) > MOST_FACTS:
            return _answer({"error": f"name 1 to {MOST_SLOTS} slots, as in ?name=hero"}, 400)
        facts.check(names, dict(pairs))
        given = [facts.declared(name, facts.from_text(name, pairs)) for name in names]
        lang = facts.language(query.get("lang"))
        if query.get("peek") == "1":
            made = tuple(visit.peek(name, lang, **each) for name, each in zip(names, given, strict=True))
        else:
            made = visit.decide_each(lang, tuple(names), given)
        decided = {name: _shown(decision) for name, decision in zip(names, made, strict=True)}
        for name in names:
            if not facts.knows(name):
                decided[name]["error"] = f"there is no slot '{name}'{facts.nearest(name)}"
        return _answer({"slots": decided, "lang": lang, "code": visit.code}, 200)

    return Route("/api/slots", slots, methods=["GET"], name="slots")


def _shown(decision: Decision) -> dict[str, object]:
    return {"variant": decision.variant, "fields": dict(decision.fields), "reason": decision.reason.name}


def _answer(body: dict[str, object], status: int) -> Response:
    return Response(json.encode(body), status, headers=HEADERS, media_type="application/json")
