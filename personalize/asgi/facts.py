"""The page's facts on their way to a slot: written as text or as values, and the language."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from difflib import get_close_matches

from personalize.model.attributes import AttributeType
from personalize.model.content import SEGMENTS, FactWords, Slot
from personalize.profile.values import READERS
from personalize.settings import Settings
from personalize.settings.toml_file import nearest_name, shown

log = logging.getLogger("personalize")
YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
MOST_COMPLAINTS = 200
NOTHING: Mapping[str, object] = {}


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _members(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip())


FROM_TEXT: dict[AttributeType, Callable[[str], object]] = {
    AttributeType.number: _number,
    AttributeType.yes_no: lambda text: YES_NO[text.strip().lower()],
    AttributeType.date: date.fromisoformat,
    AttributeType.instant: datetime.fromisoformat,
    AttributeType.set: _members,
}


class Facts:
    """Knows the site's languages and what each slot declares about its page.

    `first` is the site's first language; `loud` says that there is something to `check`.
    """

    def __init__(self, settings: Settings) -> None:
        self._slots: Mapping[str, Slot] = settings.slots
        self._languages = {name.lower(): name for name in settings.site.languages}
        self.first = settings.site.languages[0] if settings.site.languages else "en"
        self.loud = settings.site.development
        self._said: set[tuple[str, str]] = set()

    def language(self, wanted: str | None) -> str:
        """Return the site's language of that name (`nl` also for `nl-BE`), else its first."""
        if not wanted:
            return self.first
        name = str(wanted).lower()
        found = self._languages.get(name) or self._languages.get(name.partition("-")[0])
        if found is None:
            known = ", ".join(self._languages.values())
            self._say("language", name, f"language {wanted!r} is none of the site's ({known}): {self.first!r} is taken")
        return found or self.first

    def knows(self, slot: str) -> bool:
        """Say whether there is a slot of this name."""
        return slot in self._slots

    def nearest(self, slot: str) -> str:
        """Return the slot that a name may have been meant for, as the end of a sentence."""
        near = get_close_matches(slot, self._slots, 1)
        return f": did you mean '{near[0]}'?" if near else ""

    def from_text(self, slot: str, pairs: Iterable[tuple[str, str]]) -> dict[str, object]:
        """Return facts that were written as text, in the types the slot declares; what does not fit is left out."""
        declared = self._slots[slot].context if slot in self._slots else {}
        facts: dict[str, object] = {}
        for name, text in pairs:
            read = FROM_TEXT.get(declared.get(name, AttributeType.text), str)
            try:
                facts[name] = read(text)
            except (ValueError, KeyError):
                self._say_of(slot, name, f"is no {declared[name].value}; it counts as not given")
        return facts

    def declared(self, slot: str, context: Mapping[str, object]) -> Mapping[str, object]:
        """Return those of the facts that a slot declares; no condition of its can read another."""
        found = self._slots.get(slot)
        if found is None or not context:
            return NOTHING
        return {name: context[name] for name in found.context if name in context}

    def check(self, slots: Sequence[str], context: Mapping[str, object]) -> None:
        """In development, name once each slot that is not there, and each fact that these slots cannot use."""
        if not self.loud:
            return
        slots = [slot for slot in slots if slot != SEGMENTS]
        unknown = [slot for slot in slots if slot not in self._slots]
        for slot in unknown:
            self._say(slot, "", f"there is no slot {slot!r}{self.nearest(slot)}")
        if not unknown and slots and context:
            self._check_facts(slots, context)

    def _check_facts(self, slots: Sequence[str], context: Mapping[str, object]) -> None:
        declared = {name for slot in slots for name in self._slots[slot].context}
        for name in context.keys() - declared:
            near = get_close_matches(name, declared, 1)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            slot = slots[0]
            self._say_of(slot, name, f"is not declared in [slots.{slot}] context, so no condition reads it.{meant}")
        for slot in slots:
            for name, value in self.declared(slot, context).items():
                if problem := _unfit(name, value, self._slots[slot]):
                    self._say_of(slot, name, problem)

    def _say_of(self, slot: str, name: str, problem: str) -> None:
        self._say(slot, name, f"slot {slot!r}: the page fact {name!r} {problem}")

    def _say(self, about: str, name: str, problem: str) -> None:
        """Say it once, in development."""
        if self.loud and (about, name) not in self._said and len(self._said) < MOST_COMPLAINTS:
            self._said.add((about, name))
            log.warning("%s", problem)


def _unfit(name: str, value: object, slot: Slot) -> str:
    """Return what is wrong with the value of a declared fact; empty where nothing is. None is a fact not given."""
    kind, listed = slot.context[name], slot.words.get(name, FactWords()).values
    typed = READERS[kind](value)
    if typed is None and value is not None:
        return f"is {shown(value)}, and no {kind.value}; no condition reads it"
    if kind is AttributeType.choice and listed and typed is not None and typed not in listed:
        return f"is {shown(value)}, which is none of its values. {nearest_name(str(typed), listed)}"
    return ""
