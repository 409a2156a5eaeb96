"""What an identity provider signed: the id token (OpenID Connect Core, 3.1.3.7), and a logout token."""

from importlib import import_module
from typing import Any

from personalize.model.moments import SECOND
from personalize.recognition.tokens import LEEWAY
from personalize.web.oidc.provider import PAUSE, Provider
from personalize.web.oidc.refusals import Cause, LoginRefused

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""All asymmetric: neither `none`, nor a shared secret that the public key could be taken for."""
MOST_TEXT = 64 * 1024
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
OF_CLAIM = {"iss": Cause.issuer, "aud": Cause.audience, "azp": Cause.audience, "nonce": Cause.nonce}
OF_TIME = {"iat": Cause.future, "nbf": Cause.future}
Claims = dict[str, Any]


async def verified(provider: Provider, text: str, *, nonce: str, access_token: str, now: int) -> Claims:
    """Return the claims of an id token that is for us, of now, and of this very login. Raises LoginRefused.

    `now` is µs since 1970 UTC; 120 s leeway. Keys are fetched once more for a key id not seen before.
    """
    token = await _opened(provider, text)
    core = import_module("authlib.oidc.core")
    parameters = {"nonce": nonce, "client_id": provider.client_id, "access_token": access_token}
    claims = core.CodeIDToken(token.claims, token.header, _options(provider), parameters)
    _validate(claims, now)
    return dict(claims)


async def verified_logout(provider: Provider, text: str, *, now: int) -> Claims:
    """Return the claims of a logout token (Back-Channel Logout 1.0, section 2.6). Raises LoginRefused."""
    token = await _opened(provider, text, at_most_every=PAUSE)
    required = {name: {"essential": True} for name in ("iat", "exp", "jti", "events")}
    claims = import_module("authlib.oauth2.claims").JWTClaims(
        token.claims, token.header, {**_options(provider), **required}
    )
    _validate(claims, now)
    events = claims["events"]
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT), dict) or "nonce" in claims:
        raise LoginRefused(Cause.token, "not a logout token")
    if not any(isinstance(claims.get(name), str) and claims[name] for name in ("sub", "sid")):
        raise LoginRefused(Cause.token, "it names nobody")
    return dict(claims)


def _options(provider: Provider) -> dict[str, dict[str, object]]:
    return {
        "iss": {"essential": True, "value": provider.issuer},
        "aud": {"essential": True, "value": provider.client_id},
    }


def _validate(claims: Any, now: int) -> None:
    errors = import_module("joserfc.errors")
    try:
        claims.validate(now=now // SECOND, leeway=LEEWAY // SECOND)
    except errors.ExpiredTokenError as error:
        raise LoginRefused(Cause.expired) from error
    except errors.JoseError as error:
        name = str(getattr(error, "claim", "") or "")
        late = isinstance(claims.get(name), int | float) and name in OF_TIME
        raise LoginRefused(OF_TIME[name] if late else _cause(name, error), name) from error
    except (TypeError, ValueError, AttributeError) as error:  # claims of a type that nobody expects
        raise LoginRefused(Cause.token, type(error).__name__) from error
    if not isinstance(claims.get("sub", ""), str):
        raise LoginRefused(Cause.token, "sub")


def _cause(name: str, error: Exception) -> Cause:
    return OF_CLAIM.get(name) or next(
        (cause for claim, cause in OF_CLAIM.items() if f"'{claim}'" in str(error)), Cause.token
    )


async def _opened(provider: Provider, text: str, *, at_most_every: float = 0.0) -> Any:
    """Return header and claims of a token whose signature is the provider's. Raises LoginRefused."""
    jws, errors = import_module("joserfc.jws"), import_module("joserfc.errors")
    if len(text) > MOST_TEXT or not text.isascii():
        raise LoginRefused(Cause.token, "too long")
    try:
        header = jws.extract_compact(text.encode()).headers()
    except (errors.JoseError, ValueError, TypeError) as error:
        raise LoginRefused(Cause.token, "it cannot be read") from error
    if header.get("alg") not in ALGORITHMS:
        raise LoginRefused(Cause.algorithm, repr(header.get("alg"))[:40])
    return await _checked(provider, text, header.get("kid"), at_most_every)


async def _checked(provider: Provider, text: str, kid: object, at_most_every: float) -> Any:
    """Check the signature by the key that the token names, else by the only one there is.

    A key id not seen before, and a signature that fits no key without a name, have the keys fetched once more.
    """
    jwt, errors = import_module("joserfc.jwt"), import_module("joserfc.errors")
    cause = Cause.key
    for fresh in (False, True):
        keys = await provider.keys(fresh=fresh, at_most_every=at_most_every)
        named = [key for key in keys if kid is None or key.kid == kid]
        if not named or (kid is None and len(named) > 1):
            continue
        try:
            return jwt.decode(text, named[0], algorithms=list(ALGORITHMS))
        except errors.BadSignatureError:
            cause = Cause.signature
        except (errors.JoseError, ValueError, TypeError) as error:
            raise LoginRefused(Cause.token, type(error).__name__) from error
        if kid is not None:
            break
    raise LoginRefused(cause)
