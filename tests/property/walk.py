"""Everything that visitors, files and time can do to a site, done to it and to the reference alike, and compared."""

import csv
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from personalize.cookbook.codes import code_of
from personalize.errors import ConsentRefused, ValueRefused
from personalize.model.attributes import Cause as TrueCause
from personalize.model.cookbook import CookbookEntry
from personalize.model.decisions import Reason
from personalize.onboarding.importing import import_file
from personalize.recognition.mailing import make_link
from personalize.recognition.recognise import Credentials
from personalize.settings import load_settings
from tests.property.little_site import NOTICE, SEGMENT, Canary, Hands, Rows, make_site, open_site
from tests.property.reference import (
    ATTRIBUTES,
    CHOICES,
    CLICK,
    LOGIN,
    NO_CONSENT,
    NOBODY,
    PURPOSES,
    SECOND,
    WRONG,
    Browser,
    Cause,
    Cookie,
    Link,
    Person,
    plain,
)

CUSTOMERS = ("c1", "c2", "c3", "newcomer")
BROWSERS = 5
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
REFUSING = ("objected", NO_CONSENT)
LOOK_UP_AFTER = 200
READS = {"greeting": ("first_name",), "segments": ("letters",)}
"""What a slot reads; the others read everything."""

SAMPLES: dict[str, list[tuple[str, Any]]] = {
    "yes/no": [("yes", True), ("no", False)],
    "text": [("Anna", "Anna"), ("Bo", "Bo")],
    "number": [("0", 0), ("17", 17), ("2.5", 2.5)],
    "choice": [(choice, choice) for choice in CHOICES],
    "set of text": [("tv|phone", frozenset({"tv", "phone"})), ("climate", frozenset({"climate"}))],
    "date": [("2026-12-31", datetime(2026, 12, 31, tzinfo=UTC).date())],
    "instant": [("2026-01-02T03:04:05+00:00", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))],
}


def iso(at: int) -> str:
    return (EPOCH + timedelta(microseconds=at)).isoformat()


class Expected:
    """What an entry must say once it is looked up."""

    def __init__(self, code: str, slot: str, at: int, assurance: int, seen: dict[str, Any]) -> None:
        self.code, self.slot, self.at, self.assurance, self.seen = code, slot, at, assurance, seen

    def check(self, entry: CookbookEntry) -> None:
        values = {name: plain(value) for name, value in self.seen.items() if not isinstance(value, Cause)}
        causes = {name: cause.name for name, cause in self.seen.items() if isinstance(cause, Cause)}
        assert (entry.slot, entry.at, entry.assurance) == (self.slot, self.at, self.assurance)
        assert {item.attribute: item.value.plain for item in entry.ingredients} == values
        assert {item.attribute: item.cause.name for item in entry.absences} == causes
        for item in entry.ingredients:
            consent = PURPOSES[item.purpose].term is not None
            assert item.purpose == ATTRIBUTES[item.attribute].purpose
            assert bool(item.record) is consent, "a value names the consent it was read under"


