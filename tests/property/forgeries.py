"""Forged tokens and cookies by the thousand: every way to spell, cut, splice or sign one that is not the original."""

import random
import time
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import quote_from_bytes

import pytest

from personalize.recognition.tokens import LENGTH

LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
STRANGE = LETTERS + bytes(range(0x21)) + b'=+/~%;,"\\&.\x7f\x80\x85\xa0\xff'
HALF = 43
MILLION = 1_000_000
BITS = 8 * LENGTH
SPACES = (b" ", b"\t", b"\n", b"\r\n", b"\0", b"\x0b", b"\xa0", b"\xe2\x80\x8b", b"\xe2\x80\x80", b"\xef\xbb\xbf")

Make = Callable[[random.Random, list[bytes], int], list[bytes]]
"""Returns so many forgeries of tokens like these."""


def flipped(rng: random.Random, tokens: list[bytes], count: int) -> list[bytes]:
    """One to three bits are others."""
    numbers = [int.from_bytes(token) for token in tokens]
    masks = [1 << rng.randrange(BITS) for _ in range(512)]
    for many in (2, 3):
        masks += [sum(1 << each for each in rng.sample(range(BITS), many)) for _ in range(256)]
    return [(rng.choice(numbers) ^ mask).to_bytes(LENGTH) for mask in rng.choices(masks, k=count)]


def edited(rng: random.Random, tokens: list[bytes], count: int) -> list[bytes]:
    """A letter is put in, left out or another one, once to three times."""
    made = []
    for token, edits in zip(rng.choices(tokens, k=count), rng.choices((1, 1, 2, 3), k=count), strict=True):
        text = token
        for _ in range(edits):
            at, letter = int(rng.random() * len(text)), STRANGE[int(rng.random() * len(STRANGE))]
            take = int(rng.random() * 4)
            text = text[:at] + (b"" if take == 3 else bytes((letter,))) + text[at + (take != 0) :]
        made.append(text)
    return made


def cut(rng: random.Random, tokens: list[bytes], count: int) -> list[bytes]:
    """A piece of a token, or more than a token."""
    ends = [(rng.randrange(LENGTH), rng.randrange(2 * LENGTH)) for _ in range(count)]
    pairs = zip(_some(rng, tokens, count), ends, strict=True)
    return [token[begin:end] + token[: max(0, end - LENGTH)] for token, (begin, end) in pairs]


def respelled(rng: random.Random, tokens: list[bytes], count: int) -> list[bytes]:
    """The same bytes in another spelling: other alphabets, padding, spare bits, blanks, cases, escapes."""
    return [rng.choice(SPELLINGS)(rng, token) for token in _some(rng, tokens, count)]


def refilled(rng: random.Random, tokens: list[bytes], count: int) -> list[bytes]:
    """Other contents, well encoded, under the signature of before: key, kind, handle, times or campaign."""
    raws = [(int.from_bytes(urlsafe_b64decode(token[:HALF] + b"=")), token[HALF:]) for token in tokens]
    made = []
    for _ in range(count):
        number, signature = raws[int(rng.random() * len(raws))]
        byte, other = int(rng.random() * 32), 1 + int(rng.random() * 255)
        payload = number ^ (other << (8 * byte))
        made.append(urlsafe_b64encode(payload.to_bytes(32))[:HALF] + signature)
    return made


def spliced(rng: random.Random, tokens: list[bytes], count: int) -> list[bytes]:
    """The contents of one token, and the signature of another or of nobody."""
    nobodies = [b"." + urlsafe_b64encode(rng.randbytes(32))[:HALF] for _ in range(256)]
    nobodies += [b"." + b"A" * HALF, b"." + b"_" * HALF]
    ends = [token[HALF:] for token in tokens] + nobodies
    return [
        token[:HALF] + end for token, end in zip(_some(rng, tokens, count), rng.choices(ends, k=count), strict=True)
    ]


def made_up(rng: random.Random, tokens: list[bytes], count: int) -> list[bytes]:
    """Junk of the right length, half of it with the first letters of a token: its key and kind."""
    table = LETTERS * 4
    junk = [rng.randbytes(LENGTH).translate(table) for _ in range(count)]
    starts = rng.choices((0, 0, 2, 3, 24), k=count)
    return [
        token[:start] + text[start:HALF] + b"." + text[HALF + 1 :]
        for token, start, text in zip(_some(rng, tokens, count), starts, junk, strict=True)
    ]


def tell(capsys: pytest.CaptureFixture[str], what: str, before: int, done: int, length: int, began: float) -> None:
    """Print how far a long run is, whenever another million is done."""
    if length >= MILLION and done // MILLION > before // MILLION:
        with capsys.disabled():
            print(f"\n{done:,} of {length:,} {what} after {time.monotonic() - began:.0f} s", end="", flush=True)


FAMILIES: tuple[Make, ...] = (flipped, edited, cut, respelled, refilled, spliced, made_up)


def _some(rng: random.Random, tokens: list[bytes], count: int) -> list[bytes]:
    return rng.choices(tokens, k=count)


def _at_any_place(rng: random.Random, text: bytes, piece: bytes) -> bytes:
    at = rng.randrange(len(text) + 1)
    return text[:at] + piece + text[at:]


def _sibling(rng: random.Random, text: bytes) -> bytes:
    """Return a spelling that a lenient decoder takes for the same: the last letter of a half has spare bits."""
    at = rng.choice((HALF - 1, LENGTH - 1))
    return text[:at] + LETTERS[rng.randrange(64) :][:1] + text[at + 1 :]


def _escaped(rng: random.Random, text: bytes) -> bytes:
    at = rng.randrange(len(text))
    return text[:at] + b"%%%02x" % text[at] + text[at + 1 :]


def _other_case(rng: random.Random, text: bytes) -> bytes:
    at = rng.randrange(len(text))
    return text[:at] + text[at : at + 1].swapcase() + text[at + 1 :]


def _wide(rng: random.Random, text: bytes) -> bytes:
    """Return it with one letter as its fullwidth form, which some normalisations fold back."""
    at = rng.randrange(len(text))
    return text[:at] + chr(0xFEE0 + text[at]).encode() + text[at + 1 :]


SPELLINGS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _sibling,
    _sibling,
    _escaped,
    _other_case,
    _wide,
    lambda rng, text: text.replace(b"-", b"+").replace(b"_", b"/") + b"=",
    lambda rng, text: text[:HALF] + b"=" * rng.randrange(1, 4) + text[HALF:],
    lambda rng, text: text + b"=" * rng.randrange(1, 4),
    lambda rng, text: _at_any_place(rng, text, rng.choice(SPACES)),
    lambda rng, text: rng.choice(SPACES) + text,
    lambda rng, text: text + rng.choice(SPACES),
    lambda rng, text: b'"' + text + b'"',
    lambda rng, text: rng.choice((text.upper(), text.lower(), text.swapcase(), text[::-1])),
    lambda rng, text: text.replace(b".", rng.choice((b"", b"..", b"%2E", b"\x2e\x2e", b"~", b":", b"-"))),
    lambda rng, text: rng.choice((b64encode, urlsafe_b64encode))(text),
    lambda rng, text: urlsafe_b64decode(text[:HALF] + b"=").hex().encode() + text[HALF:],
    lambda rng, text: quote_from_bytes(text, safe="").replace(".", "%2e").encode(),
    lambda rng, text: text.decode().encode(rng.choice(("utf-16", "utf-16-le", "utf-32-be"))),
)
