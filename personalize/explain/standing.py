"""How consent stood when an entry was made, purpose by purpose, and what is granted had it stood otherwise."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from personalize.consent.gate import admit, states
from personalize.model.attributes import Cause
from personalize.model.consent import Action, ConsentEvent, Grants, Purpose
from personalize.model.content import Recipe
from personalize.model.cookbook import CookbookEntry
from personalize.model.people import Assurance


class Standing(StrEnum):
    """Whether a purpose was in force, or which no stood in its way."""

    allowed = "allowed"
    not_given = "not_given"
    objected = "objected"


OF_STATUS: Mapping[str, Standing] = {
    "given": Standing.allowed,
    "in_force": Standing.allowed,
    "not_given": Standing.not_given,
    "objected": Standing.objected,
}
OF_CAUSE: Mapping[Cause, Standing] = {Cause.objected: Standing.objected, Cause.no_consent: Standing.not_given}
ACTIONS: Mapping[Standing, Action] = {
    Standing.allowed: Action.confirmed,
    Standing.not_given: Action.withdrawn,
    Standing.objected: Action.objected,
}


def standings_of(entry: CookbookEntry, recipe: Recipe, events: Iterable[ConsentEvent]) -> dict[str, Standing]:
    """Return how each purpose stood for an entry: as the entry shows it, else as the ledger of then has it."""
    known = [event for event in events if event.recorded_at <= entry.at]
    found = states(known, purposes_of(recipe), entry.at)
    standings = {name: OF_STATUS[state.status] for name, state in found.items()}
    purpose = {attribute.name: attribute.purpose for attribute in recipe.attributes}
    for item in entry.ingredients:
        standings[purpose[item.attribute]] = Standing.allowed
    for absence in entry.absences:
        if absence.attribute in purpose:
            standings[purpose[absence.attribute]] = OF_CAUSE.get(absence.cause, Standing.allowed)
    return standings


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
