"""The catalogue: what data is used for, where it comes from, who gets it and for how long (GDPR 13, 14 and 30).

As JSON it speaks the W3C's Data Privacy Vocabulary (DPV 2), with its context within, so that nothing is fetched.
"""

from collections.abc import Mapping

from msgspec import Struct

from personalize.consent.opt_ins import LIFE as SIGN_UP_LIFE
from personalize.model.attributes import Attribute
from personalize.model.consent import Basis, Notice, Purpose
from personalize.model.moments import SECOND
from personalize.recognition.tokens import CLICK_LIFE
from personalize.rights.retention import LINKS_FOR
from personalize.settings import Settings

DAY = 86_400
CONTEXT: Mapping[str, object] = {
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "dct": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "title": {"@id": "dct:title", "@container": "@language"},
    "text": {"@id": "dct:description", "@container": "@language"},
    "sha256": {"@id": "dct:identifier", "@container": "@language"},
    "version": {"@id": "dct:hasVersion"},
    "duration": {"@id": "dpv:hasDuration", "@type": "xsd:duration"},
    "contact": {"@id": "dpv:hasContact"},
    "page": {"@id": "dct:source", "@container": "@language"},
}
BASES: Mapping[Basis, str] = {
    Basis.consent: "dpv:Consent",
    Basis.legitimate_interest: "dpv:LegitimateInterestOfController",
}
RIGHTS = ("eu-gdpr:A15", "eu-gdpr:A16", "eu-gdpr:A17", "eu-gdpr:A18", "eu-gdpr:A20", "eu-gdpr:A21")
WITHDRAWAL = "eu-gdpr:A7-3"
PURPOSE = "dpv:Purpose"
REPLACED = "a newer one replaces it, or the person has it erased"
ERASED = "the person has it erased"


class Term(Struct, frozen=True, kw_only=True):
    """For how long one kind of thing is kept besides values and decisions, in seconds; None: until it is erased."""

    what: str
    seconds: int | None = None


def catalogue(settings: Settings) -> dict[str, object]:
    """Return the whole catalogue as JSON-LD. Nothing in it is about anybody."""
    site = settings.site
    here = f"{site.pages}/purposes"
    return {
        "@context": CONTEXT,
        "@id": here,
        "@type": "dpv:Process",
        "title": dict.fromkeys(site.languages, site.name or site.host),
        "dpv:hasDataController": _controller(settings),
        **_where_to_turn(settings),
        "dpv:hasRight": [{"@id": right} for right in (*RIGHTS, WITHDRAWAL)],
        "dpv:hasStorageCondition": [_condition(term) for term in terms(settings)],
        "dpv:hasProcess": [_process(settings, purpose, here) for purpose in settings.purposes.values()],
    }


def attributes_for(settings: Settings, purpose: str) -> list[Attribute]:
    """Return what is known for a purpose, in the order of the dictionary."""
    return [attribute for attribute in settings.attributes if attribute.purpose == purpose]


def kept_for(settings: Settings, attribute: Attribute) -> int | None:
    """Return after how many seconds a value is deleted, counted from its observation; None where it stays."""
    retention = settings.retention
    told = [retention.attributes[attribute.name]] if attribute.name in retention.attributes else []
    if retention.values is not None and attribute.shelf_life is not None:
        told.append(attribute.shelf_life + retention.values)
    return min(told, default=None)


