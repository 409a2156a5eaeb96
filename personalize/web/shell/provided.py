"""Signing in at the identity provider of `[staff.oidc]`, and out again."""

import logging
import os
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import urlsplit

from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from personalize.errors import StoreError
from personalize.explain.language import language
from personalize.house import House
from personalize.model.staff import Role
from personalize.settings import Settings
from personalize.settings.tables import StaffOidc
from personalize.web.oidc.flight import Flight, Flights
from personalize.web.oidc.login import Identity, Logins, claim_of
from personalize.web.oidc.provider import Provider
from personalize.web.oidc.refusals import Cause, LoginRefused, sentence_of, status_of
from personalize.web.shell.access import KEY, Surroundings, visit_of
from personalize.web.shell.attempts import WINDOW, Attempts
from personalize.web.shell.frame import Frame, path_of
from personalize.web.shell.guard import FROM_PROVIDER, SIGN_IN, SIGN_OUT, TO_PROVIDER
from personalize.web.shell.known import KnownBrowsers
from personalize.web.shell.sessions import Sessions
from personalize.web.shell.signin import AWAY, OFTEN, signed_out, where_to
from personalize.web.shell.staff_login import LONGEST

log = logging.getLogger("personalize")
SECRET = "PERSONALIZE_STAFF_OIDC_SECRET"
"""The environment variable with what the provider gave these pages to prove themselves; none for a public client."""
LEFT = "left"
"""Says in the address of the page that somebody has just signed out."""


