"""Browsers on which a member of staff signed in before: others' attempts do not lock them out."""

import secrets
from collections.abc import Callable, Iterable

from personalize.house import House
from personalize.recognition.cookies import read_cookies
from personalize.web.shell.form_tokens import form_token, is_form_token

USE = "staff browser"
NAME = "pz-staff-known"
SECONDS = 90 * 86_400
"""For how long a browser is known after it was last signed in on."""
JOINT = "."
Headers = Iterable[tuple[bytes, bytes]]


class KnownBrowsers:
    """Marks browsers by a random number that is bound to the name that was signed in; nothing of it is kept.

    It proves no name: all it opens is a count of attempts of the browser's own. So it may come along from an identity
    provider's page, which a Strict cookie does not. `site` is `[site] url`, `url` where the staff pages are reached.
    """

    def __init__(self, house: Callable[[], House], site: str, url: str) -> None:
        self._house, self._site = house, site
        self._secure = url.startswith("https:")
        self._cookie = f"{'__Host-' if self._secure else ''}{NAME}"

    def find(self, headers: Headers, name: str = "") -> str:
        """Return the number of a browser on which this name signed in before; empty for another."""
        value = read_cookies(headers, self._cookie.encode())
        if not isinstance(value, bytes):
            return ""
        number, _, token = value.decode("latin-1").partition(JOINT)
        fits = is_form_token(self._house().ring, self._site, _bound(number, name), token, USE)
        return number if fits else ""

    def mark(self, name: str = "") -> tuple[bytes, bytes]:
        """Return the header by which this browser is known from now on."""
        number = secrets.token_hex(16)
        value = f"{number}{JOINT}{form_token(self._house().ring, self._site, _bound(number, name), USE)}"
        secure = "; Secure" if self._secure else ""
        attributes = f"Path=/{secure}; HttpOnly; SameSite=Lax; Max-Age={SECONDS}"
        return b"set-cookie", f"{self._cookie}={value}; {attributes}".encode()


def _bound(number: str, name: str) -> bytes:
    return f"{number}\0{name}".encode("utf-8", "replace")
