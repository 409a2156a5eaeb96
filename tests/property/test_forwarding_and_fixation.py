"""Laws 5 and 6 over whole stories: an attacker, a victim and a forwardee, in any order (T1, T5, T45)."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.property.strangers import HUMANS, World

WHO = st.sampled_from(HUMANS)
KNOWN = st.sampled_from(("victim", "attacker"))
SOME = st.integers(0, 7)
STEPS, PARTS = 100_000, 20
LONG = settings(
    deadline=None,
    database=None,
    phases=(Phase.generate,),  # a story that fails is told as it is: making it shorter takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


class Stories(RuleBasedStateMachine):
    """Whatever these three do, none sees what is not theirs."""

    world: World

    @initialize()
    def begin(self) -> None:
        self.world.begin()
        self.world.everything_is_agreed()

    @rule(human=WHO)
    def logs_in_at_home(self, human: str) -> None:
        self.world.log_in(human, human)

    @rule(human=KNOWN, at=WHO)
    def uses_anothers_browser_with_a_login(self, human: str, at: str) -> None:
        self.world.log_in(human, at)
        self.world.read(human, at)
        self.world.look_around(at) if human == at else None
        self.world.log_out(at)

    @rule(at=WHO)
    def logs_out(self, at: str) -> None:
        self.world.log_out(at)

    @rule(human=KNOWN)
    def gets_a_mail(self, human: str) -> None:
        self.world.mail(human)

    @rule(at=WHO, which=SOME)
    def opens_a_link(self, at: str, which: int) -> None:
        self.world.open_link(at, which)

    @rule(at=WHO)
    def agrees_as_a_stranger(self, at: str) -> None:
        self.world.agree_as_a_stranger(at)

    @rule(human=WHO)
    def reads(self, human: str) -> None:
        self.world.read(human, human)

    @rule(at=WHO)
    def looks_around(self, at: str) -> None:
        self.world.look_around(at)

    @rule(at=WHO)
    def a_cookie_is_copied(self, at: str) -> None:
        self.world.copy(at)

    @rule(which=SOME, other=SOME)
    def a_cookie_is_planted_before_the_victim_logs_in(self, which: int, other: int) -> None:
        self.world.fix(which, other)

    @rule(which=SOME, other=SOME)
    def copies_are_tried(self, which: int, other: int) -> None:
        self.world.try_copies(which, other)

    @rule(minutes=st.sampled_from((1, 20, 40, 800)))
    def time_passes(self, minutes: int) -> None:
        self.world.pass_time(minutes)

    @invariant()
    def nobody_is_merged_and_nothing_of_the_victim_is_readable(self) -> None:
        self.world.check()


@pytest.fixture
def world(tmp_path: Path):
    world = World(tmp_path)
    yield world
    world.paper.personalizer.close()


def test_no_story_shows_anybody_what_is_not_theirs(world: World):
    machine = type("These", (Stories,), {"world": world})
    run_state_machine_as_test(machine, settings=settings(LONG, max_examples=4, stateful_step_count=15))
    world.begin()
    world.everything_is_agreed()
    world.log_in("victim", "victim")
    world.look_around("victim")
    assert world.seen_own, "who logs in does see their own"


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_a_hundred_thousand_steps_show_nobody_what_is_not_theirs(tmp_path: Path, part: int):
    steps = 0
    while steps < STEPS // PARTS:  # a new site now and then: what is kept of one grows with every step
        world = World(tmp_path / str(steps))
        machine = type(f"These{part}", (Stories,), {"world": world})
        run_state_machine_as_test(machine, settings=settings(LONG, max_examples=10, stateful_step_count=100))
        steps += world.steps
        world.paper.personalizer.close()
    print(f"{steps:,} steps")
