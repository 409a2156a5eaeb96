"""The engine: every candidate ends in exactly one outcome, in the order of the trip."""

from msgspec.structs import replace

from personalize.decisions.compiler import compile_recipe
from personalize.model.attributes import ABSENCES, Cause
from personalize.model.content import Rule, RuleKind, Segment
from personalize.model.decisions import Reason

NO_CONSENT = ABSENCES[Cause.no_consent]


def rule(kind, name, **more):
    return Rule(kind=kind, plugin="test", version="1", name=name, **more)


OWNS = rule(RuleKind.suppressor, "owns", when="active and 'tv' in products")


def test_an_untargeted_variant_is_shown_to_everyone(recipe, decide):
    assert decide(recipe({"name": "tv"}), stranger=True)[:2] == ("tv", {"tv": ("TARGETING_MATCH", None)})


def test_the_first_in_order_wins_and_the_rest_is_outranked(recipe, decide):
    winner, fates, _ = decide(recipe({"name": "a"}, {"name": "b"}))
    assert winner == "a"
    assert fates["b"] == ("OUTRANKED", None)


def test_a_condition_that_is_not_met_is_not_matched(recipe, decide):
    winner, fates, verdict = decide(recipe({"name": "tv", "when": "active"}), active=False)
    assert (winner, fates["tv"]) == (None, ("NOT_MATCHED", None))
    assert verdict.reason is Reason.NOT_MATCHED


def test_missing_consent_has_a_reason_of_its_own(recipe, decide):
    tv = recipe({"name": "tv", "when": "active"})
    assert decide(tv, active=NO_CONSENT)[1]["tv"] == ("NO_CONSENT", "no_consent")
    assert decide(tv, active=ABSENCES[Cause.objected])[1]["tv"] == ("NO_CONSENT", "objected")
    assert decide(tv, active=ABSENCES[Cause.assurance])[1]["tv"] == ("NOT_MATCHED", "assurance")
    assert decide(tv, active=NO_CONSENT, stranger=True)[1]["tv"] == ("NOT_RECOGNISED", "no_consent")


def test_a_suppressor_keeps_the_variant_from_who_has_the_product(recipe, decide):
    offer = recipe({"name": "tv"}, rules=[OWNS])
    assert decide(offer, active=True, products=frozenset({"tv"}))[1]["tv"] == ("SUPPRESSED", None)
    assert decide(offer, active=False, products=frozenset({"tv"}))[0] == "tv"


def test_a_suppressor_does_not_suppress_over_an_absence(recipe, decide):
    winner, _, verdict = decide(recipe({"name": "tv"}, rules=[OWNS]), active=NO_CONSENT)
    assert winner == "tv"
    assert verdict.mask == 0b001


def test_a_site_may_prefer_silence_over_an_absence(recipe, decide):
    silent = rule(RuleKind.suppressor, "owns", when="active", on_unknown="suppress")
    assert decide(recipe({"name": "tv"}, rules=[silent]), active=NO_CONSENT)[1]["tv"] == ("SUPPRESSED", None)


def test_a_chooser_has_the_say_over_the_variants_it_names(recipe, decide):
    window = rule(RuleKind.chooser, "window", when="active", variants=("renewal",))
    variants = ({"name": "first"}, {"name": "renewal"})
    assert decide(recipe(*variants, rules=[window]), active=True)[0] == "renewal"
    winner, fates, _ = decide(recipe(*variants, rules=[window]), active=False)
    assert (winner, fates["renewal"]) == ("first", ("NOT_MATCHED", None))


def test_a_schedule_is_start_inclusive_and_end_exclusive(recipe, decide):
    timed = recipe({"name": "tv", "starts": 100, "ends": 200})
    shown = [at for at in (99, 100, 199, 200) if decide(timed, at=at)[0] == "tv"]
    assert shown == [100, 199]
    assert decide(timed, at=99)[1]["tv"] == ("NOT_SCHEDULED", None)


def test_a_placeholder_over_an_absence_makes_the_variant_not_eligible(recipe, decide):
    hello = recipe({"name": "hello", "fields": {"text": {"en": "Hello {name}"}}})
    assert decide(hello, name="Anna")[0] == "hello"
    assert decide(hello)[1]["hello"] == ("NOT_MATCHED", "missing")


def test_an_empty_text_is_a_value_for_a_placeholder(recipe, decide):
    either = {"name": "hello", "when": "active or name == ''", "fields": {"text": {"en": "Hello {name}"}}}
    assert decide(recipe(either), name="")[0] == "hello"


def test_page_facts_are_read_like_values(recipe, decide):
    climate = recipe({"name": "ice", "when": "topic == 'climate'"})
    assert decide(climate, topic="climate")[0] == "ice"
    assert decide(climate)[1]["ice"] == ("NOT_MATCHED", "missing")


def test_every_segment_that_is_met_counts(recipe, decide):
    segments = [
        Segment(name="a", when="active"),
        Segment(name="b", when="active"),
        Segment(name="c", when="known(name)"),
    ]
    _, fates, _ = decide(recipe(segments=segments), slot="segments", active=True)
    assert [name for name, (reason, _) in fates.items() if reason == "TARGETING_MATCH"] == ["a", "b"]


def test_a_failing_rule_costs_its_candidate_and_no_other(recipe, decide):
    def broken(view, candidate, context):
        raise ZeroDivisionError

    bad = rule(RuleKind.suppressor, "bad", callable=True, variants=("a",))
    winner, fates, verdict = decide(recipe({"name": "a"}, {"name": "b"}, rules=[bad]), {"bad": broken})
    assert (winner, fates["a"]) == ("b", ("ERROR", None))
    assert verdict.failed == (0,)


def test_a_rule_that_failed_then_fails_in_the_replay_without_being_asked(recipe, decide):
    asked = []
    fine = rule(RuleKind.suppressor, "fine", callable=True)
    made = recipe({"name": "a"}, rules=[fine])
    _, fates, _ = decide(made, {"fine": lambda *inputs: asked.append(1) or False}, failing=frozenset({0}))
    assert (fates["a"], asked) == (("ERROR", None), [])


def test_a_placeholder_is_filled_with_a_values_title_in_the_language_of_the_text(recipe):
    titles = {"nl": "televisie", "en": "television"}
    plain = recipe({"name": "hello", "fields": {"text": {"nl": "U hebt {products}", "en": "You have {products}"}}})
    *others, products = plain.attributes
    titled = replace(plain, attributes=(*others, replace(products, values={"tv": titles})))
    offer = compile_recipe(titled, "00" * 32, {}).slots["offer"]
    cells = (True, "Anna", frozenset({"internet", "tv"}), ABSENCES[Cause.missing])
    assert [offer.texts(0, lang, cells)["text"] for lang in ("nl", "en")] == [
        "U hebt internet en televisie",
        "You have internet and television",
    ]
