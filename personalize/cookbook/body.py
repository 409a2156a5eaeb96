"""The body of an entry: what was read, in msgpack.

There are two forms, told apart by the version byte. The compact one is for what most decisions read:
attributes alone, their values all of one import and observed when it was. It is an array of language;
mask of attributes read; their values in order, nil for an absence; causes of the absences in order;
batch; a map of purpose to consent record.

The full one is an array of language; ingredients `[attribute, value, batch]` with, where the
value was not observed when its batch was, the difference in seconds and then the µs left over; absences
`attribute * 8 + cause`; a map of purpose to consent record; a map of page facts; failed rules.
Attributes, purposes and rules are places in the recipe; page facts count on after the attributes.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from personalize.model.attributes import Cause, Stored

FULL, COMPACT = b"\x01", b"\x02"
WIDEST = 1 << 63
"""A mask from here on fits no number of msgpack: such a recipe's bodies are written in full."""
SECOND = 1_000_000

_NONE: Mapping[Any, Any] = {}
_encode = msgspec.msgpack.Encoder().encode


class Body(Struct, frozen=True, array_like=True):
    """A body as it stands, before the recipe gives its places names."""

    language: str
    ingredients: list[list[Any]]
    absences: list[int]
    records: dict[int, bytes]
    context: dict[str, Any]
    failed: list[int]


class Compact(Struct, frozen=True, array_like=True):
    """The compact form as it stands."""

    language: str
    mask: int
    values: list[Any]
    causes: list[int]
    batch: int
    records: dict[int, bytes]


_full = msgspec.msgpack.Decoder(Body)
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
    absences: Sequence[int] = (),
    records: Mapping[int, bytes] | None = None,
    context: Mapping[str, object] | None = None,
    failed: Sequence[int] = (),
) -> bytes:
    """Return a body, encoded in one go; `context` holds plain values.

    `records` maps purpose to the consent event behind it; legitimate interest has none.
    """
    return FULL + _encode((language, ingredients, absences, records or _NONE, context or _NONE, failed))


def compact_body(
    language: str,
    mask: int,
    values: Sequence[Any],
    causes: Sequence[int],
    batch: int,
    records: Mapping[int, bytes] | None,
) -> bytes:
    """Return a body in the compact form: values in the order of the mask's bits, None for an absence."""
    return COMPACT + _encode((language, mask, values, causes, batch, records or _NONE))


def read_body(text: bytes) -> Body | None:
    """Return the parts of a body of either form, or None when it is of a version that is not known here."""
    try:
        if text[:1] == COMPACT:
            return _unfolded(_compact.decode(text[1:]))
        return _full.decode(text[1:]) if text[:1] == FULL else None
    except (msgspec.DecodeError, IndexError):
        return None


def _unfolded(read: Compact) -> Body:
    """Return the full form of a compact body."""
    places = [place for place in range(read.mask.bit_length()) if read.mask >> place & 1]
    causes = iter(read.causes)
    ingredients: list[list[Any]] = []
    absences: list[int] = []
    for place, value in zip(places, read.values, strict=True):
        if value is None:
            absences.append(absence(place, Cause(next(causes))))
        else:
            ingredients.append([place, value, read.batch])
    return Body(read.language, ingredients, absences, read.records, {}, [])


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
