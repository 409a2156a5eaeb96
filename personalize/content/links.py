"""Which addresses a variant may lead to (T20, T23)."""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

HARMLESS = frozenset({"mailto", "tel"})
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
SIGNS = {" ": "a blank (%20 stands for one)", "\xa0": "a blank that does not break", "\\": "a backslash"}
FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\\<>\"'`\u2028\u2029\ufeff]|[\u200b-\u200f\u202a-\u202e\u2060-\u2064]")


def link_trouble(url: str, hosts: Collection[str]) -> str:
    """Return why an address may not be used, or nothing.

    Allowed: a place on this site (`/offers`, `?page=2`, `#top`, `offers`), http and https to one of
    `hosts`, mail and telephone. Browsers drop tabs and line ends inside addresses and read a
    backslash as a slash, so those are refused wherever they stand.
    """
    if not url:
        return "is empty"
    if forbidden := FORBIDDEN.search(url):
        return f"holds {_sign(forbidden[0])}, which addresses do not have"
    if url.startswith("//"):
        return "leads to another site"
    if url.lower().startswith("www."):
        return "would be a place on this site: write https:// before it"
    scheme = SCHEME.match(url)
    if scheme is None:
        return ""
    if scheme[0][:-1].lower() in HARMLESS:
        return ""
    return _web_trouble(url, hosts)


def _sign(sign: str) -> str:
    """Return what a sign is called: many of those that are forbidden cannot be seen."""
    if sign in SIGNS:
        return SIGNS[sign]
    return f"the sign {sign}" if sign.isprintable() else f"an invisible sign (U+{ord(sign):04X})"


def _web_trouble(url: str, hosts: Collection[str]) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "is not an address"
    if parts.scheme not in ("http", "https"):
        return f"has the scheme `{parts.scheme}`, which is not allowed"
    if not url[len(parts.scheme) :].startswith("://") or "@" in parts.netloc or not parts.netloc:
        return "is not an address"
    return "" if parts.netloc.lower() in hosts else "leads to another site"
