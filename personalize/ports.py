"""Small protocols between the stops and what keeps things: each backend passes one shared suite."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from personalize.model.attributes import Stored
from personalize.model.consent import ConsentEvent
from personalize.model.cookbook import CookbookEntry
from personalize.model.opt_in import OptIn
from personalize.model.staff import Account, Look, Session


class Clock(Protocol):
    """The one place times come from."""

    def now(self) -> int:
        """Return the time in µs since 1970 UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> int:
        """Return the time in µs since 1970 UTC."""
        return time.time_ns() // 1000


class Person(Struct, frozen=True, kw_only=True):
    """A subject as the store knows it: its values by attribute, its consent epoch, its sealing key (32 bytes)."""

    subject: int
    epoch: int
    key: bytes
    values: dict[str, Stored]


Plain = str | int | float | bool | list[str] | None
Item = tuple[str, Plain, int]
"""An attribute, its delivered form, when it was observed (µs)."""
Delivery = tuple[int, bytes]
"""The number of a batch, and what it brought of one person: a body that profile/delivered.py reads."""


class Sight(Struct, frozen=True):
    """A subject as one look at the store shows it: consent, values and key of one and the same moment.

    `events` are in the order in which they were recorded, `delivered` in that of the sources' names.
    """

    subject: int
    epoch: int
    key: bytes
    events: list[ConsentEvent]
    delivered: list[Delivery]


class Handle(Struct, frozen=True, kw_only=True):
    """A row behind a click link: whom it recognises and until when (µs)."""

    subject: int
    mailing: str
    campaign: bytes
    issued: int
    expires: int
    revoked_at: int | None = None


class Changes(Struct, frozen=True, kw_only=True):
    """What changed since a sequence number; `everything` means that no cached value may be trusted."""

    seq: int
    subjects: frozenset[int] = frozenset()
    everything: bool = False


class ProfileStore(Protocol):
    """Who is known, and what is known of them. Raises StoreError."""

    def subject_of(self, digest: bytes) -> int | None:
        """Return the one subject of a keyed identifier hash; None when unknown or claimed by two."""
        ...

    def load(self, subject: int) -> Person | None:
        """Return a subject's values, epoch and key, or None when there is no such subject."""
        ...

    def sight_of(self, digest: bytes) -> tuple[int | None, Sight | None]:
        """Return what `subject_of` does, and the `sight` of that subject, by one read."""
        ...

    def sight(self, subject: int) -> Sight | None:
        """Return what deciding about a subject takes, or None where `load` would."""
        ...

    def create(self, digests: Sequence[tuple[str, bytes]], now: int) -> int:
        """Make a subject with its sealing key and its identifiers (kind, keyed hash); return its reference."""
        ...

    def remember(self, subject: int, source: str, values: Mapping[str, Stored]) -> None:
        """Put these values beside what a source delivered about a subject, in one transaction."""
        ...

    def subjects(self) -> Iterator[int]:
        """Yield every known subject, in order."""
        ...


class HandleStore(Protocol):
    """The rows behind click links, kept under a hash of the handle."""

    def add_handles(self, rows: Sequence[tuple[bytes, Handle]]) -> None:
        """Keep these handles (SHA-256 of the handle, row) in one transaction."""
        ...

    def handle(self, digest: bytes) -> Handle | None:
        """Return the row of a handle's hash, revoked or not; None when there is none."""
        ...


class FirstVisit(Struct, frozen=True):
    """A page view by a click link's cookie: the SHA-256 of its handle, whom it recognised, when (µs)."""

    digest: bytes
    subject: int
    at: int


class MailingCount(Struct, frozen=True, kw_only=True):
    """What is counted of a mailing. Times are µs; `until` is when the last of its links expires, 0 without links.

    `people` got links, `visitors` of them opened a page by one: each counts once. `links` are those still kept,
    `revoked` those of them that recognise nobody any more.
    """

    mailing: str
    began_at: int
    people: int
    visitors: int
    links: int = 0
    revoked: int = 0
    until: int = 0


class MailingStore(Protocol):
    """Mailings, and what became of their links. Raises StoreError."""

    def mailings(self) -> list[MailingCount]:
        """Return every mailing, the newest first."""
        ...

    def revoke(self, now: int, *, subject: int | None = None, mailing: str | None = None) -> int:
        """End the links of a person, of a mailing, of one in the other, or all; return how many ended now."""
        ...

    def count_visits(self, visits: Sequence[FirstVisit]) -> int:
        """Count people who came by a mailing, each once per mailing; return how many are new."""
        ...

    def sweep(self, before: int) -> int:
        """Forget the links that expired before this time (µs), not the counts; return how many."""
        ...


