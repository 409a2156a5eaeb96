"""Laws 1, 2, 6, 9 and 10 on random walks: whatever happens, what is read is what the reference allows."""

import itertools
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.property.random_steps import random_walk
from tests.property.reference import ATTRIBUTES, CAUSES, DAY, PURPOSES, SECOND
from tests.property.walk import BROWSERS, CUSTOMERS, Walk

STEPS = 100_000
AN_EPISODE = 500
MEMORY = Path("/dev/shm")  # commits need not reach a disk here


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where the machine has one."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else tmp_path) as name:
        yield Path(name)


def walked(folder: Path, seed: int, steps: int) -> Counter[str]:
    with Walk(folder / str(seed), seed) as walk:
        random_walk(walk, steps)
    return walk.counts


def told(counts: Counter[str]) -> str:
    causes = ", ".join(f"{counts[cause]:,} {cause}" for cause in CAUSES)
    return (
        f"{counts['steps']:,} steps: {counts['reads']:,} reads checked ({counts['value']:,} values, {causes}), "
        f"{counts['grants']:,} grants checked, {counts['entries']:,} entries looked up and decided again, "
        f"visits: {counts['logins']:,} by login, {counts['clicks']:,} by link, {counts['strangers']:,} strangers"
    )


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in (2, 3))])
def test_what_is_read_is_what_the_reference_allows(folder, seed):
    counts = walked(folder, seed, 800)
    print(told(counts))
    assert min(counts[name] for name in ("value", "entries", "logins", "strangers", "grants")) > 0


@pytest.mark.soak
def test_a_hundred_thousand_steps_read_what_the_reference_allows(folder, capsys):
    counts: Counter[str] = Counter()
    for seed in itertools.count(1_000):
        counts += walked(folder, seed, AN_EPISODE)
        if counts["steps"] >= STEPS:
            break
    with capsys.disabled():
        print(f"\n{told(counts)}")
    assert min(counts[name] for name in (*CAUSES, "value", "clicks", "strangers", "entries")) > 1_000


BROWSER = st.integers(0, BROWSERS - 1)
WHO = st.sampled_from(CUSTOMERS)
PURPOSE = st.sampled_from(list(PURPOSES))
CHOSEN = st.dictionaries(st.sampled_from(list(ATTRIBUTES)), st.integers(0, 5))
SOURCE = st.sampled_from(["crm", "post"])
AGE = st.sampled_from([0, 60 * SECOND, DAY, 40 * DAY, -3600 * SECOND])
BESIDE = st.sampled_from([-1, 0, 1, SECOND])
LETTER = [name for name, purpose in PURPOSES.items() if purpose.term is not None]


class Consent(RuleBasedStateMachine):
    """The same actions, chosen so that a failure shrinks to the shortest story of it."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self.walk = Walk(Path(self._folder.name) / "site").__enter__()

    def teardown(self) -> None:
        self.walk.__exit__(None)
        self._folder.cleanup()

    @rule(browser=BROWSER, again=st.booleans())
    def look(self, browser: int, again: bool) -> None:
        self.walk.look(browser, again=again)

    @rule(browser=BROWSER, who=WHO)
    def log_in(self, browser: int, who: str) -> None:
        self.walk.log_in(browser, who)
        self.walk.look(browser, again=True)

    @rule(browser=BROWSER)
    def log_out(self, browser: int) -> None:
        self.walk.log_out(browser)

    @rule(browser=BROWSER, purpose=PURPOSE, word=st.sampled_from(["yes", "no", "objection", "lifted"]))
    def say(self, browser: int, purpose: str, word: str) -> None:
        self.walk.say(browser, purpose, word)
        self.walk.look(browser, again=True)

    @rule(who=WHO, browser=BROWSER)
    def send_and_click(self, who: str, browser: int) -> None:
        self.walk.send_link(who)
        self.walk.click(browser, -1)
        self.walk.look(browser, again=True)

    @rule(browser=BROWSER, link=st.integers(0, 5))
    def click(self, browser: int, link: int) -> None:
        self.walk.click(browser, link)

    @rule(browser=BROWSER, source=SOURCE, chosen=CHOSEN)
    def tell_the_site(self, browser: int, source: str, chosen: dict[str, int]) -> None:
        self.walk.tell_the_site(browser, source, chosen)

    @rule(source=SOURCE, rows=st.dictionaries(WHO, CHOSEN, max_size=3), age=AGE, then=st.booleans())
    def import_values(self, source: str, rows: dict[str, dict[str, int]], age: int, then: bool) -> None:
        self.walk.import_values(source, rows, age, then=then)

    @rule(words=st.lists(st.tuples(WHO, PURPOSE), max_size=3), age=AGE)
    def import_objections(self, words: list[tuple[str, str]], age: int) -> None:
        self.walk.import_words("objections", words, age)

    @rule(words=st.lists(st.tuples(WHO, st.sampled_from(LETTER)), max_size=3), age=AGE)
    def import_consents(self, words: list[tuple[str, str]], age: int) -> None:
        self.walk.import_words("consents", words, age)

    @rule(by=st.integers(-3600, 5 * 86_400))
    def move_clock(self, by: int) -> None:
        self.walk.move_clock(by * SECOND)

    @rule(who=WHO, purpose=st.sampled_from(LETTER), beside=BESIDE)
    def reach_the_end_of_a_consent(self, who: str, purpose: str, beside: int) -> None:
        self.walk.reach_the_end_of_a_consent(who, purpose, beside)

    @rule(who=WHO, name=st.sampled_from(list(ATTRIBUTES)), beside=BESIDE)
    def reach_the_end_of_a_value(self, who: str, name: str, beside: int) -> None:
        self.walk.reach_the_end_of_a_value(who, name, beside)


Consent.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
TestConsent = Consent.TestCase
