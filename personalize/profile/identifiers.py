"""Identifiers in the one form that is hashed: customer number, e-mail, phone, address, licence plate."""

import re
from collections.abc import Callable, Sequence
from unicodedata import normalize as unicode_normalise

from personalize.errors import IdentifierProblem
from personalize.profile.contacts import email_address, phone_number
from personalize.profile.plates import licence_plate

MAX_TEXT = 320
MAX_CUSTOMER_NUMBER = 64
TOO_LARGE = 1 << 63
"""Numbers from here on are nobody's: the store could not keep them."""
_DUTCH_ADDRESS = re.compile(r"([1-9][0-9]{3}) ?([A-Z]{2}) ?,? ?([0-9]{1,5})(?![0-9])[ /-]*([A-Z0-9][A-Z0-9 /-]*)?")
_NORWEGIAN_ADDRESS = re.compile(r"([0-9]{4})() ?,? ([0-9]{1,5})(?![0-9])[ /-]*([A-Z0-9][A-Z0-9 /-]*)?")
_ADDRESSES = {"NL": (_DUTCH_ADDRESS,), "NO": (_NORWEGIAN_ADDRESS,), "": (_DUTCH_ADDRESS, _NORWEGIAN_ADDRESS)}
_DUTCH_POSTCODES_NEVER = frozenset({"SA", "SD", "SS"})
_BETWEEN = str.maketrans("", "", " /-")
MAX_ADDITION = 8


def normalise(kind: str, parts: Sequence[str], country: str) -> str:
    """Return an identifier in its one form; raises IdentifierProblem with the reason in words.

    `parts` are the cells it is made of: for an address postcode and house number (and addition),
    in one cell or several, else one. `country` is the source's ISO code; empty where it has none.
    """
    normaliser = _NORMALISERS.get(kind)
    if normaliser is None:
        raise IdentifierProblem(f"There is no kind of identifier {kind!r}: use one of {', '.join(KINDS)}.")
    text = parts[0] if len(parts) == 1 else " ".join(parts)
    text = text.strip() if text.isascii() else unicode_normalise("NFC", text).strip()
    if not text:
        raise IdentifierProblem("It is empty.")
    if len(text) > MAX_TEXT:
        raise IdentifierProblem(f"It is longer than {MAX_TEXT} characters.")
    return normaliser(text, country.upper())


def parse(text: str, country: str = "") -> tuple[str, str]:
    """Return kind and normalised value of identifier text such as `customer_number:4711`."""
    kind, colon, value = text.partition(":")
    if not colon:
        raise IdentifierProblem("The kind is missing: write it before a colon, as in customer_number:4711.")
    return kind, normalise(kind, (value,), country)


def subject_number(text: str) -> int | None:
    """Return the number of a subject as somebody types it, None for what can be none."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else TOO_LARGE
    return number if number < TOO_LARGE else None


def _customer_number(text: str, country: str) -> str:
    """Return the number as the site writes it: its case may matter."""
    if len(text) > MAX_CUSTOMER_NUMBER:
        raise IdentifierProblem(f"A customer number has {MAX_CUSTOMER_NUMBER} characters at most.")
    if not text.isprintable():
        raise IdentifierProblem("It holds a control character.")
    return text


def _address(text: str, country: str) -> str:
    """Return postcode, house number and addition: `1234AB 12 A`, in Norway `0150 12 B`."""
    patterns = _ADDRESSES.get(country)
    if patterns is None:
        raise IdentifierProblem(f"Addresses are matched in NL and NO; the source's country is {country}.")
    tidy = " ".join(unicode_normalise("NFKC", text).upper().split())
    for pattern in patterns:
        if found := pattern.fullmatch(tidy):
            return _assembled(*found.groups(default=""))
    raise IdentifierProblem("It is not a postcode with a house number.")


def _assembled(digits: str, letters: str, number: str, addition: str) -> str:
    if letters in _DUTCH_POSTCODES_NEVER:
        raise IdentifierProblem(f"No Dutch postcode ends in {letters}.")
    if not int(number) or not int(digits):
        raise IdentifierProblem("Postcode or house number is zero.")
    addition = addition.translate(_BETWEEN)
    if len(addition) > MAX_ADDITION:
        raise IdentifierProblem(f"The addition to the house number has more than {MAX_ADDITION} signs.")
    return f"{digits}{letters} {int(number)} {addition}".rstrip()


_NORMALISERS: dict[str, Callable[[str, str], str]] = {
    "customer_number": _customer_number,
    "email": email_address,
    "phone": phone_number,
    "address": _address,
    "plate": licence_plate,
}
KINDS = tuple(_NORMALISERS)
