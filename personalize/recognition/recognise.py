"""Recognise: from what a request proves to the visitor behind it."""

from collections.abc import Callable
from hashlib import sha256
from threading import Lock

from cachetools import LRUCache
from msgspec import Struct

from personalize.errors import IdentifierProblem
from personalize.model.people import STRANGER, Assurance, Visitor
from personalize.ports import Handle, HandleStore, ProfileStore
from personalize.recognition.cookies import CookieFault
from personalize.recognition.keys import KeyRing
from personalize.recognition.tokens import (
    COOKIE_LIFE,
    LEEWAY,
    Refusal,
    Token,
    TokenKind,
    Verifier,
    issue,
)

ParseIdentifier = Callable[[str], tuple[str, str]]
Find = Callable[[bytes], int | None]


class Credentials(Struct, frozen=True, kw_only=True):
    """What a request brings: the login identifier that the site gives, and what `read_cookies` found.

    `login` is text like `customer_number:4711`, None when nobody is logged in.
    """

    login: str | None = None
    cookie: bytes | CookieFault | None = None


class Arrival(Struct, frozen=True, kw_only=True):
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
        size: int = 16_384,
    ) -> None:
        self._ring, self._site = ring, site
        self._profiles, self._handles, self._parse = profiles, handles, parse
        self._verifier = Verifier(ring, site)
        self._logins: LRUCache[str, Visitor] = LRUCache(size)
        self._lock = Lock()
        self._generation = 0

    def recognise(self, credentials: Credentials, now: int, find: Find | None = None) -> Visitor:
        """Return the visitor; a login wins over a click, also when we do not know it (law 6).

        What does not hold makes a stranger with a `problem`. A login seen before costs one look-up;
        a cookie costs its MAC, and one read of its row only after that (T16). Raises StoreError.
        `find` asks for the one subject of an identifier's keyed hash, where the store's own way is not wanted.
        """
        if credentials.login is not None:
            return self._by_login(credentials.login, find or self._profiles.subject_of)
        if credentials.cookie is None:
            return STRANGER
        if isinstance(credentials.cookie, CookieFault):
            return Visitor(problem=f"cookie: {credentials.cookie}")
        return self._by_cookie(credentials.cookie, now)

    def arrive(self, text: bytes, now: int) -> Arrival | Visitor:
        """Return what a click link proves, or a stranger with a `problem`; changes nothing (law 5).

        The cookie carries the link's own handle for 24 hours; its row, asked each time, may end it sooner.
        """
        found = self._row(TokenKind.click, text, now)
        if isinstance(found, str):
            return Visitor(problem=f"link: {found}")
        token, row = found
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
            kind, value = self._parse(text)
        except IdentifierProblem as problem:
            return Visitor(problem=f"login: {problem}")
        subject = find(self._ring.identifier_digest(kind, value))
        return Visitor(subject=subject, assurance=Assurance.login, identifier=f"{kind}:{value}")

    def _by_cookie(self, text: bytes, now: int) -> Visitor:
        found = self._row(TokenKind.cookie, text, now)
        if isinstance(found, str):
            return Visitor(problem=f"cookie: {found}")
        return Visitor(subject=found[1].subject, assurance=Assurance.click)

    def _row(self, kind: TokenKind, text: bytes, now: int) -> tuple[Token, Handle] | str:
        token = self._verifier.verify(kind, text, now)
        if isinstance(token, Refusal):
            return token.value
        row = self._handles.handle(handle_digest(token.handle))
        if row is None:
            return "unknown_handle"
        if row.revoked_at is not None:
            return "revoked"
        return (token, row) if now <= row.expires + LEEWAY else Refusal.expired.value


def handle_digest(handle: bytes) -> bytes:
    """Return the hash under which a handle's row is kept: 128 random bits need no key."""
    return sha256(handle).digest()
