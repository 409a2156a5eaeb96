"""Customers with planted values, and everything that a store can hold of them."""

import csv
import hashlib
import secrets
from pathlib import Path

from msgspec import structs

from personalize.house import House
from personalize.model.attributes import Stored
from personalize.model.consent import Action
from personalize.model.people import Assurance, Visitor
from personalize.onboarding.importing import import_file
from personalize.ports import Handle
from personalize.recognition.recognise import Credentials
from tests.faults.site.files import PLANS

CUSTOMERS = 10
DAY = 86_400_000_000
NOW = 1_790_000_000_000_000
CODE = 1_000


class Hands:
    """A clock that stands until it is moved."""

    def __init__(self, at: int) -> None:
        self.at = at

    def now(self) -> int:
        return self.at


def planted(number: int) -> tuple[str, ...]:
    """Return the values that only this customer has: name, topic, consent evidence, and a cell that was refused."""
    mark = hashlib.sha256(str(number).encode()).hexdigest()[:16]
    return tuple(f"{what}-{mark}" for what in ("name", "topic", "evidence", "refused"))


def stocked(house: House, folder: Path, customers: int = CUSTOMERS) -> House:
    """Fill a house with customers, and leave behind all that a store can hold of each."""
    for again in range(2):  # the second extract replaces every row: pages are rewritten
        path = write_customers(folder / f"crm-{again}.csv", customers, again)
        import_file(
            path, "crm", house.settings, house.store, house.ring, house.clock,
            noes=house.rights.noes, observed=house.clock.now(),
        )  # fmt: skip
    for number in range(1, customers + 1):
        subject = subject_of(house, number)
        agree(house, number, subject)
        topic = planted(number)[1]
        house.store.profiles.remember(subject, "crm", {"topic": Stored(topic, house.clock.now(), 0)})
        handle = Handle(subject=subject, mailing="weekly", campaign=bytes(6), issued=0, expires=1 << 60)
        house.store.handles.add_handles([(secrets.token_bytes(32), handle)])
        for slot in ("hero", "story"):
            prepared = house.pipeline.prepare(Credentials(login=f"customer_number:{number}"))
            house.pipeline.decide(prepared, slot, code=CODE + number)
    return house


def agree(house: House, number: int, subject: int) -> None:
    """Let a customer agree to stories being chosen, with evidence that names them."""
    visitor = Visitor(subject=subject, assurance=Assurance.login)
    given = house.ledger.give(visitor, "reading", "en", house.settings.notices["reading"].digests["en"])
    assert given.action is Action.given
    evidence = structs.replace(given, event_id=secrets.token_bytes(16), evidence={"paper": planted(number)[2]})
    house.store.consents.append([evidence])


def subject_of(house: House, number: int) -> int:
    return house.subject_of(f"customer_number:{number}")


def write_customers(path: Path, customers: int, again: int = 0) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["number", "first_name", "plan", "active", "topic"])
        for number in range(1, customers + 1):
            name, topic, _, refused = planted(number)
            plan = refused if again else PLANS[1 + number % 2]
            rows.writerow([number, name * (1 + again * (number % 7)), plan, "no", topic])
    return path
