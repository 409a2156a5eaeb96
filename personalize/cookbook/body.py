"""The body of an entry: what was read, in msgpack, joined from fragments that were encoded once.

After a version byte follows one array: language; ingredients `[attribute, value, batch]` with, where the
value was not observed when its batch was, the difference in seconds and then the µs left over; absences
`attribute * 8 + cause`; a map of purpose to consent record; a map of page facts; failed rules.
Attributes, purposes and rules are places in the recipe; page facts count on after the attributes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from personalize.model.attributes import Cause, Stored

VERSION = 1
SECOND = 1_000_000

_START = bytes((VERSION, 0x96))
_encode = msgspec.msgpack.Encoder().encode
_EMPTY_MAP, _EMPTY_ARRAY = b"\x80", b"\x90"
_NOTHING_ELSE = _EMPTY_ARRAY + _EMPTY_MAP + _EMPTY_MAP + _EMPTY_ARRAY
_ARRAYS = tuple(bytes((0x90 | n,)) for n in range(16))
_MAPS = tuple(bytes((0x80 | n,)) for n in range(16))


class Body(Struct, frozen=True, array_like=True):
    """A body as it stands, before the recipe gives its places names."""

    language: str
    ingredients: list[list[Any]]
    absences: list[int]
    records: dict[int, bytes]
    context: dict[str, Any]
    failed: list[int]


_decoder = msgspec.msgpack.Decoder(Body)


def fragment(attribute: int, stored: Stored, batch_observed: int | None) -> bytes:
    """Return one ingredient encoded; keep it with the cached profile.

    `batch_observed` (µs) is the time of observation in the batch's header; batch 0 is none and has none.
    """
    if stored.batch and stored.observed == batch_observed:
        return _encode((attribute, stored.plain, stored.batch))
    start = batch_observed if stored.batch and batch_observed else 0
    seconds, micros = divmod(stored.observed - start, SECOND)
    later = [seconds, micros] if micros else [seconds] if seconds else []
    return _encode([attribute, stored.plain, stored.batch, *later])


def absence(attribute: int, cause: Cause) -> bytes:
    """Return one absence encoded."""
    return _encode(attribute * 8 + cause)


def consent_record(purpose: int, event_id: bytes) -> bytes:
    """Return the consent event behind one purpose encoded; legitimate interest has none."""
    return _encode(purpose) + _encode(event_id)


def body(
    language: str,
    ingredients: Sequence[bytes],
    absences: Sequence[bytes] = (),
    records: Sequence[bytes] = (),
    context: Mapping[str, object] | None = None,
    failed: Sequence[int] = (),
) -> bytes:
    """Return a body joined from fragments, 0.6-0.9 µs; `context` holds plain values."""
    return b"".join(
        (
            _start(language),
            _array(len(ingredients)),
            *ingredients,
            _array(len(absences)),
            *absences,
            _map(len(records)),
            *records,
            _encode(context) if context else _EMPTY_MAP,
            _encode(failed) if failed else _EMPTY_ARRAY,
        )
    )


def plain_body(language: str, count: int, ingredients: Iterable[bytes]) -> bytes:
    """Return the commonest body, joined sooner: `count` ingredients and nothing else."""
    start = _start(language) + (_ARRAYS[count] if count < 16 else _array(count))
    return b"".join((start, *ingredients, _NOTHING_ELSE))


@lru_cache(maxsize=64)
def _start(language: str) -> bytes:
    return _START + _encode(language)


def read_body(text: bytes) -> Body | None:
    """Return the parts of a body, or None when it is of a version that is not known here."""
    if text[:1] != _START[:1]:
        return None
    try:
        return _decoder.decode(text[1:])
    except msgspec.DecodeError:
        return None


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


def _array(length: int) -> bytes:
    return _ARRAYS[length] if length < 16 else b"\xdc" + length.to_bytes(2, "big")


def _map(length: int) -> bytes:
    return _MAPS[length] if length < 16 else b"\xde" + length.to_bytes(2, "big")
