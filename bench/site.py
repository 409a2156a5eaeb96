"""A site on disk with the workload's configuration, and its customers put into the store in bulk."""

import json
import secrets
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from bench.workload import CHOICES, NEWS, SLOTS, TYPES, Complaints, Person, rules
from personalize.asgi.contract import Login
from personalize.consent.ledger import event_id
from personalize.house import House
from personalize.model.consent import Action, Basis, ConsentEvent
from personalize.model.people import Assurance
from personalize.personalizer import Personalizer
from personalize.recognition.keys import KeyRing
from personalize.storage.sqlite.profiles import encode_body, new_subject

LANGUAGES = ("nl", "nb", "en")
KIND = "customer_number"


def build(folder: Path) -> Personalizer:
    """Write a new site into an empty folder and return its personalizer."""
    (folder / "content").mkdir(parents=True)
    (folder / "personalize.toml").write_text(_configuration(), "utf-8")
    (folder / "content" / "variants.toml").write_text(_variants(), "utf-8")
    KeyRing.new(time.time_ns() // 1000).save(folder / "personalize.keys")
    return load(folder)


def load(folder: Path, login: Login | None = None) -> Personalizer:
    """Return the personalizer of a site that was built before."""
    return Personalizer.from_toml(folder / "personalize.toml", login=login, plugins=[Complaints()])


def seed(house: House, persons: Sequence[Person]) -> None:
    """Put these people into the store, as an import and a consent form would have done."""
    now = time.time_ns() // 1000
    subjects = {person.number: new_subject() for person in persons}
    with house.store.keys.write() as keys:
        rows = [(subject, secrets.token_bytes(32)) for subject in subjects.values()]
        keys.executemany("INSERT INTO subject_keys VALUES (?, ?)", rows)
    with house.store.people.write() as people:
        values = ("crm", "crm.csv", secrets.token_hex(32), now, now, len(persons), 0)
        inserted = people.execute(
            "INSERT INTO batches (source, file_name, sha256, observed_at, imported_at, accepted, rejected)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            values,
        )
        batch = int(inserted.lastrowid or 0)
        people.executemany(
            "INSERT INTO subjects (subject, created_at) VALUES (?, ?)", [(s, now) for s in subjects.values()]
        )
        people.executemany(
            "INSERT INTO identifiers (digest, subject, kind, batch) VALUES (?, ?, ?, ?)",
            [
                (house.ring.identifier_digest(KIND, str(number)), subject, KIND, batch)
                for number, subject in subjects.items()
            ],
        )
        people.executemany(
            "INSERT INTO profiles (subject, source, batch, body) VALUES (?, ?, ?, ?)",
            [(subjects[person.number], "crm", batch, _body(person, now)) for person in persons],
        )
    house.store.consents.append([_consent(subjects[p.number], now) for p in persons if p.consent])


def login_of(person: Person) -> str:
    """Return what the site's login says of a person."""
    return f"{KIND}:{person.number}"


def _body(person: Person, observed: int) -> bytes:
    return encode_body([[name, plain, observed] for name, plain in person.values.items()])


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


def _configuration() -> str:
    tables = [
        _table("site", url="https://www.example.org", timezone="Europe/Amsterdam", languages=LANGUAGES),
        _table("purposes.offers", basis="legitimate_interest", titles=_titles("offers")),
        _table("purposes.news", basis="consent", notice="news", titles=_titles("news")),
        _table("notices.news", version=1, texts=_titles("news for you")),
        _table("sources.crm", country="NL", key=KIND, identifiers={KIND: KIND}),
    ]
    tables += [_attribute(name, kind) for name, kind in TYPES.items()]
    fields = {"headline": "text", "text": "text", "link": "url"}
    tables += [_table(f"slots.{slot}", fields=fields, context={"page": "number"}) for slot in SLOTS]
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


def _variants() -> str:
    tables = []
    for slot, variants in rules(date(2026, 1, 1)).items():
        for order, rule in enumerate(variants):
            name = "{first_name}, " if rule.variant == "greeting" else ""
            fields = {field: _titles(f"{name}{slot} {rule.variant}") for field in ("headline", "text")}
            fields["link"] = _titles(f"/{slot}/{rule.variant}")
            body = {"slot": slot, "name": rule.variant, "when": rule.when, "order": order, "fields": fields}
            tables.append(_table("variant", several=True, **body))
    return "\n".join(tables)


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
