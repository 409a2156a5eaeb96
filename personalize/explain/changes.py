"""What can be supposed of a recorded decision, one thing at a time, and what each leads to."""

from msgspec import Struct

from personalize.explain.plausible import Try
from personalize.explain.standing import Standing
from personalize.model.cookbook import CookbookEntry
from personalize.model.people import Assurance


class OtherAssurance(Struct, frozen=True):
    """Suppose we had been this sure of the person; `none` is a stranger."""

    level: Assurance


class OtherConsent(Struct, frozen=True):
    """Suppose a purpose had stood like this."""

    purpose: str
    standing: Standing


class OtherValue(Struct, frozen=True):
    """Suppose an attribute had had this value."""

    attribute: str
    instead: Try


Change = OtherAssurance | OtherConsent | OtherValue


class Changed(Struct, frozen=True, kw_only=True):
    """What a change leads to. `entry` is the one that would have been written.

    `today` names the attributes for which today's profile was asked, `unsaid` the page facts that
    would have been asked for and that nobody noted, `closed` the attributes that would have been read and are not
    allowed today, or were observed in whichever browser it was. `of_person` says that a browser, which is nobody's in
    particular, would have been some person's. Then the outcome cannot be told, and `told` is false.
    """

    change: Change
    entry: CookbookEntry
    differs: bool
    today: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    of_person: bool = False

    @property
    def told(self) -> bool:
        """Say whether the outcome can be told."""
        return not (self.unsaid or self.closed or self.of_person)
