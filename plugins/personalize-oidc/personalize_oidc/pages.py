"""The pages of logging in and out, in each language, without scripts."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from personalize.errors import IdentifierProblem, StoreError
from personalize.explain.language import Language, language
from personalize.house import House
from personalize.recognition.origin import from_this_site, origin_of
from personalize.settings import Settings
from personalize.web.oidc.flight import Flights
from personalize.web.oidc.id_token import verified_logout
from personalize.web.oidc.login import Identity, Logins
from personalize.web.oidc.provider import Provider
from personalize.web.oidc.refusals import Cause, LoginRefused, sentence_of, status_of
from personalize.web.shell.assets import asset_route
from personalize.web.shell.forms import parse_form, read_body, read_form
from personalize.web.shell.pages import HEADERS, WEB, Pages
from personalize.web.shell.signin import where_to
from personalize_oidc.options import NOTHING, Options
from personalize_oidc.people import identifier_of
from personalize_oidc.sessions import Person, Sessions
from personalize_oidc.sharing import Sharing
from personalize_oidc.texts import speak

log = logging.getLogger("personalize")
OWN = Path(__file__).parent / "templates"
FIELDS = frozenset({"next", "level", "shown"})
MOST_LOGOUT = 64 * 1024
DAY = 86_400
THERE = "provider"
"""How the form says that the provider asks how much is shared."""


class LoginPages:
    """The app's routes: the page that begins a login, its end, logging out here and there, and from there."""

    def __init__(
        self,
        *,
        settings: Settings,
        options: Options,
        house: Callable[[], House],
        sessions: Sessions,
        provider: Provider,
    ) -> None:
        site = settings.site
        self._options, self._house, self._sessions, self._provider = options, house, sessions, provider
        self._url, self._origin = f"{site.address}{options.at}", origin_of(site.url)
        self._home = f"{site.root}/"
        self._title = options.title or urlsplit(options.issuer).hostname or options.issuer
        self._pages = Pages(site, (OWN,))
        self._sharing = Sharing(options, settings.purposes, settings.notices)
        self._logins = Logins(
            provider,
            house=house,
            flights=Flights(site.url, "oidc"),
            redirect_uri=f"{self._url}/callback",
            scopes=options.scopes,
            acr_values=tuple(options.assurance),
            userinfo=options.userinfo,
        )

    def app(self) -> Starlette:
        """Return the app."""
        routes = [
            Route("/", self.show, methods=["GET"]),
            Route("/", self.begin, methods=["POST"]),
            Route("/callback", self.complete, methods=["GET"]),
            Route("/logout", self.log_out, methods=["POST"]),
            Route("/out", self.out, methods=["GET"]),
            Route("/back-channel", self.hear, methods=["POST"]),
            asset_route({"page.css": WEB / "shell" / "page.css", "login.css": OWN / "login.css"}),
        ]
        app = Starlette(routes=routes, exception_handlers={LoginRefused: self._refused, StoreError: self._away})
        app.router.redirect_slashes = False  # its redirects repeat the Host header
        return app

    async def show(self, request: Request) -> Response:
        """Show what begins a login, with what is shared by it; to somebody who is logged in, how to get out."""
        if await run_in_threadpool(self._sessions.find, request.scope["headers"]):
            switches = self._switches(request.query_params.get("next", ""))
            return self._page(request, "oidc_in.html", switches=switches)
        await self._provider.metadata()
        return self._form(request, request.query_params.get("next", ""))

    async def begin(self, request: Request) -> Response:
        """Begin a login, and lead on to the provider.

        By a page, not by a redirect: browsers hold a form's redirects, the provider's own as well, against the
        page's policy for forms.
        """
        lang, form = self._pages.language_of(request), await read_form(request)
        if not from_this_site(request.scope["headers"], self._origin):
            return self._problem(request, 403, speak(lang, "foreign"))
        if form is None or set(form) - FIELDS or not self._is_choice(form, lang):
            return self._form(request, (form or {}).get("next", ""), 400, speak(lang, "changed"))
        level, wanted = form.get("level", ""), where_to(form.get("next") or self._home)
        try:
            url, cookie = await self._logins.begin(
                wanted=wanted,
                lang=lang.name,
                level=level,
                shown=form.get("shown", ""),
                more=self._sharing.scopes_for(level),
            )
        except LoginRefused as error:
            return self._refusal(request, error, lang.name, wanted)
        return self._onwards(request, url, [cookie])

    async def complete(self, request: Request) -> Response:
        """Log in whoever comes back from the provider, or say why nobody is."""
        if request.method != "GET":
            raise LoginRefused(Cause.state)
        flight, brought = self._logins.arrived(request)
        try:
            identity = await self._logins.complete(flight, brought)
            cookie = await run_in_threadpool(self._log_in, identity, request)
        except LoginRefused as error:
            answer = self._refusal(request, error, flight.lang, flight.wanted)
            answer.raw_headers.append(self._logins.flights.ended())
            return answer
        answer = RedirectResponse(where_to(flight.wanted), 303, headers=HEADERS)
        answer.raw_headers.extend([cookie, self._logins.flights.ended()])
        return answer

    async def log_out(self, request: Request) -> Response:
        """End the login here, then lead on to the provider, so that it ends there as well."""
        lang = self._pages.language_of(request)
        if not from_this_site(request.scope["headers"], self._origin):
            return self._problem(request, 403, speak(lang, "foreign"))
        person = await run_in_threadpool(self._sessions.end, request.scope["headers"])
        url = ""
        if person is not None:
            try:
                url = await self._provider.logout_url(f"{self._url}/out", person.id_token, lang.name)
            except LoginRefused as error:
                log.warning("Somebody is logged out here, but not at the identity provider: %s", error)
        if url:
            return self._onwards(request, url, [self._sessions.cleared()])
        answer = RedirectResponse(f"out?lang={lang.name}", 303, headers=HEADERS)
        answer.raw_headers.append(self._sessions.cleared())
        return answer

    async def out(self, request: Request) -> Response:
        """Say that nobody is logged in any more, in the language that the provider sends back as `state`."""
        told = request.query_params.get("state", "")
        is_told = told in self._pages.languages and "lang" not in request.query_params
        spoken = language(told) if is_told else None
        return self._page(request, "oidc_out.html", spoken=spoken, switches=self._switches())

    async def hear(self, request: Request) -> Response:
        """End the logins that the provider says have ended there (Back-Channel Logout 1.0)."""
        body = await read_body(request, MOST_LOGOUT)
        form = parse_form(request.headers.get("content-type", ""), body, MOST_LOGOUT) or {}
        try:
            claims = await verified_logout(self._provider, form.get("logout_token", ""), now=self._house().clock.now())
        except LoginRefused as error:
            self._count(error)
            return JSONResponse({"error": "invalid_request"}, 400, headers={"Cache-Control": "no-store"})
        ended = await run_in_threadpool(self._sessions.end_all, claims)
        log.info("The identity provider ended %d logins.", ended)
        return Response(status_code=200, headers={"Cache-Control": "no-store"})

    def _log_in(self, identity: Identity, request: Request) -> tuple[bytes, bytes]:
        """Record what was agreed to, and begin the login. Raises LoginRefused, StoreError."""
        house, claims = self._house(), identity.claims
        assurance = self._options.sure(claims.get("acr"))
        if assurance is None:
            raise LoginRefused(Cause.acr)
        identifier = identifier_of(self._options, claims)
        if identifier is None:
            raise LoginRefused(Cause.nobody)
        person = Person(identifier=identifier, assurance=assurance, id_token=identity.id_token)
        try:
            house.digests(identifier)
        except IdentifierProblem as problem:
            raise LoginRefused(Cause.nobody, "the identifier cannot be used") from problem
        self._sharing.record(house, identity, person.text)
        cookie = self._sessions.begin(person, claims, request.scope["headers"])
        house.counters["oidc_logins"] += 1
        return cookie

    def _is_choice(self, form: dict[str, str], lang: Language) -> bool:
        """Say whether the level of a form is one that its texts were shown for; none at all is none."""
        level = form.get("level", "")
        if not level or level == NOTHING:
            return True
        known = (THERE,) if self._options.ask == THERE else tuple(self._options.levels)
        return level in known and form.get("shown", "") == self._sharing.shown(lang.name)

    def _form(self, request: Request, wanted: str, status: int = 200, problem: str = "") -> Response:
        lang = self._pages.language_of(request)
        levels = [
            {
                "name": name,
                "title": lang.title(level.titles, name),
                "texts": [notice.texts.get(lang.name, "") for notice in self._sharing.notices_of(level)],
                "days": max(level.seconds // DAY, 1),
            }
            for name, level in self._options.levels.items()
        ]
        return self._page(
            request,
            "oidc_login.html",
            status,
            problem=problem,
            next=where_to(wanted) if wanted else "",
            levels=levels,
            ask=self._options.ask,
            shown=self._sharing.shown(lang.name),
            switches=self._switches(wanted),
        )

    def _switches(self, wanted: str = "") -> dict[str, str]:
        """Return the query that leads to a page in each language."""
        kept = {"next": wanted} if wanted else {}
        return {name: urlencode({**kept, "lang": name}) for name in self._pages.languages}

    def _onwards(self, request: Request, url: str, cookies: list[tuple[bytes, bytes]]) -> Response:
        answer = self._page(request, "oidc_onwards.html", url=url)
        answer.raw_headers.extend(cookies)
        return answer

    async def _refused(self, request: Request, error: Exception) -> Response:
        """Say in words why nobody is logged in, and count it."""
        assert isinstance(error, LoginRefused)  # noqa: S101  # it is registered for nothing else
        return self._refusal(request, error, wanted=request.query_params.get("next", ""))

    def _refusal(self, request: Request, error: LoginRefused, lang: str = "", wanted: str = "") -> Response:
        """Return the page that says why, in the language that the login began in where that is known.

        Its button begins anew, for the page that was wanted.
        """
        self._count(error)
        spoken = language(lang) if lang else self._pages.language_of(request)
        return self._page(
            request,
            "oidc_refused.html",
            status_of(error.cause),
            problem=spoken.say(sentence_of(error.cause)),
            next=where_to(wanted) if wanted else "",
            spoken=spoken,
        )

    async def _away(self, request: Request, error: Exception) -> Response:
        log.error("Nobody can log in, for the store failed: %s", error)
        return self._problem(request, 503, speak(self._pages.language_of(request), "away"))

    def _count(self, error: LoginRefused) -> None:
        self._house().counters[f"oidc_refused_{error.cause}"] += 1
        log.info("A login was refused: %s", error)

    def _problem(self, request: Request, status: int, problem: str) -> Response:
        return self._page(request, "oidc_refused.html", status, problem=problem, next="")

    def _page(
        self, request: Request, template: str, status: int = 200, spoken: Language | None = None, **parts: Any
    ) -> Response:
        lang = spoken or self._pages.language_of(request)

        def said(name: str, **more: object) -> str:
            return speak(lang, name, **more)

        path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
        everywhere: dict[str, Any] = {"provider": self._title, "speak": said, "switches": {}}
        return self._pages.render(
            template, lang, status=status, up="../" * max(path.count("/") - 1, 0), **(everywhere | parts)
        )
