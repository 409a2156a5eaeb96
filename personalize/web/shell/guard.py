"""What stands before every staff page: the right host, somebody signed in, and forms from our own pages only."""

import logging
from collections.abc import Callable, Sequence
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from personalize.asgi.contract import App, Message, Receive, Scope, Send
from personalize.errors import StoreError
from personalize.explain.language import marked
from personalize.house import House
from personalize.model.staff import Staff
from personalize.recognition.origin import from_this_site, origin_of
from personalize.settings import Settings
from personalize.settings.tables import LOOPBACK
from personalize.web.shell.access import KEY, StaffVisit
from personalize.web.shell.form_tokens import form_token, is_form_token
from personalize.web.shell.forms import INCOMPLETE, parse_form, read_body
from personalize.web.shell.frame import Frame, path_of, up
from personalize.web.shell.pages import HEADERS
from personalize.web.shell.sessions import Sessions
from personalize.web.shell.staff_login import StaffQuestion

log = logging.getLogger("personalize")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
STAFF_HEADERS = {**HEADERS, "Content-Security-Policy": POLICY, "Cross-Origin-Resource-Policy": "same-origin"}
SAFE = frozenset({"GET", "HEAD"})
SIGN_IN, SIGN_OUT, ASSETS = "/sign-in", "/sign-out", "/assets/"
TO_PROVIDER, FROM_PROVIDER = "/sign-in/provider", "/sign-in/provider/callback"
OPEN = frozenset({SIGN_IN, TO_PROVIDER, FROM_PROVIDER})
"""Pages for somebody who is not signed in yet."""
ENTRANCES = frozenset({"/", SIGN_IN, FROM_PROVIDER})
"""Pages that write nothing down: other sites may link to them."""
ELSEWHERE = frozenset({"cross-site", "same-site"})
MOST_BYTES = 16 * 1024
"""Of a form."""
FOREIGN = marked("This request did not come from a page of this desk.")
UNBOUND = marked("This form belongs to another session. Open the page anew and try once more.")
AWAY = marked("The store cannot be reached at this moment, so nothing is shown. Please try again later.")
NOBODY = marked("You are not signed in on the site, or not as a member of staff.")


