"""The visitor's page `/me`, and the POST by which consent is given, withdrawn, objected to."""

import logging
from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from personalize.consent.gate import PurposeState, states
from personalize.consent.ledger import ENOUGH, Ledger
from personalize.errors import ConsentRefused, StoreError
from personalize.explain.language import Language
from personalize.model.consent import ConsentEvent, Notice, Purpose
from personalize.model.people import Visitor
from personalize.recognition.origin import from_this_site, origin_of
from personalize.settings import Site
from personalize.web.privacy.cards import Card, Receipt, card, receipt
from personalize.web.shell.forms import read_form
from personalize.web.shell.pages import HEADERS, Pages
from personalize.web.shell.visits import in_doubt, visitor_of

log = logging.getLogger("personalize")
Form = Mapping[str, str]
Act = Callable[[Ledger, Visitor, Form], ConsentEvent]

ACTIONS: Mapping[str, Act] = {
    "give": lambda ledger, who, form: ledger.give(who, form["purpose"], form["lang"], form["notice"]),
    "withdraw": lambda ledger, who, form: ledger.withdraw(who, form["purpose"]),
    "object": lambda ledger, who, form: ledger.object(who, form["purpose"]),
    "lift": lambda ledger, who, form: ledger.lift(who, form["purpose"]),
}
FIELDS = frozenset({"purpose", "action", "notice", "lang"})


class PrivacyPages:
    """The visitor's page, made from the site's purposes and the ledger, which is there while the store is open."""

    def __init__(
        self,
        *,
        site: Site,
        purposes: Mapping[str, Purpose],
        notices: Mapping[str, Notice],
        ledger: Callable[[], Ledger],
        pages: Pages,
    ) -> None:
        self._site, self._purposes, self._notices = site, purposes, notices
        self._ledger, self._pages = ledger, pages
        self._zone, self._origin = ZoneInfo(site.timezone), origin_of(site.url)

    def routes(self) -> list[Route]:
        """Return the routes of the page."""
        return [
            Route("/me", self.show, methods=["GET"], name="me"),
            Route("/me/consent", self.change, methods=["POST"], name="consent"),
        ]

    async def show(self, request: Request) -> Response:
        """Show every purpose, its state where the visitor is sure enough, and a button to change it."""
        lang, visitor = self._pages.language_of(request), visitor_of(request)
        problem = ""
        changeable = visitor.assurance >= ENOUGH
        try:
            if in_doubt(request):
                raise StoreError("It could not be looked up who this is.")
            found = self._states(visitor)
            done = self._receipt(visitor, request.query_params.get("receipt", ""), lang)
        except StoreError:
            log.exception("The visitor's page could not read the consents.")
            found, done, changeable = states((), self._purposes, 0), None, False
            problem = lang.say("Your choices cannot be shown at this moment. Please try again later.")
        return self._pages.render(
            "me.html",
            lang,
            status=503 if problem else 200,
            cards=self._cards(found, lang, changeable),
            changeable=changeable,
            ask_login=not changeable and not problem,
            problem=problem,
            receipt=done,
            questions=self._questions(lang),
        )

    async def change(self, request: Request) -> Response:
        """Record one choice and go back to the page with its receipt."""
        lang, visitor = self._pages.language_of(request), visitor_of(request)
        if not from_this_site(request.scope["headers"], self._origin):
            return self._refuse(lang, 403, lang.say("This request did not come from a page of this site."))
        if in_doubt(request):
            return self._refuse(lang, 503, lang.say("Your choice could not be recorded. Please try again later."))
        if visitor.assurance < ENOUGH:
            return self._refuse(lang, 403, lang.say("Log in first: a link alone does not show who you are."))
        form = await read_form(request)
        if form is None or set(form) != FIELDS or form["action"] not in ACTIONS:
            return self._refuse(lang, 400, lang.say("The form was incomplete. Please try once more."))
        try:
            # In a thread, for it waits while another program writes to the store.
            event = await run_in_threadpool(ACTIONS[form["action"]], self._ledger(), visitor, form)
        except ConsentRefused as error:
            log.info("A choice was refused: %s", error)
            return self._refuse(lang, 409, lang.say("The text has changed meanwhile. Please read it again."))
        except StoreError:
            log.exception("A choice could not be recorded.")
            return self._refuse(lang, 503, lang.say("Your choice could not be recorded. Please try again later."))
        return RedirectResponse(f"../me?lang={lang.name}&receipt={event.event_id.hex()}", 303, headers=HEADERS)

    def _questions(self, lang: Language) -> Markup:
        """Return who decides and where to ask, a mail address as a link; nothing where the site does not say."""
        controller, contact = self._site.controller, self._site.privacy_contact
        if not (controller and contact):
            return Markup()
        line = lang.say(
            "{controller} decides what your data is used for. Questions? {contact}",
            controller="{controller}",
            contact="{contact}",
        )
        mail = Markup('<a href="mailto:{0}">{0}</a>').format(contact) if "@" in contact else contact
        return escape(line).format(controller=controller, contact=mail)

    def _refuse(self, lang: Language, status: int, problem: str) -> Response:
        return self._pages.render("refused.html", lang, status=status, up="../", problem=problem)

    def _states(self, visitor: Visitor) -> Mapping[str, PurposeState]:
        """Return where every purpose stands; somebody whom we do not know yet has said nothing."""
        if visitor.subject is None or visitor.assurance < ENOUGH:
            return states((), self._purposes, 0)
        return self._ledger().state(visitor.subject)

    def _cards(self, found: Mapping[str, PurposeState], lang: Language, shown: bool) -> list[Card]:
        return [
            card(purpose, self._notices.get(purpose.notice), found[name], lang, self._zone, shown)
            for name, purpose in self._purposes.items()
        ]

    def _receipt(self, visitor: Visitor, number: str, lang: Language) -> Receipt | None:
        """Return the receipt of this number, if it is of a choice that this very visitor made."""
        if visitor.subject is None or visitor.assurance < ENOUGH or len(number) != 32:
            return None
        event = next((e for e in self._ledger().events(visitor.subject) if e.event_id.hex() == number), None)
        if event is None or event.purpose not in self._purposes:
            return None
        return receipt(event, self._purposes[event.purpose], lang, self._zone)