class Browser(Struct, frozen=True, kw_only=True):
    """What stands behind a browser's cookie. Times are µs.

    `subject` is who logged in, 0 for nobody; `device` the device subject, 0 for none. `linked` is the
    person that the device is or was linked to, 0 for nobody; `cut` says that the link was cut.
    """

    subject: int
    device: int
    assurance: int
    began_at: int
    seen_at: int
    ended_at: int | None = None
    linked: int = 0
    cut: bool = False


class DeviceLink(Struct, frozen=True, kw_only=True):
    """That a device subject was linked to a person: when (µs) and by what means, and how that ended."""

    device: int
    subject: int
    means: str
    linked_at: int
    cut_means: str = ""
    cut_at: int | None = None


class BrowserStore(Protocol):
    """The rows behind our cookies, under SHA-256 of their reference, and the links of devices. Raises StoreError."""

    def browser(self, digest: bytes) -> Browser | None:
        """Return a row, ended or not; None when there is none."""
        ...

    def begin_device(self, digest: bytes, now: int, ends: bytes | None = None) -> int:
        """Make a device subject with its sealing key and the row of its browser; end the row `ends`; return it."""
        ...

    def begin(self, digest: bytes, subject: int, assurance: int, now: int, *, ends: bytes | None, means: str) -> int:
        """Keep the row of a person at this browser and end the row `ends`, in one transaction; return the device.

        The device of the row that ends goes along. With `means` it is linked by these, where it never was
        linked or is linked to this very person; else the new row has none.
        """
        ...

    def end(self, digest: bytes, now: int) -> bool:
        """End a row for good; say whether it had not ended."""
        ...

    def seen(self, rows: Sequence[tuple[bytes, int]]) -> None:
        """Note when these rows (digest, µs) were used last; waits for no other writer."""
        ...

    def link(self, device: int, subject: int, means: str, now: int) -> bool:
        """Link a device that never was linked; say whether it is linked to this person now."""
        ...

    def cut(self, device: int, subject: int, means: str, now: int) -> bool:
        """Cut a link for good, and end every row of that device without a login; say whether there was one."""
        ...

    def links_of(self, subject: int) -> list[DeviceLink]:
        """Return the devices that are or were linked to a person, oldest first."""
        ...

    def sweep(self, logins: int, devices: int) -> int:
        """Forget rows that ended or began before `logins` (µs), with a device those last used before `devices`."""
        ...


class ConsentStore(Protocol):
    """The append-only ledger of consent events."""

    def append(self, events: Sequence[ConsentEvent]) -> None:
        """Add events durably and raise the epoch of each subject, in one transaction; idempotent by event id."""
        ...

    def events_of(self, subject: int) -> list[ConsentEvent]:
        """Return every event of a subject in the order they were recorded."""
        ...


class OptInStore(Protocol):
    """The outbox of double opt-ins, and the links to unsubscribe by. Raises StoreError."""

    def ask(self, row: OptIn, *, since: int, most: int, network_since: int, network_most: int) -> bool:
        """Keep a request unless its address or its network asked too often since then (µs); say whether it was kept."""
        ...

    def asked(self, handle: bytes) -> OptIn | None:
        """Return the request behind a mailed link."""
        ...

    def by_receipt(self, receipt: bytes) -> OptIn | None:
        """Return the request of this receipt."""
        ...

    def take_due(self, now: int, lease: int, most: int) -> list[OptIn]:
        """Return requests whose mail is due, oldest first; nobody else is given them for `lease` µs."""
        ...

    def sent(self, handle: bytes, *, due: int | None, problem: str) -> None:
        """Note how a try ended: `due` is when to try again, None when it need not be."""
        ...

    def confirm(self, handle: bytes, subject: int, now: int) -> bool:
        """Keep who confirmed; say whether nobody had."""
        ...

    def cancel(self, handle: bytes) -> None:
        """Forget the address of a request that nobody confirmed, and send nothing more; it still counts as asked."""
        ...

    def to_hand_over(self, most: int) -> list[OptIn]:
        """Return confirmed requests whose address is still here."""
        ...

    def handed_over(self, handle: bytes) -> None:
        """Forget the address and the network of a request."""
        ...

    def sweep(self, before: int) -> int:
        """Forget the requests from before this time (µs) that nobody confirmed; say how many."""
        ...

    def unsubscribe_handle(self, subject: int, purpose: str, fresh: bytes) -> bytes:
        """Return the handle of a person's link for a purpose; where there is none yet, `fresh` becomes it."""
        ...

    def unsubscribing(self, handle: bytes) -> tuple[int, str] | None:
        """Return whose mail for which purpose a handle ends."""
        ...


