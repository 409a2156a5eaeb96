"""What a visitor can choose here, and what they are told where a choice is not recorded."""

from collections.abc import Mapping

from personalize.consent.gate import PurposeState
from personalize.consent.ledger import ENOUGH
from personalize.errors import IdentifierClaimed, PersonalizeError
from personalize.explain.language import marked
from personalize.model.consent import Purpose
from personalize.model.people import Visitor
from personalize.profile.devices import concerns_browsers
from personalize.settings import Settings

SAID = frozenset({"given", "objected"})
FOREIGN = marked("This request did not come from a page of this site.")
AWAY = marked("Your choice could not be recorded, so nothing has changed. Please try again later.")
UNREAD = marked("This cannot be shown at this moment. Please try again later.")
CHANGED = marked("The text has changed meanwhile, so nothing was recorded. Please read it again.")
OFTEN = marked(
    "You have said yes to this many times today, so nothing was recorded this time. You can say no at any time."
    " Please try again tomorrow."
)
CLAIMED = marked(
    "What we know you by stands here with more than one person, so we cannot tell whose choice this is. "
    "Nothing was recorded. Please tell us, and we put it right."
)


def choosable(settings: Settings, visitor: Visitor, found: Mapping[str, PurposeState]) -> list[Purpose]:
    """Return the purposes that this visitor's answer has an effect on; `found` is where they stand for the visitor.

    Of somebody known that is all of them. A browser alone answers for what is kept in browsers, and for
    what a mailbox confirms; what it said of anything else before, it can take back.
    """
    return [
        purpose
        for name, purpose in settings.purposes.items()
        if visitor.assurance >= ENOUGH
        or purpose.double_opt_in
        or concerns_browsers(purpose, settings.attributes)
        or (name in found and found[name].status in SAID)
    ]


def unrecorded(error: PersonalizeError) -> tuple[int, str]:
    """Return the status and the marked sentence for a choice that could not be recorded."""
    return (409, CLAIMED) if isinstance(error, IdentifierClaimed) else (503, AWAY)
