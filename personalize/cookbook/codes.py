"""Visit codes: 35 random bits as seven characters that people can read out, and one that checks them.

The alphabet is Crockford's base32. The check character makes a weighted sum over GF(32) zero, with
the weights 2^7 … 2^1, 1: all different and none zero. So one wrong character, two exchanged ones
(neighbours or not) and a doubled pair misheard (11 for 22) are always noticed.
"""

import os
import struct
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from personalize.errors import NotFound

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
BITS = 35
DRAWN = 256
"""Random numbers that are drawn at once."""
_MOST = 32
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_LOOKALIKES = str.maketrans("OIL", "011", "- \t\u2010\u2011\u2013")
_SHOWN = bytes(ord(ALPHABET[byte & 31]) for byte in range(256))
_DIGITS = str.maketrans(ALPHABET, "0123456789ABCDEFGHIJKLMNOPQRSTUV")
_TWICE = tuple((value << 1) ^ (0x25 if value & 16 else 0) for value in range(32))


def new_code() -> str:
    """Return a random visit code, in the eight characters that are kept."""
    return _code(os.urandom(LENGTH - 1))


def random_number() -> int:
    """Return the number of a random code; many are drawn from the system at once."""
    try:
        return _drawn.pop()
    except IndexError:
        _drawn.extend([number >> 64 - BITS for number in _numbers(os.urandom(8 * DRAWN))])
        for number in _drawn:  # one after another it takes a fraction of what it would in the midst of a request
            code_of(number)
        return random_number()


@lru_cache(2 * DRAWN)
def code_of(number: int) -> str:
    """Return the code of a number below 2^35."""
    high, middle, low, last = number >> 25, number >> 15 & 1023, number >> 5 & 1023, number & 31
    check = _SUMS[0][high] ^ _SUMS[1][middle] ^ _SUMS[2][low] ^ _TWICE[last]
    return _PAIRS[high] + _PAIRS[middle] + _PAIRS[low] + ALPHABET[last] + ALPHABET[check]


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


def _code(values: bytes) -> str:
    """Return the code of seven values, of which the lowest five bits count."""
    return values.translate(_SHOWN).decode() + ALPHABET[_check(values)]


def _check(values: Iterable[int]) -> int:
    total = 0
    for value in values:
        total = _TWICE[(total ^ value) & 31]
    return total


def _sum(pair: int, after: int) -> int:
    """Return what two values add to the check when so many more follow them."""
    return _check((pair >> 5, pair & 31, *(0,) * after))


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


_drawn: list[int] = []
_numbers = struct.Struct(f">{DRAWN}Q").unpack
os.register_at_fork(after_in_child=_drawn.clear)  # or two workers would give the same codes
_PAIRS = tuple(first + second for first in ALPHABET for second in ALPHABET)
_SUMS = tuple(tuple(_sum(pair, after) for pair in range(1024)) for after in (5, 3, 1))
"""The code of a number is looked up by ten bits at a time: every page of a known person needs one."""
