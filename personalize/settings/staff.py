"""The `[staff]` table."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from personalize.model.attributes import Attribute
from personalize.settings.site import url_trouble
from personalize.settings.tables import LOOPBACK, StaffPages
from personalize.settings.toml_file import Table


def read_staff(top: Table, attributes: Iterable[Attribute]) -> StaffPages:
    """Return the `[staff]` table."""
    table = top.table("staff")
    staff = StaffPages(url=_url(table), masked=_masked(table, attributes))
    table.close()
    return staff


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
