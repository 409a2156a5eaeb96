"""The preference form and the POST by which banner and form are answered: one press says yes, one press says no."""

import logging
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from personalize.consent.gate import PurposeState
from personalize.consent.ledger import ENOUGH, Ledger, chooser
from personalize.errors import ConsentRefused, SaidTooOften, StoreError
from personalize.explain.language import Language, marked
from personalize.house import House
from personalize.model.consent import Purpose
from personalize.model.people import Assurance, Visitor
from personalize.recognition.cookies import JOINT, cookie_name, read_cookies, set_cookie_header
from personalize.recognition.links import redirect_target
from personalize.recognition.origin import from_this_site, origin_of
from personalize.settings import Settings
from personalize.web.consent.banner import Banner, Text
from personalize.web.consent.new_devices import NewDevices
from personalize.web.shell.choices import AWAY, CHANGED, FOREIGN, OFTEN, UNREAD, choosable, unrecorded
from personalize.web.shell.forms import INCOMPLETE, read_form
from personalize.web.shell.networks import network_of
from personalize.web.shell.notices import language_of_notice
from personalize.web.shell.pages import HEADERS, Pages
from personalize.web.shell.visits import in_doubt, visit_of, visitor_of

log = logging.getLogger("personalize")
FIELDS = frozenset({"texts", "lang", "from", "back", "answer"})
ANSWERS = ("yes", "no")
PLACES = {"banner": "consent banner", "form": "consent form"}
"""By what a form says of itself: the method that stands in the consent's record."""
Pairs = Mapping[str, str]
"""By purpose, the hash of the text that was shown."""

SAID = {
    "given": marked("You said yes."),
    "refused": marked("You said no."),
    "outdated": marked("You said yes to an earlier text. It has changed, so we ask again."),
    "unconfirmed": marked("It does not count yet: it was not confirmed by mail."),
    "ahead": marked("It does not count yet: it is dated later than now."),
    "expired": marked("Your yes has ended by itself, so we ask again."),
    "objected": marked("You objected to this. As long as you do, a yes changes nothing."),
}


class Question(Struct, frozen=True, kw_only=True):
    """One purpose on the form: its text, what was said, and whether it is stopped by a signal.

    `by_mail` is one whose yes takes a mail, `only_no` one to which that yes was said.
    """

    text: Text
    said: str
    by_mail: bool
    only_no: bool
    signalled: bool


