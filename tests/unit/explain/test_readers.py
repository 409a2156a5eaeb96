"""Three readers of one entry, and seven causes of a miss: each in its own words."""

from collections.abc import Callable

import msgspec
import pytest

from personalize.explain.developer import CAUSES, REASONS
from personalize.explain.explanation import as_json, full, spoken
from personalize.explain.facts import Facts
from personalize.explain.language import LANGUAGES, language
from personalize.explain.reader import Reader
from personalize.explain.sentences import explain
from personalize.model.attributes import Cause
from personalize.model.consent import Notice
from personalize.model.cookbook import CookbookEntry
from personalize.model.decisions import Outcome, Reason

Make = Callable[..., CookbookEntry]
SITES_OWN = ("customers.csv", "existing-customer", "has-internet", "renewal-window/", "ab" * 6, "crm")


def test_developers_have_words_for_every_reason_and_cause_in_every_language() -> None:
    assert (set(REASONS), set(CAUSES)) == (set(Reason), set(Cause))
    for table in (REASONS, CAUSES):
        for lang in LANGUAGES:
            assert len({language(lang).say(words) for words in table.values()}) == len(table)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("reader", Reader)
def test_seven_causes_of_a_miss_are_seven_sentences_for_every_reader(
    entry: Make, facts: Facts, lang: str, reader: Reader
) -> None:
    missed = [
        entry(
            reason=Reason.NO_CONSENT if cause < Cause.assurance else Reason.NOT_MATCHED,
            outcomes=(Outcome("climate", Reason.NO_CONSENT if cause < 3 else Reason.NOT_MATCHED, cause),),
            missed={"interest": cause},
        )
        for cause in Cause
    ]
    missed.append(
        entry(reason=Reason.NOT_MATCHED, outcomes=(Outcome("climate", Reason.NOT_MATCHED),), read={"interest": "sport"})
    )
    told = [explain(each, facts, lang, reader) for each in missed]
    assert len({each.others[0].sentence for each in told}) == 7
    assert len({full(each) for each in told}) == 7
    if reader is not Reader.developer:
        assert len({spoken(each) for each in told}) == 7


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_visitor_sees_nothing_of_the_sites_own(
    by_click: CookbookEntry, by_login: CookbookEntry, facts: Facts, lang: str
) -> None:
    for each in (by_click, by_login):
        told = explain(each, facts, lang, Reader.visitor)
        assert [word for word in SITES_OWN if word in full(told)] == []
        plain = msgspec.json.decode(as_json(told))
        for line in plain["ingredients"]:
            line["source"] = ""  # its name is beside its title in the sentence
        assert [word for word in SITES_OWN if word in str(plain)] == []
        assert all(line.batch == 0 for line in told.ingredients)


def test_a_visitor_is_not_told_what_is_still_to_come(by_click: CookbookEntry, facts: Facts) -> None:
    names = {reader: [o.variant for o in explain(by_click, facts, "en", reader).others] for reader in Reader}
    assert "summer" in names[Reader.staff]
    assert "summer" not in names[Reader.visitor]


def test_a_visitor_hears_of_a_fault_but_not_of_its_rule(entry: Make, facts: Facts) -> None:
    broken = entry(reason=Reason.ERROR, outcomes=(Outcome("switch", Reason.ERROR, None, 0),), failed=(0, 1))
    told = explain(broken, facts, "en", Reader.visitor)
    assert told.faults == ("Part of our system did not work at that moment.",)


def test_a_developer_reads_names_and_conditions_and_no_value(by_login: CookbookEntry, facts: Facts) -> None:
    told = explain(by_login, facts, "en", Reader.developer)
    assert told.shown == "hero: the default."
    assert told.why == "a rule keeps it away (SUPPRESSED)."
    renewal = next(line.sentence for line in told.others if line.variant == "renewal")
    assert renewal == "renewal: it is meant for others, says renewal-window/renewal-window: months_left <= 3"
    assert told.ingredients[3].sentence == "interest: crm, customers.csv, 3 days old, reading (consent), reading@2"
    assert all(line.value == "" for line in told.ingredients)
    assert "sport" not in full(told)


def test_the_words_that_were_agreed_to_are_told_while_they_are_kept(by_login: CookbookEntry, facts: Facts) -> None:
    (event,) = facts.consents.values()
    agreed = msgspec.structs.replace(event, notice_lang="en", notice_sha256="aa")
    notice = Notice(name="reading", version=2, texts={"en": "Yes, remember."}, digests={"en": "aa"})
    known = msgspec.structs.replace(facts, consents={event.event_id: agreed}, notices={"reading": notice})
    assert explain(by_login, known, "nl").ingredients[3].text == "Yes, remember."
    changed = msgspec.structs.replace(notice, version=3, digests={"en": "bb"})
    since = msgspec.structs.replace(known, notices={"reading": changed})
    assert explain(by_login, since, "nl").ingredients[3].text == ""


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "We did not know whether you have it: you came through a link in a newsletter"),
        ("nl", "Wij wisten niet of u het hebt: u kwam binnen via een link in een nieuwsbrief"),
        ("nb", "Vi visste ikke om du har det: Du kom inn via en lenke i et nyhetsbrev"),
    ],
)
def test_a_rule_that_says_what_it_asks_is_told_without_quotes(
    by_click: CookbookEntry, facts: Facts, lang: str, words: str
) -> None:
    whether = {"en": "whether you have it", "nl": "of u het hebt", "nb": "om du har det"}
    rules = (msgspec.structs.replace(facts.recipe.rules[0], whether=whether), facts.recipe.rules[1])
    recipe = msgspec.structs.replace(facts.recipe, rules=rules)
    assert explain(by_click, msgspec.structs.replace(facts, recipe=recipe), lang).why.startswith(words)
