"""Signing in with a local account, and out again."""

import logging
import re
from collections.abc import Callable

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from personalize.errors import PersonalizeError
from personalize.explain.language import marked
from personalize.house import House
from personalize.web.shell.access import KEY, visit_of
from personalize.web.shell.attempts import WINDOW, Attempts
from personalize.web.shell.forms import INCOMPLETE, read_form
from personalize.web.shell.frame import Frame, page
from personalize.web.shell.known import KnownBrowsers
from personalize.web.shell.passwords import fits
from personalize.web.shell.sessions import Sessions

log = logging.getLogger("personalize")
NEXT = re.compile(r"/(?:[A-Za-z0-9._~-][A-Za-z0-9._~/-]*)?(?:\?[A-Za-z0-9._~%&=+-]*)?")
MOST_AT_ONCE = 2
"""Passwords checked at the same time: each takes 64 MiB."""
FIELDS = frozenset({"name", "password", "next"})
WRONG = marked("This name and password do not belong together.")
OFTEN = marked("Too many attempts. Please try again in {minutes} minutes.")
AWAY = marked("Nobody can be signed in at this moment. Please try again later.")


class SignIn:
    """The pages `/sign-in` and `/sign-out`."""

    def __init__(self, house: Callable[[], House], sessions: Sessions, frame: Frame, browsers: KnownBrowsers) -> None:
        self._house, self._sessions, self._frame, self._browsers = house, sessions, frame, browsers
        self._attempts = Attempts()
        self._limiter: anyio.CapacityLimiter | None = None

    def routes(self) -> list[Route]:
        """Return the routes of signing in and out."""
        return [
            Route("/sign-in", self.show, methods=["GET"], name="sign-in"),
            Route("/sign-in", self.sign_in, methods=["POST"]),
            Route("/sign-out", self.sign_out, methods=["POST"], name="sign-out"),
        ]

    async def show(self, request: Request) -> Response:
        """Show the form, or go on where somebody is signed in already."""
        if KEY in request.scope["state"]:
            return RedirectResponse("./", 303)
        return self._form(request, wanted=request.query_params.get("next", ""))

    async def sign_in(self, request: Request) -> Response:
        """Begin a session for whoever knows the password."""
        form = await read_form(request)
        if form is None or set(form) - {"token"} != FIELDS:
            return self._form(request, 400, INCOMPLETE)
        name, wanted = form["name"].strip().lower(), form["next"]
        address = request.client.host if request.client else ""
        attempt = self._attempts.admit(name, address, self._browsers.find(request.scope["headers"], name))
        if not attempt:
            log.warning("Too many attempts to sign in as %r from %s.", name, address)
            return self._form(request, 429, OFTEN, name=name, wanted=wanted)
        try:
            cookie = await self._begin(name, form["password"])
        except PersonalizeError:
            log.exception("Nobody can sign in.")
            return self._form(request, 503, AWAY, name=name, wanted=wanted)
        if cookie is None:
            log.warning("A wrong password was given for %r from %s.", name, address)
            return self._form(request, 403, WRONG, name=name, wanted=wanted)
        self._attempts.forgive(attempt)
        if KEY in request.scope["state"]:
            await run_in_threadpool(self._sessions.end, visit_of(request).bound)
        log.info("%s signed in.", name)
        answer = RedirectResponse(f"{request.scope.get('root_path', '')}{where_to(wanted)}", 303)
        answer.raw_headers.extend([cookie, self._browsers.mark(name)])
        return answer

    async def sign_out(self, request: Request) -> Response:
        """End the session here and everywhere its cookie may be."""
        return await signed_out(self._sessions, request)

    async def _begin(self, name: str, password: str) -> tuple[bytes, bytes] | None:
        """Return the cookie of a new session, or None where the password is not the one."""
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(MOST_AT_ONCE)
        account = await run_in_threadpool(self._house().accounts.account, name)
        kept = account.password if account else None
        if not await anyio.to_thread.run_sync(fits, password, kept, limiter=self._limiter):
            return None
        return await run_in_threadpool(self._sessions.begin, name)

    def _form(
        self, request: Request, status: int = 200, problem: str = "", name: str = "", wanted: str = ""
    ) -> Response:
        lang = self._frame.around(request.scope).lang
        told = lang.say(problem, minutes=WINDOW // 60) if problem else ""
        return page(request, "sign_in.html", status=status, problem=told, name=name, next=wanted)


async def signed_out(sessions: Sessions, request: Request, to: str = "./sign-in") -> Response:
    """End the session of a request here and everywhere its cookie may be; show where one signs in."""
    cookies = await run_in_threadpool(sessions.end, visit_of(request).bound)
    answer = RedirectResponse(to, 303)
    answer.raw_headers.extend(cookies)
    return answer


def where_to(wanted: str) -> str:
    """Return the path somebody wanted to see, if it is one of ours; else the start (T23)."""
    return wanted if NEXT.fullmatch(wanted) else "/"
