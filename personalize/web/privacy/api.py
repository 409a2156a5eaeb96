"""The visitor's rights as JSON, for pages that a site makes itself: each one a POST behind the same door."""

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from personalize.errors import ConsentRefused, NotFound, SaidTooOften, StoreError, ValueRefused
from personalize.explain.language import Language
from personalize.house import House
from personalize.model.people import Visitor
from personalize.settings import Settings
from personalize.web.privacy.acts import ACTS, Act
from personalize.web.privacy.copies import AFTER, BUSY, Copies
from personalize.web.privacy.door import IMPOSSIBLE, NOTHING, UNSURE, Door
from personalize.web.privacy.insight import copy_of
from personalize.web.shell.choices import AWAY, CHANGED, CLAIMED, FOREIGN, OFTEN, UNREAD, unrecorded
from personalize.web.shell.forms import INCOMPLETE, MOST_BYTES, read_body
from personalize.web.shell.pages import Pages
from personalize.web.shell.visits import visitor_of

log = logging.getLogger("personalize")
HEADERS = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


CODES: Mapping[str, str] = {
    FOREIGN: "foreign",
    UNSURE: "unsure",
    INCOMPLETE: "incomplete",
    CHANGED: "refused",
    IMPOSSIBLE: "impossible",
    NOTHING: "nothing_kept",
    CLAIMED: "claimed",
    AWAY: "away",
    UNREAD: "away",
    BUSY: "busy",
    OFTEN: "often",
}
"""By the sentence that people are told: the word that programs go by."""


class RightsApi:
    """The calls `/api/me` and `/api/me/ACT`; sentences are in the language that the request accepts."""

    def __init__(self, *, settings: Settings, house: Callable[[], House], pages: Pages, copies: Copies) -> None:
        self._house, self._pages, self._copies = house, pages, copies
        self._door = Door(settings.site)

    def routes(self) -> list[Route]:
        """Return the routes of the calls."""
        acts = [
            Route(f"/api/me/{name}", self._doing(act), methods=["POST"], name=f"api-{name}")
            for name, act in ACTS.items()
        ]
        return [Route("/api/me", self.insight, methods=["POST"], name="api-me"), *acts]

    async def insight(self, request: Request) -> Response:
        """Answer with everything that is kept of the visitor, as far as they are sure enough."""
        lang, visitor = self._pages.language_of(request), visitor_of(request)
        refused = self._door.refusal_of(request, reads=True)
        if refused is not None:
            return _refuse(lang, *refused)
        try:
            copy = await self._copies.make(visitor.subject, partial(self._insight, visitor, lang))
        except NotFound:
            return _refuse(lang, 404, NOTHING)
        except StoreError:
            log.exception("What is kept of a visitor could not be read.")
            return _refuse(lang, 503, UNREAD)
        return copy.sent("application/json", HEADERS) if copy else _refuse(lang, 503, BUSY)

    def _insight(self, visitor: Visitor, lang: Language) -> Iterator[str]:
        house = self._house()
        if visitor.subject is None:
            raise NotFound("Nobody is known here.")
        return copy_of(house, visitor.subject, "json", lang, visitor.assurance)

    def _doing(self, act: Act) -> Callable[[Request], object]:
        async def change(request: Request) -> Response:
            lang, visitor = self._pages.language_of(request), visitor_of(request)
            refused = self._door.refusal_of(request)
            if refused is not None:
                return _refuse(lang, *refused)
            body = await _body(request)
            if body is None or set(body) != act.fields:
                return _refuse(lang, 400, INCOMPLETE)
            try:
                done = await run_in_threadpool(act.do, self._house(), visitor, body)
            except SaidTooOften as error:
                return _refuse(lang, 429, OFTEN, str(error))
            except ConsentRefused as error:
                return _refuse(lang, 409, CHANGED, str(error))
            except ValueRefused as error:
                return _refuse(lang, 400, IMPOSSIBLE, str(error))
            except StoreError as error:
                log.exception("A visitor's choice could not be recorded.")
                return _refuse(lang, *unrecorded(error))
            return _answer(200, {"done": done.act, "receipts": done.receipts})

        return change


async def _body(request: Request) -> dict[str, str] | None:
    """Return a small JSON object of texts, or None for anything else."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return None
    body = await read_body(request)
    if len(body) > MOST_BYTES:
        return None
    try:
        return msgspec.json.decode(body, type=dict[str, str])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _refuse(lang: Language, status: int, problem: str, detail: str = "") -> Response:
    """Refuse with a word for programs and a sentence for people; `detail` is for developers, in English."""
    body = {"code": CODES[problem], "error": lang.say(problem)}
    answer = _answer(status, {**body, "detail": detail} if detail else body)
    if problem == BUSY:
        answer.headers["Retry-After"] = AFTER
    return answer


def _answer(status: int, body: Mapping[str, object]) -> Response:
    return Response(msgspec.json.encode(body), status, headers=HEADERS, media_type="application/json")
