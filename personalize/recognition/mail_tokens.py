"""The tokens in our own mails: to confirm a sign-up by, and to unsubscribe by. They recognise nobody."""

from collections.abc import Callable

from personalize.recognition.keys import KeyRing
from personalize.recognition.tokens import Refusal, TokenKind, issue, verify


class MailTokens:
    """Signs and reads them for one site, always with the keys of now."""

    def __init__(self, ring: Callable[[], KeyRing], site: str) -> None:
        self._ring, self._site = ring, site

    def sign(self, handle: bytes, issued: int, expires: int) -> str:
        """Return the token of a handle (16 bytes); times are µs since 1970 UTC, cut to seconds."""
        return issue(self._ring(), self._site, TokenKind.mail, handle, issued, expires)

    def read(self, text: str, now: int) -> bytes | None:
        """Return the handle of a token that holds now, else None; never raises."""
        token = verify(self._ring(), self._site, TokenKind.mail, text, now)
        return None if isinstance(token, Refusal) else token.handle
