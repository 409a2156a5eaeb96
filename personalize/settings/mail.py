"""The `[mail]` table."""

import re
from collections.abc import Mapping
from email.utils import parseaddr

from personalize.model.consent import Purpose
from personalize.settings.tables import LOOPBACK, Mail, Security, Site
from personalize.settings.toml_file import Table

ADDRESS = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+")
PORTS = {Security.tls: 465, Security.starttls: 587, Security.none: 25}


def read_mail(top: Table, site: Site, purposes: Mapping[str, Purpose]) -> Mail:
    """Return the `[mail]` table; a purpose under double opt-in needs it."""
    table = top.table("mail")
    host = table.text("host")
    security = table.one_of("security", Security, Security.starttls)
    mail = Mail(
        host=host,
        port=table.whole("port", PORTS[security], least=1, most=65_535),
        security=security,
        user=table.text("user"),
        sender=_sender(table),
        a_day=table.whole("a_day", Mail().a_day, least=1),
    )
    if host and security is Security.none and host not in LOOPBACK:
        table.error("security", "would send addresses and passwords in clear", 'Write security = "starttls" or "tls"')
    if any(purpose.double_opt_in for purpose in purposes.values()):
        _check_sending(table, mail, site)
    table.close()
    return mail


def _check_sending(table: Table, mail: Mail, site: Site) -> None:
    if not mail.sender and "from" not in table:
        table.error("from", "a double opt-in needs a sender", 'Add from = "Newspaper <letters@example.org>"')
    if not mail.host and not site.development:
        table.error("host", "a double opt-in needs a mail server", 'Add host = "smtp.example.org"')


def _sender(table: Table) -> str:
    text = table.text("from")
    if text and (not ADDRESS.fullmatch(parseaddr(text)[1]) or not text.isprintable()):
        table.error("from", f'"{text}" is not a mail address', 'For example from = "Newspaper <letters@example.org>"')
        return ""
    return text
