"""Read a transparency and consent string (IAB Tech Lab, "TC String Format", version 2 with TCF 2.3's segments).

Every bit is asked for by name and has to be there: a string that ends too early is Unreadable, never a yes.
"""

import re
from base64 import urlsafe_b64decode

from msgspec import Struct

from personalize_cmp.cookies import Unreadable

SEGMENT = re.compile(rb"[A-Za-z0-9_-]+")
VERSION = 2
DISCLOSED, PUBLISHER = 1, 3
"""Types of segments after the core; others are passed over."""
NOT_ALLOWED, BY_INTEREST = 0, 2
"""Restrictions by the publisher that leave a vendor no consent to use."""
DECISECOND = 100_000


class Consents(Struct, frozen=True, kw_only=True):
    """What a string says of one vendor and of the publisher.

    `purposes` are agreed to in general, `restricted` those the publisher keeps from the vendor; `vendor` says
    that the vendor is agreed to, `disclosed` that the visitor was told of it. `publisher` are
    the purposes agreed to for the site itself. `updated` is in µs since 1970 UTC, to the day since TCF 2.2.
    """

    updated: int
    purposes: frozenset[int]
    vendor: bool
    restricted: frozenset[int]
    disclosed: bool
    publisher: frozenset[int]


class Bits:
    """The bits of one segment, read from the front. Raises Unreadable past the end."""

    def __init__(self, segment: bytes) -> None:
        if not SEGMENT.fullmatch(segment) or len(segment) % 4 == 1:
            raise Unreadable
        octets = urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
        self._bits, self._at = f"{int.from_bytes(octets):0{len(octets) * 8}b}", 0

    def number(self, width: int) -> int:
        """Read an unsigned number of this many bits."""
        return int(self._take(width), 2)

    def places(self, width: int) -> frozenset[int]:
        """Read a bit field: the places, counted from 1, whose bit is set."""
        return frozenset(place for place, bit in enumerate(self._take(width), 1) if bit == "1")

    def names(self, vendor: int) -> bool:
        """Read a list of vendors, as a bit field or as ranges, and say whether this one is in it."""
        most = self.number(16)
        if self.number(1):
            return self.ranges(vendor)
        field = self._take(most)
        return 0 < vendor <= most and field[vendor - 1] == "1"

    def ranges(self, vendor: int) -> bool:
        """Read ranges of vendors, and say whether this one is in any.

        Numbers of 16 bits are compared as they are written: there may be thousands.
        """
        found, wanted = False, f"{vendor:016b}"
        count, bits, at = self.number(12), self._bits, self._at
        if count * 17 > len(bits) - at:
            raise Unreadable
        for _ in range(count):
            if bits[at : at + 1] == "1":
                found = found or bits[at + 1 : at + 17] <= wanted <= bits[at + 17 : at + 33]
                at += 33
            else:
                found = found or bits[at + 1 : at + 17] == wanted
                at += 17
        self.skip(at - self._at)
        return found

    def skip(self, width: int) -> None:
        """Pass over this many bits."""
        self._take(width)

    def end(self) -> None:
        """Refuse what follows, but for the zeros that fill up the last octets."""
        if "1" in self._bits[self._at :]:
            raise Unreadable

    def _take(self, width: int) -> str:
        start, self._at = self._at, self._at + width
        if self._at > len(self._bits):
            raise Unreadable
        return self._bits[start : self._at]


def read_string(text: bytes, vendor: int) -> Consents:
    """Return what a string says of a vendor and of the publisher. Raises Unreadable; linear in its length."""
    core, *others = text.split(b".")
    updated, purposes, agreed, restricted = _core(Bits(core), vendor)
    segments: dict[int, Bits] = {}
    for other in others:
        bits = Bits(other)
        if segments.setdefault(bits.number(3), bits) is not bits:
            raise Unreadable
    disclosed, publisher = segments.get(DISCLOSED), segments.get(PUBLISHER)
    return Consents(
        updated=updated,
        purposes=purposes,
        vendor=agreed,
        restricted=restricted,
        disclosed=disclosed is not None and _disclosed(disclosed, vendor),
        publisher=frozenset() if publisher is None else _publisher(publisher),
    )


def _core(bits: Bits, vendor: int) -> tuple[int, frozenset[int], bool, frozenset[int]]:
    if bits.number(6) != VERSION:
        raise Unreadable
    bits.skip(36)  # created
    updated = bits.number(36) * DECISECOND
    bits.skip(12 + 12 + 6 + 12 + 12 + 6 + 1 + 1 + 12)  # the platform, its screen and language, list, policy, features
    purposes = bits.places(24)
    bits.skip(24 + 1 + 12)  # legitimate interest, treatment of purpose 1, country
    agreed = bits.names(vendor)
    bits.names(vendor)  # legitimate interest
    restricted = set[int]()
    for _ in range(bits.number(12)):
        purpose, kind = bits.number(6), bits.number(2)
        if bits.ranges(vendor) and kind in (NOT_ALLOWED, BY_INTEREST):
            restricted.add(purpose)
    bits.end()
    return updated, purposes, agreed, frozenset(restricted)


def _disclosed(bits: Bits, vendor: int) -> bool:
    found = bits.names(vendor)
    bits.end()
    return found


def _publisher(bits: Bits) -> frozenset[int]:
    """Return the purposes agreed to for the publisher itself."""
    purposes = bits.places(24)
    bits.skip(24)
    bits.skip(2 * bits.number(6))
    bits.end()
    return purposes