class Walk:
    """A site, its reference, and the actions. Use it in a `with`; `ticks` is what counts between two polls."""

    def __init__(self, folder: Path, seed: int = 0, content: str = "") -> None:
        self.folder = make_site(folder, content=content, more=SEGMENT)
        self.then = load_settings(self.folder / "then" / "personalize.toml")
        self.random = random.Random(seed)
        self.clock, self.canary, self.ticks = Hands(), Canary(), 0.0
        self.known: dict[str, Person] = {}
        self.browsers = [Browser() for _ in range(BROWSERS)]
        self.links: list[Link] = []
        self.expected: dict[bytes, Expected] = {}
        self.waiting: list[bytes] = []
        self.files = self.visits = 0
        self.counts: Counter[str] = Counter()
        self._patch = pytest.MonkeyPatch()

    def __enter__(self) -> "Walk":
        self._patch.setattr("personalize.profile.freshness.monotonic", lambda: self.ticks)
        self._patch.setattr("personalize.hooks.breaker.SLOW_NS", 1 << 62)  # a busy machine is no fault here
        self.personalizer = open_site(self.folder, self.canary, self.clock)
        self.house = self.personalizer.house
        self.rows = Rows(self.folder)
        return self

    def __exit__(self, *error: object) -> None:
        try:
            if error[0] is None:
                self.look_up()
                self._replay()
        finally:
            self._patch.undo()
            self.rows.close()
            self.personalizer.close()

    # What time does

    def move_clock(self, by: int) -> None:
        self.clock.at += by

    def reach_the_end_of_a_consent(self, who: str, purpose: str, beside: int) -> None:
        """Move to the moment a consent ends, or a little beside it."""
        term, person = PURPOSES[purpose].term, self.known.get(who)
        yes = person.last(purpose, "yes") if person else None
        if term is not None and yes is not None and yes + term + beside > self.clock.at:
            self.clock.at = yes + term + beside

    def reach_the_end_of_a_value(self, who: str, name: str, beside: int) -> None:
        """Move to the moment a value goes stale, or a little beside it."""
        life, person = ATTRIBUTES[name].life, self.known.get(who)
        found = person.stored(name) if person else None
        if life is not None and found is not None and found[1] + life + beside > self.clock.at:
            self.clock.at = found[1] + life + beside

    # What visitors do

    def log_in(self, browser: int, who: str) -> None:
        self.browsers[browser].login = who

    def log_out(self, browser: int) -> None:
        self.browsers[browser].login = None

    def forget_cookie(self, browser: int) -> None:
        self.browsers[browser].cookie = None

    def say(self, browser: int, purpose: str, word: str) -> None:
        """Give (`yes`), withdraw (`no`), object or lift; refused where the person is not sure enough."""
        here, now = self.browsers[browser], self.clock.at
        visitor = self.prepare(here).visitor
        allowed = here.login is not None and (word != "yes" or PURPOSES[purpose].term is not None)
        ledger = self.house.ledger
        acts: dict[str, Callable[[], object]] = {
            "yes": lambda: ledger.give(visitor, purpose, "nl", self._text_shown()),
            "no": lambda: ledger.withdraw(visitor, purpose),
            "objection": lambda: ledger.object(visitor, purpose),
            "lifted": lambda: ledger.lift(visitor, purpose),
        }
        if not allowed:
            with pytest.raises(ConsentRefused):
                acts[word]()
            return
        acts[word]()
        assert here.login is not None
        self.known.setdefault(here.login, Person()).say(purpose, word, now)

    def tell_the_site(self, browser: int, source: str, chosen: dict[str, int]) -> None:
        """Let the site itself observe values of a visitor."""
        here, now = self.browsers[browser], self.clock.at
        values = {name: sample(name, place)[1] for name, place in chosen.items()}
        values = {name: value for name, value in values.items() if ATTRIBUTES[name].source == source}
        person, assurance = here.visitor(self.known, now)
        visitor = self.prepare(here).visitor
        if person is None or assurance < LOGIN:
            with pytest.raises(ValueRefused):
                self.personalizer.remember(visitor, source, values)
            return
        self.personalizer.remember(visitor, source, values)
        row = person.observed.setdefault(source, {})
        row.update({name: (value, now) for name, value in values.items()})

    def send_link(self, who: str) -> None:
        if who not in self.known:
            return
        now, house = self.clock.at, self.house
        subject, site = house.subject_of(f"customer_number:{who}"), "http://127.0.0.1:8000"
        handles = house.store.handles
        url = make_link(house.ring, handles, site=site, url=site, subject=subject, mailing="weekly", now=now)
        self.links.append(Link(who, now - now % SECOND, url.partition("pzt=")[2].encode()))

    def click(self, browser: int, link: int) -> None:
        """Open a link: nothing changes but, for the willing, the cookie."""
        if not self.links:
            return
        chosen, now = self.links[link % len(self.links)], self.clock.at
        before = self.rows.count()
        holds, cookie = self.house.pipeline.click(chosen.token)
        assert self.rows.count() == before
        assert holds is chosen.holds(now)
        assert (cookie is not None) is (holds and self.known[chosen.who].willing(now))
        if cookie is not None:
            self.browsers[browser].cookie = Cookie(chosen, now - now % SECOND, cookie.encode())

    # What files do

    def import_values(self, source: str, rows: dict[str, dict[str, int]], age: int, *, then: bool = False) -> None:
        """Import rows, each about one customer; `then`, the dictionary still had every value as a text."""
        if not rows:
            return
        observed = (self.clock.at - age) // SECOND * SECOND
        names = [name for name, attribute in ATTRIBUTES.items() if attribute.source == source]
        table = [["customer", "seen_at", *names]]
        for who, chosen in rows.items():
            picked = {name: sample(name, place) for name, place in chosen.items() if name in names}
            table.append([who, iso(observed), *(picked[name][0] if name in picked else "" for name in names)])
            stored = {name: (_as_of(then, name, value), observed) for name, (_, value) in picked.items()}
            self.known.setdefault(who, Person()).delivered[source] = stored
        self._import(source, table, then=then)

    def import_words(self, kind: str, words: list[tuple[str, str]], age: int) -> None:
        """Import objections or consents, each of one customer about one purpose."""
        said_at = (self.clock.at - age) // SECOND * SECOND
        word = "objection" if kind == "objections" else "yes"
        if not words:
            return
        self._import(kind, [["customer", "purpose", "said_at"], *([who, what, iso(said_at)] for who, what in words)])
        for who, purpose in words:
            if who in self.known:
                self.known[who].said.append((purpose, word, said_at))

    def restart(self) -> None:
        self.personalizer.close()
        self.personalizer = open_site(self.folder, self.canary, self.clock)
        self.house = self.personalizer.house

    # What is seen

    def look(self, browser: int, *, again: bool) -> None:
        """Decide every slot as a page would, and compare what was read with the reference; `again`, as before."""
        here, now = self.browsers[browser], self.clock.at
        person, assurance = here.visitor(self.known, now)
        seen = self._seen(person, assurance, now)
        before = self.rows.count() if person is None else {}
        prepared = self.prepare(here)
        assert (prepared.visitor.subject is None) is (person is None)
        if person is not None:
            self._check_grants(prepared, person, now)
        number = self.random.getrandbits(35)
        decisions = self._decide(prepared, number, seen, again=again)
        for song in self.canary.sang:
            self._check_song(song, seen, person, assurance, now)
        self._check_outcomes(decisions["asks"].outcomes, seen, person is None)
        if person is None:
            assert not any(decision.code or decision.entry_id for decision in decisions.values())
            assert self.rows.count() == before
            self.counts["strangers"] += 1
            return
        for slot, decision in decisions.items():
            read = {name: seen[name] for name in READS.get(slot, ATTRIBUTES)}
            self._expect(decision, Expected(code_of(number), slot, now, assurance, read))
        self.counts["clicks" if assurance == CLICK else "logins"] += 1
        if len(self.waiting) >= LOOK_UP_AFTER:
            self.look_up()

    def _decide(self, prepared: Any, number: int, seen: dict[str, Any], *, again: bool) -> dict[str, Any]:
        """Return every slot's decision, with the canary asked anew unless `again`."""
        pipeline = self.house.pipeline
        self.visits += not again
        self.canary.sang.clear()
        page = pipeline.decide(prepared, "page", {"visit": 0 if again else self.visits}, code=number)
        assert page.variant == "plain"
        assert again or self.canary.sang, "the canary was not asked"
        greeting = pipeline.decide(prepared, "greeting", language="en", code=number)
        name, letters = seen["first_name"], seen["letters"]
        assert greeting.fields.get("text") == (None if isinstance(name, Cause) else f"Hello {name}")
        segments = pipeline.decide(prepared, "segments", code=number)
        assert segments.matched == (set() if isinstance(letters, Cause) else {"readers"})
        asks = pipeline.decide(prepared, "asks", code=number)
        return {"page": page, "greeting": greeting, "segments": segments, "asks": asks}

    def look_up(self) -> None:
        """Look up every entry that was handed out, by its code, and compare."""
        self.house.indexer.drain()
        found: dict[bytes, CookbookEntry] = {}
        for code in {self.expected[entry_id].code for entry_id in self.waiting}:
            found |= {entry.entry_id: entry for entry in self.house.cookbook.by_code(code)}
        assert found.keys() == set(self.waiting)
        for entry_id, entry in found.items():
            self.expected[entry_id].check(entry)
        self.counts["entries"] += len(self.waiting)
        self.waiting.clear()

    def _replay(self) -> None:
        entries = list(self.house.cookbook.by_time(0, 1 << 62))
        assert {entry.entry_id for entry in entries} == set(self.expected)
        report = self.house.replay().report(entries)
        assert (report.differences, report.not_replayable) == ((), ()), report

    def _seen(self, person: Person | None, assurance: int, now: int) -> dict[str, Any]:
        if person is None:
            return dict.fromkeys(ATTRIBUTES, Cause(NO_CONSENT))
        return {name: person.sees(name, assurance, now) for name in ATTRIBUTES}

    def _check_song(
        self, song: dict[str, Any], seen: dict[str, Any], person: Person | None, assurance: int, now: int
    ) -> None:
        differing = {name: (song[name], seen[name]) for name in song if song[name] != seen[name]}
        assert not differing, "what the canary read, and what it ought to have read"
        for name, cell in song.items():
            self.counts["reads"] += 1
            self.counts[cell.name if isinstance(cell, Cause) else "value"] += 1
            if not isinstance(cell, Cause):
                assert person is not None
                assert ATTRIBUTES[name].purpose in person.granted(now)
                assert assurance >= ATTRIBUTES[name].needs > NOBODY

    def _check_grants(self, prepared: Any, person: Person, now: int) -> None:
        grants = prepared.hot.admitted.grants
        assert set(grants.in_force) == person.granted(now), (now, person.said)
        assert grants.objected == {name for name in PURPOSES if person.standing(name, now) == "objected"}
        self.counts["grants"] += len(PURPOSES)

    def _check_outcomes(self, outcomes: Any, seen: dict[str, Any], stranger: bool) -> None:
        for outcome in outcomes:
            cell = seen[outcome.variant.replace("-", "_")]
            if not isinstance(cell, Cause):
                assert outcome.reason in (Reason.TARGETING_MATCH, Reason.OUTRANKED)
                assert outcome.cause is None
                continue
            known = Reason.NO_CONSENT if cell.name in REFUSING else Reason.NOT_MATCHED
            assert outcome.reason is (Reason.NOT_RECOGNISED if stranger else known)
            assert outcome.cause is TrueCause[cell.name]

    def _expect(self, decision: Any, expected: Expected) -> None:
        assert decision.code == expected.code
        assert decision.entry_id not in self.expected
        self.expected[decision.entry_id] = expected
        self.waiting.append(decision.entry_id)

    def prepare(self, here: Browser) -> Any:
        """Make the first stops of a request from this browser."""
        login = f"customer_number:{here.login}" if here.login else None
        cookie = here.cookie.value if here.cookie else None
        return self.house.pipeline.prepare(Credentials(login=login, cookie=cookie))

    def _text_shown(self) -> str:
        notice = self.personalizer.settings.notices["agree"]
        assert notice.texts == NOTICE
        return notice.digests["nl"]

    def _import(self, source: str, table: list[list[str]], *, then: bool = False) -> None:
        self.files += 1
        path = self.folder / f"{self.files}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(
                [*row, "file" if place == 0 else str(self.files)] for place, row in enumerate(table)
            )
        settings = self.then if then else self.personalizer.settings
        house = self.house
        noes = house.rights.noes
        import_file(path, source, settings, house.store, house.ring, self.clock, noes=noes, older_too=True)
        self.ticks += 0.3  # another process's change is noticed with the next poll


def sample(name: str, place: int) -> tuple[str, Any]:
    samples = SAMPLES[ATTRIBUTES[name].kind]
    return samples[place % len(samples)]


def _as_of(then: bool, name: str, value: Any) -> Any:
    """Return a value that came as text: of the wrong type where the dictionary's values are stored otherwise today."""
    return WRONG if then and ATTRIBUTES[name].kind not in ("text", "choice", "date") else value
