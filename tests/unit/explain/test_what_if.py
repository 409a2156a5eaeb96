"""What if, read aloud: one thing changed about an entry, in three languages."""

from collections.abc import Callable
from hashlib import sha256

import pytest
from msgspec.structs import replace

from personalize.decisions.compiler import compile_recipe
from personalize.errors import NotReplayable
from personalize.explain.changes import OtherAssurance
from personalize.explain.facts import Facts
from personalize.explain.language import LANGUAGES
from personalize.explain.reader import Reader
from personalize.explain.standing import Standing, Unallowed
from personalize.explain.stops import Stop
from personalize.explain.supposed import WhatIf, answers, cannot_say, listed
from personalize.explain.whatif import Past
from personalize.model.attributes import Cause, Stored
from personalize.model.content import Recipe, Rule, RuleKind, Variant, encode_recipe
from personalize.model.cookbook import CookbookEntry, Withheld
from personalize.model.decisions import Outcome, Reason
from personalize.model.people import Assurance
from personalize.settings.sources import DEVICE
from tests.unit.explain.conftest import AT, DAY, RECIPE, RECORD

Make = Callable[..., CookbookEntry]
ORDER = Rule(kind=RuleKind.chooser, plugin="builtin", version="1", name="priority-order", order=1_000)
COMPLETE = replace(
    RECIPE,
    attributes=tuple(replace(a, assurance=Assurance.login) for a in RECIPE.attributes),
    rules=(*RECIPE.rules, ORDER),
)
ALLOWED = dict.fromkeys((purpose.name for purpose in RECIPE.purposes), Standing.allowed)
TODAY = {
    "active": Stored(True, AT - DAY, 7),
    "products": Stored(["internet"], AT - DAY, 7),
    "months_left": Stored(11, AT - DAY, 7),
}


def digest_of(recipe: Recipe) -> str:
    return sha256(encode_recipe(recipe)).hexdigest()


def asked(
    entry: CookbookEntry,
    facts: Facts,
    lang: str,
    reader: str = Reader.staff,
    recipe: Recipe = COMPLETE,
    now: dict[str, Standing] | None = None,
    **more: Stored,
) -> tuple[WhatIf, ...]:
    compiled = compile_recipe(recipe, digest_of(recipe), {})
    consents, profile = list(facts.consents.values()), {**TODAY, **more}
    past = Past(entry, compiled, consents, lambda: profile, now or ALLOWED, is_device=facts.device)
    return answers(past, replace(facts, recipe=recipe), lang, reader)


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "en",
            "Had you been logged in, we would not have shown “Switch now”, but the ordinary content: you already have"
            " this product. This is worked out with what we know of you today.",
        ),
        (
            "nl",
            "Was u ingelogd geweest, dan hadden wij niet “Stap nu over” getoond, maar de gewone inhoud: u hebt dit"
            " product al. Dit is berekend met wat wij vandaag van u weten.",
        ),
        (
            "nb",
            "Hadde du vært logget inn, ville vi ikke ha vist «Bytt nå», men det vanlige innholdet: Du har allerede"
            " dette produktet. Dette er regnet ut med det vi vet om deg i dag.",
        ),
    ],
)
def test_what_if_she_had_logged_in(by_click: CookbookEntry, facts: Facts, lang: str, words: str) -> None:
    first = asked(by_click, facts, lang)[0]
    assert first == WhatIf(kind="assurance", name="login", to="login", sentence=words, differs=True, today=True)


def test_one_value_can_make_the_difference(by_login: CookbookEntry, facts: Facts) -> None:
    said = {found.name: found.sentence for found in asked(by_login, facts, "en") if found.kind == "value"}
    assert said["months_left"] == (
        "Had “Months left” been 3 instead of 11, we would have shown “Renew now” instead of the ordinary content:"
        " your contract ends within 3 months."
    )
    assert said["products"].startswith("Had “Products” been tv instead of internet and tv, we would have shown")


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("nl", "Had er bij “Resterende maanden” 3 gestaan in plaats van 11, dan hadden wij"),
        ("nb", "Hadde det stått 3 i stedet for 11 under «Måneder igjen», ville vi ha vist"),
    ],
)
def test_a_value_is_supposed_in_words_that_fit_one_and_many(
    by_login: CookbookEntry, facts: Facts, lang: str, words: str
) -> None:
    assert any(found.sentence.startswith(words) for found in asked(by_login, facts, lang))


