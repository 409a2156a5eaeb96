"""Values that the site itself observes, written beside what files delivered."""

from collections.abc import Callable, Mapping, Sequence

from personalize.errors import ValueRefused
from personalize.model.attributes import Attribute, Stored, Value, to_plain
from personalize.model.people import Assurance, Visitor
from personalize.ports import Clock, ProfileStore
from personalize.profile.devices import DEVICE
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
        self._keep(
            visitor.subject, source, {name: self._stored(name, source, value, now) for name, value in values.items()}
        )

    def on_device(self, name: str, value: Value) -> tuple[str, Stored]:
        """Return the purpose of an attribute of the source `device`, and this value as observed now.

        Raises ValueRefused as `remember` does.
        """
        stored = self._stored(name, DEVICE, value, self._clock.now())
        return self._attributes[name].purpose, stored

    def keeper(self, visitor: Visitor) -> int:
        """Return of whom an observation on this device is kept: the device, else who is logged in; 0 for nobody.

        Never of the person behind a click: whoever opened the link need not be them (law 6).
        """
        device = visitor.read_device
        if device or visitor.assurance < Assurance.login:
            return device
        return visitor.subject or 0

    def keep(self, subject: int, values: Mapping[str, Stored]) -> None:
        """Keep values that `on_device` gave. Raises ValueRefused where the subject is gone, StoreError."""
        self._keep(subject, DEVICE, values)

    def _keep(self, subject: int, source: str, values: Mapping[str, Stored]) -> None:
        self._profiles.remember(subject, source, values)
        self._changed(subject)

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
