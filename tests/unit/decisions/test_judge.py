"""The function written for a slot: readable, without anybody's text as code, and gone with its slot."""

import ast
import gc
import linecache
import traceback
import weakref
from itertools import product
from random import Random

import pytest

from personalize.decisions.codes import code
from personalize.decisions.compiler import compile_recipe
from personalize.decisions.exits import ELIGIBLE, MOST_FOUND, Choice, Exits, Found, lookup
from personalize.decisions.judge import MOST_INLINE, MOST_TOGETHER
from personalize.model.attributes import ABSENCES, Cause
from personalize.model.content import Rule, RuleKind, Segment
from personalize.model.decisions import Answer, Reason

HOSTILE = [
    "x'; import os; os.abort() #",
    'x"""\nraise SystemExit\n"""',
    "x\\\nraise SystemExit",
    "x\rraise SystemExit\x0craise SystemExit\u2028raise SystemExit\x85raise SystemExit",
    "{mask} %s \0 \ud800 é {0}",
    "#\n    return (b'', 0, ())",
]
MISSING = ABSENCES[Cause.missing]
ACTIVE = (True, None, None), (MISSING,) * 3, (MISSING,)
"""Values, absences and facts: all that is known is that somebody is active."""

MET = code(Reason.TARGETING_MATCH)
NOT_TAKEN = code(Reason.NOT_MATCHED)


def suppressor(name="s", **more):
    return Rule(kind=RuleKind.suppressor, plugin="test", version="1", name=name, **more)


def compiled(recipe, callees=None, slot="offer"):
    return compile_recipe(recipe, "00" * 32, callees or {}).slots[slot]


def statements(source):
    """Return the source without its comments."""
    return ast.dump(ast.parse(source))


def test_the_source_names_each_variant_with_its_condition_and_each_rule(recipe):
    source = compiled(
        recipe({"name": "tv", "when": "active"}, rules=[suppressor("owns", when="'tv' in products")])
    ).source
    assert "# 0 tv when active" in source
    assert "# suppressor test/owns" in source
    assert "# 'tv' in products" in source


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_person_becomes_code(recipe, text):
    def source(text):
        literal = (
            text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", " ").replace("\r", " ").replace("\0", " ")
        )
        when = f"name == '{literal}'".encode("ascii", "ignore").decode().replace("\x0c", " ")
        segments = [Segment(name=text, when=when)]
        made = recipe({"name": text, "when": when}, rules=[suppressor(text, when=when)], segments=segments)
        return [compiled(made, slot=slot).source for slot in ("offer", "segments")]

    assert [statements(one) for one in source(text)] == [statements(one) for one in source("plain")]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_compared_and_nothing_else(recipe, decide, text):
    when = "name == topic and name != 'x'"
    assert decide(recipe({"name": text, "when": when}), name=text, topic=text)[0] == text


def test_a_traceback_shows_the_line_and_the_slot_takes_it_along(recipe):
    slot = compiled(recipe({"name": "tv", "when": "name == topic"}))
    file = slot.judge.__code__.co_filename
    with pytest.raises(IndexError) as raised:
        slot.judge((), (), (), None, False)
    shown = "".join(traceback.format_exception(raised.value))
    assert "c1 = values[1]" in shown
    assert "slot offer" in file
    del slot, raised
    gc.collect()
    assert file not in linecache.cache


def test_a_condition_of_the_greatest_depth_may_stand_at_every_stage(recipe, decide):
    deep = "(active or not known(name) and not (" * 12 + "active" + "))" * 12
    rules = [
        suppressor(when=f"not ({deep})", on_unknown="suppress"),
        Rule(kind=RuleKind.chooser, plugin="t", version="1", name="c", when=deep),
    ]
    made = recipe({"name": "a", "when": deep, "starts": 0, "fields": {"t": {"en": "{name}"}}}, rules=rules)
    assert decide(made, active=True, name="Anna")[0] == "a"


