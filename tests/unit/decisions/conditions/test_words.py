"""Conditions in Dutch, Norwegian and English."""

import pytest

from personalize.decisions.conditions.check import read
from personalize.decisions.conditions.scope import Scope
from personalize.decisions.conditions.words import describe
from personalize.model.attributes import Attribute, AttributeType
from personalize.model.content import FactWords
from tests.property.condition_samples import SCOPE

SENTENCES = [
    (
        "today <= contract_end",
        "einde contract is op of na vandaag",
        "kontraktens slutt er tidligst i dag",
        "contract end is on or after today",
    ),
    (
        "contract_end <= today + days(90)",
        "einde contract is uiterlijk over 90 dagen",
        "kontraktens slutt er senest om 90 dager",
        "contract end is no later than 90 days from now",
    ),
    (
        "contract_end > today - months(1)",
        "einde contract is later dan 1 maand geleden",
        "kontraktens slutt er senere enn for 1 måned siden",
        "contract end is later than 1 month ago",
    ),
    (
        "contract_end - days(2) == date('2026-03-01')",
        "einde contract min 2 dagen is 1 maart 2026",
        "kontraktens slutt minus 2 dager er 1. mars 2026",
        "contract end minus 2 days is 1 March 2026",
    ),
    (
        "last_visit < instant('2026-07-01T06:00Z')",
        "last_visit is vóór 1 juli 2026 om 08:00 uur",
        "last_visit er før 1. juli 2026 klokken 08.00",
        "last_visit is before 1 July 2026 at 08:00",
    ),
    (
        "not age < 12345.5",
        "leeftijd is minstens 12.345,5",
        "alder er minst 12\N{NO-BREAK SPACE}345,5",
        "age is at least 12,345.5",
    ),
    ("age != 1000", "leeftijd is niet 1000", "alder er ikke 1000", "age is not 1000"),
    (
        "age == tenure",
        "leeftijd is gelijk aan tenure",
        "alder er lik tenure",
        "age equals tenure",
    ),
    ("active", "bij ‘active’ staat ja", "det står ja under «active»", "active is yes"),
    ("not active", "bij ‘active’ staat nee", "det står nei under «active»", "active is no"),
    (
        "city in {'b', 'a', 'c'}",
        "city is ‘a’, ‘b’ of ‘c’",
        "city er «a», «b» eller «c»",
        "city is “a”, “b” or “c”",
    ),
    (
        "'tv' not in products",
        "‘tv’ zit niet in producten",
        "«tv» er ikke med i produkter",
        "“tv” is not in products",
    ),
    (
        "any_of(products, {'a', 'b'})",
        "minstens een van ‘a’ en ‘b’ zit in producten",
        "minst én av «a» og «b» er med i produkter",
        "at least one of “a” and “b” is in products",
    ),
    (
        "not any_of(products, {'a', 'b'})",
        "geen van ‘a’ of ‘b’ zit in producten",
        "ingen av «a» eller «b» er med i produkter",
        "none of “a” or “b” is in products",
    ),
    (
        "all_of(products, {'a', 'b'})",
        "‘a’ en ‘b’ zitten allemaal in producten",
        "«a» og «b» er alle med i produkter",
        "“a” and “b” are all in products",
    ),
    (
        "products == {'a', 'b'}",
        "producten is precies ‘a’ en ‘b’",
        "produkter er nøyaktig «a» og «b»",
        "products is exactly “a” and “b”",
    ),
    ("not known(age)", "leeftijd is onbekend", "alder er ukjent", "age is not known"),
    (
        "segment('customers')",
        "de bezoeker hoort bij ‘Klanten’",
        "den besøkende hører til «Customers»",
        "the visitor belongs to “Customers”",
    ),
    (
        "not segment('customers')",
        "de bezoeker hoort niet bij ‘Klanten’",
        "den besøkende hører ikke til «Customers»",
        "the visitor does not belong to “Customers”",
    ),
    (
        "active and (age > 3 or known(age)) and adult",
        "bij ‘active’ staat ja, (leeftijd is meer dan 3 of leeftijd is bekend) en bij ‘adult’ staat ja",
        "det står ja under «active», (alder er mer enn 3 eller alder er kjent) og det står ja under «adult»",
        "active is yes, (age is more than 3 or age is known) and adult is yes",
    ),
]


@pytest.mark.parametrize(("written", "dutch", "norwegian", "english"), SENTENCES)
def test_a_condition_reads_as_a_sentence(written: str, dutch: str, norwegian: str, english: str) -> None:
    clause = read(written, SCOPE)
    assert [describe(clause, SCOPE, lang) for lang in ("nl", "nb", "en")] == [dutch, norwegian, english]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("'tv' in products", "‘televisie’ zit in producten"),
        ("any_of(products, {'internet', 'tv'})", "minstens een van ‘internet’ en ‘televisie’ zit in producten"),
        ("contract == 'year'", "contract is ‘een jaar’"),
        ("'year' != contract", "contract is niet ‘een jaar’"),
        ("contract in {'month', 'year'}", "contract is ‘month’ of ‘een jaar’"),
        ("products == {'tv'}", "producten is precies ‘televisie’"),
        ("topic == 'tv'", "het onderwerp is ‘televisie’"),
        ("section == 'tv'", "section is ‘tv’"),
    ],
)
def test_values_are_told_by_their_titles(written: str, words: str) -> None:
    year, television = {"nl": "een jaar", "en": "one year"}, {"nl": "televisie", "en": "television"}
    base = {"source": "crm", "purpose": "offers"}
    scope = Scope(
        timezone="Europe/Amsterdam",
        context={"topic": AttributeType.text, "section": AttributeType.text},
        words={"topic": FactWords(titles={"nl": "het onderwerp", "en": "the topic"}, values={"tv": television})},
        attributes=(
            Attribute(
                name="products", type=AttributeType.set, titles={"nl": "producten"}, values={"tv": television}, **base
            ),
            Attribute(
                name="contract", type=AttributeType.choice, choices=("month", "year"), values={"year": year}, **base
            ),
        ),
    )
    assert describe(read(written, scope), scope, "nl") == words


def test_a_language_without_phrases_gets_english() -> None:
    assert describe(read("age > 3", SCOPE), SCOPE, "fr") == "age is more than 3"
