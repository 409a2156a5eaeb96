"""What allowed an entry to be made: the ledger's events, and what was agreed to in the site's cookie banner."""

from collections.abc import Iterable, Mapping

from personalize.model.banner import BannerYes, read_banner
from personalize.model.consent import Action, Basis, ConsentEvent
from personalize.model.cookbook import CookbookEntry
from personalize.model.people import Assurance

BANNER = "banner"
"""The method of a consent that stands in no ledger: the browser told it with the request."""


def agreements(entry: CookbookEntry, events: Iterable[ConsentEvent]) -> Mapping[bytes, ConsentEvent]:
    """Return the consents that an entry can refer to, by record.

    A banner's yes is in the entry itself. Where the banner did not date it, it was given at the entry's moment at the
    latest, and has no `valid_until` nor proof of its own but the hash of what the browser sent.
    """
    found = {event.event_id: event for event in events}
    for item in entry.ingredients:
        yes = read_banner(item.record)
        if yes is not None:
            found[item.record] = _event(entry, item.purpose, item.record, yes)
    return found


def _event(entry: CookbookEntry, purpose: str, record: bytes, yes: BannerYes) -> ConsentEvent:
    return ConsentEvent(
        event_id=record,
        subject=entry.subject,
        purpose=purpose,
        action=Action.given,
        basis=Basis.consent,
        method=BANNER,
        actor="visitor",
        assurance=Assurance(entry.assurance),
        occurred_at=yes.at or entry.at,
        recorded_at=entry.at,
        notice=yes.notice,
        evidence={"sha256": yes.digest.hex(), "dated": "yes" if yes.at else "no"},
    )
