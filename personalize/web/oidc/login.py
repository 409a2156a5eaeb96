"""A login from its beginning to who it was: to the provider with PKCE, state and nonce, and back once."""

from collections.abc import Callable, Sequence
from hmac import compare_digest
from typing import Any

from msgspec import Struct
from starlette.requests import Request

from personalize.house import House
from personalize.web.oidc.flight import Flight, Flights
from personalize.web.oidc.id_token import verified
from personalize.web.oidc.provider import Provider, Tokens
from personalize.web.oidc.refusals import Cause, LoginRefused

PARAMETERS = ("state", "code", "error", "iss")
MOST_PARAMETER = 4096
CANCELLED = frozenset({"access_denied", "login_required", "interaction_required", "consent_required"})
Cookie = tuple[bytes, bytes]


class Identity(Struct, frozen=True, kw_only=True):
    """Who logged in: what the provider says of them, which scopes they granted, and the login it was.

    `granted` is None where the provider did not say.
    """

    claims: dict[str, Any]
    granted: frozenset[str] | None
    id_token: str
    flight: Flight

    def __repr__(self) -> str:
        """Name nobody."""
        return "Identity(hidden)"


class Logins:
    """The logins of visitors, or of staff, at one provider. `redirect_uri` is sent and registered exactly so."""

    def __init__(
        self,
        provider: Provider,
        *,
        house: Callable[[], House],
        flights: Flights,
        redirect_uri: str,
        scopes: Sequence[str],
        acr_values: Sequence[str],
        userinfo: bool = False,
    ) -> None:
        self.provider, self.flights = provider, flights
        self._house, self._redirect_uri, self._userinfo = house, redirect_uri, userinfo
        self._scopes, self._acr = tuple(dict.fromkeys(("openid", *scopes))), tuple(acr_values)

    async def begin(
        self, *, wanted: str = "/", lang: str = "", level: str = "", shown: str = "", more: Sequence[str] = ()
    ) -> tuple[str, Cookie]:
        """Return where the browser goes, and the cookie it takes along. Raises LoginRefused, StoreError."""
        house, asked = self._house(), tuple(dict.fromkeys((*self._scopes, *more)))
        flight, cookie = self.flights.begin(
            house.ring, house.clock.now(), wanted=wanted, lang=lang, level=level, shown=shown, asked=asked
        )
        optional = {"acr_values": " ".join(self._acr), "ui_locales": lang}
        url = await self.provider.authorization_url(
            self._redirect_uri,
            state=flight.state,
            nonce=flight.nonce,
            code_verifier=flight.verifier,
            scope=" ".join(asked),
            **{name: value for name, value in optional.items() if value},
        )
        return url, cookie

    def begun(self, request: Request) -> Flight | None:
        """Return the login that this browser began, whether or not it is what comes back; it stays unused."""
        house = self._house()
        return self.flights.find(house.ring, request.scope["headers"], house.clock.now())

    def arrived(self, request: Request) -> tuple[Flight, dict[str, str]]:
        """Return the login that comes back with a request, and what it brings; there is no second time.

        Raises LoginRefused for one that this browser did not begin, and StoreError.
        """
        brought, flight = _parameters(request), self.begun(request)
        if flight is None or not compare_digest(flight.state.encode(), brought.get("state", "").encode()):
            raise LoginRefused(Cause.state)
        if not self.flights.use_up(flight):
            raise LoginRefused(Cause.reused)
        return flight, brought

    async def complete(self, flight: Flight, brought: dict[str, str]) -> Identity:
        """Return who logged in. Raises LoginRefused."""
        metadata = await self.provider.metadata()
        told = brought.get("iss")
        if told != metadata.issuer and (told is not None or metadata.authorization_response_iss_parameter_supported):
            raise LoginRefused(Cause.issuer, "in the answer")  # RFC 9207
        if "error" in brought:
            raise LoginRefused(Cause.cancelled if brought["error"] in CANCELLED else Cause.provider)
        if not brought.get("code"):
            raise LoginRefused(Cause.code, "there is none")
        tokens = await self.provider.exchange(brought["code"], flight.verifier, self._redirect_uri)
        claims = await verified(
            self.provider,
            tokens.id_token,
            nonce=flight.nonce,
            access_token=tokens.access_token,
            now=self._house().clock.now(),
        )
        if self._userinfo:
            claims = {**await self._told(tokens, claims), **claims}
        granted = None if tokens.scope is None else frozenset(tokens.scope.split())
        return Identity(claims=claims, granted=granted, id_token=tokens.id_token, flight=flight)

    async def _told(self, tokens: Tokens, claims: dict[str, Any]) -> dict[str, Any]:
        """Return what the provider tells besides: of the same person, or nothing (Core, section 5.3.2)."""
        found = await self.provider.userinfo(tokens)
        if found.get("sub") != claims["sub"]:
            raise LoginRefused(Cause.subject)
        return found


def claim_of(claims: dict[str, Any], path: str) -> Any:
    """Return a claim by its name, or by the names that lead into it: `realm_access.roles`; None where it is not."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        if not isinstance(found, dict) or name not in found:
            return None
        found = found[name]
    return found


def _parameters(request: Request) -> dict[str, str]:
    """Return what the provider's answer holds, each once. Raises LoginRefused for an answer that says a thing twice."""
    pairs = [(name, value) for name, value in request.query_params.multi_items() if name in PARAMETERS]
    if len(dict(pairs)) != len(pairs) or any(len(value) > MOST_PARAMETER for _, value in pairs):
        raise LoginRefused(Cause.state, "an answer that is no answer")
    return dict(pairs)
