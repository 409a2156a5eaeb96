"""Recognise: from what a request proves to the visitor behind it."""

from collections.abc import Callable
from hashlib import sha256
from threading import Lock

from cachetools import LRUCache
from msgspec import Struct
from msgspec.structs import replace

from personalize.errors import IdentifierProblem
from personalize.model.people import LOGIN, STRANGER, Assurance, Visitor
from personalize.ports import Browser, Handle, HandleStore, ProfileStore
from personalize.recognition.browsers import Browsers
from personalize.recognition.cookies import JOINT, CookieFault
from personalize.recognition.keys import KeyRing
from personalize.recognition.tokens import (
    COOKIE_LIFE,
    LEEWAY,
    LENGTH,
    Refusal,
    Token,
    TokenKind,
    Verifier,
    issue,
)

ParseIdentifier = Callable[[str], tuple[str, str]]
Find = Callable[[bytes], int | None]
OURS = (TokenKind.cookie, TokenKind.browser)
"""The kinds of tokens that our cookie may hold."""

MOST_LOGINS = 16_384
MAILBOX = "mailbox "
"""What the text of a login begins with where the site is no surer of the person than a mailbox makes it."""


class Credentials(Struct, frozen=True, kw_only=True, gc=False):
    """What a request brings: the login identifier that the site gives, and what `read_cookies` found.

    `login` is text like `customer_number:4711`, None when nobody is logged in.
    """

    login: str | None = None
    cookie: bytes | CookieFault | None = None


class Arrival(Struct, frozen=True, kw_only=True, gc=False):
    """A valid click link: the visitor it recognises, and the value for our cookie."""

    visitor: Visitor
    cookie: str


