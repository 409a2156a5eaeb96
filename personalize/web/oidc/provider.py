"""An identity provider: what it publishes about itself, its keys, and the code that it exchanges for tokens.

OpenID Connect Discovery 1.0, RFC 6749 and RFC 7636, by authlib; imported where a provider is made.
"""

import logging
import ssl
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from time import monotonic
from typing import Any
from urllib.parse import urlencode, urlsplit

import anyio
import msgspec
from msgspec import Struct

from personalize.errors import ConfigError
from personalize.settings.tables import LOOPBACK
from personalize.web.oidc.refusals import Cause, LoginRefused

log = logging.getLogger("personalize")
TIMEOUT = 5.0
"""Seconds for each step of a request to the provider."""
LASTS = 3600
"""Seconds for which what the provider publishes is believed without asking again."""
MOST_BYTES = 512 * 1024
MOST_AT_ONCE = 16
"""Requests to the provider at the same time."""
PAUSE = 30
"""Seconds between two fetches of the keys for tokens that anybody may send."""
WELL_KNOWN = "/.well-known/openid-configuration"
MISSING = "Run `pip install 'personalize[oidc]'`"


class Metadata(Struct, frozen=True, kw_only=True):
    """What a provider publishes about itself, as far as it is used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Tokens(Struct, frozen=True, kw_only=True):
    """What a code was exchanged for; `scope` is None where the provider did not say what it granted."""

    id_token: str
    access_token: str
    scope: str | None = None

    def __repr__(self) -> str:
        """Show nothing of them."""
        return "Tokens(hidden)"


class Provider:
    """One provider, and what we are to it. A `secret` is empty for a public client."""

    def __init__(self, issuer: str, client_id: str, secret: str = "") -> None:
        require_libraries()
        self.issuer, self.client_id = issuer, client_id
        self._secret = secret
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, list[Any]] | None = None
        self._limiter: anyio.CapacityLimiter | None = None

    def __repr__(self) -> str:
        """Name the provider, and no secret."""
        return f"Provider({self.issuer!r})"

    async def metadata(self) -> Metadata:
        """Return what the provider publishes. Raises LoginRefused where it cannot be had or is another's."""
        if self._metadata is None or monotonic() - self._metadata[0] > LASTS:
            body = await self._get(self.issuer.rstrip("/") + WELL_KNOWN)
            try:
                found = msgspec.json.decode(body, type=Metadata)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise LoginRefused(Cause.provider, f"its metadata cannot be read: {error}") from error
            _check(found, self.issuer)
            self._metadata = monotonic(), found
        return self._metadata[1]

    async def keys(self, *, fresh: bool = False, at_most_every: float = 0.0) -> list[Any]:
        """Return the provider's public keys, fetched anew where `fresh`, but not within so many seconds (joserfc's)."""
        age = monotonic() - self._keys[0] if self._keys else LASTS + 1
        if self._keys is None or age > LASTS or (fresh and age >= at_most_every):
            body = await self._get((await self.metadata()).jwks_uri)
            self._keys = monotonic(), _public_keys(body)
        return self._keys[1]

    async def authorization_url(self, redirect_uri: str, **parameters: str) -> str:
        """Return where the browser goes to log in; `code_verifier` among the parameters is sent as its S256 hash."""
        found = await self.metadata()
        state, verifier = parameters.pop("state"), parameters.pop("code_verifier")
        async with self._client(redirect_uri) as client:
            url, _ = client.create_authorization_url(
                found.authorization_endpoint, state=state, code_verifier=verifier, **parameters
            )
        return str(url)

    async def exchange(self, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """Return the tokens for a code. Raises LoginRefused."""
        found = await self.metadata()
        errors = import_module("authlib.common.errors"), import_module("httpx2")
        try:
            async with self._turn(), self._client(redirect_uri) as client:
                answer = await client.fetch_token(
                    found.token_endpoint,
                    grant_type="authorization_code",
                    code=code,
                    redirect_uri=redirect_uri,
                    code_verifier=verifier,
                )
        except errors[0].AuthlibBaseError as error:
            raise LoginRefused(Cause.code, str(error.error)[:80]) from error
        except errors[1].HTTPStatusError as error:
            raise LoginRefused(Cause.unreachable, str(error.response.status_code)) from error
        except errors[1].HTTPError as error:
            raise LoginRefused(Cause.unreachable, type(error).__name__) from error
        except ValueError as error:
            raise LoginRefused(Cause.token, "no JSON") from error
        return _tokens(answer)

    async def userinfo(self, tokens: Tokens) -> dict[str, Any]:
        """Return the claims that the provider tells of who logged in. Raises LoginRefused."""
        endpoint = (await self.metadata()).userinfo_endpoint
        if not endpoint:
            raise LoginRefused(Cause.provider, "it has no userinfo endpoint")
        body = await self._get(endpoint, {"Authorization": f"Bearer {tokens.access_token}"})
        try:
            return msgspec.json.decode(body, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise LoginRefused(Cause.provider, "its userinfo cannot be read") from error

    async def logout_url(self, back: str, id_token: str, lang: str) -> str:
        """Return where the browser goes to log out there too (RP-Initiated Logout 1.0); empty where it cannot.

        The language comes back as `state`, for `back` has to be exactly the address that is registered.
        """
        endpoint = (await self.metadata()).end_session_endpoint
        if not endpoint:
            return ""
        hint = {"id_token_hint": id_token} if id_token else {}
        back_to = {"post_logout_redirect_uri": back, "state": lang, "ui_locales": lang}
        query = urlencode({**hint, "client_id": self.client_id, **back_to})
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{query}"

    async def _get(self, url: str, headers: Mapping[str, str] | None = None) -> bytes:
        httpx2 = import_module("httpx2")
        try:
            async with (
                self._turn(),
                httpx2.AsyncClient(**_transport()) as client,
                client.stream("GET", url, headers=headers) as answer,
            ):
                if answer.status_code != 200:
                    raise LoginRefused(Cause.unreachable, f"{urlsplit(url).path} answered {answer.status_code}")
                body = b""
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise LoginRefused(Cause.provider, f"{urlsplit(url).path} is too long")
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise LoginRefused(Cause.unreachable, type(error).__name__) from error
        return body

    def _client(self, redirect_uri: str) -> Any:
        return import_module("authlib.integrations.httpx_client").AsyncOAuth2Client(
            client_id=self.client_id,
            client_secret=self._secret or None,
            token_endpoint_auth_method=self._method(),
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            **_transport(),
        )

    def _method(self) -> str:
        """Return how we prove ourselves at the token endpoint: not at all without a secret."""
        if not self._secret:
            return "none"
        offered = self._metadata[1].token_endpoint_auth_methods_supported if self._metadata else ()
        return "client_secret_post" if offered and "client_secret_basic" not in offered else "client_secret_basic"

    def _turn(self) -> anyio.CapacityLimiter:
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(MOST_AT_ONCE)
        return self._limiter


@cache
def _transport() -> Mapping[str, Any]:
    """Return how requests are sent: certificates checked, no redirect followed, a limit on time. Read once: 40 ms."""
    return {"verify": ssl.create_default_context(), "follow_redirects": False, "timeout": TIMEOUT}


def require_libraries() -> None:
    """Import what a provider is spoken to with: 0.3 s once. Raises ConfigError where it is not installed."""
    try:
        for name in ("httpx2", "authlib.integrations.httpx_client", "authlib.oidc.core", "joserfc.jwt"):
            import_module(name)
    except ImportError as error:
        raise ConfigError("logging in at an identity provider needs authlib and joserfc", remedy=MISSING) from error


def _check(found: Metadata, issuer: str) -> None:
    """Refuse the metadata of another issuer (Discovery, section 4.3), and endpoints in clear."""
    if found.issuer != issuer:
        raise LoginRefused(Cause.issuer, f"the metadata is that of {found.issuer[:80]!r}")
    optional = [each for each in (found.userinfo_endpoint, found.end_session_endpoint) if each]
    for url in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri, *optional):
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise LoginRefused(Cause.provider, "one of its endpoints is not https")


def _public_keys(body: bytes) -> list[Any]:
    """Return the keys of a key set that verify signatures: no shared secrets, none for encryption (RFC 7517)."""
    jwk, errors = import_module("joserfc.jwk"), import_module("joserfc.errors")
    try:
        listed = msgspec.json.decode(body, type=dict[str, Any]).get("keys")
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise LoginRefused(Cause.provider, "its keys cannot be read") from error
    found = []
    for data in listed if isinstance(listed, list) else []:
        if not isinstance(data, dict) or data.get("kty") not in ("RSA", "EC", "OKP") or data.get("use") == "enc":
            continue
        try:
            found.append(jwk.JWKRegistry.import_key(data))
        except (errors.JoseError, ValueError, TypeError, KeyError):
            log.warning("A key of the identity provider cannot be used.")
    return found


def _tokens(answer: Mapping[str, Any]) -> Tokens:
    try:
        return msgspec.convert(dict(answer), Tokens)
    except msgspec.ValidationError as error:
        raise LoginRefused(Cause.token, str(error)[:80]) from error
