"""Visit codes: 35 random bits as seven characters that people can read out, and one that checks them.

The alphabet is Crockford's base32. The check character makes a weighted sum over GF(32) zero, with
the weights 2^7 … 2^1, 1: all different and none zero. So one wrong character, two exchanged ones
(neighbours or not) and a doubled pair misheard (11 for 22) are always noticed.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from struct import Struct

from personalize.errors import NotFound

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
RANDOM = LENGTH - 1
"""Characters that are random; the last one checks them."""
BITS = 5 * RANDOM
DRAWN = 256
"""Random numbers that are drawn at once."""
WORD = 8
"""Bytes drawn for each number, which takes the last of their bits."""
_MOST = 32
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_LOOKALIKES = str.maketrans("OIL", "011", "- \t\u2010\u2011\u2013")
_SHOWN = bytes(ord(ALPHABET[byte & 31]) for byte in range(256))
_INT = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
"""The digits of base 32 as `int` reads them."""
_DIGITS = str.maketrans(ALPHABET, _INT)
_TWICE = tuple((value << 1) ^ (0x25 if value & 16 else 0) for value in range(32))


def random_number() -> int:
    """Return the number of a random code; many are drawn from the system at once, and their codes are at hand."""
    try:
        return _drawn.pop()
    except IndexError:
        _draw()
        return random_number()


def code_of(number: int) -> str:
    """Return the code of a number below 2^35."""
    return _at_hand.get(number) or _code(_values_of(number))


def number_of(code: str) -> int:
    """Return the number of a code in its eight characters; the check character is left out."""
    return int(code[:-1].translate(_DIGITS), 32)


def show_code(code: str) -> str:
    """Return a code as people see it: `7KQ4-2MX9`; an empty one stays empty."""
    return f"{code[:4]}-{code[4:]}" if code else ""


def read_code(text: str) -> str:
    """Return the code in what somebody typed: case, hyphens, spaces, O for 0, I and L for 1 do not matter.

    Raises NotFound for anything else; `suggest` then knows what may have been meant.
    """
    code = _tidied(text)
    if not _holds(code):
        raise NotFound(f"{_shown(text)} is not a visit code: {_problem(code)}")
    return code


def suggest(text: str, known: Callable[[str], bool]) -> list[str]:
    """Return the known codes one slip away: a character wrong, missing, too many, or two neighbours swapped.

    `known` is asked at most some twenty times.
    """
    code = _tidied(text)
    if not LENGTH - 1 <= len(code) <= LENGTH + 1:
        return []
    near = dict.fromkeys(candidate for candidate in _slips(code) if _holds(candidate))
    return [candidate for candidate in near if candidate != code and known(candidate)]


def _values_of(number: int) -> bytes:
    return bytes([number >> after & 31 for after in range(BITS - 5, -1, -5)])


def _code(values: bytes) -> str:
    """Return the code of seven values, of which the lowest five bits count."""
    return values.translate(_SHOWN).decode() + ALPHABET[_check(values)]


def _draw() -> None:
    """Draw numbers and put their codes at hand: worked out for all of them at once, place by place."""
    drawn, check, codes = os.urandom(DRAWN * WORD), 0, bytearray(DRAWN * LENGTH)
    mixed = int.from_bytes(drawn, "big") & _EVERY_NUMBER
    for place, weighted in enumerate(_WEIGHTED):
        values = (mixed >> 5 * (RANDOM - 1 - place) & _EVERY_VALUE).to_bytes(len(drawn), "big")[WORD - 1 :: WORD]
        codes[place::LENGTH] = values
        check ^= int.from_bytes(values.translate(weighted), "big")
    codes[RANDOM::LENGTH] = check.to_bytes(DRAWN, "big")
    numbers, shown = _numbers_in(mixed.to_bytes(len(drawn), "big")), codes.translate(_SHOWN).decode()
    _at_hand.clear()
    _at_hand.update(zip(numbers, map(shown.__getitem__, _PARTS), strict=True))
    _drawn.extend(numbers)


def _check(values: Iterable[int]) -> int:
    total = 0
    for value in values:
        total = _TWICE[(total ^ value) & 31]
    return total


def _holds(code: str) -> bool:
    values = [_VALUES.get(character, -1) for character in code]
    return len(values) == LENGTH and min(values) >= 0 and _check(values[:-1]) == values[-1]


def _tidied(text: str) -> str:
    return text[:_MOST].upper().translate(_LOOKALIKES)


def _shown(text: str) -> str:
    return repr(text if len(text) <= _MOST else text[:_MOST] + "…")


def _problem(code: str) -> str:
    strange = "".join(sorted(set(code) - _VALUES.keys()))
    if len(code) != LENGTH:
        return f"it has {len(code)} characters instead of {LENGTH}."
    if strange:
        return f"codes have no {strange}."
    return "a character is wrong or two are swapped."


def _slips(code: str) -> Iterator[str]:
    """Yield every text one slip away, most of which are no codes."""
    for place in range(len(code)):
        before, after = code[:place], code[place + 1 :]
        yield before + after
        yield before + after[:1] + code[place] + after[1:]
        yield from (before + character + after for character in ALPHABET)
    for place in range(len(code) + 1):
        yield from (code[:place] + character + code[place:] for character in ALPHABET)


_EVERY_NUMBER, _EVERY_VALUE = (int.from_bytes((2**bits - 1).to_bytes(WORD, "big") * DRAWN, "big") for bits in (BITS, 5))
"""The bits of every number, and the lowest five of each, in as many words as are drawn at once."""
_numbers_in = Struct(f">{DRAWN}Q").unpack
_PARTS = [slice(at, at + LENGTH) for at in range(0, DRAWN * LENGTH, LENGTH)]
"""Where each code stands among all that are drawn at once."""
_drawn: list[int] = []
_at_hand: dict[int, str] = {}
"""The codes of the numbers drawn last: every page of a known person needs one."""
os.register_at_fork(after_in_child=_drawn.clear)  # or two workers would give the same codes
_WEIGHTED = tuple(bytes(_check((byte & 31, *(0,) * after)) for byte in range(256)) for after in reversed(range(RANDOM)))
"""What a value adds to the check, place by place."""
