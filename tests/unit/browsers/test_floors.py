"""Segments and slots that demand to be surer of the visitor than the values in them do."""

from pathlib import Path

import pytest

from personalize.errors import ManyErrors
from personalize.explain.reader import Reader
from personalize.model.attributes import Cause
from personalize.model.people import Assurance, Visitor
from tests.own_login import CONTENT, TOML, Paper

SLOTS = """
[slots.private]
fields = { text = "text" }
assurance = "login"
[segments.dark]
when = "theme == 'dark'"
assurance = "mailbox"
[segments.any]
when = "known(topic)"
[slots.aside]
fields = { text = "text" }
"""
MORE = """
[[variant]]
slot = "private"
name = "theme"
when = "known(theme)"
order = 1
fields.text = "Your theme is {theme}"
[[variant]]
slot = "private"
name = "all"
fields.text = "For all"
[[variant]]
slot = "aside"
name = "dark"
when = "segment('dark')"
fields.text = "In the dark"
"""
KNOWN = {"theme": "dark"}


@pytest.fixture
def paper(tmp_path: Path):
    paper = Paper(tmp_path, more=SLOTS, content=CONTENT + MORE)
    yield paper
    paper.personalizer.close()


def seen(paper: Paper, subject: int, assurance: Assurance) -> tuple[str, str, set[str]]:
    """Return the texts of both slots and the segments, decided together as a page does."""
    prepared = prepare(paper, subject, assurance)
    private, aside, segments = paper.house.pipeline.decide_all(prepared, ("private", "aside", "segments"), code=1)
    return private.fields.get("text", ""), aside.fields.get("text", ""), set(segments.matched)


def prepare(paper: Paper, subject: int, assurance: Assurance):
    """Prepare a request of somebody of whom we are this sure."""
    from personalize.recognition.cookies import cookie_name
    from personalize.recognition.recognise import Credentials

    assert cookie_name("https://paper.example") == b"__Host-pz"
    value = paper.house.browsers.begin(subject, assurance, paper.clock.now())
    return paper.house.pipeline.prepare(Credentials(cookie=value.encode()))


@pytest.mark.parametrize(
    ("assurance", "expected"),
    [
        (Assurance.click, ("For all", "", set())),
        (Assurance.mailbox, ("For all", "In the dark", {"dark"})),
        (Assurance.login, ("Your theme is dark", "In the dark", {"dark"})),
    ],
)
def test_each_is_read_from_its_own_assurance_on(
    paper: Paper, assurance: Assurance, expected: tuple[str, str, set[str]]
):
    assert seen(paper, paper.knows("1", **KNOWN), assurance) == expected


def test_the_cause_is_the_assurance_and_it_can_be_decided_again(paper: Paper):
    anna = paper.knows("1", **KNOWN)
    seen(paper, anna, Assurance.click)
    entries = {entry.slot: entry for entry in paper.house.cookbook.by_subject(anna, 10)}
    assert [(a.attribute, a.cause) for a in entries["private"].absences] == [("theme", Cause.assurance)]
    assert entries["private"].ingredients == ()
    told = paper.house.explain(entries["private"], "en", Reader.visitor)
    assert any("newsletter" in line.sentence or "link" in line.sentence for line in told.absences)
    report = paper.house.replay().report(paper.house.cookbook.by_time(0, 1 << 62))
    assert not report.differences


def test_what_if_they_had_logged_in(paper: Paper):
    anna = paper.knows("1", **KNOWN)
    seen(paper, anna, Assurance.mailbox)
    (entry,) = [e for e in paper.house.cookbook.by_subject(anna, 10) if e.slot == "private"]
    assert any("log" in each.sentence.lower() for each in paper.house.what_if(entry, "en"))


def test_a_slot_beside_a_demanding_one_reads_the_same_value(paper: Paper):
    anna = paper.knows("1", **KNOWN)
    prepared = prepare(paper, anna, Assurance.mailbox)
    texts = [
        each.fields.get("text") for each in paper.house.pipeline.decide_all(prepared, ("private", "aside"), code=2)
    ]
    assert texts == ["For all", "In the dark"]


def test_what_is_objected_to_stays_objected_to(paper: Paper):
    anna = paper.knows("1", **KNOWN)
    paper.house.ledger.object(Visitor(subject=anna, assurance=Assurance.login), "reading")
    seen(paper, anna, Assurance.mailbox)
    (entry,) = [e for e in paper.house.cookbook.by_subject(anna, 10) if e.slot == "private"]
    assert [a.cause for a in entry.absences] == [Cause.objected]


def test_a_minimum_that_is_none_is_a_mistake_of_the_settings(tmp_path: Path):
    with pytest.raises(ManyErrors, match="high"):
        Paper(tmp_path, toml=TOML + SLOTS.replace('"mailbox"', '"high"'))


def test_a_segment_with_a_minimum_must_read_something(tmp_path: Path):
    with pytest.raises(ManyErrors, match="reads no attribute"):
        Paper(tmp_path, toml=TOML + SLOTS.replace("theme == 'dark'", "today > date('2020-01-01')"))
