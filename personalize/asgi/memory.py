"""What a visit keeps of what it asked, and what makes two questions the same."""

from collections.abc import Collection, Mapping, Sequence
from threading import Lock
from typing import Any

from msgspec import Struct, field

from personalize.asgi.facts import Facts
from personalize.model.decisions import Decision

Key = tuple[str, str] | tuple[str, str, object]
Together = tuple[str, tuple[str, ...], Sequence[Mapping[str, object]], tuple[Decision, ...]]
NONE: frozenset[str] = frozenset()


class Memory(Struct, eq=False):
    """What a visit keeps once a slot is asked for: its decisions, and its code where the person is known.

    `code` is the visit code's number: 35 random bits, seven characters. `together` are the slots that were
    decided first, in one go, with language and facts: most pages ask for no more, and `decided` is empty.
    """

    code: int
    crawler: bool = False
    together: Together | None = None
    decided: dict[Key, Decision] = {}
    unshown: frozenset[str] = NONE
    lock: Any = field(default_factory=Lock)

    @property
    def decisions(self) -> Collection[Decision]:
        """Return what was decided so far, in order."""
        return self.decided.values() if self.together is None else self.together[3]

    def part(self, facts: Facts) -> None:
        """Put what was decided together under its keys, each slot with those of the facts that it declares."""
        if self.together is not None:
            language, slots, contexts, made = self.together
            self.decided = dict(zip(keys_of(facts, language, slots, contexts)[0], made, strict=True))
            self.together = None

    def context_of(self, decision: Decision, facts: Facts) -> Mapping[str, object] | None:
        """Return the facts that a decision was made for; None where they are not known any more."""
        with self.lock:
            self.part(facts)
            key = next((key for key, made in self.decided.items() if made is decision), None)
        match key:
            case (_, _):
                return {}
            case (_, _, tuple(given)):
                return {name: value for name, _, value in given}
        return None


def keys_of(
    facts: Facts, language: str, slots: tuple[str, ...], contexts: Sequence[Mapping[str, object]]
) -> tuple[list[Key], Sequence[Mapping[str, object]]]:
    """Return the key of each slot, and those of the facts that it declares."""
    if not contexts:
        return [(slot, language) for slot in slots], contexts
    declared = [facts.declared(slot, context) for slot, context in zip(slots, contexts, strict=True)]
    return [key_of(slot, language, context) for slot, context in zip(slots, declared, strict=True)], declared


def key_of(slot: str, language: str, context: Mapping[str, Any]) -> Key:
    """Return what makes two questions about these facts, in the slot's order, the same; types count: 1 is not True."""
    if not context:
        return slot, language
    facts = tuple([(name, value.__class__, value) for name, value in context.items()])
    try:
        hash(facts)
    except TypeError:
        return slot, language, repr(facts)
    return slot, language, facts
