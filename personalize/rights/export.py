"""Insight as programs read it (GDPR 15 and 20): one JSON object, made piece by piece."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from personalize.rights.catalogue import catalogue
from personalize.rights.insight import DeviceHeld, Insight, Known
from personalize.settings import Settings

FORM = 3
"""Rises when a field of the JSON gets another name or type, not when a value is spelt in another way."""
TIMES = frozenset({"at", "valid_until", "issued", "expires", "since", "until"})
"""Fields that are times, besides those that end in `_at`."""


def as_json(insight: Insight, settings: Settings) -> Iterator[str]:
    """Yield an insight for programs, piece by piece: times are ISO 8601 with the site's offset.

    With it goes the catalogue: bases, recipients, terms, rights and where to complain (GDPR 15(1)). Raises StoreError.
    """
    zone = settings.site.zone
    before = {
        "form": FORM,
        "made_at": _time(insight.made_at, zone),
        "person": str(insight.subject),
        "known_since": _time(insight.known_since, zone),
        "identifiers_kept_as_hashes": insight.identifiers,
        "values": [_value(each, zone) for each in insight.values],
        "corrections": _timed(insight.corrections, zone),
        "not_used_once": _timed(insight.not_used_once, zone),
        "consents": _timed(insight.receipts, zone),
        "confirmed_by_mail": _timed(insight.wishes, zone),
        "browsers": _timed(insight.visits, zone),
        "devices": [_device(each, zone) for each in insight.devices],
        "newsletter_links": _timed(insight.links, zone),
        "looked_up_by": _timed(insight.looks, zone),
    }
    yield f'{{{_inside(before)},\n  "decisions": ['
    comma = end = ""
    for decision in insight.decisions:
        yield comma + f"\n{_pretty(decision)}".replace("\n", "\n    ")
        comma, end = ",", "\n  "
    after = {"shown_after_a_login": insight.withheld, "used_for": catalogue(settings)}
    yield f"{end}],{_inside(after)}\n}}"


def _pretty(body: object) -> str:
    return msgspec.json.format(msgspec.json.encode(body), indent=2).decode()


def _inside(body: dict[str, object]) -> str:
    """Return an object's fields as they stand between its braces."""
    return _pretty(body)[1:-2]


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
        "not_used_since": _time(known.held.since, zone) if known.held else None,
    }


def _device(held: DeviceHeld, zone: ZoneInfo) -> dict[str, object]:
    return {
        **_timed([held.link], zone)[0],
        "values": [_value(each, zone) for each in held.values],
        "corrections": _timed(held.corrections, zone),
        "not_used_once": _timed(held.not_used_once, zone),
        "consents": _timed(held.receipts, zone),
    }


def _timed(rows: Sequence[Struct], zone: ZoneInfo) -> list[dict[str, object]]:
    """Return rows under the names of their fields, with their times written out and ids in hexadecimal digits."""
    found = []
    for row in rows:
        fields = msgspec.structs.asdict(row)
        fields.update({name: str(fields[name]) for name in ("subject", "device") if name in fields})
        for name, value in fields.items():
            if (name in TIMES or name.endswith("_at")) and isinstance(value, int):
                fields[name] = _time(value, zone)
            elif isinstance(value, bytes):
                fields[name] = value.hex()
        found.append({name: value for name, value in fields.items() if value not in (None, "")})
    return found


def _time(at: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at // 1_000_000, zone).isoformat()