def test_an_objection_is_told_without_a_false_cause(by_login: CookbookEntry, facts: Facts) -> None:
    kept = replace(by_login, variant="renewal", reason=Reason.TARGETING_MATCH)
    read = tuple(
        replace(i, value=replace(i.value, plain=2)) if i.attribute == "months_left" else i for i in kept.ingredients
    )
    found = next(each for each in asked(replace(kept, ingredients=read), facts, "en") if each.name == "offers")
    assert found.sentence == (
        "Had you objected to “Offers”, we would have shown “Switch now” instead of “Renew now”:"
        " then we would not have looked at “Customer”."
    )


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "“Stay” is only shown when this holds: Months left is at most 3"),
        ("nl", "“Blijf” wordt alleen getoond als dit geldt: Resterende maanden is hoogstens 3"),
        ("nb", "«Bli» vises bare når dette stemmer: Måneder igjen er høyst 3"),
    ],
)
def test_a_condition_is_told_with_the_name_of_the_variant_that_has_it(
    entry: Make, facts: Facts, lang: str, words: str
) -> None:
    titles = {"en": "Stay", "nl": "Blijf", "nb": "Bli"}
    stay = Variant(slot="hero", name="stay", when="months_left <= 3", titles=titles)
    shown = Outcome("stay", Reason.TARGETING_MATCH)
    kept = entry(variant="stay", reason=Reason.TARGETING_MATCH, outcomes=(shown,), read={"months_left": 2})
    recipe = replace(COMPLETE, variants=(stay,), rules=(ORDER,))
    said = [found.sentence for found in asked(kept, facts, lang, recipe=recipe) if found.name == "months_left"]
    assert any(words in each for each in said), said


def test_a_name_after_a_colon_keeps_its_small_letter(by_login: CookbookEntry, facts: Facts) -> None:
    said = [found.sentence for found in asked(by_login, facts, "nb", Reader.developer)]
    assert any(each.endswith("det vanlige innholdet: renewal-window/renewal-window.") for each in said), said


def test_what_nobody_noted_cannot_be_said(entry: Make, facts: Facts) -> None:
    refused = Outcome("climate", Reason.NO_CONSENT, Cause.no_consent)
    shown = entry(outcomes=(refused,), missed={"interest": Cause.no_consent, "active": Cause.objected})
    climate = Stored("climate", AT - DAY, 7)
    unasked = replace(facts, consents={})
    found = next(each for each in asked(shown, unasked, "en", interest=climate) if each.name == "reading")
    assert not found.certain
    assert "we cannot say what would have been shown" in found.sentence


@pytest.mark.parametrize(
    ("lang", "standing", "words"),
    [
        (
            "en",
            Standing.not_given,
            "Had you agreed to “Reading habits”, we cannot say what would have been shown: without your consent to"
            " “Reading habits” we do not look at “Interest”.",
        ),
        (
            "nl",
            Standing.not_given,
            "Had u toestemming gegeven voor “Leesgedrag”, dan kunnen wij niet zeggen wat er getoond zou zijn: zonder uw"
            " toestemming voor “Leesgedrag” kijken wij niet naar “Interesse”.",
        ),
        (
            "nb",
            Standing.objected,
            "Hadde du samtykket til «Lesevaner», kan vi ikke si hva som ville blitt vist: Du protesterer mot"
            " «Lesevaner», så vi ser ikke på «Interesse».",
        ),
    ],
)
def test_to_suppose_a_consent_opens_no_value(
    entry: Make, facts: Facts, lang: str, standing: Standing, words: str
) -> None:
    refused = Outcome("climate", Reason.NO_CONSENT, Cause.no_consent)
    shown = entry(outcomes=(refused,), missed={"interest": Cause.no_consent})
    climate = Stored("climate", AT - DAY, 7)
    now, unasked = {**ALLOWED, "reading": standing}, replace(facts, consents={})
    told = asked(shown, unasked, lang, now=now, interest=climate)
    found = next(each for each in told if each.kind == "consent")
    assert (found.sentence, found.certain, found.differs) == (words, False, False)
    assert all(each.variant != "climate" for each in told)


@pytest.mark.parametrize(
    ("became", "words"),
    [
        (Unallowed.never, "Had you agreed to “Reading habits”, "),
        (Unallowed.refused, "Had you agreed to “Reading habits”, "),
        (Unallowed.outdated, "Had your consent to “Reading habits” been in force, "),
        (Unallowed.expired, "Had your consent to “Reading habits” been in force, "),
    ],
)
def test_whoever_had_agreed_is_not_told_that_they_had_not(
    entry: Make, facts: Facts, became: Unallowed, words: str
) -> None:
    refused = Outcome("climate", Reason.NO_CONSENT, Cause.no_consent)
    shown = entry(outcomes=(refused,), missed={"interest": Cause.no_consent})
    known = replace(facts, consents={}, unallowed={"reading": became})
    found = next(each for each in asked(shown, known, "en") if each.kind == "consent")
    assert found.sentence.startswith(words)


