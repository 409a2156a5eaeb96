"""The gate: consent events folded into the grants in force now. In doubt: no (law 9)."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from personalize.model.consent import Action, Basis, ConsentEvent, Grant, Grants, Purpose
from personalize.model.moments import SECOND
from personalize.model.people import Assurance

LEEWAY = 120 * SECOND
"""Clocks may differ by this much (µs); a consent from further ahead is not in force yet."""

AGREEING = frozenset({Action.given, Action.confirmed})
PERMITTING = AGREEING | {Action.objection_lifted}
ENDINGS = frozenset({Action.refused, Action.withdrawn, Action.expired})
GIVEN, OBJECTED, LIFTED = Action.given, Action.objected, Action.objection_lifted
NOES = ENDINGS | {OBJECTED}
CONFIRMED = Action.confirmed
INTEREST = Basis.legitimate_interest
"""Looked up here once, and compared by `is`: the hash of an enum's member is worked out in Python."""

IN_USE = frozenset({"given", "in_force"})
"""Where a purpose stands while data may be used for it."""

Last = dict[str, ConsentEvent | None]
Stand = tuple[str, ConsentEvent | None, int | None, int | None]
"""A purpose's status, the event behind it, when that ends, and when one from ahead of the clock begins."""
NONE: frozenset[str] = frozenset()
NOTHING: Stand = ("not_given", None, None, None)


class PurposeState(Struct, frozen=True, kw_only=True):
    """Where one purpose stands for one person.

    `status` is `given`, `not_given`, `objected` or `in_force` (legitimate interest). `since`
    is the time (µs) of the event that made it so, None where there was none. `begins` is when a
    consent from ahead of the clock comes into force. `because` says why a consent that was given does
    not count: `outdated` (the text has changed in substance, so it is asked anew), `unconfirmed` (double
    opt-in), `expired` or, until it begins, `ahead`.
    """

    purpose: str
    basis: Basis
    status: str
    since: int | None = None
    notice: str = ""
    record: bytes = b""
    valid_until: int | None = None
    begins: int | None = None
    because: str = ""


def states(events: Iterable[ConsentEvent], purposes: Mapping[str, Purpose], now: int) -> dict[str, PurposeState]:
    """Fold a person's events into the state of every purpose at `now` (µs).

    Events count in the order in which they happened; at the same moment an ending counts last.
    """
    given, objected = fold(events)
    found = {}
    for name, purpose in purposes.items():
        event = given.get(name)
        status, behind, until, begins = _stand(purpose, event, objected.get(name), now)
        because = why_not(purpose, event, now) if status == "not_given" and event is not None else ""
        found[name] = _state(purpose, status, behind, until, begins, because)
    return found


def fold(events: Iterable[ConsentEvent]) -> tuple[Last, Last]:
    """Return the consent and the objection that each purpose was left with."""
    given: Last = {}
    objected: Last = {}
    for event in sorted(events, key=moment):
        action = event.action
        if action is GIVEN or action is CONFIRMED:
            given[event.purpose] = event
        elif action is OBJECTED:
            objected[event.purpose] = event
        elif action is LIFTED:
            objected[event.purpose] = None
        elif action in ENDINGS:
            given[event.purpose] = None
            if event.basis is INTEREST:
                objected[event.purpose] = event
    return given, objected


def moment(event: ConsentEvent) -> tuple[int, bool]:
    """Return the place of an event among others: when it happened, and an ending after what it ends."""
    action = event.action
    return event.occurred_at, action is not GIVEN and action is not CONFIRMED and action is not LIFTED


def _stand(purpose: Purpose, given: ConsentEvent | None, objected: ConsentEvent | None, now: int) -> Stand:
    if objected is not None:
        return "objected", objected, None, None
    if purpose.basis is INTEREST:
        return "in_force", None, None, None
    if given is None or not _counts(purpose, given):
        return NOTHING
    if given.occurred_at > now + LEEWAY:
        return "not_given", None, None, given.occurred_at - LEEWAY
    end = ends(purpose, given)
    return NOTHING if now >= end else ("given", given, end, None)


def _counts(purpose: Purpose, given: ConsentEvent) -> bool:
    """Say whether a consent was to what is asked today, and confirmed where it has to be.

    One that was taken elsewhere and imported needs no mail of ours.
    """
    if purpose.double_opt_in and given.action is not CONFIRMED and not given.batch:
        return False
    return purpose.asked_since <= 1 or version_of(given.notice) >= purpose.asked_since


def version_of(notice: str) -> int:
    """Return the version in `name@version`; 1 where a consent does not say what it was given to."""
    version = notice.rpartition("@")[2]
    return int(version) if version.isascii() and version.isdigit() else 1


def why_not(purpose: Purpose, given: ConsentEvent, now: int) -> str:
    """Return why a consent that nothing ended does not count, as `PurposeState` names it; empty where it does."""
    if now >= ends(purpose, given):
        return "expired"
    if version_of(given.notice) < purpose.asked_since:
        return "outdated"
    if not _counts(purpose, given):
        return "unconfirmed"
    return "ahead" if given.occurred_at > now + LEEWAY else ""


def _state(
    purpose: Purpose,
    status: str,
    event: ConsentEvent | None,
    until: int | None,
    begins: int | None,
    because: str,
) -> PurposeState:
    if event is None:
        return PurposeState(purpose=purpose.name, basis=purpose.basis, status=status, begins=begins, because=because)
    return PurposeState(
        purpose=purpose.name,
        basis=purpose.basis,
        status=status,
        since=event.occurred_at,
        notice=event.notice,
        record=event.event_id,
        valid_until=until,
    )


def ends(purpose: Purpose, given: ConsentEvent) -> int:
    """Return when a consent ends: at its own term or the purpose's, whichever comes first."""
    term = given.occurred_at + purpose.valid * SECOND
    return term if given.valid_until is None else min(term, given.valid_until)


def admit(
    subject: int,
    assurance: Assurance,
    epoch: int,
    events: Iterable[ConsentEvent],
    purposes: Mapping[str, Purpose],
    now: int,
) -> Grants:
    """Return the grants in force for a person at `now`: the proof that reading needs (law 1)."""
    given, objected = fold(events)
    in_force: dict[str, Grant] = {}
    refused: list[str] = []
    turn: int | None = None
    for name, purpose in purposes.items():
        status, event, end, begins = _stand(purpose, given.get(name), objected.get(name), now)
        if status == "objected":
            refused.append(name)
        elif status != "not_given":
            in_force[name] = _grant(purpose, event, end)
        changes = end or begins
        if changes is not None and (turn is None or changes < turn):
            turn = changes
    return Grants(
        subject=subject,
        assurance=assurance,
        epoch=epoch,
        in_force=in_force,
        objected=frozenset(refused) if refused else NONE,
        valid_until=turn,
    )


def _grant(purpose: Purpose, event: ConsentEvent | None, end: int | None) -> Grant:
    if event is None:
        return Grant(purpose=purpose.name, basis=purpose.basis)
    return Grant(
        purpose=purpose.name,
        basis=purpose.basis,
        record=event.event_id,
        notice=event.notice,
        given_at=event.occurred_at,
        valid_until=end,
    )