class ChangeFeed(Protocol):
    """What other processes changed in the people store."""

    def poll(self, since: int) -> Changes | None:
        """Return the changes after `since`, or None when nothing was committed since that concerns anybody.

        Costs 3-4 µs when nothing changed. Raises StoreError when it cannot tell.
        """
        ...


class StaffStore(Protocol):
    """The trail: who of the staff looked at whom, when and why. Raises StoreError."""

    def note(self, look: Look) -> int:
        """Keep a look durably before returning its number in the trail."""
        ...

    def looks(self, *, since: int, until: int, staff: str = "", subject: int = 0, limit: int = 200) -> list[Look]:
        """Return the looks of a period (µs, end exclusive), newest first; empty and 0 mean anybody."""
        ...

    def note_within(self, look: Look, since: int, most: int) -> int:
        """Keep a look and return how many different subjects its staff looked up since then (µs), this included.

        Where that is more than `most` the look is kept as refused. No other look comes in between.
        """
        ...


class AccountStore(Protocol):
    """The local accounts of staff. Raises StoreError."""

    def put(self, account: Account) -> None:
        """Make an account, or replace the one of that name and end its sessions."""
        ...

    def account(self, name: str) -> Account | None:
        """Return the account of this name."""
        ...

    def accounts(self) -> list[Account]:
        """Return every account, by name."""
        ...

    def remove(self, name: str) -> bool:
        """Remove an account and end its sessions; say whether there was one."""
        ...


class SessionStore(Protocol):
    """Who of the staff is signed in, kept under a hash of the reference in their cookie. Raises StoreError."""

    def begin(self, digest: bytes, session: Session) -> None:
        """Keep a session."""
        ...

    def session(self, digest: bytes) -> Session | None:
        """Return a session, however old; None when it ended or never was."""
        ...

    def seen(self, digest: bytes, at: int) -> None:
        """Note that a session was used at this time (µs); one that ended stays so."""
        ...

    def end(self, digest: bytes) -> None:
        """Forget a session."""
        ...

    def sweep(self, before: int) -> None:
        """Forget the sessions that began before this time (µs)."""
        ...


class KeptLogin(Struct, frozen=True, kw_only=True):
    """A visitor whom an identity provider logged in; times are µs.

    `person` is the keyed hash of their identifier, `known_as` and `session` are keyed hashes of what the
    provider calls them and their session. What `sealed` holds only the reference in their cookie opens.
    """

    person: bytes
    known_as: bytes
    session: bytes
    began_at: int
    seen_at: int
    sealed: bytes


class LoginStore(Protocol):
    """The visitors whom an identity provider logged in, kept under a hash of the reference in their cookie."""

    def begin(self, digest: bytes, login: KeptLogin) -> None:
        """Keep a login."""
        ...

    def login(self, digest: bytes) -> KeptLogin | None:
        """Return a login, however old; None when it ended or never was."""
        ...

    def seen(self, digest: bytes, at: int) -> None:
        """Note that a login was used at this time (µs); one that ended stays so."""
        ...

    def end(self, digest: bytes) -> None:
        """Forget a login."""
        ...

    def end_all(self, *, known_as: bytes = b"", session: bytes = b"") -> int:
        """Forget every login of somebody, or of one session, as the provider calls them; return how many."""
        ...

    def sweep(self, began_before: int, seen_before: int) -> None:
        """Forget the logins that began, or were last used, before these times (µs)."""
        ...


class ContentStore(Protocol):
    """The published recipes, for as long as an entry refers to them."""

    def save_recipe(self, digest: str, body: bytes, now: int, *, wait: float = 5.0) -> None:
        """Keep a recipe under its hash, waiting so long (s) for another writer; doing so again only reads."""
        ...

    def recipe(self, digest: str) -> bytes | None:
        """Return a recipe's canonical form, or None when it is not kept."""
        ...


class Batch(Struct, frozen=True, kw_only=True):
    """The header of one import: values refer to it by number. Times are µs."""

    number: int
    source: str
    file_name: str
    sha256: str
    observed_at: int
    imported_at: int
    accepted: int
    rejected: int


