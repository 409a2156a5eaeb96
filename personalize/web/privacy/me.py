"""The visitor's one page `/me`, with a button for each right, and the pages that ask whether it is meant."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from personalize.consent.gate import IN_USE, PurposeState, states
from personalize.errors import ConsentRefused, NotFound, SaidTooOften, StoreError, ValueRefused
from personalize.explain.language import Language, marked
from personalize.house import House
from personalize.model.consent import ConsentEvent, Purpose
from personalize.model.people import Visitor
from personalize.recognition.cookies import clear_cookie_header
from personalize.settings import Settings
from personalize.web.privacy.acts import ACTS, Act, Done, may_act
from personalize.web.privacy.answers import page_of
from personalize.web.privacy.cards import Card, Receipt, card, receipt
from personalize.web.privacy.contact import questions
from personalize.web.privacy.copies import AFTER, BUSY, Copies
from personalize.web.privacy.door import IMPOSSIBLE, NOTHING, UNSURE, Door
from personalize.web.privacy.insight import MEDIA, copy_of, file_name
from personalize.web.privacy.mine import Mine, Teller
from personalize.web.shell.choices import CHANGED, OFTEN, UNREAD, choosable, unrecorded
from personalize.web.shell.forms import INCOMPLETE, read_form
from personalize.web.shell.pages import HEADERS, Pages
from personalize.web.shell.visits import by_link, in_doubt, visitor_of

log = logging.getLogger("personalize")
DONE: Mapping[str, str] = {
    "stop": marked("Everything is stopped. From the next page on nothing about you is used here."),
    "correct": marked("Thank you. The value is not used any more, and we look into what it should be."),
    "restrict": marked("This is not used any more, from the next page on."),
    "allow": marked("This may be used again, from the next page on."),
    "cut": marked("What was seen in that browser is not used for you any more."),
}


class PrivacyPages:
    """The visitor's page, over the house, which is there while the store is open."""

    def __init__(self, *, settings: Settings, house: Callable[[], House], pages: Pages, copies: Copies) -> None:
        self._settings, self._house, self._pages, self._copies = settings, house, pages, copies
        self._zone, self._door = settings.site.zone, Door(settings.site)

    def routes(self) -> list[Route]:
        """Return the routes of the page."""
        acts = [Route(f"/me/{name}", self._doing(act), methods=["POST"], name=name) for name, act in ACTS.items()]
        return [
            Route("/me", self.show, methods=["GET"], name="me"),
            Route("/me/agreed", self.agreed, methods=["GET"], name="agreed"),
            Route("/me/erase", self.ask, methods=["GET"], name="ask"),
            Route("/me/erased", self.erased, methods=["GET"], name="erased"),
            Route("/me/download", self.download, methods=["POST"], name="download"),
            *acts,
        ]

    def show(self, request: Request) -> Response:
        """Show what is kept and what it may be used for, as far as the visitor is sure enough: in a thread."""
        lang, visitor = self._pages.language_of(request), visitor_of(request)
        changeable, problem, shown = may_act(visitor), "", list(self._settings.purposes.values())
        found: Mapping[str, PurposeState] = states((), self._settings.purposes, 0)
        mine, said = Mine(), list[ConsentEvent]()
        try:
            if in_doubt(request):
                raise StoreError("It could not be looked up who this is.")
            if changeable:
                found, mine = self._kept(visitor, lang)
                said = self._said(visitor)
                shown = choosable(self._settings, visitor, found)
        except StoreError:
            log.exception("The visitor's page could not read what is kept.")
            changeable = False
            problem = lang.say("Your choices cannot be shown at this moment. Please try again later.")
        return self._pages.render(
            "me.html",
            lang,
            status=503 if problem else 200,
            cards=self._cards(shown, found, said, lang, changeable),
            mine=mine,
            changeable=changeable,
            known=visitor.subject is not None,
            stoppable=changeable and any(found[purpose.name].status in IN_USE for purpose in shown),
            alone=changeable and visitor.is_device,
            by_link=by_link(visitor),
            ask_login=not changeable and not problem,
            problem=problem,
            receipts=self._receipts(said, request.query_params.get("receipt", ""), lang),
            done=self._done(request, changeable, lang),
            questions=questions(self._settings.site, lang),
        )

    def _kept(self, visitor: Visitor, lang: Language) -> tuple[Mapping[str, PurposeState], Mine]:
        """Return where every purpose stands and what is kept; of somebody erased just now that is nothing."""
        found = self._states(visitor)
        try:
            return found, Teller(self._house(), lang).tell(visitor)
        except NotFound:
            return found, Mine()

    def agreed(self, request: Request) -> Response:
        """Show all that the visitor ever agreed or objected to, page by page: in a thread."""
        lang, visitor = self._pages.language_of(request), visitor_of(request)
        refused = self._door.refusal_of(request, guarded=False, reads=True)
        if refused is not None:
            return self._refuse(lang, *refused)
        try:
            said, now = self._said(visitor), self._house().clock.now()
        except StoreError:
            log.exception("The visitor's page could not read what is kept.")
            return self._refuse(lang, 503, UNREAD)
        answers = page_of(self._settings, said, _number(request.query_params.get("page", "")), lang, now)
        keep = f"&page={answers.newer + 1}"
        return self._pages.render("agreed.html", lang, up="../", here="me/agreed", keep=keep, answers=answers)

    def ask(self, request: Request) -> Response:
        """Ask whether erasing is meant: this page changes nothing."""
        lang, visitor = self._pages.language_of(request), visitor_of(request)
        refused = self._door.refusal_of(request, guarded=False, reads=True)
        if refused is not None:
            return self._refuse(lang, *refused)
        if visitor.subject is None:
            return self._refuse(lang, 409, marked("There is nothing to erase: nothing is kept about you."))
        return self._pages.render("erase.html", lang, up="../", here="me/erase")

    def erased(self, request: Request) -> Response:
        """Say that everything is gone. It says the same to everybody, and of nobody."""
        return self._pages.render("erased.html", self._pages.language_of(request), up="../", here="me/erased")

    async def download(self, request: Request) -> Response:
        """Send everything that is kept as a file: for programs, or to read."""
        lang, visitor = self._pages.language_of(request), visitor_of(request)
        refused = self._door.refusal_of(request, reads=True)
        if refused is not None:
            return self._refuse(lang, *refused)
        form = await read_form(request)
        if form is None or form.get("format") not in MEDIA or len(form) > 1:
            return self._refuse(lang, 400, INCOMPLETE)
        try:
            copy = await self._copies.make(visitor.subject, partial(self._file, visitor, form["format"], lang))
        except NotFound:
            return self._refuse(lang, 409, NOTHING)
        except StoreError:
            log.exception("What is kept of a visitor could not be read.")
            return self._refuse(lang, 503, UNREAD)
        if copy is None:
            return self._refuse(lang, 503, BUSY)
        name = file_name(self._house(), lang, form["format"])
        return copy.sent(MEDIA[form["format"]], {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'})

    def _doing(self, act: Act) -> Callable[[Request], object]:
        """Return the handler of one act: all are refused alike, and lead back to the page."""

        async def change(request: Request) -> Response:
            lang, visitor = self._pages.language_of(request), visitor_of(request)
            refused = self._door.refusal_of(request)
            if refused is not None:
                return self._refuse(lang, *refused)
            form = await read_form(request)
            if form is None or set(form) != act.fields:
                return self._refuse(lang, 400, INCOMPLETE)
            try:
                # In a thread, for it waits while another program writes to the store.
                done = await run_in_threadpool(act.do, self._house(), visitor, form)
            except SaidTooOften:
                return self._refuse(lang, 429, OFTEN)
            except (ConsentRefused, ValueRefused) as error:
                log.info("A visitor's choice was refused: %s", error)
                status, said = (409, CHANGED) if isinstance(error, ConsentRefused) else (400, IMPOSSIBLE)
                return self._refuse(lang, status, said)
            except StoreError as error:
                log.exception("A visitor's choice could not be recorded.")
                return self._refuse(lang, *unrecorded(error))
            return self._back(done, act, lang)

        return change

    def _back(self, done: Done, act: Act, lang: Language) -> Response:
        """Lead back to the page, which then says what was done."""
        if done.act == "erase":
            answer = RedirectResponse(f"erased?lang={lang.name}", 303, headers=HEADERS)
            answer.raw_headers.append(clear_cookie_header(self._settings.site.url))
            return answer
        said = "" if done.act == "consent" else f"&done={done.act}"
        number = f"&receipt={','.join(done.receipts)}" if done.receipts else ""
        return RedirectResponse(f"../me?lang={lang.name}{said}{number}", 303, headers=HEADERS)

    def _file(self, visitor: Visitor, kind: str, lang: Language) -> Iterator[str]:
        house = self._house()
        if visitor.subject is None:
            raise NotFound("Nobody is known here.")
        return copy_of(house, visitor.subject, kind, lang, visitor.assurance)

    def _done(self, request: Request, changeable: bool, lang: Language) -> str:
        """Return what was just done, in words. Whoever links here with it says nothing about anybody."""
        sentence = DONE.get(request.query_params.get("done", "")) if changeable else None
        return lang.say(sentence) if sentence else ""

    def _refuse(self, lang: Language, status: int, problem: str) -> Response:
        said = lang.say(problem)
        if problem == UNSURE:
            said = self._pages.at_login(lang, said)
        answer = self._pages.render("refused.html", lang, status=status, up="../", problem=said)
        if problem == BUSY:
            answer.headers["Retry-After"] = AFTER
        return answer

    def _states(self, visitor: Visitor) -> Mapping[str, PurposeState]:
        """Return where every purpose stands; somebody whom we do not know yet has said nothing."""
        if visitor.subject is None:
            return states((), self._settings.purposes, 0)
        return self._house().ledger.state(visitor.subject)

    def _said(self, visitor: Visitor) -> list[ConsentEvent]:
        return [] if visitor.subject is None else self._house().ledger.events(visitor.subject)

    def _cards(
        self,
        purposes: Iterable[Purpose],
        found: Mapping[str, PurposeState],
        said: list[ConsentEvent],
        lang: Language,
        shown: bool,
    ) -> list[Card]:
        notices = self._settings.notices
        return [
            card(purpose, notices.get(purpose.notice), found[purpose.name], lang, self._zone, shown, said)
            for purpose in purposes
        ]

    def _receipts(self, said: list[ConsentEvent], numbers: str, lang: Language) -> list[Receipt]:
        """Return the receipts of these numbers, as far as they are of choices that this very visitor made."""
        asked = numbers.split(",")
        return [receipt(event, self._settings, lang) for event in said if event.event_id.hex() in asked]


def _number(text: str) -> int:
    """Return the number of a page as an address has it; 1 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1
