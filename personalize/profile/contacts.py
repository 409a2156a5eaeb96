"""E-mail addresses and phone numbers: a quick way for the plain ones, the libraries for all others.

The quick way only ever answers what the library would: a domain is vouched for by email-validator
once, a number must match the patterns that phonenumbers itself keeps for the country.
"""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any
from unicodedata import normalize

from personalize.errors import ConfigError, IdentifierProblem

LIBRARIES = {"email": ("email_validator", "E-mail addresses"), "phone": ("phonenumbers", "Phone numbers")}
"""What reads a kind of identifier, and what it reads."""
MAX_EMAIL = 254
MAX_LOCAL = 64
_PLAIN_EMAIL = re.compile(r"([A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*)@([A-Za-z0-9.-]+)")
_SEPARATORS = str.maketrans("", "", " -.()")

Match = Callable[[str], re.Match[str] | None]
_MATCHES_NOTHING: Match = re.compile(r"(?!)").fullmatch


def email_address(text: str, country: str) -> str:
    """Return an e-mail address in lower case; raises IdentifierProblem."""
    plain = _PLAIN_EMAIL.fullmatch(text)
    if plain is not None and len(text) <= MAX_EMAIL:
        local, domain = plain[1].lower(), plain[2].lower()
        if len(local) <= MAX_LOCAL and _vouched_for(domain):
            return f"{local}@{domain}"
    return _parsed_email(text)


def phone_number(text: str, country: str) -> str:
    """Return a phone number in E.164 form; raises IdentifierProblem.

    `country` is where a number without country code belongs; empty: such numbers are refused.
    """
    calling_code, match = _plain_numbers(country)
    plain = match(text.translate(_SEPARATORS))
    return calling_code + plain[1] if plain is not None else _parsed_phone(text, country)


@lru_cache(maxsize=4096)
def _vouched_for(domain: str) -> bool:
    """Say whether email-validator takes this domain, and leaves it as it is."""
    try:
        return _parsed_email(f"a@{domain}") == f"a@{domain}"
    except IdentifierProblem:
        return False


def _parsed_email(text: str) -> str:
    library = library_of("email")
    try:
        address = library.validate_email(text, check_deliverability=False)
    except library.EmailNotValidError as error:
        raise IdentifierProblem(f"It is not an e-mail address: {error}") from None
    local = normalize("NFC", address.local_part.lower())
    return f"{local}@{address.domain}"


def _parsed_phone(text: str, country: str) -> str:
    library = library_of("phone")
    try:
        number = library.parse(text, country or None)
    except library.NumberParseException as error:
        raise IdentifierProblem(_phone_trouble(error.error_type, library)) from None
    if not library.is_valid_number(number):
        where = f" from {country}" if country else ""
        raise IdentifierProblem(f"It is not a valid phone number, read as one{where}.")
    return str(library.format_number(number, library.PhoneNumberFormat.E164))


def _phone_trouble(error_type: int, library: ModuleType) -> str:
    if error_type == library.NumberParseException.INVALID_COUNTRY_CODE:
        return "Its country code is missing or unknown: the source may name a `country`."
    return "It is not a phone number."


@cache
def _plain_numbers(country: str) -> tuple[str, Match]:
    """Return a country's calling code and the match of its plain fixed and mobile numbers.

    Group 1 is the national significant number. Countries whose rules for prefixes are not plain,
    or that are not the first of their calling code, match nothing here.
    """
    library = library_of("phone")
    rules = library.PhoneMetadata.metadata_for_region(country, None) if country else None
    if rules is None or not _is_plain(rules, library):
        return "", _MATCHES_NOTHING
    trunk = rules.national_prefix or ""
    before = rf"(?:(?:\+|00){rules.country_code}(?:{trunk})?|{trunk})"
    starts = rf"(?=(?:{rules.leading_digits}))" if rules.leading_digits else ""
    number = "|".join(_description(each) for each in (rules.fixed_line, rules.mobile))
    pattern = rf"{before}({starts}(?={_description(rules.general_desc)}\Z)(?:{number}))"
    return f"+{rules.country_code}", re.compile(pattern, re.ASCII).fullmatch


def _is_plain(rules: Any, library: ModuleType) -> bool:
    return (
        rules.international_prefix == "00"
        and rules.national_prefix_for_parsing == rules.national_prefix
        and (rules.national_prefix or "").strip("0") == ""
        and rules.national_prefix_transform_rule is None
        and rules.fixed_line is not None
        and rules.mobile is not None
        and library.COUNTRY_CODE_TO_REGION_CODE[rules.country_code][0] == rules.id
    )


def _description(rules: Any) -> str:
    """Return one kind of number as a pattern: its digits, and its possible lengths where it has its own."""
    lengths = "|".join(f"[0-9]{{{length}}}" for length in rules.possible_length)
    return rf"(?:(?=(?:{lengths or '[0-9]+'})\Z)(?:{rules.national_number_pattern}))"


def library_of(kind: str) -> ModuleType:
    """Import the library of the extra `crm` that reads a kind of `LIBRARIES`, when it is first needed.

    Raises ConfigError where it is not installed.
    """
    name, what = LIBRARIES[kind]
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"{what} cannot be read without {name}", remedy="Run `pip install 'personalize[crm]'`"
        ) from error