class BatchStore(Protocol):
    """The headers of imports, for as long as an entry refers to them."""

    def batch(self, number: int) -> Batch | None:
        """Return the header of one import."""
        ...


class CookbookStore(Protocol):
    """The indexed entries and the journals' open tails, read as one."""

    def by_code(self, code: str) -> list[CookbookEntry]:
        """Return the entries under a visit code, oldest first."""
        ...

    def by_subject(self, subject: int, limit: int) -> list[CookbookEntry]:
        """Return a subject's newest entries, newest first."""
        ...

    def by_time(self, start: int, end: int) -> Iterator[CookbookEntry]:
        """Yield the entries of a period (µs, end exclusive), oldest first."""
        ...

    def by_id(self, entry_id: bytes) -> CookbookEntry | None:
        """Return one entry, or None when there is none under this id."""
        ...


class PageRow(Struct, frozen=True, gc=False):
    """Entries that were decided together, as an index keeps them: what it searches by, and the frame's rest.

    `page_id` is the id of the first entry; the others follow it. `code` is the visit code's
    number, `recipe` the 32-byte hash.
    """

    page_id: bytes
    at: int
    code: int
    subject: int
    recipe: bytes
    rest: bytes


class Count(Struct, frozen=True):
    """How often strangers got an outcome within an hour (hours since 1970 UTC); places as in the recipe."""

    recipe: bytes
    hour: int
    slot: int
    variant: int
    seen: int


class Gap(Struct, frozen=True, kw_only=True):
    """Bytes of a segment that make no frame, and how many entries stood there, as far as can be told.

    `counter` is the number of the first of them. Without bytes, entries are missing or stand in
    another order; without either, the segment ends there and was never closed.
    """

    start: int
    length: int
    missing: int
    counter: int = 0


class Run(Struct, frozen=True):
    """Entries of one segment whose content was put on the page: their numbers, both included."""

    segment: bytes
    first: int
    last: int


class Stretch(Struct, frozen=True, kw_only=True):
    """What stands in a journal segment between two offsets; `counter` is the next entry's number.

    `frames` are the pages' frames as they stand, in as few pieces as possible.
    """

    segment: bytes
    start: int
    end: int
    counter: int
    pages: list[PageRow]
    counts: list[Count]
    gaps: list[Gap]
    served: list[Run] = []
    frames: list[bytes] = []


class Position(Struct, frozen=True):
    """How far a segment is indexed: the offset, and the number its next entry should have."""

    offset: int = 0
    counter: int = 0


class Head(Struct, frozen=True):
    """The newest batch that is safe: its number and its keyed digest."""

    number: int
    digest: bytes


DigestOf = Callable[[int, bytes, Sequence[bytes]], bytes]
"""Gives the keyed digest of a batch: its number, its segment, and its pages' frames in any pieces."""


class EntryIndex(Protocol):
    """Where the journal's entries end up. Raises StoreError."""

    def positions(self, segments: Sequence[bytes]) -> dict[bytes, Position]:
        """Return how far each of these segments (8-byte references) is indexed; unknown ones are left out."""
        ...

    def add(self, stretches: Sequence[Stretch], digest_of: DigestOf) -> int:
        """Keep these stretches and move the positions, in one transaction; return how many pages were new.

        The pages of a stretch are a batch, and get the next number and a digest. A stretch that does not
        begin where its segment's position stands is refused with StoreError.
        """
        ...

    def settle(self) -> bool:
        """Write everything into the main file; say whether what was added survives a power cut now."""
        ...

    def head(self, number: int = 0) -> Head | None:
        """Return the newest batch, or the one of this number; None where there is none."""
        ...

    def served(self, segment: bytes) -> list[tuple[int, int]]:
        """Return which numbers of a segment were put on their page: runs of first and last, in order."""
        ...

    def by_code(self, code: int) -> list[PageRow]:
        """Return the rows under a visit code's number, in no order."""
        ...

    def by_subject(self, subject: int, limit: int) -> list[PageRow]:
        """Return a subject's newest rows, newest first."""
        ...

    def by_time(self, start: int, end: int) -> Iterator[PageRow]:
        """Yield the rows of a period (µs, end exclusive), oldest first."""
        ...

    def by_id(self, entry_id: bytes) -> PageRow | None:
        """Return the last row of an entry's segment that begins at or before it: no other can hold it."""
        ...
