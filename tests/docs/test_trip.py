"""The page about the trip agrees with the pipeline, the engine and the layers."""

import ast
import re
import tomllib
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from personalize import admission, pipeline
from personalize.decisions.compiled import CompiledSlot
from personalize.decisions.compiler import compile_recipe
from personalize.model.attributes import ABSENCES, Absence, Attribute, AttributeType, Cause, Value
from personalize.model.consent import Basis, Purpose
from personalize.model.content import Recipe, Rule, RuleKind, Slot, Variant
from personalize.model.decisions import Outcome
from personalize.profile.view import Calendar, Moment, ProfileView
from tests.docs.pages import CHECKOUT, CODE, DOCS, blocks_of, names, rows, section

PAGE = DOCS / "explanation" / "the-trip-of-a-request.md"
PACKAGE = CHECKOUT / "personalize"
STOPS = [(CODE.search(row[0])[1], CODE.search(row[1])[1].rstrip("/")) for row in rows(PAGE, "The order")]
LAYERS = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]["layers"]
NOON = 1_800_000_000_000_000
TREE, STOPS_TWO_AND_THREE = (ast.parse(Path(str(each.__file__)).read_text()) for each in (pipeline, admission))


def homes() -> dict[str, str]:
    """Return the folder that each name of the pipeline, and of its second and third stop, is imported from."""
    found = {}
    for node in [*TREE.body, *STOPS_TWO_AND_THREE.body]:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("personalize."):
            found |= {alias.name: str(node.module).split(".")[1] for alias in node.names}
    return found


def body_of(name: str) -> ast.FunctionDef:
    nodes = [*ast.walk(TREE), *ast.walk(STOPS_TWO_AND_THREE)]
    return next(each for each in nodes if isinstance(each, ast.FunctionDef) and each.name == name)


def called(name: str, deep: tuple[str, ...] = ()) -> list[str]:
    """Return what a function of the pipeline calls, in order, going into those named in `deep`."""
    calls: list[str] = []
    for node in sorted(
        (each for each in ast.walk(body_of(name)) if isinstance(each, ast.Call)),
        key=lambda each: (each.end_lineno, each.end_col_offset),
    ):
        target = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        calls += [target, *(called(target, deep) if target in deep else [])]
    return calls


def in_order(wanted: list[str], calls: list[str]) -> bool:
    rest = iter(calls)
    return all(name in rest for name in wanted)


def test_the_page_has_the_order_that_the_pipeline_states() -> None:
    stated = re.search(r"The trip of a request: ([a-z, ]+)\.", ast.get_docstring(TREE) or "")
    assert stated
    assert [stop for stop, _ in STOPS[:-1]] == stated[1].split(", ")


def test_a_request_makes_the_first_three_stops_in_the_order_of_the_page() -> None:
    calls = called("prepare", deep=("view", "load"))
    assert in_order(["recognise", "view", "load", "sight", "admit", "admit_delivered", "Hot"], calls)
    assert homes()["admit"] == "consent"
    assert homes()["Dictionary"] == "profile"
    assert homes()["Recogniser"] == "recognition"


def test_a_slot_makes_the_next_two_in_the_order_of_the_page() -> None:
    calls = called("_decided", deep=("_record",))
    assert in_order(["judge", "_record", "write", "answers"], calls)
    assert calls.count("answers") == 1
    assert (homes()["Tallies"], homes()["Recorder"]) == ("decisions", "cookbook")


def test_every_stop_stands_in_the_layer_of_stops() -> None:
    stops = {folder for _, folder in STOPS if folder != "asgi"}
    layer = next(set(layer.split(" | ")) for layer in LAYERS if "recognition" in layer)
    assert layer == stops | {"content"}


def test_the_layers_of_the_page_are_the_linter_s() -> None:
    shown = next(block.text for block in blocks_of(PAGE) if block.language == "text").splitlines()
    present = [" | ".join(part for part in layer.split(" | ") if not part.startswith("(")) for layer in LAYERS]
    assert shown == present


def test_a_slot_is_decided_in_the_order_of_the_page() -> None:
    steps = re.findall(r"^\d\. (.+)$", section(PAGE, "Decide"), re.MULTILINE)
    words = ("enabled", "on schedule", "condition is met", "placeholders", "suppressor", "chooser takes it")
    assert [word in step for word, step in zip(words, steps, strict=True)] == [True] * len(steps)
    slot, missing = slot_with_every_hurdle(), ABSENCES[Cause.missing]
    # Each line takes away the first hurdle that the line before it met; those behind it all stand.
    met = [
        outcome_of(slot, NOON - 1, False, missing, True, False),
        outcome_of(slot, NOON, False, missing, True, False),
        outcome_of(slot, NOON, True, missing, True, False),
        outcome_of(slot, NOON, True, "Ann", True, False),
        outcome_of(slot, NOON, True, "Ann", False, False),
        outcome_of(slot, NOON, True, "Ann", False, True),
    ]
    assert [(each.reason.name, each.cause, each.rule) for each in met] == [
        ("NOT_SCHEDULED", None, -1),
        ("NOT_MATCHED", None, -1),
        ("NOT_MATCHED", Cause.missing, -1),
        ("SUPPRESSED", None, 0),
        ("NOT_MATCHED", None, 1),
        ("TARGETING_MATCH", None, 1),
    ]


def slot_with_every_hurdle() -> CompiledSlot:
    yes_no, text = AttributeType.yes_no, AttributeType.text
    kinds = {"active": yes_no, "first_name": text, "owned": yes_no, "wanted": yes_no}
    variant = Variant(
        slot="hero", name="renewal", when="active", starts=NOON, fields={"headline": {"en": "Stay, {first_name}"}}
    )
    recipe = Recipe(
        timezone="UTC",
        languages=("en",),
        attributes=tuple(Attribute(name=n, type=kind, source="crm", purpose="service") for n, kind in kinds.items()),
        purposes=(Purpose(name="service", basis=Basis.legitimate_interest),),
        slots=(Slot(name="hero"),),
        variants=(variant,),
        rules=(
            Rule(kind=RuleKind.suppressor, plugin="mine", version="1", name="has-it", when="owned"),
            Rule(kind=RuleKind.chooser, plugin="mine", version="1", name="wants-it", when="wanted"),
        ),
    )
    return compile_recipe(recipe, "00" * 32, {}).slots["hero"]


def outcome_of(slot: CompiledSlot, at: int, *cells: Value | Absence) -> Outcome:
    """Return what became of the only candidate."""
    view = ProfileView(cells, Moment(at, Calendar(ZoneInfo("UTC"))))
    return slot.outcomes(slot.decide(view).codes)[0]


@pytest.mark.parametrize("row", rows(PAGE, "Four questions"), ids=lambda row: row[0])
def test_the_files_that_answer_a_question_exist(row: list[str]) -> None:
    files = [name for name in CODE.findall(row[1]) if name.endswith(".py")]
    assert files
    for name in files:
        assert (PACKAGE / name).is_file() or list(CHECKOUT.glob(f"plugins/*/{name}"))


def test_the_names_that_answer_a_question_stand_in_their_files() -> None:
    assert "def admit(" in (PACKAGE / "consent" / "gate.py").read_text()
    assert "def licence_plate(" in (PACKAGE / "profile" / "plates.py").read_text()
    assert names(PAGE, "The order")[-1] == "respond"
