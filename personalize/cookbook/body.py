"""The body of a page: what its decisions read, in msgpack. Each entry that does not repeat has a *reading* in it.

There are two forms, told apart by the version byte. The compact one is for what most decisions read:
attributes whose values are all of one import and were observed when it was. It is an array of language;
for each reading the mask of its attributes; the values of all of them together, in order, nil for an absence;
causes of the absences in order; batch; a map of purpose to consent record; and, where any page fact was read,
for each reading a map of page facts and the absent ones.

The full one is an array of language; ingredients `[attribute, value, batch]` with, where the
value was not observed when its batch was, the difference in seconds and then the µs left over; absences
`attribute * 8 + cause`; a map of purpose to consent record; and for each reading the attributes,
a map of page facts, the absent page facts, and the failed rules. Attributes, purposes and rules are places
in the recipe; page facts count on after the attributes.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, reduce
from operator import or_
from typing import Any

import msgspec
from msgspec import Struct

from personalize.model.attributes import Cause, Stored
from personalize.model.moments import SECOND

FULL, COMPACT = b"\x01", b"\x02"
WITH_FACTS = COMPACT + b"\x97"
"""How a compact body of seven parts begins: msgpack's array of seven."""
WIDEST = 1 << 63
"""A mask from here on fits no number of msgpack: such a recipe's bodies are written in full."""

PageFacts = tuple[Mapping[str, Any], Sequence[int]]
"""The facts of a page that one decision read: those there are by name, in plain form, and the absent ones."""

NO_FACT: PageFacts = ({}, ())
Around = tuple[bytes, bytes]
"""A compact body but for one plain fact of its page: what stands before and after it."""
_NONE: Mapping[Any, Any] = {}
_encode = msgspec.msgpack.Encoder().encode


class Body(Struct, frozen=True, gc=False):
    """What one entry read, before the recipe gives its places names."""

    language: str
    ingredients: Sequence[Sequence[Any]]
    absences: Sequence[int]
    records: Mapping[int, bytes]
    context: Mapping[str, Any]
    failed: Sequence[int]


class Reading(Struct, frozen=True, array_like=True, gc=False):
    """One entry's part of a body: places of attributes, page facts by name, absent page facts, failed rules."""

    attributes: Sequence[int]
    context: Mapping[str, Any] = {}
    absences: Sequence[int] = ()
    failed: Sequence[int] = ()


class Full(Struct, frozen=True, array_like=True, gc=False):
    """The full form as it stands."""

    language: str
    ingredients: tuple[tuple[Any, ...], ...]
    absences: tuple[int, ...]
    records: dict[int, bytes]
    readings: tuple[Reading, ...]


class Compact(Struct, frozen=True, array_like=True, gc=False):
    """The compact form as it stands."""

    language: str
    masks: tuple[int, ...]
    values: tuple[Any, ...]
    causes: tuple[int, ...]
    batch: int
    records: dict[int, bytes]
    facts: tuple[tuple[dict[str, Any], tuple[int, ...]], ...] = ()


_full = msgspec.msgpack.Decoder(Full)
_compact = msgspec.msgpack.Decoder(Compact)


def fragment(attribute: int, stored: Stored, batch_observed: int | None) -> Sequence[Any]:
    """Return one ingredient as it stands in a body.

    `batch_observed` (µs) is the time of observation in the batch's header; batch 0 is none and has none.
    """
    if stored.batch and stored.observed == batch_observed:
        return attribute, stored.plain, stored.batch
    start = batch_observed if stored.batch and batch_observed else 0
    seconds, micros = divmod(stored.observed - start, SECOND)
    later = (seconds, micros) if micros else (seconds,) if seconds else ()
    return attribute, stored.plain, stored.batch, *later


def absence(attribute: int, cause: Cause) -> int:
    """Return one absence as it stands in a body."""
    return attribute * 8 + cause


def body(
    language: str,
    ingredients: Sequence[Sequence[Any]],
    absences: Sequence[int],
    records: Mapping[int, bytes] | None,
    readings: Sequence[Reading],
) -> bytes:
    """Return a body, encoded in one go; page facts are plain values.

    `records` maps purpose to the consent event behind it; legitimate interest has none.
    """
    return FULL + _encode((language, ingredients, absences, records or _NONE, readings))


