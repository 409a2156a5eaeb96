"""Click links for a mailing: a random handle each, its row, and the url with the token."""

import secrets
from collections.abc import Sequence
from hashlib import sha256
from unicodedata import normalize
from urllib.parse import urlsplit

from personalize.errors import LinkRefused
from personalize.model.moments import SECOND
from personalize.ports import Handle, HandleStore
from personalize.recognition.keys import KeyRing
from personalize.recognition.links import PARAMETER, take_token
from personalize.recognition.origin import origin_of
from personalize.recognition.recognise import handle_digest
from personalize.recognition.tokens import (
    CAMPAIGN_LENGTH,
    CLICK_LIFE,
    HANDLE_LENGTH,
    TokenKind,
    issue,
)

MAX_URL = 2000


def name_of(mailing: str) -> str:
    """Return a mailing's name as it is kept: one form of each letter (NFC), no blanks around it."""
    return normalize("NFC", mailing).strip()


def campaign_id(mailing: str) -> bytes:
    """Return the 6-byte id of a mailing's name."""
    return sha256(name_of(mailing).encode()).digest()[:CAMPAIGN_LENGTH]


def make_tokens(
    ring: KeyRing, handles: HandleStore, *, site: str, subjects: Sequence[int], mailing: str, now: int
) -> list[str]:
    """Make a token for each subject that recognises them for 14 days, and keep their rows in one transaction.

    Raises LinkRefused, or StoreError; then no token was made.
    """
    rows, tokens = [], []
    for subject in subjects:
        handle, row = secrets.token_bytes(HANDLE_LENGTH), _row(subject, mailing, now)
        tokens.append(issue(ring, site, TokenKind.click, handle, row.issued, row.expires, row.campaign))
        rows.append((handle_digest(handle), row))
    handles.add_handles(rows)
    return tokens


def make_link(ring: KeyRing, handles: HandleStore, *, site: str, url: str, subject: int, mailing: str, now: int) -> str:
    """Make a link that recognises a subject for 14 days, keep its row, and return the url.

    `url` is a page of the site. Raises LinkRefused, or StoreError; then no link was made.
    """
    page = page_of(site, url)
    (token,) = make_tokens(ring, handles, site=site, subjects=(subject,), mailing=mailing, now=now)
    return with_token(page, token)


def with_token(url: str, token: str) -> str:
    """Return a url with the click token in its query, before any fragment, in place of an older one."""
    page, hash_sign, fragment = url.partition("#")
    path, _, query = page.partition("?")
    _, rest = take_token(query.encode())
    joined = f"{rest.decode()}&" if rest else ""
    return f"{path}?{joined}{PARAMETER.decode()}={token}{hash_sign}{fragment}"


def _row(subject: int, mailing: str, now: int) -> Handle:
    if not mailing.strip():
        raise LinkRefused("The mailing has no name: give one, as in `--mailing weekly`.")
    mailing = name_of(mailing)
    issued = now - now % SECOND
    return Handle(
        subject=subject,
        mailing=mailing,
        campaign=campaign_id(mailing),
        issued=issued,
        expires=issued + CLICK_LIFE,
    )


def page_of(site: str, url: str) -> str:
    """Return the url if a browser would take it for a page of the site at this address. Raises LinkRefused."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise LinkRefused("The link's url holds a character that belongs percent-encoded in a url.")
    if len(url) > MAX_URL:
        raise LinkRefused(f"The link's url is too long: {MAX_URL} characters at most.")
    try:
        parts, same = urlsplit(url), origin_of(url) == origin_of(site)
    except ValueError:
        raise LinkRefused("The link's url cannot be read: write it like https://example.org/page.") from None
    below = urlsplit(site).path
    if not same or parts.username is not None or not f"{parts.path}/".startswith(f"{below}/"):
        raise LinkRefused(f"The link leads away from this site: it must begin with {site}.")
    return url if parts.path else parts._replace(path="/").geturl()
