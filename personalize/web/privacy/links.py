"""What a reader can say about a newsletter link: "this is not me", and whose it is where two are known.

Both take a POST. Looking at these pages changes nothing (law 5).
"""

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from personalize.explain.language import Language, marked
from personalize.house import House
from personalize.model.people import Assurance
from personalize.recognition.choices import Choice, unseal
from personalize.recognition.cookies import clear_cookie_header, cookie_name, read_cookies, set_cookie_header
from personalize.recognition.origin import from_this_site, origin_of
from personalize.recognition.recognise import Credentials
from personalize.recognition.tokens import LENGTH
from personalize.settings import Settings
from personalize.web.shell.choices import FOREIGN
from personalize.web.shell.forms import INCOMPLETE, read_form
from personalize.web.shell.pages import HEADERS, Pages
from personalize.web.shell.visits import by_link, visitor_of

OVER = marked("This choice is no longer open. Open the link in your mail once more.")
NO_REFERRER = {**HEADERS, "Referrer-Policy": "no-referrer"}
"""The address of the page of choice is nobody else's business; browsers that come here send `Sec-Fetch-Site`."""


class LinkPages:
    """The pages `/not-you` and `/choose`."""

    def __init__(self, *, settings: Settings, house: Callable[[], House], pages: Pages) -> None:
        self._settings, self._house, self._pages = settings, house, pages
        self._site = settings.site.url
        self._origin, self._cookie = origin_of(self._site), cookie_name(self._site)

    def routes(self) -> list[Route]:
        """Return the routes of both pages."""
        return [
            Route("/not-you", self.ask, methods=["GET"], name="not-you"),
            Route("/not-you", self.forget, methods=["POST"], name="forget-link"),
            Route("/choose", self.offer, methods=["GET"], name="choose"),
            Route("/choose", self.use, methods=["POST"], name="use-link"),
        ]

    async def ask(self, request: Request) -> Response:
        """Ask whoever came by a link whether they are the one it was sent to."""
        lang, visitor = self._pages.language_of(request), visitor_of(request)
        return self._pages.render(
            "not_you.html",
            lang,
            here="not-you",
            known=by_link(visitor),
            done="done" in request.query_params,
        )

    async def forget(self, request: Request) -> Response:
        """Take the link's cookie away; what the browser keeps besides stays."""
        lang = self._pages.language_of(request)
        if not from_this_site(request.scope["headers"], self._origin):
            return self._refuse(lang, 403, FOREIGN)
        answer = RedirectResponse(f"not-you?lang={lang.name}&done", 303, headers=HEADERS)
        answer.raw_headers.append(await run_in_threadpool(self._without_link, request))
        return answer

    async def offer(self, request: Request) -> Response:
        """Offer the choice: go on as before, or use the link."""
        lang, visitor = self._pages.language_of(request), visitor_of(request)
        text = request.query_params.get("c", "")
        choice = self._open(text, visitor.subject)
        if choice is None:
            return self._over(lang)
        return self._choosing(lang, choice=choice, text=text, may=visitor.assurance is Assurance.click)

    async def use(self, request: Request) -> Response:
        """Use the link from here on, in place of what was known, and go where it leads."""
        lang, visitor = self._pages.language_of(request), visitor_of(request)
        if not from_this_site(request.scope["headers"], self._origin):
            return self._refuse(lang, 403, FOREIGN)
        form = await read_form(request)
        if form is None or set(form) != {"c"}:
            return self._refuse(lang, 400, INCOMPLETE)
        choice = self._open(form["c"], visitor.subject)
        if choice is None or visitor.assurance is not Assurance.click:
            return self._over(lang)
        answer = RedirectResponse(choice.target, 303, headers=NO_REFERRER)
        header = await run_in_threadpool(self._with_link, request, choice)
        if header is not None:
            answer.raw_headers.append(header)
        return answer

    def _open(self, text: str, subject: int | None) -> Choice | None:
        """Return the choice if it is this very visitor's."""
        house = self._house()
        choice = unseal(house.ring, self._site, text, house.clock.now())
        return choice if choice is not None and choice.subject == subject else None

    def _with_link(self, request: Request, choice: Choice) -> tuple[bytes, bytes] | None:
        """Return the header that sets the link's cookie; None where it recognises nobody any more."""
        house, headers = self._house(), request.scope["headers"]
        prepared = house.pipeline.prepare(Credentials(cookie=choice.cookie.encode()), headers)
        if prepared.visitor.subject is None:
            return None
        held = read_cookies(headers, self._cookie)
        return set_cookie_header(self._site, house.pipeline.recogniser.beside(held, choice.cookie, prepared.moment.at))

    def _without_link(self, request: Request) -> tuple[bytes, bytes]:
        held = read_cookies(request.scope["headers"], self._cookie)
        house = self._house()
        if isinstance(held, bytes) and house.pipeline.recogniser.browser_of(held, house.clock.now()) is not None:
            return set_cookie_header(self._site, held[:LENGTH].decode(), self._settings.sessions.device)
        return clear_cookie_header(self._site)

    def _choosing(self, lang: Language, *, choice: Choice | None, text: str, may: bool, problem: str = "") -> Response:
        answer = self._pages.render(
            "choose.html",
            lang,
            status=200 if choice else 410,
            here="choose",
            keep=f"&c={text}" if text else "",
            target=choice.target if choice else "",
            sealed=text,
            may=may,
            problem=problem,
        )
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    def _over(self, lang: Language) -> Response:
        return self._choosing(lang, choice=None, text="", may=False, problem=lang.say(OVER))

    def _refuse(self, lang: Language, status: int, problem: str) -> Response:
        return self._pages.render("refused.html", lang, status=status, problem=lang.say(problem))
