"""Signed tokens: what a click link and our cookie carry, 87 characters in one canonical form.

Payload (32 bytes): key id 1, kind 1, handle 16, issued u32 s, expires u32 s, campaign 6.
Text: base64url of it without padding (43), a dot, and an itsdangerous signature (43).
"""

from collections.abc import Sequence
from enum import IntEnum, StrEnum
from hmac import compare_digest
from struct import Struct as Layout
from threading import Lock

from cachetools import LRUCache
from itsdangerous.encoding import base64_decode, base64_encode
from itsdangerous.exc import BadData
from msgspec import Struct

from personalize.model.moments import DAY, SECOND
from personalize.recognition.keys import KeyRing

LEEWAY = 120 * SECOND
CLICK_LIFE = 14 * DAY
COOKIE_LIFE = DAY
LENGTH = 87
HANDLE_LENGTH = 16
CAMPAIGN_LENGTH = 6
NO_CAMPAIGN = bytes(CAMPAIGN_LENGTH)
_PAYLOAD_TEXT = 43
_LAYOUT = Layout(">BB16sII6s")


class TokenKind(IntEnum):
    """What a token is for; one kind never passes as another (T11)."""

    click = 1
    cookie = 2
    staff = 3
    browser = 4
    mail = 5
    login = 6


class Token(Struct, frozen=True, kw_only=True, gc=False):
    """What a valid token says. Times are µs since 1970 UTC, whole seconds."""

    kind: TokenKind
    handle: bytes
    issued: int
    expires: int
    campaign: bytes


class Refusal(StrEnum):
    """Why a token is not accepted: a closed list, for counters."""

    malformed = "malformed"
    wrong_kind = "wrong_kind"
    unknown_key = "unknown_key"
    retired_key = "retired_key"
    forged = "forged"
    future = "future"
    expired = "expired"


def issue(
    ring: KeyRing, site: str, kind: TokenKind, handle: bytes, issued: int, expires: int, campaign: bytes = NO_CAMPAIGN
) -> str:
    """Return a token of 87 characters, signed by the newest key that every worker knows.

    `handle` has 16 bytes, `campaign` 6; times are µs since 1970 UTC, cut to seconds.
    A cookie lives 24 hours at most, whatever `expires` says.
    """
    if len(handle) != HANDLE_LENGTH or len(campaign) != CAMPAIGN_LENGTH:
        raise ValueError("a handle has 16 bytes and a campaign 6")
    if kind is TokenKind.cookie:
        expires = min(expires, issued + COOKIE_LIFE)
    key_id = ring.signing(issued).id
    payload = _LAYOUT.pack(key_id, kind, handle, issued // SECOND, expires // SECOND, campaign)
    return _sign(ring, site, kind, key_id, payload).decode()


def verify(ring: KeyRing, site: str, kind: TokenKind, text: bytes | str, now: int) -> Token | Refusal:
    """Return what a token says, or why it is refused; never raises, whatever `text` is.

    Constant time over the signature, one HMAC at most (F12), 120 s leeway at both ends (F6).
    """
    token = authenticate(ring, site, kind, text)
    return token if isinstance(token, Refusal) else _in_time(token, now)


def authenticate(ring: KeyRing, site: str, kind: TokenKind, text: bytes | str) -> Token | Refusal:
    """Do what `verify` does, but for the time."""
    payload = _payload_of(text)
    if payload is None:
        return Refusal.malformed
    key_id, stated_kind, handle, issued, expires, campaign = _LAYOUT.unpack(payload)
    if stated_kind != kind:
        return Refusal.wrong_kind
    key = ring.key(key_id)
    if key is None:
        return Refusal.unknown_key
    if key.retired is not None:
        return Refusal.retired_key
    # The whole string is made anew and compared: any other spelling of the same bytes fails (F5).
    if not compare_digest(_sign(ring, site, kind, key_id, payload), _as_bytes(text)):
        return Refusal.forged
    return Token(kind=kind, handle=handle, issued=issued * SECOND, expires=expires * SECOND, campaign=campaign)


class Verifier:
    """Verify tokens for one ring and site, remembering signatures that passed, never verdicts on time.

    A token that passed costs a look-up afterwards; a refused one is never remembered, so junk
    cannot push out the good. Make a new one when the ring changes. Safe across threads.
    """

    def __init__(self, ring: KeyRing, site: str, *, size: int = 4096) -> None:
        self._ring, self._site = ring, site
        self._passed: LRUCache[bytes, Token] = LRUCache(size)
        self._lock = Lock()

    def verify(self, kind: TokenKind, text: bytes, now: int) -> Token | Refusal:
        """Return what a token says, or why it is refused; never raises."""
        return self.verify_one_of((kind,), text, now)

    def verify_one_of(self, kinds: Sequence[TokenKind], text: bytes, now: int) -> Token | Refusal:
        """Do the same for a token that may be of several kinds: of the one it states, under that kind's key."""
        with self._lock:
            token = self._passed.get(text) if len(text) == LENGTH else None
        if token is None:
            answer: Token | Refusal = Refusal.wrong_kind
            for kind in kinds:
                answer = authenticate(self._ring, self._site, kind, text)
                if answer is not Refusal.wrong_kind:
                    break
            if isinstance(answer, Refusal):
                return answer
            token = answer
            with self._lock:
                self._passed[text] = token
        return _in_time(token, now) if token.kind in kinds else Refusal.wrong_kind


def handle_of(text: bytes) -> bytes | None:
    """Return the handle (16 bytes) of a token that was verified before, None for what is no token; never raises."""
    payload = _payload_of(text)
    return None if payload is None else payload[2 : 2 + HANDLE_LENGTH]


def _in_time(token: Token, now: int) -> Token | Refusal:
    if token.issued > now + LEEWAY:
        return Refusal.future
    if token.expires < now - LEEWAY:
        return Refusal.expired
    return token


def _sign(ring: KeyRing, site: str, kind: TokenKind, key_id: int, payload: bytes) -> bytes:
    return ring.signer(key_id, "token", site.rstrip("/"), kind.name).sign(base64_encode(payload))


def _payload_of(text: bytes | str) -> bytes | None:
    if not isinstance(text, bytes | str) or len(text) != LENGTH:
        return None
    try:
        payload = base64_decode(text[:_PAYLOAD_TEXT])
    except BadData:
        return None
    return payload if len(payload) == _LAYOUT.size else None


def _as_bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode("ascii", "replace")
