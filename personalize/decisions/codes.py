"""The codes of outcomes, as entries keep them and `read_outcomes` reads them."""

from functools import lru_cache

from personalize.model.attributes import Cause
from personalize.model.decisions import WIDTH, Reason

REFUSING = frozenset({Cause.objected, Cause.no_consent})
FURTHEST = (
    Reason.HOLDOUT,
    Reason.CAPPED,
    Reason.SUPPRESSED,
    Reason.ERROR,
    Reason.NO_CONSENT,
    Reason.NOT_RECOGNISED,
    Reason.NOT_MATCHED,
    Reason.NOT_SCHEDULED,
)
"""How far a candidate can get without being shown, furthest first."""


def code(reason: Reason, cause: Cause | None = None, rule: int = -1) -> bytes:
    """Return the three bytes of one outcome."""
    return bytes((reason, cause or 0, rule + 1))


@lru_cache(maxsize=256)
def refusals(rule: int = -1) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Return the codes of a candidate whose condition, or the chooser with the say over it, met an absence.

    First by whether it is a stranger's, then by the cause's number; at 0 stands the code without an absence.
    For a stranger an absence means NOT_RECOGNISED, for a known person NO_CONSENT where consent
    is what lacks, else NOT_MATCHED with the cause.
    """
    plain = code(Reason.NOT_MATCHED, None, rule)
    known = {cause: code(_reason(cause), cause, rule) for cause in Cause}
    stranger = known | dict.fromkeys(REFUSING, code(Reason.NOT_RECOGNISED, Cause.no_consent, rule))
    return (plain, *known.values()), (plain, *stranger.values())


def _reason(cause: Cause) -> Reason:
    return Reason.NO_CONSENT if cause in REFUSING else Reason.NOT_MATCHED


@lru_cache(maxsize=4096)
def reason_of_default(blob: bytes) -> Reason:
    """Return why the default is shown: the fate of the candidate that got furthest."""
    reasons = set(blob[::WIDTH])
    return next((reason for reason in FURTHEST if reason in reasons), Reason.DEFAULT)
