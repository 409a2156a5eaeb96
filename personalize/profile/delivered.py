"""What a source delivered of a person, as the store keeps it: msgpack `[observed, {attribute: plain}]`.

A third item, `{attribute: observed}`, has the times of the values that were observed at another one.
"""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from personalize.errors import StoreError
from personalize.model.attributes import Stored
from personalize.ports import Delivery, Item, Plain


class Body(Struct, frozen=True, array_like=True, gc=False):
    """One source's values of a person."""

    observed: int
    values: dict[str, Plain]
    others: dict[str, int] = {}


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


def merged(subject: int, delivered: Sequence[Delivery]) -> dict[str, Stored]:
    """Return the values of all sources; where two deliver the same attribute the newer observation stays."""
    values: dict[str, Stored] = {}
    try:
        for batch, body in delivered:
            for name, plain, observed in decode_body(body):
                if name not in values or values[name].observed < observed:
                    values[name] = Stored(plain, observed, batch)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StoreError(f"A profile of subject {subject} is damaged: import its source again.") from error
    return values
