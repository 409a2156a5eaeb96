"""`/person/{subject}/export`: for data officers, all that is held of one person as a file for that person."""

from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from personalize.errors import NotFound
from personalize.model.staff import Role
from personalize.web.desk.desk import PRIVATE, Desk, note_look, told_case
from personalize.web.desk.persons import NO_ONE, subject_in
from personalize.web.privacy.copies import BUSY, Copies
from personalize.web.privacy.insight import MEDIA, copy_of, file_name
from personalize.web.shell.access import Refused, language_of, require


class Exports:
    """The file of one person."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._copies = desk, Copies()

    def routes(self) -> list[Route]:
        """Return the routes of the file."""
        return [Route("/person/{subject}/export", self.file, methods=["GET"], name="export")]

    async def file(self, request: Request) -> Response:
        """Send the file, once that is in the trail."""
        require(request, Role.data_officer)
        subject, case = subject_in(request), told_case(request)
        if case is None:
            return self._desk.ask_for_case(request)
        await run_in_threadpool(note_look, request, case, "export", subject)
        kind = "json" if request.query_params.get("format") == "json" else "html"
        try:
            begin = partial(copy_of, self._desk.house(), subject, kind, language_of(request))
            copy = await self._copies.make(subject, begin)
        except NotFound as error:
            raise Refused(404, NO_ONE) from error
        if copy is None:
            raise Refused(503, BUSY)
        name = file_name(self._desk.house(), language_of(request), kind)
        return copy.sent(MEDIA[kind], {**PRIVATE, "Content-Disposition": f'attachment; filename="{name}"'})