class Recogniser:
    """Recognise visitors on one site. Make a new one when the key ring changes.

    `parse` turns identifier text into kind and normalised value and raises IdentifierProblem.
    Safe across threads.
    """

    def __init__(
        self,
        *,
        ring: KeyRing,
        site: str,
        profiles: ProfileStore,
        handles: HandleStore,
        parse: ParseIdentifier,
        browsers: Browsers | None = None,
    ) -> None:
        self._ring, self._site = ring, site
        self._browsers = browsers
        self._profiles, self._handles, self._parse = profiles, handles, parse
        self._verifier = Verifier(ring, site)
        self._logins: LRUCache[str, Visitor] = LRUCache(MOST_LOGINS)
        self._lock = Lock()
        self._generation = 0

    @property
    def ring(self) -> KeyRing:
        """Return the keys it verifies with."""
        return self._ring

    def recognise(self, credentials: Credentials, now: int, find: Find | None = None) -> Visitor:
        """Return the visitor; a login wins over a click, also when we do not know it (law 6).

        What does not hold makes a stranger with a `problem`. A login seen before costs one look-up;
        a cookie costs its MAC, and one read of its row only after that (T16). Raises StoreError.
        `find` asks for the one subject of an identifier's keyed hash, where the store's own way is not wanted.
        """
        if credentials.login is not None:
            visitor = self._by_login(credentials.login, find or self._profiles.subject_of)
            if credentials.cookie is None or visitor.subject is None or visitor.assurance is not Assurance.login:
                return visitor
            return self._at_device(visitor, visitor.subject, credentials.cookie, now)
        if credentials.cookie is None:
            return STRANGER
        if isinstance(credentials.cookie, CookieFault):
            return Visitor(problem=f"cookie: {credentials.cookie}")
        return self._by_cookie(credentials.cookie, now)

    def arrive(self, text: bytes, now: int) -> Arrival | Visitor:
        """Return what a click link proves, or a stranger with a `problem`; changes nothing (law 5).

        The cookie carries the link's own handle for 24 hours; its row, asked each time, may end it sooner.
        """
        token = self._verifier.verify(TokenKind.click, text, now)
        if isinstance(token, Refusal):
            return Visitor(problem=f"link: {token.value}")
        row = self._handle(token, now)
        if isinstance(row, str):
            return Visitor(problem=f"link: {row}")
        end = now + COOKIE_LIFE
        cookie = issue(self._ring, self._site, TokenKind.cookie, token.handle, now, end, token.campaign)
        return Arrival(visitor=Visitor(subject=row.subject, assurance=Assurance.click), cookie=cookie)

    def forget(self) -> None:
        """Forget whom every login belongs to: call it when subjects or identifiers changed.

        All at once, for an identifier that a second subject claims now belongs to neither.
        """
        with self._lock:
            self._generation += 1
            self._logins.clear()

    def _by_login(self, text: str, find: Find) -> Visitor:
        with self._lock:
            known = self._logins.get(text)
            generation = self._generation
        if known is not None:
            return known
        visitor = self._look_up(text, find)
        with self._lock:
            if generation == self._generation and not visitor.problem:
                self._logins[text] = visitor
        return visitor

    def _look_up(self, text: str, find: Find) -> Visitor:
        try:
            kind, value = self._parse(text.removeprefix(MAILBOX))
        except IdentifierProblem as problem:
            return Visitor(problem=f"{LOGIN}{problem}")
        subject = find(self._ring.identifier_digest(kind, value))
        assurance = Assurance.mailbox if text.startswith(MAILBOX) else Assurance.login
        return Visitor(subject=subject, assurance=assurance, identifier=f"{kind}:{value}")

    def browser_of(self, cookie: bytes | CookieFault | None, now: int) -> bytes | None:
        """Return the reference of the browser's row that our cookie holds, None where it holds none."""
        if not isinstance(cookie, bytes):
            return None
        token = self._verifier.verify(TokenKind.browser, cookie[:LENGTH], now)
        whole = len(cookie) <= LENGTH or cookie[LENGTH:].startswith(JOINT)
        return token.handle if isinstance(token, Token) and whole else None

    def beside(self, held: bytes | CookieFault | None, click: str, now: int) -> str:
        """Return a cookie value that holds a click's token, beside the browser's own where the cookie held has one."""
        if isinstance(held, bytes) and self.browser_of(held, now) is not None:
            return (held[:LENGTH] + JOINT).decode() + click
        return click

    def _by_cookie(self, text: bytes, now: int) -> Visitor:
        if len(text) > LENGTH:
            return self._by_two(text, now)
        token = self._verifier.verify_one_of(OURS, text, now)
        if isinstance(token, Refusal):
            return Visitor(problem=f"cookie: {token.value}")
        return self._by_browser(token, now) if token.kind is TokenKind.browser else self._by_click(token, now)

    def _by_two(self, text: bytes, now: int) -> Visitor:
        """Recognise by a browser's token and a click's: whoever logged in goes first, then the click (law 6).

        Beside a click the device is told, so that its own choices can be changed, but nothing of it is read.
        """
        first, joint, second = text.partition(JOINT)
        if not joint or len(first) != LENGTH:
            return Visitor(problem=f"cookie: {Refusal.malformed.value}")
        token = self._verifier.verify(TokenKind.browser, first, now)
        visitor = self._by_browser(token, now) if isinstance(token, Token) else STRANGER
        if visitor.assurance >= Assurance.mailbox:
            return visitor
        click = self._verifier.verify(TokenKind.cookie, second, now)
        clicked = self._by_click(click, now) if isinstance(click, Token) else STRANGER
        if clicked.subject is None:
            return visitor
        return replace(clicked, device=visitor.device) if visitor.device else clicked

    def _by_click(self, token: Token, now: int) -> Visitor:
        row = self._handle(token, now)
        if isinstance(row, str):
            return Visitor(problem=f"cookie: {row}")
        return Visitor(subject=row.subject, assurance=Assurance.click)

    def _by_browser(self, token: Token, now: int) -> Visitor:
        """Recognise by a browser's row: who logged in there while that lasts, else the device if it is nobody's."""
        browsers = self._browsers
        row = browsers.find(token.handle, now) if browsers is not None else None
        if browsers is None or row is None:
            return Visitor(problem="cookie: ended")
        ours = row.assurance < Assurance.login or not browsers.logged_in_elsewhere
        if row.subject and ours and browsers.is_in_time(row, now):
            return _logged_in(row)
        if row.device and not row.linked:
            return Visitor(subject=row.device, assurance=Assurance.click, device=row.device)
        return Visitor(problem="cookie: expired")

    def _at_device(self, visitor: Visitor, subject: int, cookie: bytes | CookieFault, now: int) -> Visitor:
        """Return whom the site says is logged in, with the device that is linked to them; link one that is nobody's."""
        handle, browsers = self.browser_of(cookie, now), self._browsers
        row = browsers.find(handle, now) if handle is not None and browsers is not None else None
        if row is None or browsers is None or not row.device or row.cut:
            return visitor
        if not row.linked:
            browsers.link_soon(row.device, subject)
            return visitor
        return replace(visitor, device=row.device) if row.linked == subject else visitor

    def _handle(self, token: Token, now: int) -> Handle | str:
        """Return the row behind a click's token, or why there is none."""
        row = self._handles.handle(handle_digest(token.handle))
        if row is None:
            return "unknown_handle"
        if row.revoked_at is not None:
            return "revoked"
        return row if now <= row.expires + LEEWAY else Refusal.expired.value


def _logged_in(row: Browser) -> Visitor:
    """Return the person of a row, with the device where it is linked to them and nobody cut that."""
    device = row.device if row.linked == row.subject and not row.cut else 0
    return Visitor(subject=row.subject, assurance=Assurance(row.assurance), device=device)


def handle_digest(handle: bytes) -> bytes:
    """Return the hash under which a handle's row is kept: 128 random bits need no key."""
    return sha256(handle).digest()
