"""A store that takes no more of some answers, as one whose disk is full."""

from collections.abc import Iterator
from contextlib import contextmanager

from personalize.house import House


@contextmanager
def taking_no_more(house: House, action: str, purpose: str = "") -> Iterator[None]:
    """Have the store of a house refuse every answer with this action, to this purpose or to any."""
    refused = f"instr(NEW.body, '{action}') AND instr(NEW.body, '{purpose}')"
    refuse = f"BEFORE INSERT ON consent_events WHEN {refused} BEGIN SELECT RAISE(ABORT, 'full'); END"
    with house.store.people.write() as people:
        people.execute(f"CREATE TRIGGER full {refuse}")
    yield
    with house.store.people.write() as people:
        people.execute("DROP TRIGGER full")
