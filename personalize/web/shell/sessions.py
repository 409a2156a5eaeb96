"""Sessions of staff with local accounts: a signed reference in a cookie, everything else on our side."""

import logging
import secrets
from collections.abc import Callable, Iterable

from msgspec import Struct

from personalize.errors import StoreError
from personalize.house import House
from personalize.model.moments import MINUTE
from personalize.model.staff import Role, Session, Staff
from personalize.recognition.cookies import CookieFault, read_cookies
from personalize.recognition.recognise import handle_digest
from personalize.recognition.tokens import HANDLE_LENGTH, Refusal, TokenKind, issue, verify

log = logging.getLogger("personalize")
IDLE, ABSOLUTE = 30 * MINUTE, 12 * 60 * MINUTE
"""How long (µs) a session lasts without use, and at all."""
TOUCH = MINUTE
"""A use is noted at most this often (µs)."""
SECURE_NAME, DEVELOPMENT_NAME = "__Host-pz-staff", "pz-staff-dev"
CASE_NAME = "pz-case"
"""The cookie of the case in hand: it goes when the session does."""
Headers = Iterable[tuple[bytes, bytes]]


class SignedIn(Struct, frozen=True, kw_only=True):
    """Who a session is of, and its reference (16 bytes)."""

    staff: Staff
    handle: bytes


def case_cookie(url: str) -> str:
    """Return the name of the cookie of the case in hand, for staff pages at this address."""
    return f"__Host-{CASE_NAME}" if url.startswith("https:") else CASE_NAME


class Sessions:
    """Begin, find and end sessions. `site` is `[site] url`, `url` where the staff pages are reached.

    Where staff are `told` by an identity provider, only its sessions hold, else only those of local accounts.
    """

    def __init__(self, house: Callable[[], House], site: str, url: str, *, told: bool = False) -> None:
        self._house, self._site, self._told = house, site, told
        self._case, self._secure = case_cookie(url), url.startswith("https:")
        self.cookie = SECURE_NAME if self._secure else DEVELOPMENT_NAME

    def begin(self, name: str, roles: frozenset[Role] | None = None) -> tuple[bytes, bytes]:
        """Start a session, sweep out the old ones, and return the header that sets its cookie. Raises StoreError.

        `roles` are what an identity provider gave; None where the account of that name has them.
        """
        house, handle = self._house(), secrets.token_bytes(HANDLE_LENGTH)
        now = house.clock.now()
        house.sessions.sweep(now - ABSOLUTE)
        house.sessions.begin(handle_digest(handle), Session(name=name, began_at=now, seen_at=now, roles=roles))
        value = issue(house.ring, self._site, TokenKind.staff, handle, now, now + ABSOLUTE)
        return self._header(value)

    def find(self, headers: Headers) -> SignedIn | None:
        """Return who is signed in, with the roles of now; None where nobody is, or no more. Raises StoreError."""
        house, text = self._house(), read_cookies(headers, self.cookie.encode())
        if text is None or isinstance(text, CookieFault):
            return None
        now = house.clock.now()
        token = verify(house.ring, self._site, TokenKind.staff, text, now)
        if isinstance(token, Refusal):
            return None
        digest = handle_digest(token.handle)
        session = house.sessions.session(digest)
        if session is None or not _lasts(session, now):
            return None
        staff = self._staff(house, session)
        if staff is None:
            return None
        self._touch(digest, session, now)
        return SignedIn(staff=staff, handle=token.handle)

    def end(self, handle: bytes) -> list[tuple[bytes, bytes]]:
        """End a session for good, and return the headers that take its cookies away. Raises StoreError."""
        self._house().sessions.end(handle_digest(handle))
        return [self._header("", "; Max-Age=0"), self._header("", "; Max-Age=0", self._case)]

    def _staff(self, house: House, session: Session) -> Staff | None:
        """Return whose session it is: of a local account with the roles of now, else with those it began with."""
        if self._told:
            return None if session.roles is None else Staff(name=session.name, roles=session.roles)
        account = house.accounts.account(session.name) if session.roles is None else None
        return None if account is None else Staff(name=account.name, roles=account.roles)

    def _touch(self, digest: bytes, session: Session, now: int) -> None:
        if now - session.seen_at < TOUCH:
            return
        try:
            self._house().sessions.seen(digest, now)
        except StoreError:  # the page need not wait for it: the next one tries again
            log.warning("The use of a staff session could not be noted.", exc_info=True)

    def _header(self, value: str, more: str = "", name: str = "") -> tuple[bytes, bytes]:
        secure = "; Secure" if self._secure else ""
        return b"set-cookie", f"{name or self.cookie}={value}; Path=/{secure}; HttpOnly; SameSite=Strict{more}".encode()


def _lasts(session: Session, now: int) -> bool:
    """Say whether a session is neither idle for too long nor too old, nor of a time to come."""
    return now - ABSOLUTE < session.began_at <= now + TOUCH and now - IDLE < session.seen_at
