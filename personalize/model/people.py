"""Who is this: the visitor, as far as the request proves it."""

from enum import IntEnum

from msgspec import Struct
from msgspec.structs import replace


class Assurance(IntEnum):
    """How sure we are of the person, lowest first; a value needs at least its own level."""

    none = 0
    click = 1
    mailbox = 2
    login = 3

    def __str__(self) -> str:
        """Return the name: what a log or a page of a site's own says of it."""
        return self.name


class Visitor(Struct, frozen=True, kw_only=True, gc=False):
    """The person behind a request.

    `subject` is the random reference of a known person, or None for a stranger. `identifier`
    is the site's own login identifier (`customer_number:4711`) where somebody is logged in;
    it may belong to nobody we know, who then is a stranger until a consent POST.
    `device` is the device subject of this browser, 0 where there is none: alone it is the subject
    itself, beside a login it is the one that is linked to that person. Beside a click it is only
    somebody who may change their own choices: nothing of it is read.
    """

    subject: int | None = None
    assurance: Assurance = Assurance.none
    identifier: str | None = None
    problem: str = ""
    device: int = 0

    @property
    def is_stranger(self) -> bool:
        """Say whether no subject is known."""
        return self.subject is None

    @property
    def read_device(self) -> int:
        """Return the device subject whose values may be read for this visitor, 0 for none."""
        return self.device if self.assurance >= Assurance.login or self.device == self.subject else 0

    @property
    def is_device(self) -> bool:
        """Say whether all that is known is this browser: nobody in particular."""
        return self.device != 0 and self.device == self.subject

    def known_as(self, subject: int) -> "Visitor":
        """Return this visitor as the subject that a consent POST has just made."""
        return replace(self, subject=subject)


STRANGER = Visitor()
LOGIN = "login: "
"""How the problem of a visitor begins whose log-in could not be read."""
