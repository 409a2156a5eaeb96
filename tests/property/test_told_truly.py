"""Decisions by the thousand: told truly, as an own reading of each entry finds, and decided the same again."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from personalize.explain.explanation import as_json, full, spoken
from personalize.hooks import hookimpl
from personalize.hooks.records import Chooser, Suppressor
from tests.property import walk as walking
from tests.property.little_site import SEGMENT, VARIANTS, Canary
from tests.property.own_reading import OwnReading
from tests.property.random_steps import random_walk
from tests.property.walk import BROWSERS, Walk

LANGUAGES, READERS = ("nl", "nb", "en"), ("staff", "visitor", "developer")
REASONS = ("ERROR", "TARGETING_MATCH", "SUPPRESSED", "NO_CONSENT", "NOT_MATCHED", "OUTRANKED", "NOT_SCHEDULED")
MILLION, PARTS = 1_000_000, 20
OFFER = """
[slots.offer]
fields = { text = "text" }
context = { topic = "text" }
"""
OFFERS = {
    "renewal": "active and months_left <= 3",
    "sport": "interest == 'Anna' and topic == 'sport'",
    "night": "theme == 'dark' or visits > 10",
    "letter": "'climate' in letters and segment('readers')",
    "ends": "today <= contract_end and known(nickname)",
    "mood": "mood == 'Bo' and last_visit <= now",
    "all": "",
}


def offers() -> str:
    """Return the offers as content files have them: one greets by name, one is for later."""
    tables = [_table(name, when, "Hello") for name, when in OFFERS.items()]
    return "".join(
        [*tables, _table("by-name", "", "Hi {first_name}"), _table("later", "", "Soon", 'starts = "2100-01-01"')]
    )


def _table(name: str, when: str, text: str, more: str = "") -> str:
    titles = ", ".join(f'{lang} = "{name} ({lang})"' for lang in LANGUAGES)
    order = 900 if name == "all" else 100
    return (
        f'[[variant]]\nslot = "offer"\nname = "{name}"\nwhen = {json.dumps(when)}\norder = {order}\n{more}\n'
        f"titles = {{ {titles} }}\nfields.text = {json.dumps(text)}\n"
    )


class Guard(Canary):
    """A canary with rules of its own."""

    asked, settled = 0, False

    @hookimpl
    def personalize_suppressors(self, config: Any) -> Iterable[Suppressor]:
        yield from super().personalize_suppressors(config)
        titles = {lang: f"has tv ({lang})" for lang in LANGUAGES}
        yield Suppressor(
            name="moody", suppress=self.waver, reads=("visits", "nickname"), slots=("offer",), variants=("all",)
        )
        yield Suppressor(name="tv", when="'tv' in products", slots=("offer",), variants=("night", "all"), titles=titles)

    def waver(self, view: Any, candidate: Any, context: Any) -> bool:
        """Fail now and then, after a read that no other rule makes; never where it is asked again later."""
        view.get("nickname")
        self.asked += 1
        if self.asked % 50 == 0 and not self.settled:
            raise ValueError("no mood for it")
        return False

    @hookimpl
    def personalize_choosers(self, config: Any) -> Iterable[Chooser]:
        yield Chooser(name="loyal", when="active and visits > 0", slots=("offer",), variants=("mood",))


class Telling(Walk):
    """A walk whose decisions are told. Its own entries count too; all are replayed at the end, here."""

    def __init__(self, folder: Path, seed: int) -> None:
        super().__init__(folder, seed, content=VARIANTS + offers())
        self.canary = Guard()

    def decide(self, count: int, stride: int) -> None:
        """Make so many decisions for whoever is recognised, with the world moving on after each `stride`."""
        made = 0
        while made < count:
            random_walk(self, 1)
            made += sum(self._once() for _ in range(stride))
        self.house.indexer.drain()

    def _once(self) -> int:
        chance = self.random
        prepared = self.prepare(self.browsers[chance.randrange(BROWSERS)])
        context = {"topic": chance.choice(("sport", "art"))} if chance.random() < 0.8 else {}
        lang, code = chance.choice(LANGUAGES), chance.randrange(1 << 35)
        decision = self.house.pipeline.decide(prepared, "offer", context, language=lang, code=code)
        return bool(decision.entry_id)

    def tell(self) -> Counter[str]:
        """Explain every entry, check it against an own reading, and decide it again."""
        house, counts = self.house, Counter[str]()
        self.look_up()
        self.canary.settled = True
        consents = {e.event_id.hex(): e for s in house.store.profiles.subjects() for e in house.ledger.events(s)}
        for number, entry in enumerate(house.cookbook.by_time(0, 1 << 62)):
            lang, reader = LANGUAGES[number % 3], READERS[number // 3 % 3]
            told = house.explain(entry, lang, reader)
            counts["facts"] += OwnReading(entry, json.loads(as_json(told)), lang, reader, consents).check()
            assert spoken(told) in full(told).replace("\n", " ")
            counts["entries"] += 1
            counts.update(outcome.reason.name for outcome in entry.outcomes)
            counts.update(f"cause {item.cause.name}" for item in entry.absences)
        report = house.replay().report(house.cookbook.by_time(0, 1 << 62))
        assert (report.differences[:3], report.not_replayable[:3]) == ((), ())
        assert report.entries == counts["entries"]
        assert not house.cookbook.quarantine
        return counts

    def _replay(self) -> None:
        """Leave it: `tell` has done so."""


def told(folder: Path, seed: int, count: int, stride: int, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    monkeypatch.setattr(walking, "SEGMENT", SEGMENT + OFFER)
    monkeypatch.setattr("personalize.hooks.breaker.STRIKES", 1 << 60)  # no rule is taken out
    with Telling(folder, seed) as telling:
        telling.decide(count, stride)
        counts = telling.tell()
    print(f"{counts.total():,} counted: {dict(sorted(counts.items()))}")
    assert counts["entries"] >= count
    return counts


@pytest.mark.unreplayed("replays for itself")
def test_some_decisions_are_told_truly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = told(tmp_path / "site", 463, 1_500, 20, monkeypatch)
    causes = ("objected", "no_consent", "assurance", "missing", "wrong_type", "stale")
    assert all(counts[f"cause {cause}"] for cause in causes), counts
    assert all(counts[reason] for reason in REASONS), counts


@pytest.mark.soak
@pytest.mark.unreplayed("replays for itself")
@pytest.mark.parametrize("part", range(PARTS))
def test_a_million_decisions_are_told_truly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    told(tmp_path / "site", part, MILLION // PARTS, 200, monkeypatch)
