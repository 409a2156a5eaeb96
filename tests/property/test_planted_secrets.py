"""Law 6: whoever opens a forwarded link finds nothing of what needs a login."""

import csv
import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from personalize.cookbook.codes import code_of
from personalize.explain.explanation import as_json, full
from personalize.onboarding.importing import import_file
from personalize.personalizer import Personalizer
from personalize.recognition.mailing import make_link
from personalize.recognition.recognise import Credentials
from tests.property.little_site import START, Canary, Hands, make_site, open_site, variant
from tests.property.reference import CLICK, LOGIN, MAILBOX, SECOND, Attribute

PEOPLE, EACH = 10, 50
KINDS = ("text", "set of text", "number")
LANGUAGES = ("nl", "nb", "en")
URL = "http://127.0.0.1:8000"
SECRET = {
    f"secret{place}": Attribute(KINDS[place % 3], "service", MAILBOX if place % 2 else LOGIN) for place in range(EACH)
}
ATTRIBUTES = {**SECRET, "theme": Attribute("text", "service", CLICK)}
SLOTS = "".join(f'[slots.{name}]\nfields = {{ text = "text" }}\n' for name in SECRET)
VARIANTS = (
    variant("page", "plain", text="For {theme} readers")
    + "".join(variant("asks", name, f"known({name})") for name in SECRET)
    + "".join(variant(name, name, f"known({name}) or theme == 'dark'", f"Your {{{name}}}") for name in SECRET)
)


def secret(chance: random.Random) -> str:
    """Return what can be a text, a set of one, or a number, and is nowhere else by accident."""
    return str(chance.randrange(10**13, 10**14))


@pytest.fixture
def planted(tmp_path: Path):
    """A site with 500 secrets, the secrets, and its canary."""
    chance = random.Random(1)
    people = {f"c{place}": {name: secret(chance) for name in SECRET} for place in range(PEOPLE)}
    folder = make_site(tmp_path / "site", content=VARIANTS, attributes=ATTRIBUTES, more=SLOTS)
    canary = Canary()
    personalizer = open_site(folder, canary, Hands())
    _import(personalizer, folder / "crm.csv", people)
    yield personalizer, people, canary
    personalizer.close()


def _import(personalizer: Personalizer, path: Path, people: dict[str, dict[str, str]]) -> None:
    seen_at = datetime.fromtimestamp(START // SECOND, UTC).isoformat()
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["customer", "seen_at", "theme", *SECRET])
        table.writerows([who, seen_at, "dark", *secrets.values()] for who, secrets in people.items())
    house = personalizer.house
    import_file(path, "crm", personalizer.settings, house.store, house.ring, personalizer.clock, noes=house.rights.noes)
    house.pipeline.forget(0)  # a log-in asked before belonged to nobody


def by_click(personalizer: Personalizer, who: str) -> Credentials:
    """Follow a link that was mailed to somebody who agreed to being recognised by it."""
    house = personalizer.house
    visitor = house.pipeline.prepare(Credentials(login=f"customer_number:{who}")).visitor
    digest = personalizer.settings.notices["agree"].digests["nl"]
    house.ledger.give(visitor, "recognition", "nl", digest)
    now, handles = personalizer.clock.now(), house.store.handles
    assert visitor.subject is not None
    url = make_link(house.ring, handles, site=URL, url=URL, subject=visitor.subject, mailing="weekly", now=now)
    _, cookie = house.pipeline.click(url.partition("pzt=")[2].encode())
    assert cookie is not None
    return Credentials(cookie=cookie.encode())


def let_out(personalizer: Personalizer, canary: Canary, credentials: Credentials, number: int) -> tuple[str, int]:
    """Return everything that deciding every slot lets out, as one text, and how sure we were of the visitor."""
    house, said = personalizer.house, []
    prepared = house.pipeline.prepare(credentials)
    canary.sang.clear()
    for slot in house.pipeline.serving.recipe.slots:
        decision = house.pipeline.decide(prepared, slot, language="en", code=number)
        said += [repr(decision), repr(decision.outcomes), json.dumps(dict(decision.fields)), repr(decision.matched)]
        said.append(str(personalizer.renderer(decision)))
    entries = house.cookbook.by_code(code_of(number))
    assert len(entries) == len(house.pipeline.serving.recipe.slots)
    for entry in entries:
        said += [repr(entry), msgspec.json.encode(entry.ingredients).decode()]
        explanation = house.explain(entry, LANGUAGES[(number + len(said)) % 3])
        said += [full(explanation), as_json(explanation)]
    return "\n".join([*said, repr(canary.sang), repr(prepared.visitor)]), prepared.visitor.assurance


def found(text: str, secrets: dict[str, str]) -> set[str]:
    grouped = {name: {plain, f"{int(plain):,}", f"{int(plain):,}".replace(",", ".")} for name, plain in secrets.items()}
    return {name for name, spellings in grouped.items() if any(each in text for each in spellings)}


def test_a_click_lets_out_none_of_five_hundred_secrets(planted: Any):
    personalizer, people, canary = planted
    for number, (who, secrets) in enumerate(people.items()):
        text, assurance = let_out(personalizer, canary, by_click(personalizer, who), number)
        assert assurance == CLICK
        assert "For dark readers" in text, "the link did recognise somebody"
        assert found(text, secrets) == set()


def test_a_login_lets_out_each_of_its_own_secrets_and_nobody_elses(planted: Any):
    personalizer, people, canary = planted
    for number, (who, secrets) in enumerate(people.items()):
        text, assurance = let_out(personalizer, canary, Credentials(login=f"customer_number:{who}"), number)
        assert assurance == LOGIN
        assert found(text, secrets) == set(SECRET)
        assert all(not found(text, others) for other, others in people.items() if other != who)


def test_who_withdraws_recognition_during_a_request_by_click_is_a_stranger_from_then_on(planted: Any):
    personalizer, people, _ = planted
    house, who = personalizer.house, next(iter(people))
    prepared = house.pipeline.prepare(by_click(personalizer, who))
    assert house.pipeline.decide(prepared, "page", language="en", code=1).fields == {"text": "For dark readers"}
    visitor = house.pipeline.prepare(Credentials(login=f"customer_number:{who}")).visitor
    house.ledger.withdraw(visitor, "recognition")
    late = house.pipeline.decide(prepared, "page", language="nl", code=1)
    assert (late.variant, late.code) == (None, "")
