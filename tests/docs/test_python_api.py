"""The pages about names, reasons and causes have them all, and no other."""

import re

import pytest

import personalize
from personalize import Cause, Decision, Outcome, Personalizer, Reason, Visit, Visitor
from personalize.decisions.codes import FURTHEST, refusals
from personalize.explain.developer import CAUSES
from tests.docs.pages import CODE, DOCS, names, rows, section

API = DOCS / "reference" / "python-api.md"
REASONS = DOCS / "reference" / "reasons-and-causes.md"
UNUSED = {Reason.SPLIT, Reason.CAPPED, Reason.HOLDOUT, Reason.NOT_PUBLISHED, Reason.NOT_REPLAYABLE}
"""Names of the list that no decision bears."""


def members(kind: type) -> set[str]:
    ours = [each for each in kind.__mro__ if each.__module__.startswith("personalize.")]
    return {name for each in ours for name in vars(each) if not name.startswith("_")}


def test_every_public_name_is_documented_and_no_other() -> None:
    assert set(names(API, "Names")) == set(personalize.__all__)


@pytest.mark.parametrize("kind", [Personalizer, Visitor, Decision, Outcome])
def test_every_member_is_documented_and_no_other(kind: type) -> None:
    assert set(names(API, kind.__name__)) == members(kind)


def test_every_member_of_the_visit_is_documented_and_no_other() -> None:
    marks = re.search(r"^(.*) are the middleware's own marks", section(API, "Visit"), re.MULTILINE)
    assert marks
    assert {*names(API, "Visit"), *CODE.findall(marks[1])} == members(Visit)


def test_every_reason_is_documented_with_its_number() -> None:
    listed = {(CODE.search(row[0])[1], int(row[1])) for row in rows(REASONS, "Reasons")}
    apart = {(name, int(number)) for name, number in re.findall(r"`([A-Z_]+)` \((\d+)\)", section(REASONS, "Reasons"))}
    assert listed | apart == {(reason.name, reason.value) for reason in Reason}
    assert {name for name, _ in apart} == {reason.name for reason in UNUSED}


def test_the_order_in_which_candidates_get_furthest_is_documented() -> None:
    listed = re.findall(r"^\d\. `([A-Z_]+)`$", section(REASONS, "Reasons"), re.MULTILINE)
    assert listed == [reason.name for reason in FURTHEST if reason not in UNUSED]


def test_every_cause_is_documented_in_its_order() -> None:
    listed = [(CODE.search(row[0])[1], int(row[1])) for row in rows(REASONS, "Causes")]
    assert listed == [(cause.name, cause.value) for cause in Cause]
    assert set(CAUSES) == set(Cause)


@pytest.mark.parametrize("cause", Cause)
def test_a_cause_makes_the_documented_reason(cause: Cause) -> None:
    expected = Reason.NO_CONSENT if cause.name in ("objected", "no_consent") else Reason.NOT_MATCHED
    of_known, of_strangers = refusals()
    assert (of_known[cause][0], of_known[cause][1]) == (expected, cause)
    unrecognised = Reason.NOT_RECOGNISED if expected is Reason.NO_CONSENT else expected
    assert of_strangers[cause][0] == unrecognised
