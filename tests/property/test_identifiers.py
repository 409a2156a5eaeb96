"""The quick ways agree with the libraries, and normalising twice changes nothing."""

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from personalize.errors import IdentifierProblem
from personalize.profile.identifiers import KINDS, normalise

COUNTRIES = ["NL", "NO", "BE", "DE", "SE", "DK", "FR", "ES", "IT", "GB", "US"]
EXAMPLES = {
    country: [
        phonenumbers.example_number_for_type(country, kind)
        for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
    ]
    for country in COUNTRIES
}
separators = st.sampled_from(["", "", "", " ", "-", ".", "(", ")", " - ", "/", "\u00a0"])


@st.composite
def phones(draw: st.DrawFn) -> tuple[str, str]:
    """A number like one of the country's, some digits changed, written in some way."""
    country = draw(st.sampled_from(COUNTRIES))
    example = draw(st.sampled_from(EXAMPLES[country]))
    digits = list(str(example.national_number))
    for _ in range(draw(st.integers(0, 4))):
        digits[draw(st.integers(0, len(digits) - 1))] = draw(st.sampled_from("0123456789"))
    code = str(example.country_code)
    before = ["", "0", f"+{code}", f"00{code}", f"+{code}(0)", f"+{code}0", code, "+", "00"]
    text = draw(st.sampled_from(before)) + "".join(digits)
    return "".join(sign + draw(separators) for sign in text), country


def by_the_library(text: str, country: str) -> str | None:
    try:
        number = phonenumbers.parse(text.strip(), country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def normalised(kind: str, text: str, country: str = "NL") -> str | None:
    try:
        return normalise(kind, [text], country)
    except IdentifierProblem:
        return None


@given(phones())
def test_a_phone_number_reads_as_phonenumbers_reads_it(phone: tuple[str, str]) -> None:
    assert normalised("phone", *phone) == by_the_library(*phone)


locals_ = st.text("abzABZ019._+-'!é \"", min_size=1, max_size=70)
domains = st.text("abxnABZ01.-", min_size=1, max_size=20)
plain_domains = st.sampled_from(
    ["example.org", "Example.CO.uk", "xn--bcher-kva.example.org", "ab--c.org", "a.test", "1.2", "a.local"]
)


@given(locals_, plain_domains | domains)
def test_an_address_is_taken_where_email_validator_takes_it(local: str, domain: str) -> None:
    text = f"{local}@{domain}".strip()
    try:
        valid = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        assert normalised("email", text) is None
    else:
        assert normalised("email", text) == f"{valid.local_part.lower()}@{valid.domain}"


shapes = {
    "customer_number": r"[ -~]{1,20}",
    "email": r"[A-Za-z0-9.+]{1,8}@[a-z0-9-]{1,5}\.[A-Z]{2,3}",
    "phone": r"(\+31|0031|0)[ -]?[1-9][0-9]{7,8}",
    "address": r"[1-9][0-9]{3} ?[A-Ra-r]{2},? ?[1-9][0-9]{0,4}( ?[-/]? ?[A-Za-z0-9]{1,3})?",
    "plate": r"[0-9]{2}-?[B-Zb-z]{3}-?[0-9]|[A-Z]{2} ?[0-9]{5}",
}
identifiers = st.sampled_from(KINDS).flatmap(
    lambda kind: st.tuples(st.just(kind), st.from_regex(shapes[kind], fullmatch=True) | st.text(max_size=40))
)


@given(identifiers, st.sampled_from(["NL", "NL", "NO", "", "SE"]))
def test_any_text_is_normalised_for_good_or_refused(identifier: tuple[str, str], country: str) -> None:
    kind, text = identifier
    once = normalised(kind, text, country)
    assert once is None or normalised(kind, once, country) == once


@pytest.mark.parametrize("country", COUNTRIES)
def test_example_numbers_of_each_country_are_valid(country: str) -> None:
    for example in EXAMPLES[country]:
        written = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
        one_form = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
        assert normalised("phone", written, country) == one_form