class Answers:
    """The form `/consent`, the banner as a fragment, and their POST."""

    def __init__(self, settings: Settings, house: Callable[[], House], pages: Pages) -> None:
        self._settings, self._house, self._pages = settings, house, pages
        self._banner, self._origin = Banner(settings, house), origin_of(settings.site.url)
        self._new_devices = NewDevices(settings.sessions.devices_an_hour)

    def routes(self) -> list[Route]:
        """Return the routes of form and banner."""
        return [
            Route("/consent", self.show, methods=["GET"], name="preferences"),
            Route("/consent", self.answer, methods=["POST"], name="answer"),
            Route("/consent/banner", self.fragment, methods=["GET"], name="banner"),
        ]

    def fragment(self, request: Request) -> Response:
        """Return the banner alone, for a page that includes it: empty where there is nothing to ask."""
        query = request.query_params
        html = self._banner.html(
            visit_of(request), query.get("lang", ""), query.getlist("purpose"), _local(query.get("back", ""))
        )
        return HTMLResponse(html, headers=HEADERS)

    def show(self, request: Request) -> Response:
        """Show every purpose that rests on consent, with a yes and a no for each: in a thread, for it reads."""
        lang, visitor = self._pages.language_of(request), visitor_of(request)
        try:
            if in_doubt(request):
                raise StoreError("It could not be looked up who this is.")
            known = chooser(visitor)
            ledger = self._house().ledger
            found = ledger.state(known) if known is not None else {}
            unanswered = ledger.unanswered(known) if known is not None else frozenset(self._settings.purposes)
        except StoreError:
            log.exception("The form could not read the consents.")
            return self._refuse(lang, 503, UNREAD)
        asked = [each for each in self._settings.purposes.values() if each.notice and each.basis == "consent"]
        here = {purpose.name for purpose in choosable(self._settings, visitor, found)}
        return self._pages.render(
            "consent/form.html",
            lang,
            here="consent",
            questions=[
                self._question(purpose, found.get(purpose.name), purpose.name in unanswered, lang, _signal(request))
                for purpose in asked
                if purpose.name in here
            ],
            more=any(purpose.name not in here for purpose in asked),
        )

    def _question(
        self, purpose: Purpose, state: PurposeState | None, unanswered: bool, lang: Language, signal: bool
    ) -> Question:
        said = _said(state, unanswered)
        return Question(
            text=self._banner.text(purpose, language_of_notice(self._settings.notices[purpose.notice], lang)),
            said=lang.say(SAID[said]) if said else "",
            by_mail=purpose.double_opt_in and said != "given",
            only_no=purpose.double_opt_in and said == "given",
            signalled=signal and purpose.third_party,
        )

    async def answer(self, request: Request) -> Response:
        """Record a yes or a no to exactly the texts that were shown; a stranger's yes makes the device subject."""
        lang, visitor = self._pages.language_of(request), visitor_of(request)
        if not from_this_site(request.scope["headers"], self._origin):
            return self._refuse(lang, 403, FOREIGN)
        if in_doubt(request):
            return self._refuse(lang, 503, AWAY)
        form = await read_form(request)
        pairs = _pairs(form.get("texts", "")) if form is not None and set(form) == FIELDS else {}
        if form is None or not pairs or form["answer"] not in ANSWERS or form["from"] not in PLACES:
            return self._refuse(lang, 400, INCOMPLETE)
        try:
            cookies = await run_in_threadpool(self._record, request, visitor, form, pairs)
        except SaidTooOften:
            return self._refuse(lang, 429, OFTEN)
        except ConsentRefused as error:
            log.info("A choice was refused: %s", error)
            return self._refuse(lang, 409, CHANGED)
        except StoreError as error:
            log.exception("A choice could not be recorded.")
            return self._refuse(lang, *unrecorded(error))
        answer = RedirectResponse(self._back(request, form, lang), 303, headers=HEADERS)
        answer.raw_headers.extend(cookies)
        return answer

    def _record(
        self, request: Request, visitor: Visitor, form: Mapping[str, str], pairs: Pairs
    ) -> list[tuple[bytes, bytes]]:
        """Record the answer to every text, or to none; return the cookies that it takes.

        Where a network makes too many device subjects a yes is not kept: whoever meant it is asked again.
        """
        house = self._house()
        ledger, lang, place = house.ledger, form["lang"], PLACES[form["from"]]
        for purpose, digest in pairs.items():
            definition, _ = ledger.shown(purpose, lang, digest)
            if definition.double_opt_in and form["answer"] == "yes":
                raise ConsentRefused(f"'{purpose}' is agreed to by mail.")
        somebody = chooser(visitor) is not None or visitor.assurance >= ENOUGH
        if form["answer"] == "no":
            if not somebody:
                return [self._banner.no_cookie(pairs)]
            with ledger.together() as one:
                _refuse_all(one, visitor, pairs, lang, place)
            return []
        cookies = []
        if not somebody and not self._new_devices.admit(network_of(request, house), house.clock.now()):
            house.counters["devices_refused"] += 1
            return []
        if not somebody:
            visitor, cookie = self._device(house, request, visitor)
            cookies.append(cookie)
        evidence = {"signals": "gpc"} if _signal(request) else {}
        with ledger.together() as one:
            for purpose, digest in pairs.items():
                event = one.give(visitor, purpose, lang, digest, place, evidence=evidence)
                visitor = visitor if visitor.subject is not None else visitor.known_as(event.subject)
        return cookies

    def _device(self, house: House, request: Request, visitor: Visitor) -> tuple[Visitor, tuple[bytes, bytes]]:
        """Make the device subject of this browser; return it as a visitor, with the cookie that holds it.

        Whoever came by a link stays recognised by it: its token stays in the cookie, behind the browser's.
        """
        site, now = self._settings.site.url, house.clock.now()
        held = read_cookies(request.scope["headers"], cookie_name(site))
        before = house.pipeline.recogniser.browser_of(held, now)
        device, value = house.browsers.begin_device(now, before)
        if visitor.subject is not None and isinstance(held, bytes):
            value = (value.encode() + JOINT + held.rpartition(JOINT)[2]).decode()
        cookie = set_cookie_header(site, value, self._settings.sessions.device)
        return Visitor(subject=device, assurance=Assurance.click, device=device), cookie

    def _back(self, request: Request, form: Mapping[str, str], lang: Language) -> str:
        """Return where to go on: the form, or the page that bore the banner, on this site alone (T23)."""
        if form["from"] == "form":
            return f"consent?lang={lang.name}"
        if back := _local(form["back"]):
            return back
        return self._came_from(request.headers.get("referer", "")) or f"{self._settings.site.root}/"

    def _came_from(self, url: str) -> str:
        """Return the page of this site that a Referer names, empty where it names none."""
        try:
            if len(url) > 2000 or not url.isascii() or origin_of(url) != self._origin:
                return ""
            parts = urlsplit(url)
        except ValueError:
            return ""
        return _local(f"{parts.path}?{parts.query}")

    def _refuse(self, lang: Language, status: int, problem: str) -> Response:
        return self._pages.render(
            "consent/told.html", lang, status=status, here="consent", title="", problem=lang.say(problem), lines=[]
        )


def _refuse_all(ledger: Ledger, visitor: Visitor, pairs: Pairs, lang: str, place: str) -> None:
    """Record a no to every text: what was given is withdrawn, what was only asked is refused."""
    known = chooser(visitor)
    found = ledger.state(known) if known is not None else {}
    for purpose, digest in pairs.items():
        if purpose in found and found[purpose].status == "given":
            ledger.withdraw(visitor, purpose, place)
        else:
            event = ledger.refuse(visitor, purpose, lang, digest, place)
            visitor = visitor if visitor.subject is not None else visitor.known_as(event.subject)


def _said(state: PurposeState | None, unanswered: bool) -> str:
    """Return what was said of a purpose, as a key of SAID; empty where nothing was."""
    if state is None:
        return ""
    if state.status == "not_given" and not state.because:
        return "" if unanswered else "refused"
    return state.because or state.status


def _pairs(text: str) -> dict[str, str]:
    """Return purposes and hashes from `purpose:hash purpose:hash`; nothing where it is not that, each once."""
    found: dict[str, str] = {}
    for pair in text.split():
        purpose, colon, digest = pair.partition(":")
        if not colon or purpose in found:
            return {}
        found[purpose] = digest
    return found


def _signal(request: Request) -> bool:
    return request.headers.get("sec-gpc") == "1"


def _local(path: str) -> str:
    """Return a path of this site as a Location, empty where there is none."""
    if not path.startswith("/"):
        return ""
    plain, _, query = path.encode("utf-8", "replace").partition(b"?")
    return redirect_target(plain, query).decode("ascii")
