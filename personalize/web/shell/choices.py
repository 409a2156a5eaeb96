"""What a visitor can choose here: nobody is asked for an answer that would do nothing."""

from collections.abc import Mapping

from personalize.consent.gate import PurposeState
from personalize.consent.ledger import ENOUGH
from personalize.model.consent import Purpose
from personalize.model.people import Visitor
from personalize.profile.devices import concerns_browsers
from personalize.settings import Settings

SAID = frozenset({"given", "objected"})


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
