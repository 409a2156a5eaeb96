"""What a source delivered of a person, as the store keeps it: msgpack `[observed, {attribute: plain}]`.

A third item, `{attribute: observed}`, has the times of the values that were observed at another one. A fourth
makes it a row of restrictions, which brings no values but says which are not to be used, and a fifth which were not.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from personalize.errors import StoreError
from personalize.model.attributes import Stored
from personalize.ports import Delivery, Item, Plain

Restriction = tuple[int, Plain]
"""Since when (µs) an attribute is not to be used, and the value that is disputed; None: whatever its value is."""


class Ended(Struct, frozen=True, array_like=True, gc=False):
    """A restriction that was lifted, or that a newer one took the place of: from when until when (µs).

    `disputed` says that it was of one value, which the person said is wrong; of those that are older nobody noted it.
    """

    attribute: str
    since: int
    until: int
    disputed: bool = False


class Body(Struct, frozen=True, array_like=True, gc=False):
    """One source's values of a person, or that person's restrictions."""

    observed: int
    values: dict[str, Plain]
    others: dict[str, int] = {}
    restricted: dict[str, Restriction] | None = None
    ended: list[Ended] = []


_decode = msgspec.msgpack.Decoder(Body).decode
_encode = msgspec.msgpack.Encoder().encode


def encode_body(items: Collection[Any]) -> bytes:
    """Return the body of these values: each an attribute, its plain form and when it was observed."""
    times = {name: observed for name, _, observed in items}
    usual = next(iter(times.values()), 0)
    others = {name: observed for name, observed in times.items() if observed != usual}
    body = (usual, {name: plain for name, plain, _ in items})
    return _encode((*body, others) if others else body)


def decode_body(body: bytes) -> list[Item]:
    """Return the values of a body. Raises msgspec.MsgspecError for one that is damaged."""
    found = _decode(body)
    return [(name, plain, found.others.get(name, found.observed)) for name, plain in found.values.items()]


def encode_restrictions(restricted: Mapping[str, Restriction], ended: Sequence[Ended]) -> bytes:
    """Return the body of a person's restrictions: for whoever looks for values it has none."""
    return _encode((0, {}, {}, restricted, ended))


def restrictions_in(body: bytes) -> tuple[dict[str, Restriction], list[Ended]]:
    """Return the restrictions of a body, and those that ended. Raises msgspec.MsgspecError for one that is damaged."""
    found = _decode(body)
    return found.restricted or {}, found.ended


def is_restricted(stored: Stored, since: int, disputed: Plain) -> bool:
    """Say whether a value may not be used: in dispute are those of before, and the same one delivered again."""
    return disputed is None or stored.observed <= since or stored.plain == disputed


def merged(subject: int, delivered: Sequence[Delivery]) -> dict[str, Stored]:
    """Return the values of all sources; where two deliver the same attribute the newer observation stays.

    What the person restricted is left out (GDPR 18).
    """
    values: dict[str, Stored] = {}
    restricted: dict[str, Restriction] = {}
    try:
        for batch, body in delivered:
            found = _decode(body)
            if found.restricted:
                restricted = found.restricted
            others, usual = found.others, found.observed
            for name, plain in found.values.items():
                observed = others.get(name, usual)
                if name not in values or values[name].observed < observed:
                    values[name] = Stored(plain, observed, batch)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StoreError(f"A profile of subject {subject} is damaged: import its source again.") from error
    for name, (since, disputed) in restricted.items():
        if name in values and is_restricted(values[name], since, disputed):
            del values[name]
    return values