def test_a_rule_over_many_candidates_is_written_and_asked_once(recipe, decide):
    owns = suppressor(when="active and 'tv' in products")
    made = recipe(*({"name": f"v{place}"} for place in range(MOST_INLINE + 1)), rules=[owns])
    assert compiled(made).source.count("def rule0(") == 1
    _, fates, verdict = decide(made, active=True, products=frozenset({"tv"}))
    assert ({reason for reason, _ in fates.values()}, verdict.mask) == ({"SUPPRESSED"}, 0b101)


def test_a_slot_of_many_candidates_is_compiled_in_parts(recipe):
    def sizes(count):
        source = compiled(recipe(*({"name": f"v{place}", "when": "active"} for place in range(count)))).source
        return [each.count("# ") for each in source.split("def ")[1:]]

    assert sizes(MOST_TOGETHER) == [MOST_TOGETHER + 1]
    assert sizes(2 * MOST_TOGETHER + 1) == [MOST_TOGETHER, MOST_TOGETHER, 1, 1]


def test_each_part_is_compiled_by_itself_and_its_lines_go_with_the_slot(recipe):
    slot = compiled(recipe(*({"name": f"v{place}"} for place in range(MOST_TOGETHER + 1))))
    functions = [slot.judge, *(each for name, each in slot.judge.__globals__.items() if name in ("from0", "from50"))]
    files = {each.__code__.co_filename for each in functions}
    assert len(files & set(linecache.cache)) == 3
    del slot, functions
    gc.collect()
    assert not files & set(linecache.cache)


def test_what_parts_of_a_slot_read_and_which_rules_fail_there_is_one_answer(recipe, decide):
    def ask(view, candidate, context):
        if candidate.variant == "v0":
            raise ZeroDivisionError
        return candidate.variant == "v50" and view.get("products") is not None

    rules = [
        suppressor("own", callable=True, reads=("products",)),
        suppressor("late", callable=True, variants=("v60",)),
        suppressor("named", when="known(name)"),
    ]
    made = recipe(*({"name": f"v{place}", "when": "active"} for place in range(70)), rules=rules)
    winner, fates, verdict = decide(made, {"own": ask, "late": lambda *asked: 1 / 0}, active=True, products=frozenset())
    assert (winner, verdict.mask, verdict.failed) == ("v1", 0b111, (0, 1))
    assert [fates[name][0] for name in ("v0", "v50", "v60", "v69")] == ["ERROR", "SUPPRESSED", "ERROR", "OUTRANKED"]


def test_a_fate_is_told_by_its_codes_alone(recipe):
    slot = compiled(recipe({"name": "a", "when": "active"}, {"name": "b"}))
    answer = slot.judge(*ACTIVE, None, False)
    fate = slot.fate(answer.codes)
    assert (answer.winner, answer.variant, answer.reason) == (0, "a", Reason.TARGETING_MATCH)
    assert (answer.mask, answer.failed) == (1, ())
    assert slot.judge(*ACTIVE, None, False) is answer
    assert [outcome.reason for outcome in fate.outcomes] == [Reason.TARGETING_MATCH, Reason.OUTRANKED]
    assert answer.outcomes is fate.outcomes


def test_a_slot_without_candidates_shows_its_default(recipe, decide):
    winner, fates, verdict = decide(recipe())
    assert (winner, fates, verdict.reason, verdict.mask) == (None, {}, Reason.DEFAULT, 0)


def test_what_a_callable_reads_and_what_conditions_read_are_one_mask(recipe, decide):
    def ask(view, candidate, context):
        return view.get("products") == frozenset({"tv"}) and candidate.variant == "a"

    made = recipe(
        {"name": "a", "when": "active"}, {"name": "b"}, rules=[suppressor("own", callable=True, reads=("products",))]
    )
    winner, fates, verdict = decide(made, {"own": ask}, active=True, products=frozenset({"tv"}))
    assert (winner, fates["a"], verdict.mask) == ("b", ("SUPPRESSED", None), 0b101)


