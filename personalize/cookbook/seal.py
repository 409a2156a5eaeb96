"""Sealing: AES-256-GCM under the subject's own key, with the entry's id as the nonce.

An id is made once and never again (a fresh random reference for every segment, a counter in it that
also rises when a write fails), so no nonce repeats under one key.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

Cipher = AESGCM


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
