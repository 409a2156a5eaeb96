"""The pages of double opt-in: asking for the mail, the button it leads to, and the one click that ends it."""

import logging
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from personalize.consent.opt_ins import Answer
from personalize.errors import ConsentRefused, IdentifierProblem, NotFound, StoreError
from personalize.explain.language import Language, marked
from personalize.house import House
from personalize.model.people import Assurance
from personalize.recognition.cookies import cookie_name, read_cookies, set_cookie_header
from personalize.recognition.origin import from_this_site, origin_of
from personalize.settings import Settings
from personalize.web.consent.answers import SAID
from personalize.web.shell.choices import AWAY, CHANGED, FOREIGN, UNREAD, unrecorded
from personalize.web.shell.forms import INCOMPLETE, MOST_BYTES, read_body, read_form
from personalize.web.shell.networks import network_of
from personalize.web.shell.notices import paragraphs_of
from personalize.web.shell.pages import HEADERS, Pages
from personalize.web.shell.visits import in_doubt, visitor_of

log = logging.getLogger("personalize")
FIELDS = frozenset({"purpose", "notice", "lang", "email"})
ONE_CLICK = (b"List-Unsubscribe", b"One-Click")
STAGES = {
    "sent": marked("Look into your mailbox in a moment, and say yes on the page that the mail leads to."),
    "delayed": marked("The mail could not be delivered yet. Your request is kept, and we try again for some days."),
    "refused": marked("The mail could not be delivered. Is the address right? Then ask once more."),
}
OUTCOMES = {
    "confirmed": (
        marked("Thank you, that is confirmed"),
        marked("You agreed to “{purpose}”. You can withdraw it here at any time."),
    ),
    "already": (
        marked("This is confirmed already"),
        marked("“{purpose}” was confirmed by this link before. It needs to be done once only."),
    ),
    "changed": (
        marked("The text has changed"),
        marked("Since the mail was sent the text has changed. Please read it and ask for a new mail."),
    ),
    "gone": (
        marked("This link no longer works"),
        marked("It is too old, or was not copied completely. Please ask for a new mail."),
    ),
}


