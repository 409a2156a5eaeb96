"""What was observed on a device, read for the person it is linked to: never more than both agreed to."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from personalize.model.attributes import Attribute, Stored
from personalize.model.consent import Grants, Purpose
from personalize.model.people import Assurance
from personalize.ports import Delivery
from personalize.profile.admitted import FOREVER, MISSING, NO_CONSENT, OBJECTED, Admitted, Dictionary
from personalize.profile.delivered import encode_body, merged
from personalize.settings.sources import DEVICE


def admit_linked(
    dictionary: Dictionary,
    delivered: Sequence[Delivery],
    grants: Grants,
    on_device: Sequence[Delivery],
    of_device: Grants,
    now: int,
) -> Admitted:
    """Return what may be read of a person together with the device that is linked to them.

    Only attributes of the source `device` are taken from it, each only for a purpose that both agreed to
    (law 1); of two observations the newer stays. What the device alone withholds is an absence with its cause.
    """
    agreed = [
        (name, stored.plain, stored.observed)
        for name, stored in merged(of_device.subject, on_device).items()
        if _agreed(dictionary, name, of_device)
    ]
    # Merged with the person's own, so that what they restricted is restricted here too.
    values = merged(grants.subject, [*delivered, (0, encode_body(agreed))])
    admitted = dictionary.admit(values, grants, now)
    _tell_why(admitted, dictionary, values, of_device)
    return replace(admitted, valid_until=min(admitted.valid_until, of_device.valid_until or FOREVER))


def observed_in(dictionary: Dictionary) -> tuple[tuple[int, Assurance], ...]:
    """Return the floors of what is observed in browsers: of a person it takes a login, whatever the dictionary says.

    Alone a device may read it at a click, for it is its own. But who opens a person's link need not be
    that person, and is not told what they did (law 6).
    """
    return tuple((place, Assurance.login) for place, each in enumerate(dictionary.attributes) if each.source == DEVICE)


def concerns_browsers(purpose: Purpose, attributes: Iterable[Attribute]) -> bool:
    """Say whether what a browser answers about a purpose, with nobody logged in, has any effect.

    It has where something that is observed in browsers is kept for it. What is kept for a purpose without
    attributes is the site's own affair; but being recognised by a link is a person's choice, never a browser's.
    """
    sources = {attribute.source for attribute in attributes if attribute.purpose == purpose.name}
    return DEVICE in sources if sources else not purpose.recognise


def _agreed(dictionary: Dictionary, name: str, of_device: Grants) -> bool:
    place = dictionary.index.get(name)
    if place is None:
        return False
    attribute = dictionary.attributes[place]
    purpose = attribute.purpose
    return attribute.source == DEVICE and purpose in of_device.in_force and purpose not in of_device.objected


def _tell_why(admitted: Admitted, dictionary: Dictionary, values: dict[str, Stored], of_device: Grants) -> None:
    """Say of what is missing that the device's own choices withhold it, whatever stands there."""
    absences = list(admitted.absences)
    for place, attribute in enumerate(dictionary.attributes):
        is_missing = admitted.values[place] is None and absences[place] is MISSING
        if is_missing and attribute.source == DEVICE and attribute.name not in values:
            if attribute.purpose in of_device.objected:
                absences[place] = OBJECTED
            elif attribute.purpose not in of_device.in_force:
                absences[place] = NO_CONSENT
    admitted.absences = tuple(absences)
