"""A login on its way to the identity provider and back: one random reference in a signed cookie, used once.

State, nonce and PKCE verifier are derived from the reference, so that none of them stands anywhere in clear.
"""

import hmac
import secrets
from collections.abc import Iterable
from hmac import compare_digest
from threading import Lock

import msgspec
from cachetools import TTLCache
from itsdangerous.encoding import base64_decode, base64_encode
from itsdangerous.exc import BadData
from msgspec import Struct

from personalize.model.moments import SECOND
from personalize.recognition.cookies import CookieFault, read_cookies
from personalize.recognition.keys import KeyRing
from personalize.recognition.tokens import LEEWAY

LIFE = 10 * 60
"""Seconds a login may take."""
REFERENCE = 32
MOST_WANTED = 1000
MOST_TEXT = 2400
MOST_KEPT = 100_000
USE = "oidc flight"
Headers = Iterable[tuple[bytes, bytes]]


class Flight(Struct, frozen=True, kw_only=True, array_like=True):
    """What is remembered of a login that began: when (s), whereto it leads back, and what was chosen.

    `shown` is a hash of the texts that were read before, `asked` are the scopes that were asked for.
    """

    reference: bytes
    began_at: int
    wanted: str = "/"
    lang: str = ""
    level: str = ""
    shown: str = ""
    asked: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.reference) != REFERENCE:
            raise ValueError("a reference has 32 bytes")

    @property
    def state(self) -> str:
        """Return what the provider sends back beside the code (RFC 6749, section 10.12)."""
        return self._derived(b"state")

    @property
    def nonce(self) -> str:
        """Return what the provider puts into the id token."""
        return self._derived(b"nonce")

    @property
    def verifier(self) -> str:
        """Return the PKCE verifier: 43 characters (RFC 7636)."""
        return self._derived(b"verifier")

    def _derived(self, use: bytes) -> str:
        return base64_encode(hmac.digest(self.reference, use, "sha256")).decode()


class Flights:
    """The logins of one site that are on their way. `site` is the address whose cookie it is, `use` whose logins.

    That a login was used is remembered in this process for as long as it could be used again; elsewhere
    the provider's single use of its code stands.
    """

    def __init__(self, site: str, use: str) -> None:
        self._site, self._use = site.rstrip("/"), use
        self._secure = site.lower().startswith("https:")
        self.cookie = f"__Host-pz-{use}" if self._secure else f"pz-{use}-dev"
        self._used: TTLCache[bytes, bool] = TTLCache(MOST_KEPT, LIFE + 2 * LEEWAY // SECOND)
        self._lock = Lock()

    def begin(
        self,
        ring: KeyRing,
        now: int,
        *,
        wanted: str = "/",
        lang: str = "",
        level: str = "",
        shown: str = "",
        asked: tuple[str, ...] = (),
    ) -> tuple[Flight, tuple[bytes, bytes]]:
        """Return a new login and the header that sets its cookie; `now` is µs since 1970 UTC."""
        flight = Flight(
            reference=secrets.token_bytes(REFERENCE),
            began_at=now // SECOND,
            wanted=wanted if len(wanted) <= MOST_WANTED else "/",
            lang=lang,
            level=level,
            shown=shown,
            asked=asked,
        )
        body = base64_encode(msgspec.msgpack.encode(flight))
        return flight, self._header(self._signed(ring, ring.signing(now).id, body), LIFE)

    def find(self, ring: KeyRing, headers: Headers, now: int) -> Flight | None:
        """Return the login that this browser began, in its one spelling and in time; else None."""
        text = read_cookies(headers, self.cookie.encode())
        if text is None or isinstance(text, CookieFault) or len(text) > MOST_TEXT:
            return None
        key_id, _, rest = text.partition(b".")
        body = rest.partition(b".")[0]
        key = ring.key(int(key_id)) if key_id.isdigit() and len(key_id) <= 3 else None
        if key is None or key.retired is not None:
            return None
        if not compare_digest(self._signed(ring, key.id, body).encode(), text):
            return None
        try:
            flight = msgspec.msgpack.decode(base64_decode(body), type=Flight)
        except (BadData, msgspec.MsgspecError):
            return None
        age = now - flight.began_at * SECOND
        return flight if -LEEWAY <= age <= LIFE * SECOND else None

    def use_up(self, flight: Flight) -> bool:
        """Say whether this is the first use of a login; there is no second."""
        with self._lock:
            first = flight.reference not in self._used
            self._used[flight.reference] = True
        return first

    def ended(self) -> tuple[bytes, bytes]:
        """Return the header that takes the cookie away."""
        return self._header("", 0)

    def _signed(self, ring: KeyRing, key_id: int, body: bytes) -> str:
        signed = str(key_id).encode() + b"." + body
        return ring.signer(key_id, USE, self._site, self._use).sign(signed).decode()

    def _header(self, value: str, seconds: int) -> tuple[bytes, bytes]:
        secure = "; Secure" if self._secure else ""
        text = f"{self.cookie}={value}; Path=/{secure}; HttpOnly; SameSite=Lax; Max-Age={seconds}"
        return b"set-cookie", text.encode()
