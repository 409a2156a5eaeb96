"""A choice to be made by a person: somebody is known here, and the link that was opened is another one's.

What it takes to go on travels in the address of the page of choice, sealed: it opens for ten minutes, on
this site, for the very person who was known when the link was opened, and holds no token that anybody
else could use. Nothing is kept anywhere until the choice is made (law 5).
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from personalize.recognition.keys import KeyRing, derive

LIFE = 600 * 1_000_000
NONCE = 12
MAX_SEALED = 8 * 1024


class Choice(Struct, frozen=True, kw_only=True, array_like=True):
    """Who (`subject`) was known when the link was opened, the cookie it would set, and the path it leads to."""

    subject: int
    cookie: str
    target: str


class _Dated(Struct, frozen=True, kw_only=True, array_like=True):
    until: int
    choice: Choice


def seal(ring: KeyRing, site: str, choice: Choice, now: int) -> str:
    """Return a choice for an address: base64url of key id 1, nonce 12, AES-256-GCM of choice and time."""
    nonce, dated = secrets.token_bytes(NONCE), _Dated(until=now + LIFE, choice=choice)
    key_id = ring.signing(now).id
    sealed = _cipher(ring, key_id, site).encrypt(nonce, msgspec.msgpack.encode(dated), None)
    return _spelled(bytes([key_id]) + nonce + sealed)


def unseal(ring: KeyRing, site: str, text: str, now: int) -> Choice | None:
    """Return the choice, or None for anything that is not one of ours, or is one no more; never raises."""
    if len(text) > MAX_SEALED or not text.isascii():
        return None
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if _spelled(raw) != text:
            return None
        key = ring.key(raw[0])
        if key is None or key.retired is not None:
            return None
        opened = _cipher(ring, key.id, site).decrypt(raw[1 : 1 + NONCE], raw[1 + NONCE :], None)
        dated = msgspec.msgpack.decode(opened, type=_Dated)
    except (ValueError, IndexError, InvalidTag, msgspec.MsgspecError):
        return None
    return dated.choice if dated.until - LIFE <= now <= dated.until else None


def _spelled(raw: bytes) -> str:
    """Return bytes in their one spelling: decoders skip letters they do not know, and spare bits (F5)."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _cipher(ring: KeyRing, key_id: int, site: str) -> AESGCM:
    key = ring.key(key_id)
    assert key is not None  # noqa: S101  # the callers asked the ring
    return AESGCM(derive(key.key, b"choice\0" + site.rstrip("/").encode()))