def terms(settings: Settings) -> tuple[Term, ...]:
    """Return for how long what belongs to no purpose is kept.

    Links are counted from their making, sign-ups that nobody confirmed from when they were asked for, corrections
    from when they were settled, browsers at which nobody logged in from their last visit, what could not be used of
    a file from its import.
    """
    confirmed = any(purpose.double_opt_in for purpose in settings.purposes.values())
    sign_ups = (Term(what="sign_ups", seconds=SIGN_UP_LIFE // SECOND),) if confirmed else ()
    rejects = (Term(what="rejects", seconds=settings.retention.rejects),) if settings.sources else ()
    return (
        Term(what="identifiers"),
        Term(what="consents"),
        Term(what="browsers"),
        Term(what="strange_browsers", seconds=settings.sessions.device),
        *sign_ups,
        Term(what="links", seconds=CLICK_LIFE // SECOND + LINKS_FOR),
        Term(what="unsubscribes"),
        *rejects,
        Term(what="corrections", seconds=settings.retention.entries),
        Term(what="looks"),
    )


def entries_kept_for(settings: Settings, purpose: str) -> int:
    """Return after how many seconds a decision that used data of a purpose is deleted."""
    return settings.retention.purposes.get(purpose, settings.retention.entries)


def _controller(settings: Settings) -> dict[str, object]:
    site = settings.site
    found: dict[str, object] = {"@type": "dpv:DataController"}
    if site.controller:
        found["title"] = dict.fromkeys(site.languages, site.controller)
    if site.privacy_contact:
        found["contact"] = site.privacy_contact
    return found


def _where_to_turn(settings: Settings) -> dict[str, object]:
    """Return the privacy statement, and the authority that people may complain to, as far as they are told."""
    site, found = settings.site, dict[str, object]()
    if site.privacy_statement:
        found["dpv:hasNotice"] = {"@type": "dpv:PrivacyNotice", "page": site.privacy_statement}
    if site.authority:
        authority = {"@type": "dpv:DataProtectionAuthority", "title": dict.fromkeys(site.languages, site.authority)}
        found["dpv:hasAuthority"] = {**authority, "page": site.authority_page}
    return found


def _process(settings: Settings, purpose: Purpose, here: str) -> dict[str, object]:
    notice = settings.notices.get(purpose.notice)
    process: dict[str, object] = {
        "@id": f"{here}#{purpose.name}",
        "@type": "dpv:Process",
        "title": purpose.titles,
        "dpv:hasPurpose": {"@id": purpose.dpv or PURPOSE},
        "dpv:hasLegalBasis": {"@id": BASES[purpose.basis]},
        "dpv:hasPersonalData": [_data(settings, each) for each in attributes_for(settings, purpose.name)],
        "dpv:hasRecipient": [{"@type": "dpv:Recipient", "dct:title": each} for each in purpose.recipients],
        "dpv:hasStorageCondition": _storage(entries_kept_for(settings, purpose.name)),
    }
    if notice is not None:
        process["dpv:hasNotice"] = _notice(notice)
    if purpose.basis is Basis.consent:
        process["dpv:hasConsentStatus"] = {"@type": "dpv:ConsentStatus", "duration": iso_days(purpose.valid)}
    return process


def _notice(notice: Notice) -> dict[str, object]:
    return {"@type": "dpv:Notice", "version": str(notice.version), "text": notice.texts, "sha256": notice.digests}


def _data(settings: Settings, attribute: Attribute) -> dict[str, object]:
    source = settings.sources.get(attribute.source)
    data: dict[str, object] = {
        "@type": "dpv:PersonalData",
        "dct:identifier": attribute.name,
        "title": attribute.titles,
        "dpv:hasDataSource": {"@type": "dpv:DataSource", "dct:identifier": attribute.source},
    }
    if source is not None and source.titles:
        data["dpv:hasDataSource"] = {
            "@type": "dpv:DataSource", "dct:identifier": attribute.source, "title": source.titles
        }  # fmt: skip
    kept = kept_for(settings, attribute)
    data["dpv:hasStorageCondition"] = _until(REPLACED) if kept is None else _storage(kept)
    return data


def _condition(term: Term) -> dict[str, object]:
    condition = _until(ERASED) if term.seconds is None else _storage(term.seconds)
    return {"dct:identifier": term.what, **condition}


def _storage(seconds: int) -> dict[str, object]:
    return {"@type": "dpv:StorageDuration", "duration": iso_days(seconds)}


def _until(event: str) -> dict[str, object]:
    lasting = {"@type": "dpv:UntilEventDuration", "dct:description": event}
    return {"@type": "dpv:StorageDuration", "dpv:hasDuration": lasting}


def iso_days(seconds: int) -> str:
    """Return a length of time as ISO 8601 writes it, in days."""
    return f"P{-(-seconds // DAY)}D"
