"""A site on disk with the workload's configuration, and its customers imported."""

import csv
import json
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from bench.workload import ABOUT_THE_PAGE, CHOICES, NEWS, SLOTS, TYPES, Complaints, Person, rules
from personalize.asgi.contract import Login
from personalize.consent.ledger import event_id
from personalize.house import House
from personalize.model.consent import Action, Basis, ConsentEvent
from personalize.model.people import Assurance
from personalize.onboarding.importing import import_file
from personalize.personalizer import Personalizer
from personalize.recognition.keys import KeyRing

LANGUAGES = ("nl", "nb", "en")
KIND = "customer_number"
IDENTIFIERS = ("customer_number", "email", "phone", "postcode", "house_number")
"""Columns; the last two make one identifier."""
MAPPED: dict[str, Any] = {
    "customer_number": "customer_number",
    "email": "email",
    "phone": "phone",
    "address": ("postcode", "house_number"),
}


def build(folder: Path, identifiers: Sequence[str] = (KIND,)) -> Personalizer:
    """Write a new site into an empty folder and return its personalizer."""
    (folder / "content").mkdir(parents=True)
    (folder / "personalize.toml").write_text(_configuration(identifiers), "utf-8")
    (folder / "content" / "variants.toml").write_text(_variants(), "utf-8")
    KeyRing.new(time.time_ns() // 1000).save(folder / "personalize.keys")
    return load(folder)


def load(folder: Path, login: Login | None = None) -> Personalizer:
    """Return the personalizer of a site that was built before."""
    return Personalizer.from_toml(folder / "personalize.toml", login=login, plugins=[Complaints()])


def seed(house: House, persons: Sequence[Person]) -> None:
    """Import these people, and give the consents of those who have."""
    path = house.settings.site.store / "seed.csv"
    write_csv(path, persons)
    summary = import_file(path, "crm", house.settings, house.store, house.ring, house.clock, noes=house.rights.noes)
    path.unlink()
    if summary.accepted != len(persons):
        raise ValueError(f"{summary.accepted} of {len(persons)} people were imported")
    now = house.clock.now()
    willing = [house.subject_of(login_of(person)) for person in persons if person.consent]
    house.store.consents.append([_consent(subject, now) for subject in willing])


def bytes_in(folder: Path) -> int:
    """Return the size of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def write_csv(path: Path, persons: Sequence[Person]) -> None:
    """Write people as a CRM does."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*IDENTIFIERS, *TYPES])
        writer.writerows(_row(person) for person in persons)


def _row(person: Person) -> list[str]:
    number = person.number
    identifiers = [
        str(number),
        f"p{number}@example.org",
        f"06 {10_000_000 + number}",
        f"{1000 + number % 8000} AB",
        str(number),
    ]
    return identifiers + [_cell(person.values.get(name)) for name in TYPES]


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "|".join(value)
    return "" if value is None else str(value)


def login_of(person: Person) -> str:
    """Return what the site's login says of a person."""
    return f"{KIND}:{person.number}"


def _consent(subject: int, now: int) -> ConsentEvent:
    return ConsentEvent(
        event_id=event_id(now),
        subject=subject,
        purpose="news",
        action=Action.given,
        basis=Basis.consent,
        method="page",
        actor="visitor",
        assurance=Assurance.login,
        occurred_at=now,
        recorded_at=now,
        notice="news@1",
        notice_lang="nl",
    )


def _configuration(identifiers: Sequence[str]) -> str:
    tables = [
        _table("site", url="https://www.example.org", timezone="Europe/Amsterdam", languages=LANGUAGES),
        _table("purposes.offers", basis="legitimate_interest", titles=_titles("offers")),
        _table("purposes.news", basis="consent", notice="news", titles=_titles("news")),
        _table("notices.news", version=1, texts=_titles("news for you")),
        _table("sources.crm", country="NL", key=KIND, identifiers={kind: MAPPED[kind] for kind in identifiers}),
        _table("sources.crm.columns", **{name: _column(name, kind) for name, kind in TYPES.items()}),
    ]
    tables += [_attribute(name, kind) for name, kind in TYPES.items()]
    fields = {"headline": "text", "text": "text", "link": "url"}
    tables += [_table(f"slots.{slot}", fields=fields) for slot in SLOTS]
    tables += [_table(f"slots.{slot}", fields=fields, context={"page": "number"}) for slot in ABOUT_THE_PAGE]
    return "\n".join(tables)


def _attribute(name: str, kind: str) -> str:
    more: dict[str, Any] = {"choices": CHOICES[name]} if name in CHOICES else {}
    purpose = "news" if name in NEWS else "offers"
    return _table(
        f"attributes.{name}",
        type=kind,
        source="crm",
        purpose=purpose,
        shelf_life="90d",
        assurance="login",
        titles=_titles(name),
        **more,
    )


def _column(name: str, kind: str) -> Any:
    if kind == "yes/no":
        return {"column": name, "values": {"yes": True, "no": False}}
    return {"column": name, "separator": "|"} if kind == "set of text" else name


def _variants() -> str:
    every = {slot: {rule.variant: rule.when for rule in found} for slot, found in rules(date(2026, 1, 1)).items()}
    return "\n".join(
        _variant(slot, variant, when, order)
        for slot, variants in (every | ABOUT_THE_PAGE).items()
        for order, (variant, when) in enumerate(variants.items())
    )


def _variant(slot: str, name: str, when: str, order: int) -> str:
    who = "{first_name}, " if name == "greeting" else ""
    fields = {field: _titles(f"{who}{slot} {name}") for field in ("headline", "text")}
    fields["link"] = _titles(f"/{slot}/{name}")
    return _table("variant", several=True, slot=slot, name=name, when=when, order=order, fields=fields)


def _titles(text: str) -> dict[str, str]:
    return dict.fromkeys(LANGUAGES, text)


def _table(name: str, /, *, several: bool = False, **values: Any) -> str:
    head = f"[[{name}]]" if several else f"[{name}]"
    return "\n".join([head, *(f"{key} = {_toml(value)}" for key, value in values.items()), ""])


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)