class StaffGuard:
    """Lets a request through with a `StaffVisit` in its state, or answers it itself."""

    def __init__(
        self,
        app: App,
        *,
        settings: Settings,
        house: Callable[[], House],
        frame: Frame,
        sessions: Sessions,
        question: StaffQuestion | None,
        unguarded: frozenset[str] = frozenset(),
    ) -> None:
        self._app, self._settings, self._house, self._frame = app, settings, house, frame
        self._sessions, self._question, self._unguarded = sessions, question, unguarded
        own = [settings.staff.url, *([settings.site.url] if settings.site.development else [])]
        self._origins: Sequence[bytes] = [origin_of(url) for url in own]
        self._hosts = [urlsplit(url).netloc.encode().lower() for url in own]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on where it may go."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, path = Request(scope, receive), path_of(scope)
        scope.setdefault("state", {}).pop(KEY, None)
        if path in self._unguarded:
            await (self._misdirected(scope, LOOPBACK) or self._app)(scope, receive, send)
            return
        is_asset = path.startswith(ASSETS)
        answer = self._misdirected(scope)
        if answer is None and not is_asset:
            answer = await self._admit(request, path)
        sending = send if is_asset else _with_headers(send, self._frame.cookie_of(scope))
        await (answer or self._app)(scope, _replayed(request, receive), sending)

    def _misdirected(self, scope: Scope, names: frozenset[str] = frozenset()) -> Response | None:
        """Refuse a request for a host that is not ours: a name that was made to lead here (T19).

        On any port the `names` are let through as well.
        """
        hosts = [value.lower() for name, value in scope["headers"] if name == b"host"]
        if len(hosts) == 1 and (hosts[0] in self._hosts or _name_of(hosts[0]) in names):
            return None
        return PlainTextResponse(f"Staff pages are at {self._settings.staff.url}\n", 421)

    async def _admit(self, request: Request, path: str) -> Response | None:
        """Put a visit into the request and return None, or return the answer that takes the page's place."""
        try:
            staff, bound = await self._signed_in(request.scope)
        except StoreError:
            log.exception("A staff page could not find out who is signed in.")
            return self._refuse(request, 503, AWAY)
        form: dict[str, str] = {}
        if request.method in SAFE and path not in ENTRANCES and _led_here(request):
            return self._refuse(request, 403, FOREIGN)
        if request.method not in SAFE:
            if not any(from_this_site(request.scope["headers"], origin) for origin in self._origins):
                return self._refuse(request, 403, FOREIGN)
            sent = await _sent(request)
            if sent is None:
                return self._refuse(request, 400, INCOMPLETE)
            form = sent
        if staff is None:
            return None if self._is_open(path) else self._ask(request)
        token = form.pop("token", "")
        if request.method not in SAFE and not self._is_open(path) and not self._is_bound(bound, token):
            return self._refuse(request, 403, UNBOUND)
        request.scope["state"][KEY] = self._visit(request.scope, staff, bound, form)
        return None

    def _visit(self, scope: Scope, staff: Staff, bound: bytes, form: dict[str, str]) -> StaffVisit:
        return StaffVisit(
            staff=staff,
            house=self._house,
            around=self._frame.around(scope, staff),
            bound=bound,
            token=form_token(self._house().ring, self._settings.site.url, bound),
            form=form,
            masked=self._settings.staff.masked,
            ours=self._question is None,
        )

    async def _signed_in(self, scope: Scope) -> tuple[Staff | None, bytes]:
        """Return who is signed in, and what their forms are bound to."""
        house = self._house()
        await run_in_threadpool(house.freshness.check)
        if self._question is not None:
            staff = await self._question.answer(scope)
            return staff, b"name\0" + staff.name.encode() if staff else b""
        found = await run_in_threadpool(self._sessions.find, scope["headers"])
        return (found.staff, found.handle) if found else (None, b"")

    def _is_bound(self, bound: bytes, token: str) -> bool:
        return is_form_token(self._house().ring, self._settings.site.url, bound, token)

    def _is_open(self, path: str) -> bool:
        """Say whether somebody who is not signed in may go there; its form may be older than a session."""
        return path in OPEN and self._question is None

    def _ask(self, request: Request) -> Response:
        """Send somebody who is not signed in to where they can, and from there back here."""
        if self._question is not None:
            return self._refuse(request, 401, NOBODY)
        target = f"{up(request.scope)}sign-in"
        if request.method in SAFE:
            query = request.scope["query_string"].decode("latin-1")
            back = path_of(request.scope) + (f"?{query}" if query else "")
            target += f"?next={quote(back, safe='')}" if back != "/" else ""
        return RedirectResponse(target or "./", 303)

    def _refuse(self, request: Request, status: int, problem: str) -> Response:
        lang = self._frame.around(request.scope).lang
        return self._frame.render(request, "staff_refused.html", status=status, problem=lang.say(problem))


def _led_here(request: Request) -> bool:
    """Say whether another site's page opened or fetched this: a look must not be written down for that."""
    return any(value.strip().lower() in ELSEWHERE for value in request.headers.getlist("sec-fetch-site"))


def _name_of(host: bytes) -> str:
    """Return a Host header without its port."""
    try:
        return urlsplit(f"//{host.decode('latin-1')}").hostname or ""
    except ValueError:
        return ""


async def _sent(request: Request) -> dict[str, str] | None:
    """Return the form that was sent, None where it is none or not all of it came; its body is replayed to the page."""
    try:
        body = await read_body(request, MOST_BYTES)
    except HTTPException:
        return None
    request.scope["state"]["body"] = body
    return parse_form(request.headers.get("content-type", ""), body, MOST_BYTES)


def _replayed(request: Request, receive: Receive) -> Receive:
    """Return where the page reads its body from: what the guard has read already, then the line itself."""
    body = request.scope["state"].pop("body", None)
    if body is None:
        return receive
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


def _with_headers(send: Send, cookie: tuple[bytes, bytes] | None) -> Send:
    """Return where answers go to, each with the headers that keep it private and unframed."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in STAFF_HEADERS.items():
                headers[name] = value
            if cookie is not None:
                headers.raw.append(cookie)
        await send(message)

    return sending
