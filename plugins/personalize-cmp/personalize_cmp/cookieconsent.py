"""CookieConsent (orestbida, version 3): its cookie lists the categories that were accepted, and when."""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeGuard

from personalize.hooks import Agreed, ConsentSource, Options
from personalize_cmp.cookies import Unreadable, Words, source, written_object
from personalize_cmp.options import cookie, purposes

OPTIONS = ("cookie", "revision", "purposes")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def cookieconsent(options: Options) -> ConsentSource:
    """Return the source of `[plugins.cmp.cookieconsent]`: `purposes` names the categories that each needs.

    `analytics/matomo` is one service of a category. A category that is not listed was refused. A yes to another
    `revision` than the banner's says nothing: the banner asks anew.
    """
    table = options.table("cookieconsent", OPTIONS)
    revision = table.whole("revision", 0, least=0)
    needs = purposes(table, str, '["marketing"]')

    def judge(value: bytes) -> Words:
        found = written_object(value)
        accepted, yes = _accepted(found), _yes(found, value)
        current = found.get("revision") == revision
        return {
            name: (yes if current else None) if accepted.issuperset(wanted) else False for name, wanted in needs.items()
        }

    return source("cookieconsent", cookie(table, "cc_cookie"), str(revision), needs, judge)


def _accepted(found: dict[str, Any]) -> set[str]:
    categories, services = found.get("categories"), found.get("services", {})
    if not _is_texts(categories) or not isinstance(services, dict) or not all(map(_is_texts, services.values())):
        raise Unreadable
    return {*categories, *(f"{name}/{each}" for name in categories for each in services.get(name, ()))}


def _yes(found: dict[str, Any], value: bytes) -> Agreed:
    """Return the yes with its date, as CookieConsent itself wants it: with an id, both times and an end."""
    ends = found.get("expirationTime")
    if type(ends) is not int or not isinstance(found.get("consentId"), str) or type(found.get("revision")) is not int:
        raise Unreadable
    _moment(found.get("consentTimestamp"))
    return Agreed(evidence=value, at=_moment(found.get("lastConsentTimestamp")), until=ends * 1000)


def _moment(text: object) -> int:
    """Return a time that toISOString wrote, in µs since 1970 UTC."""
    try:
        return (datetime.fromisoformat(str(text)) - EPOCH) // timedelta(microseconds=1)
    except (ValueError, TypeError, OverflowError) as error:
        raise Unreadable from error


def _is_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
