"""Values that the site itself observes, written beside what files delivered."""

from collections.abc import Callable, Mapping, Sequence

from personalize.errors import ValueRefused
from personalize.model.attributes import Attribute, Stored, Value, to_plain
from personalize.model.people import Assurance, Visitor
from personalize.ports import Clock, ProfileStore
from personalize.profile.values import reader_of


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
    ) -> None:
        self._profiles, self._clock, self._changed = profiles, clock, changed
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
