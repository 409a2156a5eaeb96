"""Backups are made and put back at any moment: no `no` that was answered is lost or overruled by an older yes.

Nor does a link that was revoked work again, a device that was cut off lead to anybody, or an old account let staff in.
"""

import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from personalize.house import House
from personalize.model.consent import ConsentEvent
from personalize.model.people import Assurance, Visitor
from personalize.model.staff import Account, Role
from personalize.onboarding.importing import import_file
from personalize.personalizer import Personalizer
from personalize.ports import DeviceLink, Handle
from personalize.recognition.keys import KeyRing
from personalize.rights.backup import back_up
from personalize.rights.corrections import Outcome
from personalize.rights.restoring import restore
from personalize.settings import load_settings
from tests.faults.site.files import write_files
from tests.property.test_consent_walk import MEMORY
from tests.unit.rights.planting import NOW, Hands, subject_of, write_customers

PEOPLE, STEPS = 3, 200
STAFF = ("anna", "bea")
MAILINGS = ("weekly", "monthly")
IN_USE = ("given", "in_force")
HOURS = 6 * 3_600_000_000
"""Now and then (µs), so that nobody answers more often within a day than people do."""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where the machine has one."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else tmp_path) as name:
        yield Path(name)


class Story:
    """A site, what its people said last and every no that was answered, and backups of it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.random, self.clock = folder, random.Random(seed), Hands(NOW)
        self.settings = write_files(folder / "site")
        self.backups: list[Path] = []
        self.noes: list[ConsentEvent] = []
        self.last_was_no: dict[tuple[int, str], bool] = {}
        self.unused: set[tuple[int, str]] = set()
        self.links: dict[bytes, Handle] = {}
        self.revoked: set[bytes] = set()
        self.cut: list[DeviceLink] = []
        self.hired: dict[str, str] = {}
        self.dismissed = 0
        self.open()
        path = write_customers(folder / "crm.csv", PEOPLE)
        house = self.house
        import_file(path, "crm", house.settings, house.store, house.ring, self.clock, noes=house.rights.noes)

    def open(self) -> None:
        self.personalizer = Personalizer.from_toml(self.settings, clock=self.clock)
        self.house: House = self.personalizer.open()

    def somebody(self) -> tuple[Visitor, str]:
        subject = subject_of(self.house, self.random.randint(1, PEOPLE))
        purpose = self.random.choice(list(self.house.settings.purposes))
        return Visitor(subject=subject, assurance=Assurance.login), purpose

    def says_yes(self) -> None:
        visitor, purpose = self.somebody()
        settings = self.house.settings
        if settings.purposes[purpose].notice:
            notice = settings.notices[settings.purposes[purpose].notice]
            self.house.ledger.give(visitor, purpose, "en", notice.digests["en"])
        self.house.ledger.lift(visitor, purpose)
        self.last_was_no[visitor.subject or 0, purpose] = False

    def says_no(self) -> None:
        visitor, purpose = self.somebody()
        say = self.random.choice((self.house.ledger.withdraw, self.house.ledger.object))
        self.noes.append(say(visitor, purpose))
        self.last_was_no[visitor.subject or 0, purpose] = True

    def restricts(self) -> None:
        visitor, _ = self.somebody()
        self.house.rights.corrections.restrict(visitor.subject or 0, "topic")
        self.unused.add((visitor.subject or 0, "topic"))

    def allows(self) -> None:
        visitor, _ = self.somebody()
        self.house.rights.corrections.allow(visitor.subject or 0, "topic")
        self.unused.discard((visitor.subject or 0, "topic"))

    def disputes(self) -> None:
        self.house.rights.corrections.correct(self.somebody()[0].subject or 0, "topic", "another")

    def settles(self) -> None:
        for waiting in self.house.rights.corrections.waiting()[:1]:
            self.house.rights.corrections.settle(waiting.number, self.random.choice(list(Outcome)))

    def sends(self) -> None:
        self.clock.at += 1  # of the same microsecond it is not known whether a link was revoked
        visitor, _ = self.somebody()
        mailing, now = self.random.choice(MAILINGS), self.clock.at
        sent = Handle(subject=visitor.subject or 0, mailing=mailing, campaign=bytes(6), issued=now, expires=1 << 60)
        digest = self.random.randbytes(32)
        self.house.store.handles.add_handles([(digest, sent)])
        self.links[digest] = sent

    def revokes(self) -> None:
        self.clock.at += 1
        subject = self.random.choice((None, self.somebody()[0].subject))
        mailing = self.random.choice((None, *MAILINGS))
        self.house.revoke(subject=subject, mailing=mailing)
        for digest, link in self.links.items():
            if subject in (None, link.subject) and mailing in (None, link.mailing):
                self.revoked.add(digest)

    def links_a_device(self) -> None:
        visitor, _ = self.somebody()
        device, _ = self.house.browsers.begin_device(self.clock.at)
        self.house.store.browsers.link(device, visitor.subject or 0, "login", self.clock.at)

    def cuts_one_off(self) -> None:
        subject = self.somebody()[0].subject or 0
        for link in self.house.browsers.links_of(subject):
            if self.house.browsers.cut(subject, link.device, "not me", self.clock.at):
                self.cut.append(link)
                return

    def hires(self) -> None:
        name, password = self.random.choice(STAFF), self.random.randbytes(8).hex()
        roles = frozenset({self.random.choice(list(Role))})
        self.house.accounts.put(Account(name=name, roles=roles, password=password, made_at=self.clock.at))
        self.hired[name] = password

    def dismisses(self) -> None:
        name = self.random.choice(STAFF)
        if self.house.accounts.remove(name, self.clock.at):  # else the backup put back before knows nobody to dismiss
            self.dismissed += 1
            self.hired.pop(name, None)

    def backs_up(self) -> None:
        place = self.folder / f"backup-{len(self.backups)}"
        house, url = self.house, self.house.settings.site.url
        back_up(house.store, house.indexer, house.rights.sweep, place, self.keys(place), now=self.clock.at, site=url)
        self.backups.append(place)

    def restores(self) -> None:
        if self.backups:
            self.personalizer.close()
            shutil.rmtree(self.settings.parent / "store")
            place = self.random.choice(self.backups)
            ring = KeyRing.load(self.settings.parent / "personalize.keys")
            restore(load_settings(self.settings), ring, place, self.keys(place), now=self.clock.at)
            self.open()

    def keys(self, place: Path) -> Path:
        return place.with_name(f"{place.name}-keys")

    def check(self) -> None:
        said = {event.event_id: event for n in range(1, PEOPLE + 1) for event in self.events(n)}
        assert all(said.get(no.event_id) == no for no in self.noes)
        for (subject, purpose), was_no in self.last_was_no.items():
            assert not (was_no and self.house.ledger.state(subject)[purpose].status in IN_USE), purpose
        of = self.house.rights.corrections.restricted
        held = {(s, name) for s, _ in self.unused for name, each in of(s).items() if not each.disputed}
        assert self.unused <= held
        kept = {digest: row for digest in self.links if (row := self.house.store.handles.handle(digest))}
        assert {digest for digest, row in kept.items() if row.revoked_at} == self.revoked & kept.keys()
        opens = {(each.name, each.password) for each in self.house.accounts.accounts()}
        assert opens <= self.hired.items()
        assert not {link.device for link in self.cut} & {link.device for link in self.linked()}

    def linked(self) -> list[DeviceLink]:
        people = (subject_of(self.house, number) for number in range(1, PEOPLE + 1))
        return [link for person in people for link in self.house.browsers.links_of(person) if link.cut_at is None]

    def events(self, number: int) -> list[ConsentEvent]:
        return self.house.ledger.events(subject_of(self.house, number))


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 12))])
def test_no_backup_that_is_put_back_loses_or_overrules_a_no(folder: Path, seed: int) -> None:
    story = Story(folder, seed)
    words = {story.says_yes: 5, story.says_no: 4, story.restricts: 2, story.allows: 1}
    about = {story.disputes: 2, story.settles: 1}
    links = {story.sends: 3, story.revokes: 2, story.links_a_device: 2, story.cuts_one_off: 3}
    staff = {story.hires: 2, story.dismisses: 2}
    steps = {**words, **about, **links, **staff, story.backs_up: 1, story.restores: 1}
    try:
        for _ in range(STEPS):
            story.clock.at += story.random.choice((0, 1, 1_000_000, HOURS))
            story.random.choices(list(steps), list(steps.values()))[0]()
            story.check()
    finally:
        story.personalizer.close()
    assert story.noes
    assert story.backups
    assert story.revoked
    assert story.cut
    assert story.dismissed
