"""How consent stood when an entry was made, purpose by purpose, and what is granted had it stood otherwise."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from personalize.consent.gate import PurposeState, admit, moment, states
from personalize.model.attributes import Cause
from personalize.model.consent import Action, ConsentEvent, Grants, Purpose
from personalize.model.content import Recipe
from personalize.model.cookbook import CookbookEntry
from personalize.model.moments import SECOND
from personalize.model.people import Assurance

CERTAIN = 2 * SECOND
"""How long (µs) before and after an answer the ledger does not tell what a process knew of it, and more."""


class Standing(StrEnum):
    """Whether a purpose was in force, or which no stood in its way."""

    allowed = "allowed"
    not_given = "not_given"
    objected = "objected"


class Unallowed(StrEnum):
    """Why no consent to a purpose was in force: what became of it, or that it did not count on that visit."""

    never = "never"
    refused = "refused"
    withdrawn = "withdrawn"
    expired = "expired"
    outdated = "outdated"
    unconfirmed = "unconfirmed"
    visit = "visit"


OF_STATUS: Mapping[str, Standing] = {
    "given": Standing.allowed,
    "in_force": Standing.allowed,
    "not_given": Standing.not_given,
    "objected": Standing.objected,
}
OF_CAUSE: Mapping[Cause, Standing] = {Cause.objected: Standing.objected, Cause.no_consent: Standing.not_given}
ENDED: Mapping[Action, Unallowed] = {
    Action.refused: Unallowed.refused,
    Action.withdrawn: Unallowed.withdrawn,
    Action.expired: Unallowed.expired,
    Action.requested: Unallowed.unconfirmed,
}
OBJECTING = frozenset({Action.objected, Action.objection_lifted})
ACTIONS: Mapping[Standing, Action] = {
    Standing.allowed: Action.confirmed,
    Standing.not_given: Action.withdrawn,
    Standing.objected: Action.objected,
}


def standings_of(entry: CookbookEntry, recipe: Recipe, events: Iterable[ConsentEvent]) -> dict[str, Standing]:
    """Return how each purpose stood for an entry: as the entry shows it, else as the ledger of then has it."""
    standings = in_ledger(entry, recipe, events)
    purpose = {attribute.name: attribute.purpose for attribute in recipe.attributes}
    for absence in entry.absences:
        if absence.attribute in purpose:
            standings[purpose[absence.attribute]] = OF_CAUSE.get(absence.cause, Standing.allowed)
    for item in entry.ingredients:  # last: a linked browser may withhold its own values of a purpose in force
        standings[purpose[item.attribute]] = Standing.allowed
    return standings


def in_ledger(entry: CookbookEntry, recipe: Recipe, events: Iterable[ConsentEvent]) -> dict[str, Standing]:
    """Return how each purpose stood in the ledger of then, whatever a browser said itself."""
    found = states(_known(entry, events), purposes_of(recipe), entry.at)
    return {name: OF_STATUS[state.status] for name, state in found.items()}


def unallowed(entry: CookbookEntry, recipe: Recipe, events: Iterable[ConsentEvent]) -> dict[str, Unallowed]:
    """Return why each purpose had no consent in force for which an entry met nothing; without those that are unsure."""
    purpose = {attribute.name: attribute.purpose for attribute in recipe.attributes}
    withheld = {purpose.get(item.attribute) for item in entry.absences if item.cause is Cause.no_consent}
    events = list(events)
    known = _known(entry, events)
    found = states(known, purposes_of(recipe), entry.at)
    heard = {event.purpose for event in events if abs(event.recorded_at - entry.at) < CERTAIN}
    last = {event.purpose: event.action for event in sorted(known, key=moment) if event.action not in OBJECTING}
    sure = withheld - heard
    reasons = {name: _unallowed(state, last.get(name)) for name, state in found.items() if name in sure}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def _known(entry: CookbookEntry, events: Iterable[ConsentEvent]) -> list[ConsentEvent]:
    return [event for event in events if event.recorded_at <= entry.at]


def _unallowed(state: PurposeState, last: Action | None) -> Unallowed | None:
    if OF_STATUS[state.status] is Standing.allowed:
        return Unallowed.visit
    if state.status == "objected" or state.begins is not None:
        return None
    if state.because or last is None:
        return Unallowed(state.because or "never")
    return ENDED.get(last)


def grants_of(entry: CookbookEntry, recipe: Recipe, standings: Mapping[str, Standing], assurance: Assurance) -> Grants:
    """Return what the gate grants where consent stands like this; nothing to somebody who is not known."""
    if assurance is Assurance.none:
        return Grants(subject=0, assurance=assurance, epoch=0, in_force={})
    purposes = purposes_of(recipe)
    # An allowance that rests on legitimate interest is the absence of an objection: no event says it.
    events = [_event(entry, purposes[name], ACTIONS[standing]) for name, standing in standings.items()]
    return admit(entry.subject, assurance, entry.epoch, events, purposes, entry.at)


def purposes_of(recipe: Recipe) -> dict[str, Purpose]:
    """Return the purposes of then, by name."""
    return {purpose.name: purpose for purpose in recipe.purposes}


def _event(entry: CookbookEntry, purpose: Purpose, action: Action) -> ConsentEvent:
    return ConsentEvent(
        event_id=b"",
        subject=entry.subject,
        purpose=purpose.name,
        action=action,
        basis=purpose.basis,
        method="supposed",
        actor="",
        assurance=Assurance.login,
        occurred_at=entry.at,
        recorded_at=entry.at,
        notice=f"{purpose.notice}@{purpose.asked_since}",
    )
