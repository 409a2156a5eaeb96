"""The gate: consent events folded into the grants in force now. In doubt: no (law 9)."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from personalize.model.consent import Action, Basis, ConsentEvent, Grant, Grants, Purpose
from personalize.model.people import Assurance

LEEWAY = 120 * 1_000_000
"""Clocks may differ by this much (µs); a consent from further ahead is not in force yet."""

PERMITTING = frozenset({Action.given, Action.objection_lifted})
ENDINGS = frozenset({Action.refused, Action.withdrawn, Action.expired})


class PurposeState(Struct, frozen=True, kw_only=True):
    """Where one purpose stands for one person.

    `status` is `given`, `not_given`, `objected` or `in_force` (legitimate interest). `since`
    is the time (µs) of the event that made it so, None where there was none. `begins` is when a
    consent from ahead of the clock comes into force.
    """

    purpose: str
    basis: Basis
    status: str
    since: int | None = None
    notice: str = ""
    record: bytes = b""
    valid_until: int | None = None
    begins: int | None = None


def states(events: Iterable[ConsentEvent], purposes: Mapping[str, Purpose], now: int) -> dict[str, PurposeState]:
    """Fold a person's events into the state of every purpose at `now` (µs).

    Events count in the order in which they happened; at the same moment an ending counts last.
    """
    given: dict[str, ConsentEvent | None] = {}
    objected: dict[str, ConsentEvent | None] = {}
    for event in sorted(events, key=_moment):
        if event.action is Action.given:
            given[event.purpose] = event
        elif event.action in ENDINGS:
            given[event.purpose] = None
            if event.basis is Basis.legitimate_interest:
                objected[event.purpose] = event
        elif event.action is Action.objected:
            objected[event.purpose] = event
        elif event.action is Action.objection_lifted:
            objected[event.purpose] = None
    return {name: _state(purpose, given.get(name), objected.get(name), now) for name, purpose in purposes.items()}


def _moment(event: ConsentEvent) -> tuple[int, bool]:
    return event.occurred_at, event.action not in PERMITTING


def _state(purpose: Purpose, given: ConsentEvent | None, objected: ConsentEvent | None, now: int) -> PurposeState:
    if objected is not None:
        return _of(purpose, "objected", objected)
    if purpose.basis is Basis.legitimate_interest:
        return PurposeState(purpose=purpose.name, basis=purpose.basis, status="in_force")
    if given is None or given.occurred_at > now + LEEWAY or now >= _ends(purpose, given):
        begins = given.occurred_at - LEEWAY if given is not None and given.occurred_at > now + LEEWAY else None
        return PurposeState(purpose=purpose.name, basis=purpose.basis, status="not_given", begins=begins)
    return _of(purpose, "given", given, _ends(purpose, given))


def _of(purpose: Purpose, status: str, event: ConsentEvent, until: int | None = None) -> PurposeState:
    return PurposeState(
        purpose=purpose.name,
        basis=purpose.basis,
        status=status,
        since=event.occurred_at,
        notice=event.notice,
        record=event.event_id,
        valid_until=until,
    )


def _ends(purpose: Purpose, given: ConsentEvent) -> int:
    """Return when a consent ends: at its own term or the purpose's, whichever comes first."""
    term = given.occurred_at + purpose.valid * 1_000_000
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
    found = states(events, purposes, now)
    in_force = {name: _grant(state) for name, state in found.items() if state.status in ("given", "in_force")}
    turns = [grant.valid_until for grant in in_force.values()] + [state.begins for state in found.values()]
    return Grants(
        subject=subject,
        assurance=assurance,
        epoch=epoch,
        in_force=in_force,
        objected=frozenset(name for name, state in found.items() if state.status == "objected"),
        valid_until=min((turn for turn in turns if turn is not None), default=None),
    )


def _grant(state: PurposeState) -> Grant:
    return Grant(
        purpose=state.purpose,
        basis=state.basis,
        record=state.record,
        notice=state.notice,
        given_at=state.since,
        valid_until=state.valid_until,
    )
