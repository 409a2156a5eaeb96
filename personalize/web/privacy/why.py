"""The visitor's page `/why`: why a page showed what it did, told to the person it was shown to."""

import logging
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from personalize.cookbook.lookup import in_order
from personalize.errors import NotFound, StoreError
from personalize.explain.explanation import Explanation
from personalize.explain.language import marked
from personalize.explain.reader import Reader
from personalize.house import House
from personalize.model.people import Visitor
from personalize.web.privacy.acts import may_act
from personalize.web.shell.choices import UNREAD
from personalize.web.shell.pages import Pages
from personalize.web.shell.visits import in_doubt, visitor_of

log = logging.getLogger("personalize")
NOTHING = marked(
    "There is nothing to show you under this code. Is it complete, and are you logged in? "
    "If your data was erased, what was recorded of you can no longer be shown."
)
"""Said alike of a code that never was, of another's and of one who was erased: whoever has seen somebody's code
shall not find out here whether they erased their data."""


class WhyPage:
    """Tells a visit code's decisions to the person they are about; `house` raises StoreError while closed."""

    def __init__(self, *, house: Callable[[], House], pages: Pages) -> None:
        self._house, self._pages = house, pages

    def routes(self) -> list[Route]:
        """Return the route of the page."""
        return [Route("/why", self.show, methods=["GET"], name="why")]

    def show(self, request: Request) -> Response:
        """Show every decision under the code, or what to do: in a thread, for the cookbook is read."""
        lang, visitor = self._pages.language_of(request), visitor_of(request)
        code, problem, status = request.query_params.get("code", ""), "", 200
        told: list[Explanation] = []
        try:
            if in_doubt(request):
                raise StoreError("It could not be looked up who this is.")
            told = self._told(visitor, code, lang.name)
        except StoreError:
            log.exception("The visitor's page could not read the cookbook.")
            problem, status = lang.say(UNREAD), 503
        if code and not told and not problem:
            problem = lang.say(NOTHING)
        sure = may_act(visitor)  # whoever came by a link may not be whom it was sent to (law 6)
        return self._pages.render("why.html", lang, status=status, code=code, told=told, sure=sure, problem=problem)

    def _told(self, visitor: Visitor, code: str, lang: str) -> list[Explanation]:
        """Return the visitor's own decisions, those that were made for somebody no surer than they are now (law 6)."""
        if visitor.subject is None or not code:
            return []
        house = self._house()
        try:
            entries = house.cookbook.by_code(code)
            mine = [e for e in entries if e.subject == visitor.subject and e.assurance <= visitor.assurance]
            explainer = house.explaining()
            return [explainer.explain(entry, lang, Reader.visitor, person_told=True) for entry in in_order(mine)]
        except NotFound:
            return []
