"""`/code/{code}`: what somebody saw on one page, and why; and unmasking values of it."""

from collections.abc import Iterable, Sequence

from msgspec import json
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from personalize.cookbook.lookup import in_order
from personalize.explain.dates import local, moment_words
from personalize.explain.explanation import as_json as plain
from personalize.explain.language import Language, capital, marked
from personalize.model.spoken import write_day
from personalize.web.desk.answers import Answer, View, answer_to
from personalize.web.desk.counts import at_of
from personalize.web.desk.desk import Desk, aloud_in, as_json, note_look, told_case, wants_json
from personalize.web.desk.stops import stops_of
from personalize.web.desk.told import Told, tell
from personalize.web.desk.unmasking import NOTHING, Unmasked, require_reason, unmask
from personalize.web.shell.access import LOOKERS, language_of, require, visit_of

PROBLEMS = {
    "unknown": marked("Nothing is recorded under this code."),
    "mistyped": marked("A character is wrong: this cannot be a visit code."),
    "foreign": marked("This is not a visit code of this site."),
    "expired": marked("What was recorded under this code is no longer kept."),
    "damaged": marked("What was recorded under this code can no longer be read."),
}


class Codes:
    """The page of a visit code."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return the routes of the page."""
        return [
            Route("/code/{code}", self.show, methods=["GET"], name="code"),
            Route("/code/{code}", self.unmask, methods=["POST"], name="unmask-code"),
        ]

    def show(self, request: Request) -> Response:
        """Tell every decision of the page view, once the look is in the trail."""
        require(request, *LOOKERS)
        typed, case = request.path_params["code"][:40], told_case(request)
        if case is None:
            return self._desk.ask_for_case(request, typed)
        seen = at_of(request.query_params.get("day", ""), "", self._desk.zone)
        answer = answer_to(self._desk.house(), typed, seen)
        view = _chosen(answer, request.query_params.get("at", ""))
        note_look(
            request, case, "code", view.subject if view else 0, f"code:{answer.code if answer.views else answer.kind}"
        )
        if not answer.views:
            return self._nothing(request, answer)
        return self._told(request, answer, view) if view else self._choice(request, answer)

    def unmask(self, request: Request) -> Response:
        """Show one hidden value wherever it stands on the page, once the reason for just this is in the trail."""
        require(request, *LOOKERS)
        require_reason(request)
        typed = request.path_params["code"][:40]
        answer = answer_to(self._desk.house(), typed)
        view = _chosen(answer, request.query_params.get("at", ""))
        unmasked = unmask(request, view.entries if view else (), f"code:{typed}")
        if view is None or not unmasked.names:
            return self._nothing(request, Answer(kind="unknown", code=typed))
        return self._told(request, answer, view, unmasked)

    def _told(self, request: Request, answer: Answer, view: View, unmasked: Unmasked = NOTHING) -> Response:
        visit, house = visit_of(request), self._desk.house()
        told = tell_all(self._desk, request, view, unmasked.names)
        if wants_json(request):
            entries = [json.decode(plain(each.explanation)) for each in told]
            return as_json({"code": answer.code, "kind": answer.kind, "entries": entries})
        return self._desk.show(
            request,
            "code.html",
            code=answer.code,
            at=view.at,
            several=len(answer.views) > 1,
            when=capital(told[0].explanation.when),
            person=told[0].explanation.person,
            erased=_erased(self._desk, view.subject, visit.lang) if answer.kind == "erased" else "",
            told=told,
            subject=view.subject,
            stops=() if answer.kind == "erased" else stops_of(house, view.subject, view.entries, visit.lang),
            aloud=told[0].aloud_lang,
            unmasked=unmasked,
        )

    def _nothing(self, request: Request, answer: Answer) -> Response:
        if wants_json(request):
            problem = language_of(request).say(PROBLEMS[answer.kind])
            body = {"code": answer.code, "kind": answer.kind, "problem": problem, "suggestions": answer.near}
            return as_json(body, 404)
        since = write_day(local(answer.kept_since, self._desk.zone).date(), language_of(request).name)
        return self._desk.show(
            request, "answer.html", 404, answer=answer, tried=(), kinds={}, text=answer.code, since=since
        )

    def _choice(self, request: Request, answer: Answer) -> Response:
        """Ask for the time: two page views got the same code by chance."""
        lang = language_of(request)
        zone = self._desk.zone
        times = [(view.at, capital(moment_words(local(view.at, zone), lang))) for view in answer.views]
        if wants_json(request):
            return as_json({"code": answer.code, "kind": "several", "at": [at for at, _ in times]})
        return self._desk.show(request, "choice.html", code=answer.code, times=times)


def tell_all(desk: Desk, request: Request, view: View, unmasked: Iterable[str]) -> Sequence[Told]:
    """Return what there is to say of a page view, place by place."""
    house, visit, aloud = desk.house(), visit_of(request), aloud_in(request)
    explainer = house.explaining()
    return [tell(house, explainer, visit, entry, aloud=aloud, unmasked=unmasked) for entry in in_order(view.entries)]


def _erased(desk: Desk, subject: int, lang: Language) -> str:
    """Return that a person was erased, and when, as a sentence."""
    at = desk.house().rights.erased_at(subject)
    if at is None:
        return lang.say("The person behind this code has been erased.")
    day = write_day(local(at, desk.zone).date(), lang.name)
    return lang.say("The person behind this code was erased on {day}.", day=day)


def _chosen(answer: Answer, at: str) -> View | None:
    if len(answer.views) == 1:
        return answer.views[0]
    return next((view for view in answer.views if str(view.at) == at), None)