def test_rules_that_failed_then_leave_the_slot_s_own_function_as_it_is(recipe):
    slot = compiled(recipe({"name": "a"}, rules=[suppressor(when="active")]))
    before = slot.judge
    again = slot._without(frozenset({0}))
    assert again is slot._without(frozenset({0}))
    assert (slot.judge, slot._without(frozenset())) == (before, before)
    assert again(*ACTIVE, None, False).failed == (0,)


def answer_of(codes, mask, failed):
    return Answer(slot="offer", variant=None, reason=Reason.DEFAULT, codes=codes, mask=mask, failed=failed)


def found(exits, *choices, more=0):
    return Found(exits, choices, answer_of, code(Reason.OUTRANKED), more=more)


def many(count, ends):
    """Return the exits of so many candidates, each with so many ends besides that of the eligible."""
    every = [Exits() for _ in range(count)]
    for exits in every:
        for place in range(ends):
            exits.number(MET, 1 << place)
    return every


def test_found_answers_do_not_pile_up():
    answers = found(many(1, 200), more=1)
    sizes = {answers.kept for place in range(40_000) if answers.find(1 + place % 200, place)}
    assert max(sizes) <= MOST_FOUND + 2
    answer = answers.find(4, 2, (7,))
    assert (answer.codes, answer.mask, answer.failed) == (MET, 10, (7,))


@pytest.mark.parametrize("candidates", range(8))
@pytest.mark.parametrize("more", range(3))
def test_what_was_found_is_looked_up_where_it_belongs_and_nowhere_else(candidates, more):
    ends, rest = [f"e{place}" for place in range(candidates)], [f"m{place}" for place in range(more)]
    answers = found(many(candidates, 2), more=more)
    asked = []
    look = eval(  # the expression under test
        f"lambda {', '.join([*ends, *rest])}: {lookup(ends, rest)}",
        {"ROWS": answers.rows, "FIND": lambda *key: asked.append(key) or answers.find(*key)},
    )
    keys = list(product(range(3), repeat=candidates + more))[:700]
    Random(candidates).shuffle(keys)
    first = [look(*key) for key in keys]
    assert asked == keys
    assert [look(*key) for key in keys] == first == [answers.find(*key) for key in keys]
    assert asked == keys


def test_rows_that_were_given_up_lead_nowhere():
    answers = found(many(4, 40))
    kept = 0
    for key in product(range(41), repeat=4):
        answers.find(*key)
        if answers.kept < kept:
            break
        kept = answers.kept
    assert kept > MOST_FOUND
    assert answers.rows[key[0]][key[1]][key[2]][key[3]] is not None
    assert answers.rows[40][40][40][40] is answers.rows[40][0][0][0] is None


@pytest.mark.parametrize(("taken", "shown"), [(True, MET), (False, NOT_TAKEN), (None, code(Reason.OUTRANKED))])
def test_a_candidate_that_is_still_eligible_gets_what_its_chooser_says(taken, shown):
    exits = Exits()
    exits.eligible(0b101)
    choices = [] if taken is None else [Choice(0, taken, shown)]
    answer = found([exits], *choices).find(ELIGIBLE)
    assert (answer.codes, answer.mask) == (shown, 0b101)


def test_equal_ends_have_one_number():
    exits = Exits()
    known, stranger = exits.refusals(0b10)
    assert exits.refusals(0b10) == (known, stranger)
    assert known[Cause.missing] == stranger[Cause.missing] != ELIGIBLE
    assert known[Cause.no_consent] != stranger[Cause.no_consent]
    assert exits.number(MET, 0b10) != exits.number(MET, 0b11)


def test_a_slot_that_has_decided_is_gone_with_its_recipe(recipe):
    slot = compiled(recipe({"name": "tv", "when": "active"}))
    assert slot.judge(*ACTIVE, None, False).variant == "tv"
    gone = weakref.ref(slot)
    del slot
    gc.collect()
    assert gone() is None


def test_callables_of_one_decision_share_one_view(recipe, decide):
    seen = []

    def ask(view, candidate, context):
        seen.append(view._view)
        return False

    decide(recipe({"name": "a"}, {"name": "b"}, rules=[suppressor("own", callable=True)]), {"own": ask})
    assert seen[0] is seen[1]
