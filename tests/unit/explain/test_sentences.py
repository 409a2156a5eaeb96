"""One entry, told in three languages."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

import msgspec
import pytest
from msgspec.structs import replace

from personalize.explain.explanation import as_json, full, spoken
from personalize.explain.facts import Facts
from personalize.explain.language import LANGUAGES
from personalize.explain.reader import Reader
from personalize.explain.sentences import explain
from personalize.explain.stops import Stop
from personalize.model.attributes import Cause
from personalize.model.consent import Notice
from personalize.model.content import FactWords, Rule, RuleKind
from personalize.model.cookbook import CookbookEntry
from personalize.model.decisions import Outcome, Reason
from personalize.model.people import Assurance
from personalize.settings.sources import DEVICE
from tests.unit.explain.conftest import RECORD

Make = Callable[..., CookbookEntry]
JARGON = [*(reason.name for reason in Reason), "existing-customer", "has-internet", "NO_", "crm", "None", "{"]


def why_not(entry: CookbookEntry, facts: Facts, lang: str, variant: str) -> str:
    return next(line.sentence for line in explain(entry, facts, lang).others if line.variant == variant)


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "en",
            "On Thursday 22 November at 14:02 we showed “Switch now” at “Top of the home page”. We did not know"
            " whether “you already have this product” holds for you: you came through a link in a newsletter,"
            " and then we do not look at “Customer”.",
        ),
        (
            "nl",
            "Op donderdag 22 november om 14:02 uur toonden wij “Stap nu over” op de plek “Bovenaan de homepage”."
            " Wij wisten niet of “u hebt dit product al” voor u geldt: u kwam binnen via een link in een"
            " nieuwsbrief, en dan kijken wij niet naar “Klant”.",
        ),
        (
            "nb",
            "Torsdag 22. november klokken 14.02 viste vi «Bytt nå» på plassen «Øverst på forsiden». Vi visste"
            " ikke om «du har allerede dette produktet» gjelder for deg: Du kom inn via en lenke i et nyhetsbrev,"
            " og da ser vi ikke på «Kunde».",
        ),
    ],
)
def test_a_click_by_a_customer_can_be_read_aloud(by_click: CookbookEntry, facts: Facts, lang: str, words: str) -> None:
    assert spoken(explain(by_click, facts, lang)) == words


def test_a_suppressed_offer_names_the_rule_in_its_own_words(by_login: CookbookEntry, facts: Facts) -> None:
    explanation = explain(by_login, facts, "en")
    assert explanation.why == "“Switch now” was not shown: you already have this product."
    suppressed = next(line for line in explanation.others if line.variant == "switch")
    assert (suppressed.reason, suppressed.rule) == ("SUPPRESSED", "existing-customer/has-internet")


def test_a_value_that_does_not_fit_is_told_beside_what_was_needed(by_login: CookbookEntry, facts: Facts) -> None:
    assert why_not(by_login, facts, "en", "renewal") == (
        "“Renew now” was not shown: it is only shown when this holds: Months left is at most 3; for you it was 11."
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_reason_is_not_told_once_more_among_what_else_was_considered(entry: Make, facts: Facts, lang: str) -> None:
    withheld = entry(
        reason=Reason.NOT_MATCHED,
        outcomes=(Outcome("switch", Reason.NOT_MATCHED), Outcome("renewal", Reason.NOT_MATCHED)),
    )
    told = explain(withheld, facts, lang)
    assert [line.variant for line in told.others] == ["switch", "renewal"]
    assert [line for line in told.rest if told.why in line] == []
    assert len(told.rest) == 1
    assert full(told).count(told.why) == 1


def test_an_ingredient_tells_value_source_age_and_consent(by_login: CookbookEntry, facts: Facts) -> None:
    lines = {line.attribute: line for line in explain(by_login, facts, "en").ingredients}
    assert lines["interest"].sentence == (
        "Interest: sport. From: Customer system (customers.csv), noted on 19 November 2029, 3 days old at the time."
        " Used for “Reading habits”, to which you agreed on 3 March 2029 (version 2 of the text)."
    )
    assert lines["products"].sentence.startswith("Products: internet and tv. From: Customer system")
    assert lines["products"].sentence.endswith("Used for “Offers”, which we may do until you object.")


def test_an_earlier_text_that_was_agreed_to_is_quoted(by_login: CookbookEntry, facts: Facts) -> None:
    digests = {version: {"en": sha256(f"Yes, {version}".encode()).hexdigest()} for version in (1, 2, 3)}
    versions = [
        Notice(name="reading", version=version, texts={"en": f"Yes, {version}"}, digests=digests[version])
        for version in (3, 2, 1)
    ]
    today = replace(versions[0], earlier=tuple(versions[1:]))
    given = replace(facts.consents[RECORD], notice_lang="en", notice_sha256=digests[2]["en"])
    told = explain(by_login, replace(facts, consents={RECORD: given}, notices={"reading": today}), "en")
    assert [(line.text, line.text_lang) for line in told.ingredients if line.text] == [("Yes, 2", "en")]


def test_values_are_told_by_their_titles(by_login: CookbookEntry, facts: Facts) -> None:
    television = {"nl": "televisie", "nb": "TV", "en": "television"}
    attributes = tuple(
        replace(each, values={"tv": television}) if each.name == "products" else each
        for each in facts.recipe.attributes
    )
    titled = replace(facts, recipe=replace(facts.recipe, attributes=attributes))
    told = [
        next(line.value for line in explain(by_login, titled, lang).ingredients if line.attribute == "products")
        for lang in LANGUAGES
    ]
    assert told == ["internet en televisie", "internet og TV", "internet and television"]


def test_programs_get_names_and_times(by_login: CookbookEntry, facts: Facts) -> None:
    told = msgspec.json.decode(as_json(explain(by_login, facts, "nl")))
    months = told["ingredients"][2]
    assert (months["attribute"], months["source"], months["purpose"]) == ("months_left", "crm", "offers")
    assert (months["observed"], months["batch"]) == ("2029-11-19T14:02:00+01:00", 7)
    assert (told["reason"], told["at"]) == ("SUPPRESSED", "2029-11-22T14:02:00+01:00")
    assert told["code"] == "7KQ4-2MX9"


def test_a_chosen_variant_tells_the_choosers_reason(entry: Make, facts: Facts) -> None:
    won = Outcome("renewal", Reason.TARGETING_MATCH, None, 1)
    chosen = entry(
        variant="renewal",
        reason=Reason.TARGETING_MATCH,
        outcomes=(won, Outcome("switch", Reason.OUTRANKED)),
        read={"active": True, "months_left": 2},
    )
    explanation = explain(chosen, facts, "nl")
    assert explanation.why == "De reden: uw contract loopt binnen 3 maanden af."
    assert explanation.rule == "renewal-window/renewal-window"
    assert why_not(chosen, facts, "nl", "switch") == "“Stap nu over” is niet getoond: “Verleng nu” ging voor."


def test_a_targeted_variant_tells_what_fitted_and_what_the_page_was_about(entry: Make, facts: Facts) -> None:
    targeted = entry(
        variant="climate",
        reason=Reason.TARGETING_MATCH,
        outcomes=(Outcome("climate", Reason.TARGETING_MATCH),),
        read={"interest": "climate"},
        context={"topic": "climate"},
    )
    explanation = explain(targeted, facts, "en")
    assert explanation.why == "The reason: Interest is “climate” and topic is “climate”."
    assert explanation.page == ("Topic: climate.",)
    climate = {"climate": {"nl": "klimaat", "en": "climate"}}
    words = {"topic": FactWords(titles={"nl": "het onderwerp", "en": "the topic"}, values=climate)}
    slots = tuple(replace(slot, words=words) for slot in facts.recipe.slots)
    told = explain(targeted, replace(facts, recipe=replace(facts.recipe, slots=slots)), "nl")
    assert told.why == "De reden: Interesse is ‘climate’ en het onderwerp is ‘klimaat’."
    assert told.page == ("Het onderwerp: klimaat.",)


@pytest.mark.parametrize(
    ("lang", "words"),
    [("nl", "tenzij er iets tegen pleit"), ("nb", "med mindre noe taler imot"), ("en", "unless something speaks")],
)
def test_what_a_rule_may_keep_from_somebody_is_not_called_everyones(
    entry: Make, facts: Facts, lang: str, words: str
) -> None:
    rule = Rule(kind=RuleKind.suppressor, plugin="test", version="1", name="s", when="interest == 'sport'")
    facts = msgspec.structs.replace(facts, recipe=msgspec.structs.replace(facts.recipe, rules=(rule,)))
    won = (Outcome("switch", Reason.TARGETING_MATCH),)
    shown = entry(variant="switch", reason=Reason.TARGETING_MATCH, outcomes=won, read={"interest": "climate"})
    assert words in explain(shown, facts, lang).why


def test_plain_priority_is_no_reason_beside_the_variants_own(entry: Make, facts: Facts) -> None:
    rule = Rule(kind=RuleKind.chooser, plugin="builtin", version="1", name="priority-order")
    recipe = msgspec.structs.replace(facts.recipe, rules=(rule,))
    facts = msgspec.structs.replace(facts, recipe=recipe)
    for variant, why in (("climate", "The reason: Interest is “climate” and"), ("switch", "This is for everyone.")):
        won = (Outcome(variant, Reason.TARGETING_MATCH, None, 0),)
        read = {"read": {"interest": "climate"}, "context": {"topic": "climate"}}
        shown = entry(variant=variant, reason=Reason.TARGETING_MATCH, outcomes=won, **read)
        assert explain(shown, facts, "en").why.startswith(why)


def test_the_last_day_of_a_schedule_is_told_and_not_the_midnight_after_it(entry: Make, facts: Facts) -> None:
    midnight = round(datetime(2029, 12, 1, tzinfo=ZoneInfo("Europe/Amsterdam")).timestamp()) * 1_000_000
    summer = next(each for each in facts.recipe.variants if each.name == "summer")
    others = tuple(each for each in facts.recipe.variants if each is not summer)
    ended = msgspec.structs.replace(summer, ends=midnight)
    facts = msgspec.structs.replace(facts, recipe=msgspec.structs.replace(facts.recipe, variants=(*others, ended)))
    off = entry(at=midnight + 1, outcomes=(Outcome("summer", Reason.NOT_SCHEDULED),))
    assert why_not(off, facts, "en", "summer").endswith("it had ended on Friday 30 November 2029.")


@pytest.mark.parametrize(
    ("lang", "person", "why"),
    [
        ("nl", "Wij kenden deze browser, en er was niemand ingelogd.", "Wij kenden alleen deze browser, en dan"),
        ("nb", "Vi kjente denne nettleseren, og ingen var logget inn.", "Vi kjente bare denne nettleseren, og da"),
        ("en", "We knew this browser, and nobody was logged in.", "We knew only this browser, and then we do not"),
    ],
)
def test_a_browser_that_was_known_came_by_no_link(entry: Make, facts: Facts, lang: str, person: str, why: str) -> None:
    seen = entry(assurance=Assurance.click, missed={"active": Cause.assurance})
    told = explain(seen, msgspec.structs.replace(facts, device=True), lang)
    assert told.person == person
    assert told.absences[0].sentence.startswith(why)
    assert explain(seen, facts, lang).person != person


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (-5, "it was to start on Friday 23 November 2029 at 14:02."),
        (30, "it had ended on Saturday 1 December 2029 at 14:02."),
    ],
)
def test_a_variant_off_its_schedule_tells_when(entry: Make, facts: Facts, days: int, words: str) -> None:
    off = entry(at=entry().at + days * 86_400_000_000, outcomes=(Outcome("summer", Reason.NOT_SCHEDULED),))
    assert why_not(off, facts, "en", "summer").endswith(words)


@pytest.mark.parametrize(
    ("lang", "stop", "words"),
    [
        ("nl", "use", "Op uw verzoek gebruiken wij “Klant” niet."),
        ("nb", "use", "På din forespørsel bruker vi ikke «Kunde»."),
        ("en", "use", "At your request we do not use “Customer”."),
        (
            "nl",
            "dispute",
            "U zei dat niet klopt wat wij over “Klant” hebben, en iets anders weten wij daar niet over.",
        ),
        ("nb", "dispute", "Du sa at det vi har om «Kunde», er feil, og noe annet vet vi ikke om det."),
        (
            "en",
            "dispute",
            "You said that what we have about “Customer” is wrong, and we know nothing else about it.",
        ),
        (
            "nl",
            "in_browser",
            "Op uw verzoek gebruiken wij niet wat wij in een browser van u over “Klant” zagen, en iets anders weten "
            "wij daar niet over.",
        ),
        (
            "nb",
            "in_browser",
            "På din forespørsel bruker vi ikke det vi så om «Kunde» i en nettleser du har brukt, og noe annet vet vi "
            "ikke om det.",
        ),
        (
            "en",
            "in_browser",
            "At your request we do not use what was seen of “Customer” in a browser of yours, and we know nothing else "
            "about it.",
        ),
    ],
)
def test_what_the_person_stopped_is_not_told_as_unknown(
    entry: Make, facts: Facts, lang: str, stop: str, words: str
) -> None:
    missed = entry(missed={"active": Cause.missing})
    stopped = msgspec.structs.replace(facts, stopped={"active": Stop[stop]})
    assert [each.sentence for each in explain(missed, stopped, lang).absences] == [words]
    assert [each.sentence for each in explain(missed, facts, lang).absences] != [words]


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "en",
            "What is seen in that browser was not to be used for “Reading habits”, and then we do not look at “Theme”.",
        ),
        (
            "nl",
            "Wat er in die browser te zien is, mocht niet voor “Leesgedrag” worden gebruikt, en dan kijken wij",
        ),
        ("nb", "Det som ses i den nettleseren, skulle ikke brukes til «Lesevaner», og da ser vi ikke på «Tema»."),
    ],
)
@pytest.mark.parametrize("cause", [Cause.no_consent, Cause.objected])
def test_what_a_browser_alone_kept_back_does_not_deny_the_person_s_own_consent(
    entry: Make, facts: Facts, cause: Cause, lang: str, words: str
) -> None:
    theme = replace(facts.recipe.attributes[-1], name="theme", source=DEVICE, titles={"nb": "Tema", "en": "Theme"})
    recipe = replace(facts.recipe, attributes=(*facts.recipe.attributes, theme))
    kept_back = entry(read={"interest": "sport"}, missed={"theme": cause})
    (told,) = explain(kept_back, replace(facts, recipe=recipe), lang).absences
    assert told.sentence.startswith(words)


def test_what_is_still_to_come_is_no_reason_that_a_visitor_is_told(entry: Make, facts: Facts) -> None:
    early = entry(reason=Reason.NOT_SCHEDULED, outcomes=(Outcome("summer", Reason.NOT_SCHEDULED),))
    assert "it was to start on" in explain(early, facts, "en").why
    assert explain(early, facts, "en", Reader.visitor).why == "The reason: there was nothing else for this place."


def test_a_rule_that_would_rather_be_silent_says_so(entry: Make, facts: Facts) -> None:
    rule = msgspec.structs.replace(facts.recipe.rules[0], on_unknown="suppress")
    recipe = msgspec.structs.replace(facts.recipe, rules=(rule,))
    silent = entry(
        reason=Reason.SUPPRESSED,
        outcomes=(Outcome("switch", Reason.SUPPRESSED, None, 0),),
        missed={"active": Cause.stale},
    )
    words = why_not(silent, msgspec.structs.replace(facts, recipe=recipe), "en", "switch")
    assert "and then we would rather leave it out: what we knew about “Customer” was more than 90 days old" in words


def test_a_rule_that_failed_is_told_as_a_fault(entry: Make, facts: Facts) -> None:
    broken = entry(reason=Reason.ERROR, outcomes=(Outcome("switch", Reason.ERROR, None, 0),), failed=(0,))
    explanation = explain(broken, facts, "en")
    assert explanation.faults == ("The part of our system that checks “you already have this product” did not work.",)
    assert explanation.faults[0] in full(explanation)


def test_a_callable_rule_that_says_no_is_told_by_its_title(entry: Make, facts: Facts) -> None:
    rule = msgspec.structs.replace(facts.recipe.rules[1], when="", callable=True)
    recipe = msgspec.structs.replace(facts.recipe, rules=(facts.recipe.rules[0], rule))
    refused = entry(outcomes=(Outcome("renewal", Reason.NOT_MATCHED, None, 1),))
    words = why_not(refused, msgspec.structs.replace(facts, recipe=recipe), "en", "renewal")
    assert words == "“Renew now” was not shown: this does not hold for you: your contract ends within 3 months."


def test_a_placeholder_that_may_not_be_filled_names_its_attribute(entry: Make, facts: Facts) -> None:
    variants = tuple(
        msgspec.structs.replace(v, fields={"headline": {"en": "For {interest}"}}) if v.name == "switch" else v
        for v in facts.recipe.variants
    )
    recipe = msgspec.structs.replace(facts.recipe, variants=variants)
    unfilled = entry(
        outcomes=(Outcome("switch", Reason.NO_CONSENT, Cause.no_consent),),
        missed={"active": Cause.no_consent, "interest": Cause.no_consent},
    )
    words = why_not(unfilled, msgspec.structs.replace(facts, recipe=recipe), "en", "switch")
    assert words.endswith("no consent to “Reading habits” was in force, and then we do not look at “Interest”.")


def test_segments_are_told_as_groups(entry: Make, facts: Facts) -> None:
    asked = entry(slot="segments", outcomes=(Outcome("customers", Reason.TARGETING_MATCH),), read={"active": True})
    explanation = explain(asked, facts, "en")
    assert explanation.why == "You belonged to: “Customers”."
    assert explanation.others == ()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_jargon_reaches_a_person(by_click: CookbookEntry, by_login: CookbookEntry, facts: Facts, lang: str) -> None:
    text = full(explain(by_click, facts, lang)) + full(explain(by_login, facts, lang))
    assert [word for word in JARGON if word in text] == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("reason", Reason)
def test_every_reason_can_be_told_with_or_without_its_rule(
    entry: Make, facts: Facts, lang: str, reason: Reason
) -> None:
    for rule in (-1, 0, 1, 99):
        told = explain(entry(reason=reason, outcomes=(Outcome("switch", reason, None, rule),)), facts, lang)
        assert told.others[0].sentence.endswith(".")
        assert "_" not in told.others[0].sentence
        assert len(told.why) > 20


def test_what_is_no_longer_known_is_left_out(by_login: CookbookEntry, facts: Facts) -> None:
    bare = Facts(recipe=facts.recipe, now=facts.now)
    line = explain(by_login, bare, "en").ingredients[3]
    assert (line.file, line.agreed) == ("", "")
    assert line.sentence.endswith("Used for “Reading habits”, with your permission.")


def test_a_title_that_lacks_falls_back_to_another_language(entry: Make, facts: Facts) -> None:
    rule = Rule(kind=facts.recipe.rules[0].kind, plugin="p", version="1", name="no-offers-now")
    recipe = msgspec.structs.replace(facts.recipe, rules=(rule,))
    told = entry(outcomes=(Outcome("renewal", Reason.SUPPRESSED, None, 0),), assurance=Assurance.login)
    words = why_not(told, msgspec.structs.replace(facts, recipe=recipe), "nb", "renewal")
    assert words == "«Renew now» ble ikke vist: No offers now."
