"""Values that the site itself observes, written beside what files delivered."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from personalize.errors import ValueRefused
from personalize.model.attributes import Attribute, Stored, Value, to_plain
from personalize.model.consent import Grants
from personalize.model.moments import SECOND
from personalize.model.people import Assurance, Visitor
from personalize.ports import Clock, Observed, ProfileStore
from personalize.profile.admitted import FOREVER
from personalize.profile.values import reader_of
from personalize.profile.waiting import Waiting
from personalize.settings.sources import DEVICE

YOUNG = 600
"""Seconds after which the same value is worth writing again; a tenth of its shelf life where that is less."""


class Observations:
    """Keeps what the site learns of a person in a form or by an event, typed by the dictionary.

    Readable only under a grant for the attribute's purpose, like any value (law 1). `changed` is
    told the subject after each durable write.
    """

    def __init__(
        self,
        *,
        profiles: ProfileStore,
        attributes: Sequence[Attribute],
        clock: Clock,
        changed: Callable[[int], None],
        counters: Counter[str],
    ) -> None:
        self._profiles, self._clock, self._changed = profiles, clock, changed
        self.waiting = Waiting(profiles, clock, changed, counters)
        self._attributes = {attribute.name: attribute for attribute in attributes}

    def remember(self, visitor: Visitor, source: str, values: Mapping[str, Value]) -> None:
        """Keep these values of a known visitor, as observed now by `source`.

        Raises ValueRefused for an attribute that is unknown, of another source or of another type,
        and for a visitor who is no known person or came by a link alone (law 6).
        """
        if visitor.subject is None or visitor.assurance < Assurance.mailbox:
            raise ValueRefused("Nothing is kept about this visitor: only about a known person who logged in.")
        now = self._clock.now()
        stored = {name: self._stored(name, source, value, now) for name, value in values.items()}
        self._profiles.remember(visitor.subject, source, stored)
        self._changed(visitor.subject)

    def on_device(self, name: str, value: Value) -> tuple[Attribute, Stored]:
        """Return an attribute of the source `device`, and this value as observed now.

        Raises ValueRefused as `remember` does.
        """
        stored = self._stored(name, DEVICE, value, self._clock.now())
        return self._attributes[name], stored

    def keeper(self, visitor: Visitor) -> int:
        """Return of whom an observation on this device is kept: the device, else who is logged in; 0 for nobody.

        Never of the person behind a click: whoever opened the link need not be them (law 6).
        """
        device = visitor.read_device
        if device or visitor.assurance < Assurance.login:
            return device
        return visitor.subject or 0

    def keep(self, subject: int, attribute: Attribute, stored: Stored, grants: Sequence[Grants]) -> bool:
        """Keep what `on_device` gave, of all whose grants these are; say whether it is kept, or will be (law 1).

        Where another program holds the store it waits in memory, and is written as soon as the store can be, unless
        one of them says anything before that. The same value is not written again while it is young. Raises StoreError.
        """
        permits = [each.in_force.get(attribute.purpose) for each in grants]
        if not permits or None in permits:
            return False
        observed = Observed(
            subject=subject,
            source=DEVICE,
            name=attribute.name,
            stored=stored,
            under=tuple((each.subject, each.epoch) for each in grants),
            until=min(each.valid_until or FOREVER for each in permits if each),
        )
        return self._is_held(observed, attribute) or self.waiting.keep(observed)

    def _is_held(self, observed: Observed, attribute: Attribute) -> bool:
        """Say whether the same value was observed just now, and no other one waits."""
        if self.waiting.holds(observed):
            return False
        person, stored = self._profiles.load(observed.subject), observed.stored
        held = person.values.get(attribute.name) if person else None
        young = min(YOUNG, (attribute.shelf_life or FOREVER) // 10) * SECOND
        return held is not None and held.plain == stored.plain and 0 <= stored.observed - held.observed < young

    def _stored(self, name: str, source: str, value: Value, now: int) -> Stored:
        attribute = self._attributes.get(name)
        if attribute is None:
            raise ValueRefused(f"There is no attribute '{name}': define it under [attributes.{name}].")
        if attribute.source != source:
            raise ValueRefused(f"The attribute '{name}' comes from '{attribute.source}', not from '{source}'.")
        plain = to_plain(value)
        if reader_of(attribute)(plain) is None:
            raise ValueRefused(f"{value!r} is not a value of '{name}', which is of type {attribute.type}.")
        return Stored(plain, now, 0)
