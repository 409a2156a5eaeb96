"""What a person can do with their data, each as one act: for the buttons of the page and for the API alike."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from personalize.consent.ledger import ENOUGH
from personalize.errors import ValueRefused
from personalize.house import House
from personalize.model.people import Visitor
from personalize.rights.insight import may_see
from personalize.web.shell.choices import choosable

Form = Mapping[str, str]


class Done(Struct, frozen=True, kw_only=True):
    """That something was done: what, and the numbers of its receipts."""

    act: str
    receipts: tuple[str, ...] = ()


class Act(Struct, frozen=True, kw_only=True):
    """Something a person can do: `fields` are exactly what it takes, `place` is where the page shows it.

    `do` raises ConsentRefused and ValueRefused for what cannot be done, StoreError for what could not.
    """

    fields: frozenset[str]
    do: Callable[[House, Visitor, Form], Done]
    place: str = ""


def may_act(visitor: Visitor) -> bool:
    """Say whether somebody may see and change what is kept: a person who is sure enough, or a browser its own (T2)."""
    return visitor.assurance >= ENOUGH or visitor.is_device


def known(visitor: Visitor) -> int:
    """Return the subject of a visitor. Raises ValueRefused for somebody of whom nothing is kept."""
    if visitor.subject is None:
        raise ValueRefused("Nothing is kept about this visitor.")
    return visitor.subject


def choose(house: House, visitor: Visitor, form: Form) -> Done:
    """Agree to one purpose, withdraw that, object, or take that back."""
    ledger, purpose = house.ledger, form["purpose"]
    match form["action"]:
        case "give":
            event = ledger.give(visitor, purpose, form["lang"], form["notice"])
        case "withdraw":
            event = ledger.withdraw(visitor, purpose)
        case "object":
            event = ledger.object(visitor, purpose)
        case "lift":
            event = ledger.lift(visitor, purpose)
        case _:
            raise ValueRefused("There is no such choice.")
    return Done(act="consent", receipts=(event.event_id.hex(),))


def stop(house: House, visitor: Visitor, form: Form) -> Done:
    """Withdraw every consent and object to all that needs none: nothing may be used from the next page on.

    Also what seems not to be in use: a yes may still wait to be written.
    """
    ledger, settings = house.ledger, house.settings
    stand = ledger.state(visitor.subject) if visitor.subject else {}
    with ledger.together() as one:
        stopped = [one.end(visitor, purpose.name) for purpose in choosable(settings, visitor, stand)]
    return Done(act="stop", receipts=tuple(event.event_id.hex() for event in stopped))


def correct(house: House, visitor: Visitor, form: Form) -> Done:
    """Say that a value is wrong, and what it should be."""
    subject = known(visitor)
    values = {value.name: value for value in house.rights.insights.values(subject)}
    value = values.get(form["attribute"])
    if value is None or not may_see(value, visitor.assurance):
        raise ValueRefused("No such value is shown.")
    made = house.rights.corrections.correct(subject, value.name, form["claimed"], visitor.identifier or "")
    return Done(act="correct", receipts=(str(made.number),))


def restrict(house: House, visitor: Visitor, form: Form) -> Done:
    """Have one value not used, whatever it is."""
    house.rights.corrections.restrict(known(visitor), form["attribute"])
    return Done(act="restrict")


def allow(house: House, visitor: Visitor, form: Form) -> Done:
    """Let a value be used again."""
    house.rights.corrections.allow(known(visitor), form["attribute"])
    return Done(act="allow")


def cut(house: House, visitor: Visitor, form: Form) -> Done:
    """Say that a browser was somebody else's: what is known of it is not used for this person any more."""
    subject, device = known(visitor), form["device"]
    mine = {str(link.device): link.device for link in house.browsers.links_of(subject)}
    if device not in mine:
        raise ValueRefused("There is no such device.")
    house.browsers.cut(subject, mine[device], "not me", house.clock.now())
    return Done(act="cut")


def erase(house: House, visitor: Visitor, form: Form) -> Done:
    """Erase everything for good; `sure` says that it was confirmed."""
    if form["sure"] != "yes":
        raise ValueRefused("It was not confirmed.")
    house.rights.erase(known(visitor))
    return Done(act="erase")


ACTS: Mapping[str, Act] = {
    "consent": Act(fields=frozenset({"purpose", "action", "notice", "lang"}), do=choose),
    "stop": Act(fields=frozenset(), do=stop),
    "correct": Act(fields=frozenset({"attribute", "claimed"}), do=correct, place="known"),
    "restrict": Act(fields=frozenset({"attribute"}), do=restrict, place="known"),
    "allow": Act(fields=frozenset({"attribute"}), do=allow, place="known"),
    "cut": Act(fields=frozenset({"device"}), do=cut, place="devices"),
    "erase": Act(fields=frozenset({"sure"}), do=erase),
}
