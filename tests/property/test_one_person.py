"""Whatever the order of files and sign-ups: one subject for each person, and never one for two."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from personalize.onboarding.importing import import_file
from personalize.ports import SystemClock
from personalize.recognition.keys import KeyRing
from personalize.rights.rights import follow_list
from personalize.settings import load_settings
from personalize.storage.open import Store, open_store

TOML = """
[site]
url = "https://www.example.org"
languages = ["en"]
[purposes.offers]
basis = "legitimate_interest"
titles.en = "offers"
[sources.crm]
key = "customer_number"
identifiers = { customer_number = "id", email = "email" }
proved = "email"
[sources.news]
key = "email"
identifiers = { email = "email" }
"""
PEOPLE = "1234"
Row = tuple[str, str]
"""A customer number and a mail address; without a number the row is the newsletter's, without a file a sign-up's."""
Event = tuple[str, Sequence[Row]]


class Town:
    """A store that files and sign-ups come to."""

    def __init__(self, folder: Path) -> None:
        (folder / "personalize.toml").write_text(TOML)
        self.settings, self.clock = load_settings(folder / "personalize.toml"), SystemClock()
        self.store: Store = open_store(folder / "store")
        self.folder, self.ring, self.files = folder, KeyRing.new(self.clock.now()), 0

    def take(self, event: Event) -> None:
        source, rows = event
        if source == "sign-up":
            self._sign_up(rows[0][1])
            return
        self.files += 1
        path = self.folder / f"{source}.csv"
        path.write_text("id,email,file\n" + "".join(f"{number},{email},{self.files}\n" for number, email in rows))
        noes = follow_list(self.settings, self.store, self.ring, self.clock.now())
        import_file(path, source, self.settings, self.store, self.ring, self.clock, noes=noes)

    def subject_of(self, value: str) -> int | None:
        return self.store.profiles.subject_of(self._digest(value))

    def subjects(self) -> set[int]:
        return set(self.store.profiles.subjects())

    def _sign_up(self, email: str) -> None:
        digest = self._digest(email)
        claimed = self.store.people.all("SELECT 1 FROM identifiers WHERE digest = ?", (digest,))
        if not claimed:
            self.store.profiles.create([("email", digest)], self.clock.now())

    def _digest(self, value: str) -> bytes:
        return self.ring.identifier_digest("email" if "@" in value else "customer_number", value)


@contextmanager
def town() -> Iterator[Town]:
    with TemporaryDirectory() as folder:
        made = Town(Path(folder))
        yield made
        made.store.close()


def mail(person: str) -> str:
    return f"p{person}@example.org"


def true_rows(source: str) -> st.SearchStrategy[Event]:
    """Return deliveries of a file in which everybody has their own number and address."""
    people = st.sets(st.sampled_from(PEOPLE), min_size=1).map(sorted)
    return people.map(lambda found: (source, [(one, mail(one)) for one in found]))


sign_ups = st.sampled_from(PEOPLE).map(lambda one: ("sign-up", [("", mail(one))]))
true_events = st.lists(st.one_of(true_rows("crm"), true_rows("news"), sign_ups), min_size=1, max_size=6)


@given(true_events)
def test_every_person_is_one_subject_in_any_order(events: list[Event]) -> None:
    rows = [(source, *row) for source, delivered in events for row in delivered]
    emails = {email for _, _, email in rows}
    with town() as found:
        for event in events:
            found.take(event)
        subjects = {email: found.subject_of(email) for email in emails}
        assert set(subjects.values()) == found.subjects()
        assert len(found.subjects()) == len(emails)
        assert all(found.subject_of(number) == subjects[email] for source, number, email in rows if source == "crm")


numbers, addresses = st.sampled_from(PEOPLE), st.sampled_from([mail("a"), mail("b"), ""])
any_rows = st.dictionaries(numbers, addresses, min_size=1).map(lambda rows: ("crm", sorted(rows.items())))
any_news = st.sampled_from([("news", [("", mail("a"))]), ("news", [("", mail("b"))])])
any_sign_up = st.sampled_from([("sign-up", [("", mail("a"))]), ("sign-up", [("", mail("b"))])])


@given(st.lists(st.one_of(any_rows, any_news, any_sign_up), min_size=1, max_size=8))
def test_two_customers_are_never_one_subject_whatever_the_files_say(events: list[Event]) -> None:
    with town() as found:
        before: dict[str, int | None] = {}
        known: set[int] = set()
        for event in events:
            found.take(event)
            now = {one: found.subject_of(one) for one in PEOPLE if found.subject_of(one)}
            assert len(set(now.values())) == len(now)
            assert before.items() <= now.items()
            assert known <= found.subjects()
            before, known = now, found.subjects()