def test_where_one_answer_is_open_nobody_says_that_nothing_makes_a_difference(entry: Make, facts: Facts) -> None:
    alone = replace(COMPLETE, variants=(Variant(slot="hero", name="climate", when="interest == 'climate'"),))
    refused = Outcome("climate", Reason.NO_CONSENT, Cause.no_consent)
    shown, unasked = entry(outcomes=(refused,), missed={"interest": Cause.no_consent}), replace(facts, consents={})
    never = {**ALLOWED, "reading": Standing.not_given}
    told = asked(shown, unasked, "en", recipe=alone, now=never, interest=Stored("climate", AT - DAY, 7))
    assert [(each.kind, each.certain) for each in told] == [("consent", False)]


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "Had “Interest” not been known to us, we would not have shown “Hello”, but the ordinary content."),
        (
            "nl",
            "Was “Interesse” niet bij ons bekend geweest, dan hadden wij niet “Hallo” getoond, maar de gewone inhoud.",
        ),
        ("nb", "Hadde vi ikke kjent til «Interesse», ville vi ikke ha vist «Hei», men det vanlige innholdet."),
    ],
)
def test_what_had_not_been_known_is_its_own_reason(entry: Make, facts: Facts, lang: str, words: str) -> None:
    titles, fields = {"en": "Hello", "nl": "Hallo", "nb": "Hei"}, {"headline": {"en": "{interest}"}}
    alone = replace(COMPLETE, variants=(Variant(slot="hero", name="greeting", titles=titles, fields=fields),))
    outcome = Outcome("greeting", Reason.TARGETING_MATCH, None, 2)
    shown = entry(variant="greeting", outcomes=(outcome,), read={"interest": "sport"})
    assert words in [each.sentence for each in asked(shown, facts, lang, recipe=alone)]


def test_a_consent_that_was_there_is_not_supposed(entry: Make, facts: Facts) -> None:
    refused = Outcome("climate", Reason.NO_CONSENT, Cause.no_consent)
    shown = entry(outcomes=(refused,), missed={"interest": Cause.no_consent})
    given = replace(facts.consents[RECORD], notice="reading@2")
    told = asked(shown, replace(facts, consents={RECORD: given}), "en", interest=Stored("climate", AT - DAY, 7))
    assert [each.name for each in told if each.kind == "consent"] == []


def recognising(purpose: str) -> Recipe:
    """Return a recipe with a purpose by which a link recognises people; at that all may be read."""
    purposes = tuple(replace(each, recognise=each.name == purpose) for each in RECIPE.purposes)
    attributes = tuple(replace(each, assurance=Assurance.click) for each in RECIPE.attributes)
    return replace(COMPLETE, purposes=purposes, attributes=attributes)


@pytest.mark.parametrize(("purpose", "shown"), [("offers", None), ("reading", "switch")])
def test_a_link_recognises_only_whom_agreed_to_that(by_login: CookbookEntry, purpose: str, shown: str | None) -> None:
    recipe = recognising(purpose)
    without = replace(by_login, ingredients=tuple(i for i in by_login.ingredients if i.purpose != "reading"))
    compiled = compile_recipe(recipe, digest_of(recipe), {})
    supposed = Past(without, compiled, (), dict, ALLOWED).suppose(OtherAssurance(Assurance.click))
    assert supposed.entry.variant == shown


def test_who_takes_back_being_recognised_is_a_stranger_at_the_next_link(entry: Make, facts: Facts) -> None:
    suppressed = Outcome("switch", Reason.SUPPRESSED, None, 0)
    read = {"active": True, "products": ["internet"], "interest": "sport"}
    clicked = entry(assurance=Assurance.click, outcomes=(suppressed,), reason=Reason.SUPPRESSED, read=read)
    found = next(each for each in asked(clicked, facts, "en", recipe=recognising("reading")) if each.name == "reading")
    assert (found.variant, found.differs) == ("switch", True)


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "Had you been logged in, we cannot say what would have been shown: we would have looked at what"),
        ("nl", "Was u ingelogd geweest, dan kunnen wij niet zeggen wat er getoond zou zijn: wij hadden gekeken"),
        ("nb", "Hadde du vært logget inn, kan vi ikke si hva som ville blitt vist: Vi ville ha sett på"),
    ],
)
def test_who_would_have_logged_in_at_a_browser_nobody_knows(
    by_click: CookbookEntry, facts: Facts, lang: str, words: str
) -> None:
    first, *rest = (each for each in asked(by_click, replace(facts, device=True), lang) if each.kind == "assurance")
    assert first.sentence.startswith(words)
    assert (first.name, first.differs, first.certain) == ("login", False, False)
    assert {each.name for each in rest} <= {"none"}


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "we do not know what we would have seen of “Interest” in your browser"),
        ("nl", "wij weten niet wat wij in uw browser over “Interesse” hadden gezien"),
        ("nb", "Vi vet ikke hva vi ville ha sett om «Interesse» i nettleseren din"),
    ],
)
def test_what_a_browser_would_have_told_is_not_taken_from_today(
    entry: Make, facts: Facts, lang: str, words: str
) -> None:
    observed = tuple(replace(a, source=DEVICE) if a.name == "interest" else a for a in COMPLETE.attributes)
    clicked = entry(assurance=Assurance.click, missed={"interest": Cause.assurance})
    recipe, climate = replace(COMPLETE, attributes=observed), Stored("climate", AT - DAY, 0)
    first = next(each for each in asked(clicked, facts, lang, recipe=recipe, interest=climate) if each.name == "login")
    assert words in first.sentence
    assert not first.certain