class ProvidedSignIn:
    """The pages `/sign-in`, the way to the provider and back, and `/sign-out`."""

    def __init__(
        self,
        oidc: StaffOidc,
        house: Callable[[], House],
        sessions: Sessions,
        frame: Frame,
        browsers: KnownBrowsers,
        logins: Logins,
    ) -> None:
        self._oidc, self._house, self._sessions, self._frame, self._logins = oidc, house, sessions, frame, logins
        self._browsers = browsers
        self._attempts = Attempts()
        self._title = oidc.title or urlsplit(oidc.issuer).hostname or oidc.issuer

    def routes(self) -> list[Route]:
        """Return the routes of signing in and out."""
        return [
            Route(SIGN_IN, self.show, methods=["GET"], name="sign-in"),
            Route(TO_PROVIDER, self.begin, methods=["GET"]),
            Route(FROM_PROVIDER, self.complete, methods=["GET"]),
            Route(SIGN_OUT, self.sign_out, methods=["POST"], name="sign-out"),
        ]

    async def show(self, request: Request) -> Response:
        """Show the way to the provider, or go on where somebody is signed in already."""
        if KEY in request.scope["state"]:
            return RedirectResponse("./", 303)
        return self._page(request, wanted=request.query_params.get("next", ""), left=LEFT in request.query_params)

    async def begin(self, request: Request) -> Response:
        """Lead to the provider."""
        lang, wanted = self._frame.around(request.scope).lang.name, where_to(request.query_params.get("next", ""))
        try:
            url, cookie = await self._logins.begin(wanted=wanted, lang=lang)
        except LoginRefused as error:
            return self._refuse(request, error, wanted=wanted)
        answer = RedirectResponse(url, 303)
        answer.raw_headers.append(cookie)
        return answer

    async def complete(self, request: Request) -> Response:
        """Begin a session for whoever comes back from the provider with a role."""
        address = request.client.host if request.client else ""
        state, begun = request.query_params.get("state", "")[:64], self._logins.begun(request)
        attempt = self._attempts.admit(state, address, self._browsers.find(request.scope["headers"]))
        if not attempt:
            log.warning("Too many attempts to sign in from %s.", address)
            return self._page(request, 429, OFTEN, flight=begun)
        try:
            if request.method != "GET":
                raise LoginRefused(Cause.state)
            flight, brought = self._logins.arrived(request)
            identity = await self._logins.complete(flight, brought)
            cookie = await run_in_threadpool(self._begin, request, identity)
        except LoginRefused as error:
            log.warning("A sign-in from %s was refused: %s", address, error)
            return self._refuse(request, error, flight=begun)
        except StoreError:
            log.exception("Nobody can sign in.")
            return self._page(request, 503, AWAY, flight=begun)
        self._attempts.forgive(attempt)
        # A page, not a redirect: browsers keep a Strict cookie from what another site's page led to.
        target = f"{request.scope.get('root_path', '')}{where_to(flight.wanted)}"
        answer = self._render(request, "signed_in.html", flight, target=target)
        answer.raw_headers.extend([cookie, self._logins.flights.ended(), self._browsers.mark()])
        return answer

    async def sign_out(self, request: Request) -> Response:
        """End the session here and everywhere its cookie may be; the provider's own goes on."""
        return await signed_out(self._sessions, request, f"./sign-in?{LEFT}=1")

    def _begin(self, request: Request, identity: Identity) -> tuple[bytes, bytes]:
        """Begin the session of who that is, and end the one of this browser. Raises LoginRefused, StoreError."""
        name, roles = staff_of(self._oidc, identity.claims)
        if KEY in request.scope["state"]:
            self._sessions.end(visit_of(request).bound)
        cookie = self._sessions.begin(name, roles)
        log.info("%s signed in.", name)
        return cookie

    def _refuse(
        self, request: Request, error: LoginRefused, wanted: str = "", flight: Flight | None = None
    ) -> Response:
        self._house().counters[f"staff_oidc_refused_{error.cause}"] += 1
        answer = self._page(request, status_of(error.cause), sentence_of(error.cause), wanted, flight)
        if error.cause is not Cause.state:
            answer.raw_headers.append(self._logins.flights.ended())
        return answer

    def _page(
        self,
        request: Request,
        status: int = 200,
        problem: str = "",
        wanted: str = "",
        flight: Flight | None = None,
        left: bool = False,
    ) -> Response:
        told = self._around(request, flight).lang.say(problem, minutes=WINDOW // 60) if problem else ""
        following = flight.wanted if flight else wanted
        parts = {"problem": told, "next": following, "provider": self._title, "left": left}
        return self._render(request, "sign_in_provided.html", flight, status, **parts)

    def _render(
        self, request: Request, template: str, flight: Flight | None, status: int = 200, **parts: object
    ) -> Response:
        around = self._around(request, flight)
        visit = request.scope["state"].get(KEY)
        return self._frame.pages.render(
            template, around.lang, status=status, up=around.up, visit=visit, around=around, **parts
        )

    def _around(self, request: Request, flight: Flight | None) -> Surroundings:
        """Return what is around a page, in the language that the login began in unless another is asked for.

        The frame's own cookie is Strict: it does not come along from the provider.
        """
        around = visit_of(request).around if KEY in request.scope["state"] else self._frame.around(request.scope)
        asked = request.query_params.get("lang", "") in self._frame.pages.languages
        if path_of(request.scope) != SIGN_IN:  # the provider's answer holds once
            following = flight.wanted if flight else request.query_params.get("next", "")
            query = [("next", following)] if following else []
            around = replace(around, languages=self._frame.switches(f"{around.up}sign-in", *query))
        return around if flight is None or asked else replace(around, lang=language(flight.lang))


def provided_sign_in(
    settings: Settings,
    oidc: StaffOidc,
    house: Callable[[], House],
    sessions: Sessions,
    frame: Frame,
    browsers: KnownBrowsers,
) -> ProvidedSignIn:
    """Return the pages of `[staff.oidc]`. Raises ConfigError where authlib is not installed."""
    logins = Logins(
        Provider(oidc.issuer, oidc.client_id, os.environ.get(SECRET, "")),
        house=house,
        flights=Flights(settings.staff.url, "staff-oidc"),
        redirect_uri=settings.staff.url + FROM_PROVIDER,
        scopes=oidc.scopes,
        acr_values=oidc.acr,
    )
    return ProvidedSignIn(oidc, house, sessions, frame, browsers, logins)


def staff_of(oidc: StaffOidc, claims: dict[str, Any]) -> tuple[str, frozenset[Role]]:
    """Return name and roles of who the claims describe. Raises LoginRefused for somebody without either."""
    if oidc.acr and claims.get("acr") not in oidc.acr:
        raise LoginRefused(Cause.acr)
    name = claim_of(claims, oidc.name)
    if not isinstance(name, str) or not name.strip() or not name.isprintable() or len(name) > LONGEST:
        raise LoginRefused(Cause.nobody, f"the claim {oidc.name!r} is no name")
    if oidc.name == "email" and claims.get("email_verified") is not True:
        raise LoginRefused(Cause.nobody, "the e-mail address is not verified")
    told = claim_of(claims, oidc.claim)
    held = {told} if isinstance(told, str) else {one for one in told if isinstance(one, str)} if _many(told) else set()
    roles = frozenset(Role(role) for role, names in oidc.roles.items() if held.intersection(names))
    if not roles:
        raise LoginRefused(Cause.roles)
    return name.strip(), roles


def _many(told: object) -> bool:
    return isinstance(told, Collection) and not isinstance(told, str | bytes | dict)
