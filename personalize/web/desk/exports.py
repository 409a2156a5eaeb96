"""`/person/{subject}/export`: for data officers, all that is held of one person as a file for that person."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from personalize.errors import NotFound
from personalize.model.staff import Role
from personalize.rights.export import as_json
from personalize.web.desk.desk import PRIVATE, Desk, note_look, told_case
from personalize.web.desk.persons import NO_ONE, subject_in
from personalize.web.privacy.insight import document, teller
from personalize.web.shell.access import Refused, language_of, require


class Exports:
    """The file of one person."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return the routes of the file."""
        return [Route("/person/{subject}/export", self.file, methods=["GET"], name="export")]

    def file(self, request: Request) -> Response:
        """Send the file, once that is in the trail."""
        require(request, Role.data_officer)
        subject, case = subject_in(request), told_case(request)
        if case is None:
            return self._desk.ask_for_case(request)
        note_look(request, case, "export", subject)
        house, lang = self._desk.house(), language_of(request)
        try:
            insight = house.rights.insights.gather(subject, house.clock.now(), teller(house, lang.name))
        except NotFound as error:
            raise Refused(404, NO_ONE) from error
        if request.query_params.get("format") == "json":
            return _file(as_json(insight, house.settings), "json", "application/json")
        return _file(document(house, insight, lang), "html", "text/html; charset=utf-8")


def _file(text: str, ending: str, media_type: str) -> Response:
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="insight.{ending}"'}
    return Response(text, headers=headers, media_type=media_type)