def test_what_a_linked_browser_keeps_back_leaves_the_rest_of_its_purpose_open(entry: Make, facts: Facts) -> None:
    read, shown = {"active": True, "months_left": 2}, Outcome("renewal", Reason.TARGETING_MATCH, None, 1)
    kept = entry(variant="renewal", reason=Reason.TARGETING_MATCH, outcomes=(shown,), read=read)
    withheld = replace(kept, absences=(Withheld(attribute="products", cause=Cause.no_consent),))
    for each in (kept, withheld):
        found = {name: found.variant for found in asked(each, facts, "en") if (name := found.name) in read}
        assert found == {"active": "switch", "months_left": None if each is kept else "switch"}


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "Had we been allowed to use “Months left”, and had it been 0, we would have shown “Renew now”"),
        ("nl", "Hadden wij “Resterende maanden” mogen gebruiken, en had daar 0 gestaan, dan hadden wij “Verleng nu”"),
        ("nb", "Hadde vi fått bruke «Måneder igjen», og hadde det stått 0 der, ville vi ha vist «"),
    ],
)
def test_what_we_may_not_use_we_do_not_call_unknown(entry: Make, facts: Facts, lang: str, words: str) -> None:
    missed = entry(read={"active": True}, missed={"months_left": Cause.missing})
    told = asked(missed, replace(facts, stopped={"months_left": Stop.use}), lang)
    assert [each.sentence.startswith(words) for each in told if each.name == "months_left"] == [True]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_chance_erasure_and_parts_that_are_gone_are_three_answers(entry: Make, lang: str) -> None:
    by_chance, gone, erased = entry(reason=Reason.SPLIT), entry(), entry(erased=True)
    said = [cannot_say(each, lang)[0] for each in (by_chance, gone, erased)]
    assert len({each.sentence for each in said}) == 3
    assert not any(each.differs or each.certain for each in said)


@pytest.mark.parametrize("reason", [Reason.SPLIT, Reason.HOLDOUT])
def test_chance_is_never_drawn_again(entry: Make, reason: Reason) -> None:
    with pytest.raises(NotReplayable, match="Chance"):
        Past(entry(outcomes=(Outcome("switch", reason),)), compile_recipe(COMPLETE, "ab" * 32, {}), (), dict, {})


def test_todays_profile_is_left_alone_where_the_entry_knows_enough(by_login: CookbookEntry) -> None:
    def never() -> dict[str, Stored]:
        raise AssertionError("asked")

    past = Past(by_login, compile_recipe(COMPLETE, by_login.recipe, {}), (), never, ALLOWED)
    assert past.suppose(OtherAssurance(Assurance.click)).entry.variant == "switch"


def test_masked_values_stay_masked(by_login: CookbookEntry, facts: Facts) -> None:
    hidden = replace(facts, masked=frozenset({"months_left", "products"}))
    said = " ".join(found.sentence for found in asked(by_login, hidden, "en"))
    assert "instead of 11" not in said
    assert "internet and tv" not in said


def test_no_other_value_of_what_is_masked_is_supposed(by_login: CookbookEntry, facts: Facts) -> None:
    names = frozenset(attribute.name for attribute in COMPLETE.attributes)
    found = asked(by_login, replace(facts, masked=names), "en")
    assert [each.to for each in found if each.kind == "value" and each.to] == []
    assert any("been something other than •••••" in each.sentence for each in found)


def test_a_developer_reads_names_and_no_value(by_login: CookbookEntry, facts: Facts) -> None:
    said = listed(asked(by_login, facts, "en", Reader.developer), "en")
    assert "instead of 11" not in said
    assert "we would have shown “renewal” instead of the ordinary content: renewal-window/renewal-window." in said