class Mails:
    """The pages that our mails lead to. A GET of any of them changes nothing, whoever or whatever makes it (T4)."""

    def __init__(self, settings: Settings, house: Callable[[], House], pages: Pages) -> None:
        self._settings, self._house, self._pages = settings, house, pages
        self._origin = origin_of(settings.site.url)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/consent/sign-up", self.sign_up, methods=["POST"], name="sign-up"),
            Route("/consent/mail/{receipt}", self.stage, methods=["GET"], name="stage"),
            Route("/confirm/{token}", self.ask, methods=["GET"], name="ask-to-confirm"),
            Route("/confirm/{token}", self.confirm, methods=["POST"], name="confirm"),
            Route("/unsubscribe/{token}", self.leave, methods=["GET"], name="leave"),
            Route("/unsubscribe/{token}", self.unsubscribe, methods=["POST"], name="unsubscribe"),
        ]

    async def sign_up(self, request: Request) -> Response:
        """Keep the wish and have its mail sent. The answer is the same whoever's address it is (T44)."""
        lang = self._pages.language_of(request)
        if not from_this_site(request.scope["headers"], self._origin):
            return self._refuse(lang, 403, FOREIGN)
        form = await read_form(request)
        if form is None or set(form) != FIELDS:
            return self._refuse(lang, 400, INCOMPLETE)
        try:
            house = self._house()
            receipt = await run_in_threadpool(
                house.opt_ins.ask,
                form["email"],
                form["purpose"],
                form["lang"],
                form["notice"],
                network_of(request, house),
            )
        except IdentifierProblem:
            return self._refuse(lang, 422, marked("That is no e-mail address. Please go back and look at it again."))
        except ConsentRefused as error:
            log.info("A sign-up was refused: %s", error)
            return self._refuse(lang, 409, CHANGED)
        except StoreError:
            log.exception("A sign-up could not be kept.")
            return self._refuse(lang, 503, AWAY)
        return RedirectResponse(f"mail/{receipt.hex()}?lang={lang.name}", 303, headers=HEADERS)

    def stage(self, request: Request) -> Response:
        """Say what became of the mail; an address that had its mails for now is told nothing else."""
        lang, text = self._pages.language_of(request), request.path_params["receipt"]
        try:
            receipt = bytes.fromhex(text) if len(text) == 16 and text.isascii() else b""
            stage = self._house().opt_ins.stage(receipt)
        except ValueError:
            stage = "sent"
        except StoreError:
            return self._refuse(lang, 503, UNREAD, up="../../")
        title = lang.say("One more step: your mailbox")
        if stage == "refused":
            title = lang.say("The mail could not be delivered")
        return self._tell(lang, title, lang.say(STAGES[stage]), up="../../", here=f"consent/mail/{text}")

    def ask(self, request: Request) -> Response:
        """Show what is to be confirmed, in the very words, with the button that does it."""
        lang, token = self._pages.language_of(request), request.path_params["token"]
        try:
            house = self._house()
            wish = house.opt_ins.wish(token)
            if wish is None or wish.subject:
                return self._outcome(lang, Answer(outcome="already" if wish else "gone", wish=wish))
            purpose, notice = house.ledger.read(wish)
        except ConsentRefused:
            return self._outcome(lang, Answer(outcome="changed"))
        except StoreError:
            return self._refuse(lang, 503, UNREAD, up="../")
        title = lang.title(purpose.titles, purpose.name)
        return _unnamed(
            self._pages.render(
                "consent/press.html",
                lang,
                up="../",
                here=f"confirm/{token}",
                title=lang.say("Do you agree to this?"),
                lead=lang.say(
                    "Somebody asked {site} for this with your address. It counts only when you say yes.",
                    site=self._settings.site.name,
                ),
                purpose=title,
                notice_lang=wish.lang,
                paragraphs=paragraphs_of(notice.texts[wish.lang]),
                field="answer",
                value="yes",
                button=lang.say("Yes, I confirm"),
                refusal=lang.say("No, do not"),
                otherwise=lang.say("Was it not you? Then say no, or close this page: nothing happens."),
            )
        )

    async def confirm(self, request: Request) -> Response:
        """Confirm, for a person who pressed yes on our own page, and know this browser by their mailbox.

        A no ends what was asked with their address.
        """
        lang, token = self._pages.language_of(request), request.path_params["token"]
        if not from_this_site(request.scope["headers"], self._origin):
            return self._refuse(lang, 403, FOREIGN, up="../")
        form = await read_form(request)
        if form == {"answer": "no"}:
            return await self._end(lang, token, title=SAID["refused"])
        if form != {"answer": "yes"}:
            return self._refuse(lang, 400, INCOMPLETE, up="../")
        try:
            done = await run_in_threadpool(self._house().opt_ins.confirm, token)
            cookie = await run_in_threadpool(self._known_by_mailbox, request, done)
        except (NotFound, StoreError) as error:
            log.exception("A confirmation could not be recorded.")
            return self._refuse(lang, *unrecorded(error), up="../")
        answer = self._outcome(lang, done)
        answer.raw_headers.extend(cookie)
        return answer

    def leave(self, request: Request) -> Response:
        """Show what the mail is for, with the button that ends it."""
        lang, token = self._pages.language_of(request), request.path_params["token"]
        try:
            name = self._house().opt_ins.unsubscribing(token)
        except StoreError:
            return self._refuse(lang, 503, UNREAD, up="../")
        if name is None:
            return self._outcome(lang, Answer(outcome="gone"))
        return _unnamed(
            self._pages.render(
                "consent/press.html",
                lang,
                up="../",
                here=f"unsubscribe/{token}",
                title=lang.say("No more of this mail?"),
                lead=lang.say("This ends “{purpose}”, at once.", purpose=self._title(name, lang)),
                paragraphs=[],
                field="List-Unsubscribe",
                value="One-Click",
                button=lang.say("Unsubscribe"),
                refusal="",
                otherwise="",
            )
        )

    async def unsubscribe(self, request: Request) -> Response:
        """End it by one POST of a mail program or a person, without cookies or redirect (RFC 8058, section 3.2)."""
        lang, token = self._pages.language_of(request), request.path_params["token"]
        if not await _says_one_click(request):
            return self._refuse(lang, 400, INCOMPLETE, up="../")
        return await self._end(lang, token, title=marked("You are unsubscribed"))

    async def _end(self, lang: Language, token: str, title: str) -> Response:
        """End what a mailed link is about, and say so under a marked title."""
        try:
            holds = await run_in_threadpool(self._house().opt_ins.unsubscribe, token)
        except StoreError:
            log.exception("Somebody could not be unsubscribed.")
            return self._refuse(lang, 503, AWAY, up="../")
        if not holds:
            return self._outcome(lang, Answer(outcome="gone"))
        line = lang.say("You get no more of this mail.")
        return self._tell(lang, lang.say(title), line, up="../", here=f"unsubscribe/{token}")

    def _known_by_mailbox(self, request: Request, done: Answer) -> list[tuple[bytes, bytes]]:
        """Return the cookie of a browser whose person has just proven a mailbox, if they agreed to being recognised.

        None where somebody else is known here: one person never replaces another (law 6).
        """
        visitor, house = visitor_of(request), self._house()
        if done.outcome != "confirmed" or in_doubt(request):
            return []
        if visitor.identifier or (visitor.subject not in (None, done.subject) and not visitor.is_device):
            return []
        found = house.ledger.state(done.subject)
        if not any(
            purpose.recognise and found[name].status in ("given", "in_force")
            for name, purpose in self._settings.purposes.items()
        ):
            return []
        site, now = self._settings.site.url, house.clock.now()
        held = read_cookies(request.scope["headers"], cookie_name(site))
        before = house.pipeline.recogniser.browser_of(held, now)
        return [set_cookie_header(site, house.browsers.begin(done.subject, Assurance.mailbox, now, before))]

    def _outcome(self, lang: Language, done: Answer) -> Response:
        title, line = OUTCOMES[done.outcome]
        purpose = self._title(done.wish.purpose, lang) if done.wish else ""
        status = {"gone": 404, "changed": 409}.get(done.outcome, 200)
        return self._tell(
            lang, lang.say(title), lang.say(line, purpose=purpose), up="../", here="consent", status=status
        )

    def _title(self, name: str, lang: Language) -> str:
        purpose = self._settings.purposes.get(name)
        return lang.title(purpose.titles, name) if purpose else name

    def _tell(self, lang: Language, title: str, line: str, *, up: str, here: str, status: int = 200) -> Response:
        return _unnamed(
            self._pages.render(
                "consent/told.html", lang, status=status, up=up, here=here, title=title, problem="", lines=[line]
            )
        )

    def _refuse(self, lang: Language, status: int, problem: str, up: str = "") -> Response:
        return self._pages.render(
            "consent/told.html",
            lang,
            status=status,
            up=up or "../",
            here="consent",
            title="",
            problem=lang.say(problem),
            lines=[],
        )


def _unnamed(page: Response) -> Response:
    """Have a page's address, which holds a token, told to nobody; its own form is still known by its origin (T7)."""
    page.headers["Referrer-Policy"] = "strict-origin"
    return page


async def _says_one_click(request: Request) -> bool:
    """Say whether a body says what RFC 8058 asks for, as a form of either kind."""
    body = await read_body(request)
    return len(body) <= MOST_BYTES and all(word in body for word in ONE_CLICK)
