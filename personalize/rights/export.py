"""Insight (GDPR 15): everything that is held of one person, gathered for that person.

The raw identifiers are not kept, only keyed hashes of them: their kinds are told. Decisions are told by
whoever makes sentences of entries.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from personalize.errors import NotFound
from personalize.model.attributes import Attribute, Stored
from personalize.model.consent import ConsentEvent
from personalize.model.cookbook import CookbookEntry
from personalize.model.staff import Look
from personalize.ports import Batch, CookbookStore
from personalize.settings import Settings
from personalize.storage.open import Store
from personalize.storage.sqlite.holdings import Link, SqliteHoldings

ALL = 1 << 62
FORM = 1
"""Rises when the JSON changes its form."""
TIMES = frozenset({"at", "occurred_at", "recorded_at", "valid_until", "issued", "expires", "revoked_at"})


class Known(Struct, frozen=True, kw_only=True):
    """One value: without `attribute` the dictionary no longer has it, without `batch` it was not imported."""

    name: str
    stored: Stored
    attribute: Attribute | None
    batch: Batch | None


class Insight(Struct, frozen=True, kw_only=True):
    """What is held of a person: times in µs, decisions as they were told, newest first."""

    subject: int
    made_at: int
    known_since: int
    identifiers: tuple[str, ...]
    values: tuple[Known, ...]
    consents: tuple[ConsentEvent, ...]
    links: tuple[Link, ...]
    looks: tuple[Look, ...]
    decisions: tuple[Any, ...]


def insight_of(
    store: Store,
    cookbook: CookbookStore,
    settings: Settings,
    subject: int,
    now: int,
    tell: Callable[[CookbookEntry], object],
    progress: Callable[[int], None] = lambda done: None,
) -> Insight:
    """Gather what is held of a person. `tell` puts a decision into words. Raises NotFound, StoreError."""
    held, person = SqliteHoldings(store.people), store.profiles.load(subject)
    since = held.known_since(subject)
    if person is None or since is None:
        raise NotFound("Nobody is known under this number (any more).")
    attributes = {attribute.name: attribute for attribute in settings.attributes}
    told = []
    for entry in cookbook.by_subject(subject, ALL):
        told.append(tell(entry))
        progress(len(told))
    return Insight(
        subject=subject,
        made_at=now,
        known_since=since,
        identifiers=tuple(held.kinds(subject)),
        values=tuple(
            Known(
                name=name,
                stored=stored,
                attribute=attributes.get(name),
                batch=store.batches.batch(stored.batch) if stored.batch else None,
            )
            for name, stored in person.values.items()
        ),
        consents=tuple(store.consents.events_of(subject)),
        links=tuple(held.links(subject)),
        looks=tuple(store.staff.looks(since=0, until=ALL, subject=subject, limit=ALL)),
        decisions=tuple(told),
    )


def as_json(insight: Insight, zone: ZoneInfo) -> str:
    """Return an insight for programs: times are ISO 8601 with the site's offset."""
    body = {
        "form": FORM,
        "made_at": _time(insight.made_at, zone),
        "person": str(insight.subject),
        "known_since": _time(insight.known_since, zone),
        "identifiers_kept_as_hashes": insight.identifiers,
        "values": [_value(each, zone) for each in insight.values],
        "consents": _timed(insight.consents, zone),
        "newsletter_links": _timed(insight.links, zone),
        "looked_up_by": _timed(insight.looks, zone),
        "decisions": insight.decisions,
    }
    return msgspec.json.format(msgspec.json.encode(body), indent=2).decode()


def _value(known: Known, zone: ZoneInfo) -> dict[str, object]:
    attribute, batch = known.attribute, known.batch
    return {
        "attribute": known.name,
        "value": known.stored.plain,
        "observed_at": _time(known.stored.observed, zone),
        "source": attribute.source if attribute else batch.source if batch else "",
        "purpose": attribute.purpose if attribute else "",
        "import": batch.number if batch else None,
        "file": batch.file_name if batch else "",
    }


def _timed(rows: Sequence[Struct], zone: ZoneInfo) -> list[dict[str, object]]:
    """Return rows under the names of their fields, with their times written out and ids in hexadecimal digits."""
    found = []
    for row in rows:
        fields = msgspec.structs.asdict(row)
        fields["subject"] = str(fields["subject"]) if "subject" in fields else None
        for name, value in fields.items():
            if name in TIMES and isinstance(value, int):
                fields[name] = _time(value, zone)
            elif isinstance(value, bytes):
                fields[name] = value.hex()
        found.append({name: value for name, value in fields.items() if value not in (None, "")})
    return found


def _time(at: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at // 1_000_000, zone).isoformat()
