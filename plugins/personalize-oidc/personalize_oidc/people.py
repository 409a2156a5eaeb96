"""From what a provider says of somebody to who that is here."""

from typing import Any

from personalize.web.oidc.login import claim_of
from personalize_oidc.options import Options

VERIFIED = {"email": "email_verified", "phone": "phone_number_verified"}
"""The claims without which an address is only what somebody typed (OpenID Connect Core, section 5.1)."""


def identifier_of(options: Options, claims: dict[str, Any]) -> str | None:
    """Return identifier text such as `customer_number:4711`: the first kind of the options that the claims hold.

    An e-mail address or phone number counts only where the provider says that it is verified.
    """
    for kind, path in options.identifiers.items():
        value = claim_of(claims, path)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or not value.strip():
            continue
        if kind in VERIFIED and claims.get(VERIFIED[kind]) is not True:
            continue
        return f"{kind}:{value.strip()}"
    return None
