"""The `[staff]` table."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from personalize.model.attributes import Attribute
from personalize.model.staff import Role
from personalize.settings.site import url_trouble
from personalize.settings.tables import LOOPBACK, StaffOidc, StaffPages, Told
from personalize.settings.toml_file import Table

EXAMPLE = "https://id.example.org"


def read_staff(top: Table, attributes: Iterable[Attribute]) -> StaffPages:
    """Return the `[staff]` table."""
    table = top.table("staff")
    staff = StaffPages(
        url=_url(table),
        masked=_masked(table, attributes),
        told=table.one_of("told", Told, Told.role),
        oidc=_oidc(table.table("oidc")) if "oidc" in table else None,
    )
    table.close()
    return staff


def issuer_trouble(text: str) -> str:
    """Return why a text cannot be the issuer of an identity provider, or nothing: https, except on loopback."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not an address"
    if not host or parts.query or parts.fragment or "@" in parts.netloc or not text.isascii() or " " in text:
        return "is not the address of an identity provider"
    if parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK):
        return ""
    return "is not https"


def _url(table: Table) -> str:
    text = table.text("url", StaffPages().url)
    trouble = url_trouble(text) or _unsafe(text)
    if trouble:
        table.error("url", f'"{text}" {trouble}', f'Write scheme and host, as in url = "{StaffPages().url}"')
        return StaffPages().url
    return text.rstrip("/")


def _unsafe(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme == "https" or parts.hostname in LOOPBACK:
        return ""
    return "would send passwords in clear: beyond loopback staff pages need https"


def _masked(table: Table, attributes: Iterable[Attribute]) -> tuple[str, ...]:
    known = [attribute.name for attribute in attributes]
    masked = table.names("masked", "first_name")
    for name in masked:
        if name not in known:
            table.unknown("masked", name, known, "an attribute")
    return masked


def _oidc(table: Table) -> StaffOidc:
    issuer = table.text("issuer", None, example=EXAMPLE)
    trouble = issuer_trouble(issuer) if issuer else ""
    if trouble:
        table.error("issuer", f'"{issuer}" {trouble}', f'Write it as the provider does: issuer = "{EXAMPLE}"')
    found = StaffOidc(
        issuer=issuer,
        client_id=table.text("client_id", None, example="desk"),
        title=table.text("title"),
        name=table.text("name", "preferred_username"),
        claim=table.text("claim", "roles"),
        roles=_roles(table),
        scopes=table.names("scopes", "profile") or ("profile",),
        acr=table.names("acr", "urn:example:strong"),
    )
    table.close()
    return found


def _roles(table: Table) -> dict[str, tuple[str, ...]]:
    """Return by role what the provider calls it."""
    listed = table.table("roles")
    roles = {role.value: listed.names(role.value, "customer-service") for role in Role}
    listed.close("a role")
    if not any(roles.values()):
        table.error("roles", "nobody would have a role", 'For example roles.service = ["customer-service"]')
    return {name: called for name, called in roles.items() if called}
