"""A store with a recipe, a subject and a cookbook: what tests of entries need."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from personalize.cookbook import body as bodies
from personalize.cookbook.codes import number_of
from personalize.cookbook.digests import Digests
from personalize.cookbook.frames import entry_id_of, line
from personalize.cookbook.indexer import Indexer
from personalize.cookbook.lookup import Cookbook
from personalize.cookbook.record import Recorder
from personalize.cookbook.seal import cipher_of
from personalize.model.attributes import Attribute, AttributeType, Cause, Stored
from personalize.model.consent import Basis, Purpose
from personalize.model.content import Recipe, Segment, Slot, Variant, encode_recipe
from personalize.model.cookbook import CookbookEntry, Ingredient, Withheld
from personalize.model.decisions import Outcome, Reason
from personalize.ports import Batch
from personalize.storage.sqlite.connect import Database
from personalize.storage.sqlite.cookbook import SqliteEntries

NOON = 1_763_700_000_000_000
OBSERVED = NOON - 86_400_000_000
CODE = "7KQ42MXJ"
SUBJECT = 4_711
KEY = bytes(range(32))
EVENT = bytes(range(16))
BATCH = Batch(
    number=1,
    source="crm",
    file_name="crm.csv",
    sha256="",
    observed_at=OBSERVED,
    imported_at=NOON,
    accepted=1,
    rejected=0,
)


def attribute(name: str, kind: AttributeType, purpose: str = "offers") -> Attribute:
    return Attribute(name=name, type=kind, source="crm", purpose=purpose)


RECIPE = Recipe(
    timezone="Europe/Amsterdam",
    languages=("nl", "en"),
    attributes=(
        attribute("active", AttributeType.yes_no),
        attribute("months", AttributeType.number),
        attribute("products", AttributeType.set, "news"),
    ),
    purposes=(
        Purpose(name="offers", basis=Basis.legitimate_interest),
        Purpose(name="news", basis=Basis.consent),
    ),
    segments=(Segment(name="customers", when="active"),),
    slots=(Slot(name="offer", context={"topic": AttributeType.text}), Slot(name="hero")),
    variants=(
        Variant(slot="offer", name="internet"),
        Variant(slot="hero", name="climate"),
        Variant(slot="offer", name="tv"),
    ),
)
DIGEST = hashlib.sha256(encode_recipe(RECIPE)).digest()
OUTCOMES = bytes((Reason.SUPPRESSED, 0, 3, Reason.TARGETING_MATCH, 0, 0))
PRODUCTS = Stored(plain=["internet", "tv"], observed=OBSERVED + 61_000_001, batch=1)
INGREDIENTS = (
    bodies.fragment(0, Stored(plain=True, observed=OBSERVED, batch=1), OBSERVED),
    bodies.fragment(2, PRODUCTS, OBSERVED),
)
ABSENCES = (bodies.absence(1, Cause.stale),)
READING = bodies.Reading((0, 1, 2), {"topic": "climate"}, (), (2,))
BODY = bodies.body("nl", INGREDIENTS, ABSENCES, {1: EVENT}, [READING])


class Kitchen:
    """One store's recorder, index and look-up, with the keys and recipes they ask for."""

    def __init__(self, store: Path) -> None:
        self.store = store
        self.keys: dict[int, bytes] = {SUBJECT: KEY}
        self.database = Database(store / "cookbook.sqlite", "cookbook", synchronous="NORMAL")
        self.index = SqliteEntries(self.database)
        self.recorder = Recorder(store)
        self.digests = Digests(bytes(32), store.parent / f"{store.name}.heads")
        self.indexer = Indexer(store, self.index, self.digests, before=self.recorder.keep_served, pause=0.05)
        self.cookbook = self.look_up()

    def look_up(self, recipe: Callable[[str], Recipe | None] | None = None) -> Cookbook:
        return Cookbook(
            self.store,
            self.index,
            recipe=recipe or {DIGEST.hex(): RECIPE}.get,
            key_of=self.keys.get,
            observed_of={1: BATCH.observed_at}.get,
        )

    def write(self, **changes: Any) -> bytes:
        """Write a page of one entry, with changes to its header, its line or its body."""
        return self._write({"cipher": cipher_of(KEY), "body": BODY, **changes})

    def repeat(self, same_as: bytes, **changes: Any) -> bytes:
        """Write a page of one entry that repeats another one's."""
        return self._write({"cipher": None, "body": same_as, **changes})

    def page(self, lines: Sequence[bytes], body: bytes, **changes: Any) -> list[bytes]:
        """Write a page of several entries, and return their ids."""
        first = self._write({"cipher": cipher_of(KEY), "body": body, "lines": lines, **changes})
        return [entry_id_of(first, place) for place in range(len(lines))]

    def _write(self, changes: dict[str, Any]) -> bytes:
        of_line = {name: changes.pop(name) for name in list(changes) if name in LINE}
        lines = changes.pop("lines", None) or [line(**{**LINE, **of_line})]
        return self.recorder.write(**{**FIELDS, "count": len(lines), "lines": b"".join(lines), **changes})

    def everything(self) -> list[CookbookEntry]:
        return list(self.cookbook.by_time(0, 1 << 62))

    def segments(self) -> list[Path]:
        return sorted((self.store / "journal").glob("*.pzj"))

    def close(self) -> None:
        self.indexer.stop()
        self.recorder.close()
        self.database.close()


FIELDS: dict[str, Any] = {
    "at": NOON,
    "code": number_of(CODE),
    "subject": SUBJECT,
    "recipe_digest": DIGEST,
    "assurance": 3,
    "epoch": 7,
}
LINE: dict[str, Any] = {"slot": 0, "variant": 1, "reason": Reason.TARGETING_MATCH, "outcomes": OUTCOMES}
ENTRY = CookbookEntry(
    entry_id=b"",
    at=NOON,
    code=CODE,
    slot="offer",
    subject=SUBJECT,
    recipe=DIGEST.hex(),
    variant="tv",
    reason=Reason.TARGETING_MATCH,
    outcomes=(Outcome("internet", Reason.SUPPRESSED, None, 2), Outcome("tv", Reason.TARGETING_MATCH)),
    assurance=3,
    epoch=7,
    ingredients=(
        Ingredient(attribute="active", value=Stored(plain=True, observed=OBSERVED, batch=1), purpose="offers"),
        Ingredient(attribute="products", value=PRODUCTS, purpose="news", record=EVENT),
    ),
    absences=(Withheld(attribute="months", cause=Cause.stale),),
    context={"topic": "climate"},
    language="nl",
    failed=(2,),
)
