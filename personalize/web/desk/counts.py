"""Pages without anybody in them: what everyone saw at a time, and why nobody sees a variant."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from personalize.cookbook.headers import Header
from personalize.cookbook.names import Names
from personalize.explain.language import Language
from personalize.house import House
from personalize.model.content import Recipe, Variant
from personalize.model.moments import EPOCH, HOUR, MINUTE, SECOND

LATEST = int((datetime(9990, 1, 1, tzinfo=UTC) - EPOCH).total_seconds()) * SECOND
"""µs; later hours cannot be written as dates."""
PATIENCE, MUCH_PATIENCE = 0.02, 5.0
"""Seconds a page may spend on reading entries, unasked and asked; it says where it stopped early."""
AT_LEAST = 200
"""Entries that are looked at between two looks at the clock."""
FEW, MANY = 8, 100
"""Of decisions whose headers say the same, so many are opened, unasked and asked."""


class Seen(Struct, frozen=True, kw_only=True):
    """What strangers saw at one slot in one hour, and how often; `of` counts all that was shown there then.

    `variant` is None for the ordinary content.
    """

    slot: str
    variant: str | None
    title: str
    texts: tuple[str, ...]
    times: int
    of: int = 0


def seen_then(house: House, at: int, slot: str, words: str, lang: Language) -> list[Seen]:
    """Return what strangers saw in the hour of `at`, most frequent first; only what matches slot and words."""
    hour = at // HOUR
    times: Counter[tuple[bytes, int, int]] = Counter()
    for count in house.store.entries.counts(hour, hour):
        times[count.recipe, count.slot, count.variant] += count.seen
    found = [_seen(house, digest, place, variant, n, lang) for (digest, place, variant), n in times.items()]
    seen = _together(each for each in found if each and slot in ("", each.slot))
    there = Counter[str]()
    for each in seen:
        there[each.slot] += each.times
    kept = [replace(each, of=there[each.slot]) for each in seen if _has(each, words)]
    return sorted(kept, key=lambda each: (each.slot, -each.times))


def _together(found: Iterable[Seen]) -> list[Seen]:
    """Add up what reads alike: the same content under several recipes."""
    alike: dict[Seen, int] = {}
    for each in found:
        key = replace(each, times=0)
        alike[key] = alike.get(key, 0) + each.times
    return [replace(key, times=times) for key, times in alike.items()]


def at_of(day: str, clock: str, zone: ZoneInfo) -> int | None:
    """Return the moment that a day and a time of day on the wall mean, in µs; None where they mean none."""
    try:
        moment = datetime.fromisoformat(f"{day}T{clock or '12:00'}").replace(tzinfo=zone)
        at = round((moment - EPOCH).total_seconds()) * SECOND
    except (ValueError, OverflowError):
        return None
    return at if 0 <= at < LATEST else None


class Newest:
    """The headers of a slot's entries of a period, roughly newest first, for as long as there is patience (s).

    However slow the machine, some are looked at. `stopped` says afterwards whether there were more.
    """

    def __init__(self, house: House, slot: str, start: int, end: int, patience: float) -> None:
        self._house, self._slot, self._start, self._end = house, slot, start, end
        self._patience, self.stopped = patience, False

    def __iter__(self) -> Iterator[Header]:
        """Yield the entries."""
        until = time.monotonic() + self._patience
        for count, header in enumerate(_backwards(self._house, self._start, self._end), 1):
            if header.slot == self._slot:
                yield header
            if count % AT_LEAST == 0 and time.monotonic() > until:
                self.stopped = True
                return


def _backwards(house: House, start: int, end: int) -> Iterator[Header]:
    """Yield headers in stretches that double from the end, for those of a busy hour are never all in memory."""
    length = MINUTE
    while end > start:
        begin = max(start, end - length)
        yield from house.cookbook.headers(begin, end)
        end, length = begin, length * 2


def titles_of(recipe: Recipe, slot: str, variant: str | None, lang: Language) -> tuple[str, tuple[str, ...]]:
    """Return what a variant is called, and its texts."""
    found = next((v for v in recipe.variants if v.slot == slot and v.name == variant), Variant(slot=slot, name=""))
    texts = tuple(filter(None, (lang.title(found.fields.get(name, {}), "") for name in _text_fields(recipe, slot))))
    return lang.title(found.titles, "") or (texts[0] if texts else found.name), texts


def _seen(house: House, digest: bytes, place: int, variant: int, times: int, lang: Language) -> Seen | None:
    recipe = house.recipe(digest.hex())
    if recipe is None:
        return None
    try:
        names = Names(recipe)
        slot, name = names.slot(place), names.variant(place, variant)
    except LookupError:
        return None
    title, texts = titles_of(recipe, slot, name, lang)
    return Seen(slot=slot, variant=name, title=title, texts=texts, times=times)


def _has(seen: Seen, words: str) -> bool:
    wanted = words.casefold().strip()
    return not wanted or any(wanted in text.casefold() for text in (seen.title, seen.variant or "", *seen.texts))


def _text_fields(recipe: Recipe, slot: str) -> Sequence[str]:
    fields = next((each.fields for each in recipe.slots if each.name == slot), ())
    return [field.name for field in fields if field.kind == "text"]
