"""Who is logged in: a signed reference in a cookie, a row on our side, and in the row nothing that it could open."""

import hmac
import logging
import secrets
from collections.abc import Callable, Iterable
from hashlib import sha256
from threading import Thread
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from personalize.errors import StoreError
from personalize.house import House
from personalize.model.moments import SECOND
from personalize.model.people import Assurance
from personalize.ports import KeptLogin
from personalize.recognition.cookies import CookieFault, read_cookies
from personalize.recognition.keys import KeyRing
from personalize.recognition.recognise import MAILBOX
from personalize.recognition.tokens import HANDLE_LENGTH, Refusal, TokenKind, issue, verify
from personalize_oidc.options import Options

log = logging.getLogger("personalize")
SECURE_NAME, DEVELOPMENT_NAME = "__Host-pz-login", "pz-login-dev"
NONCE = 12
TOUCHES = 12
"""A use is noted so many times within the time without use that ends a login."""
Headers = Iterable[tuple[bytes, bytes]]


class Person(Struct, frozen=True, kw_only=True, array_like=True):
    """Who is logged in, how sure we are, and the id token that logging out needs. Kept sealed."""

    identifier: str
    assurance: int
    id_token: str

    def __repr__(self) -> str:
        """Name nobody."""
        return "Person(hidden)"

    @property
    def text(self) -> str:
        """Return what `login=` answers: the identifier, and whether it is no more than a mailbox proves."""
        return self.identifier if self.assurance >= Assurance.login else MAILBOX + self.identifier


class Sessions:
    """Begin, find and end logins. What the row holds is sealed under the reference, which is only in the cookie."""

    def __init__(self, house: Callable[[], House], site: str, options: Options) -> None:
        self._house, self._site, self._secure = house, site, site.startswith("https:")
        self._idle, self._most = options.idle_seconds * SECOND, options.most_seconds * SECOND
        self._issuer = options.issuer
        self.cookie = SECURE_NAME if self._secure else DEVELOPMENT_NAME

    def begin(self, person: Person, claims: dict[str, Any], headers: Headers) -> tuple[bytes, bytes]:
        """Start a login under a new reference, end the one of this browser, and return the header of its cookie.

        Raises StoreError.
        """
        house, handle = self._house(), secrets.token_bytes(HANDLE_LENGTH)
        now = house.clock.now()
        ((_, digest),) = house.digests(person.identifier)
        house.store.logins.sweep(now - self._most, now - self._idle)
        self.end(headers)
        house.store.logins.begin(
            _digest(handle),
            KeptLogin(
                person=digest,
                known_as=self._known_as(house.ring, "sub", claims),
                session=self._known_as(house.ring, "sid", claims),
                began_at=now,
                seen_at=now,
                sealed=_sealed(handle, person),
            ),
        )
        value = issue(house.ring, self._site, TokenKind.login, handle, now, now + self._most)
        return self._header(value)

    def find(self, headers: Headers) -> Person | None:
        """Return who is logged in; None where nobody is, or no more. Raises StoreError."""
        house, handle = self._house(), self._handle(headers)
        kept = house.store.logins.login(_digest(handle)) if handle else None
        if handle is None or kept is None:
            return None
        now = house.clock.now()
        if not (now - self._most < kept.began_at and now - self._idle < kept.seen_at):
            return None
        if now - kept.seen_at > self._idle // TOUCHES:
            Thread(target=self._touch, args=(_digest(handle), now), daemon=True).start()
        return _opened(handle, kept.sealed)

    def end(self, headers: Headers) -> Person | None:
        """End this browser's login for good, and return whose it was. Raises StoreError."""
        handle = self._handle(headers)
        if handle is None:
            return None
        logins = self._house().store.logins
        kept = logins.login(_digest(handle))
        logins.end(_digest(handle))
        return _opened(handle, kept.sealed) if kept else None

    def end_all(self, claims: dict[str, Any]) -> int:
        """End the logins that a logout token names, and return how many. Raises StoreError.

        Those of its session where it names one, else all of that person.
        """
        house = self._house()
        if claims.get("sid"):
            return house.store.logins.end_all(session=self._known_as(house.ring, "sid", claims))
        return house.store.logins.end_all(known_as=self._known_as(house.ring, "sub", claims))

    def cleared(self) -> tuple[bytes, bytes]:
        """Return the header that takes the cookie away."""
        return self._header("", "; Max-Age=0")

    def _handle(self, headers: Headers) -> bytes | None:
        text = read_cookies(headers, self.cookie.encode())
        if text is None or isinstance(text, CookieFault):
            return None
        house = self._house()
        token = verify(house.ring, self._site, TokenKind.login, text, house.clock.now())
        return None if isinstance(token, Refusal) else token.handle

    def _known_as(self, ring: KeyRing, name: str, claims: dict[str, Any]) -> bytes:
        """Return the keyed hash of what the provider calls somebody or their session; empty where it has no name."""
        value = claims.get(name)
        return ring.identifier_digest(f"oidc {name}", f"{self._issuer}\0{value}") if value else b""

    def _touch(self, digest: bytes, now: int) -> None:
        try:
            self._house().store.logins.seen(digest, now)
        except StoreError:  # no page waits for it: the next use tries again
            log.warning("The use of a login could not be noted.", exc_info=True)

    def _header(self, value: str, more: str = "") -> tuple[bytes, bytes]:
        secure = "; Secure" if self._secure else ""
        return b"set-cookie", f"{self.cookie}={value}; Path=/{secure}; HttpOnly; SameSite=Lax{more}".encode()


def _digest(handle: bytes) -> bytes:
    return sha256(handle).digest()


def _cipher(handle: bytes) -> AESGCM:
    return AESGCM(hmac.digest(handle, b"oidc login", "sha256"))


def _sealed(handle: bytes, person: Person) -> bytes:
    nonce = secrets.token_bytes(NONCE)
    return nonce + _cipher(handle).encrypt(nonce, msgspec.msgpack.encode(person), _digest(handle))


def _opened(handle: bytes, sealed: bytes) -> Person | None:
    try:
        body = _cipher(handle).decrypt(sealed[:NONCE], sealed[NONCE:], _digest(handle))
        return msgspec.msgpack.decode(body, type=Person)
    except (InvalidTag, ValueError, msgspec.MsgspecError):
        log.warning("The row of a login is damaged: they have to log in once more.")
        return None