def compact_body(
    language: str,
    masks: Sequence[int],
    values: Sequence[Any],
    causes: Sequence[int],
    batch: int,
    records: Mapping[int, bytes] | None,
) -> bytes:
    """Return a body in the compact form: values in the order of the masks' bits together, None for an absence."""
    return COMPACT + _encode((language, masks, values, causes, batch, records or _NONE))


def with_facts(compact: bytes, facts: Sequence[PageFacts]) -> bytes:
    """Return a compact body with the facts of the page that each mask read: one part more in its array."""
    return WITH_FACTS + compact[len(WITH_FACTS) :] + _encode(facts)


def around_fact(compact: bytes, count: int, place: int, name: str) -> Around:
    """Return what stands around the only fact that `count` masks read, by the mask at `place`; see `with_fact`."""
    before, after = _around(count, place, name)
    return WITH_FACTS + compact[len(WITH_FACTS) :] + before, after


def with_fact(around: Around, value: Any) -> bytes:
    """Return a compact body with its only fact, a plain value: the same as `with_facts` gives."""
    return around[0] + _encode(value) + around[1]


@lru_cache(1024)
def _around(count: int, place: int, name: str) -> tuple[bytes, bytes]:
    """Return what stands before and after the value of the only fact."""
    facts = [NO_FACT] * count
    facts[place] = {name: None}, ()
    after = _encode(()) + _encode(NO_FACT) * (count - place - 1)
    return _encode(facts)[: -len(after) - len(_encode(None))], after


def read_body(text: bytes) -> list[Body] | None:
    """Return what each entry read, from a body of either form; None when its version is not known here."""
    try:
        if text[:1] == COMPACT:
            return _unfolded(_compact.decode(text[1:]))
        return _parted(_full.decode(text[1:])) if text[:1] == FULL else None
    except (msgspec.DecodeError, LookupError, ValueError, StopIteration):
        return None


def places_in(mask: int) -> list[int]:
    """Return the places of a mask's bits, in order."""
    return [place for place in range(mask.bit_length()) if mask >> place & 1]


def _parted(read: Full) -> list[Body]:
    values = {item[0]: item for item in read.ingredients}
    missed = {code >> 3: code for code in read.absences}
    return [
        Body(
            read.language,
            tuple([values[place] for place in each.attributes if place in values]),
            (*[missed[place] for place in each.attributes if place not in values], *each.absences),
            read.records,
            each.context,
            tuple(each.failed),
        )
        for each in read.readings
    ]


def _unfolded(read: Compact) -> list[Body]:
    union = reduce(or_, read.masks, 0)
    causes = iter(read.causes)
    values = {
        place: Cause(next(causes)) if value is None else value
        for place, value in zip(places_in(union), read.values, strict=True)
    }
    facts = read.facts or (NO_FACT,) * len(read.masks)
    return [_of_mask(read, places_in(mask), values, *each) for mask, each in zip(read.masks, facts, strict=True)]


def _of_mask(
    read: Compact, places: Sequence[int], values: Mapping[int, Any], facts: Mapping[str, Any], absent: Sequence[int]
) -> Body:
    return Body(
        read.language,
        tuple([(place, values[place], read.batch) for place in places if not isinstance(values[place], Cause)]),
        (*[absence(place, values[place]) for place in places if isinstance(values[place], Cause)], *absent),
        read.records,
        facts,
        (),
    )


def stored_of(ingredient: Sequence[Any], observed_of: Callable[[int], int | None]) -> Stored | None:
    """Return the value behind an ingredient; None when its batch's header is gone.

    `observed_of` gives the time of observation (µs) in the header of a batch.
    """
    _, plain, batch, *later = ingredient
    start = observed_of(batch) if batch else 0
    if start is None:
        return None
    seconds = later[0] if later else 0
    micros = later[1] if len(later) > 1 else 0
    return Stored(plain=plain, observed=start + seconds * SECOND + micros, batch=batch)
