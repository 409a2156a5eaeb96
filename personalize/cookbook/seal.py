"""Sealing: AES-256-GCM under the subject's own key, with the entry's id as the nonce.

An id is made once and never again (a fresh random reference for every segment, a counter in it that
also rises when a write fails), so no nonce repeats under one key. What is no entry has a random nonce before it.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

Cipher = AESGCM
NONCE = 12


def cipher_of(key: bytes) -> Cipher:
    """Return the cipher of a subject's 32-byte key; keep it with the cached profile."""
    if len(key) != 32:
        raise ValueError(f"a sealing key has 32 bytes, not {len(key)}")
    return AESGCM(key)


def unseal(key: bytes, entry_id: bytes, sealed: bytes, header: bytes) -> bytes | None:
    """Return the body, or None when key, id, header or body are not those that were sealed."""
    try:
        return cipher_of(key).decrypt(entry_id, sealed, header)
    except (InvalidTag, ValueError):
        return None


def seal_alone(key: bytes, text: bytes, about: bytes) -> bytes:
    """Return a text that is no entry's, sealed together with what it is `about`: the nonce (12 bytes) comes first."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + cipher_of(key).encrypt(nonce, text, about)


def unseal_alone(key: bytes, sealed: bytes, about: bytes) -> bytes | None:
    """Return what `seal_alone` was given, or None when key, text or what it is about are others."""
    return unseal(key, sealed[:NONCE], sealed[NONCE:], about)
