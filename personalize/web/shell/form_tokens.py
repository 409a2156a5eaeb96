"""The token that every form of a session holds: bound to it by the key ring, so no other page can send one (T29)."""

from hmac import compare_digest

from personalize.recognition.keys import KeyRing

USE = "staff form"


def form_token(ring: KeyRing, site: str, bound: bytes, use: str = USE) -> str:
    """Return the token for what it is `bound` to: a session's reference, or the name of who is signed in."""
    return _sign(ring, ring.newest.id, site, bound, use).decode()


def is_form_token(ring: KeyRing, site: str, bound: bytes, text: str, use: str = USE) -> bool:
    """Say whether this is the token of that session, made by any key that is not retired."""
    given = text.encode("utf-8", "replace")
    made = [_sign(ring, key.id, site, bound, use) for key in ring.keys if key.retired is None]
    return any([compare_digest(given, each) for each in made])  # noqa: C419  # every key takes its time


def _sign(ring: KeyRing, key_id: int, site: str, bound: bytes, use: str) -> bytes:
    return ring.signer(key_id, use, site.rstrip("/")).get_signature(bound)
