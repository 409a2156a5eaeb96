"""A no outlasts a restore: what people refuse, end, object to or do not want used is on the erasure list too.

So are the devices that were not theirs, the links that were revoked, and the accounts of staff that were closed.

It is on the list before it is in the store, and both before it is answered. Where the list takes nothing, the
store alone keeps it, with a mark that has the list made complete later: a broken file keeps nobody from a no.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from time import time_ns

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from personalize.consent.gate import NOES
from personalize.cookbook.seal import seal_alone, unseal_alone
from personalize.errors import ErasureListError, StoreError
from personalize.model.consent import ConsentEvent
from personalize.model.staff import Account
from personalize.ports import Closing, DeviceLink, No, Revocation, Unused
from personalize.rights.erasure_list import INCOMPLETE, ErasureList, Line, Pen, Saying
from personalize.storage.open import Store
from personalize.storage.sqlite.consent import append_events
from personalize.storage.sqlite.erasing import SqliteErasures
from personalize.storage.sqlite.restricting import SqliteRestrictions

NOBODY = 0
"""Stands for the subject where all links of a mailing, or all there are, were revoked, and where staff are meant."""
PATIENCE = 1.0
"""Seconds to wait for the list: whoever says no waits too."""

log = logging.getLogger("personalize")


class _Body(Struct, frozen=True, array_like=True):
    event: ConsentEvent | None = None
    unused: Unused | None = None
    cut: DeviceLink | None = None
    revoked: Revocation | None = None
    closed: Closing | None = None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Body).decode


class Noes:
    """Every no of one store. Implement NoList."""

    def __init__(self, store: Store, on_list: ErasureList) -> None:
        self._people, self._key_of, self._list = store.people, store.profiles.key_of, on_list
        self._consents, self._restrictions = store.consents, SqliteRestrictions(store.people)
        self._browsers, self._handles, self._accounts = store.browsers, store.handles, store.accounts
        self._nobody = on_list.digest(NOBODY)
        self._rows = SqliteErasures(store.people, store.keys)

    @contextmanager
    def listing(self) -> Iterator[Callable[[Iterable[No]], None]]:
        """Yield what puts noes on the list; the block itself puts them in the store. Nothing else is listed.

        A list that takes nothing is no error here, but logged, and made complete by the next sweep.
        """
        places: list[int] = []
        pen, in_step = None, False
        with ExitStack() as held:
            try:
                pen = held.enter_context(self._list.locked(PATIENCE))
                in_step = self._rows.followed()[0] == self._list.end()
            except StoreError as error:
                _unlisted(error)
            yield lambda noes: places.append(self._add(pen, noes))
            for place in places:
                if in_step or place >= INCOMPLETE:  # otherwise these lines wait, with those before, to be followed
                    self._rows.reach(place)

    def restore(self, lines: Iterable[Line], subjects: Mapping[bytes, int]) -> int:
        """Put the noes of these lines into the store; return how many of them made a difference. Raises StoreError."""
        noes = list(self._opened(lines, subjects))
        with self._people.write() as people:
            new = append_events(people, (no for no in noes if isinstance(no, ConsentEvent)))
        return new + sum(map(self._put_back, noes))

    def complete(self, pen: Pen, lines: Sequence[Line], subjects: Mapping[bytes, int]) -> None:
        """Put on the list, which has these lines, every no of the store that it lacks. Raises StoreError."""
        known = {_name(no) for no in self._opened(lines, subjects)}
        pen.add(self._sealed(no for no in self._every() if _name(no) not in known))

    def _put_back(self, no: No) -> bool:
        if isinstance(no, Unused):
            return self._restrictions.put_back(no.subject, no.attribute, (no.since, no.disputed), no.request)
        if isinstance(no, DeviceLink):
            return self._browsers.cut(no)
        if isinstance(no, Closing):
            return self._accounts.close(no)
        return isinstance(no, Revocation) and self._handles.put_back(no)

    def _add(self, pen: Pen | None, noes: Iterable[No]) -> int:
        try:
            if pen is not None:
                return pen.add(self._sealed(noes))
        except StoreError as error:
            _unlisted(error)
        return INCOMPLETE + time_ns() // 1000  # another mark than one that is being dealt with just now

    def _every(self) -> Iterator[No]:
        yield from self._consents.every()
        for subject, attribute, (since, disputed), request in self._restrictions.every():
            yield Unused(subject, attribute, since, disputed, request)
        yield from self._browsers.cuts()
        yield from self._handles.revocations()
        yield from self._accounts.closings()

    def _sealed(self, noes: Iterable[No]) -> Iterator[Saying]:
        """Yield the lines of those among these that are a no, and somebody's who is not erased."""
        for no in noes:
            if isinstance(no, Unused):
                yield from self._line(no.subject, no.since, _Body(unused=no))
            elif isinstance(no, DeviceLink):
                yield from self._line(no.subject, no.cut_at or no.linked_at, _Body(cut=no))
            elif isinstance(no, Revocation):
                yield from self._line(no.subject or NOBODY, no.at, _Body(revoked=no))
            elif isinstance(no, Closing):
                yield from self._line(NOBODY, no.before, _Body(closed=no))
            elif no.action in NOES:
                yield from self._line(no.subject, no.recorded_at, _Body(event=no))

    def _line(self, subject: int, at: int, body: _Body) -> Iterator[Saying]:
        key = self._key(subject)
        if key is not None:
            yield subject, at, seal_alone(key, _encode(body), self._list.digest(subject))

    def _opened(self, lines: Iterable[Line], subjects: Mapping[bytes, int]) -> Iterator[No]:
        """Yield the noes on these lines of whoever is still in the store. Raises StoreError."""
        for line in lines:
            subject = NOBODY if line.digest == self._nobody else subjects.get(line.digest)
            if not line.sealed or subject is None or not self._is_known(subject):
                continue
            key = self._key(subject)
            if key is None:
                continue
            body = unseal_alone(key, line.sealed, line.digest)
            if body is None:
                raise ErasureListError(f"The erasure list {self._list.path} is damaged: put its newest copy back.")
            found = _decode(body)
            no = found.event or found.unused or found.cut or found.revoked or found.closed
            if no is not None:
                yield no

    def _is_known(self, subject: int) -> bool:
        return not subject or self._people.one("SELECT 1 FROM subjects WHERE subject = ?", (subject,)) is not None

    def _key(self, subject: int) -> bytes | None:
        return self._key_of(subject) if subject else self._list.key


class ListedConsents:
    """Implement ConsentStore: the ledger of a store, whose noes are on the list before."""

    def __init__(self, store: Store, noes: Noes) -> None:
        self._consents, self._noes = store.consents, noes
        self.events_of = store.consents.events_of

    def append(self, events: Sequence[ConsentEvent]) -> None:
        """Add events durably and raise the epoch of each subject, in one transaction; idempotent by event id."""
        if not any(event.action in NOES for event in events):
            self._consents.append(events)
            return
        with self._noes.listing() as put:
            put(events)
            self._consents.append(events)


class ListedAccounts:
    """Implement AccountStore: the accounts of a store, where the list has it before that one is closed."""

    def __init__(self, store: Store, noes: Noes) -> None:
        self._accounts, self._noes = store.accounts, noes
        self.account, self.accounts = store.accounts.account, store.accounts.accounts

    def put(self, account: Account) -> None:
        """Make an account, or replace the one of that name for good and end its sessions."""
        made_at = max(account.made_at, self._accounts.changed_at(account.name) + 1)
        new = replace(account, made_at=made_at)
        with self._noes.listing() as say:  # of a first one too: a backup may know another of that name
            say([Closing(name=new.name, before=made_at)])
            self._accounts.put(new)

    def remove(self, name: str, now: int) -> bool:
        """Remove an account at a time (µs) for good and end its sessions; say whether there was one."""
        found = self._accounts.account(name)
        if found is None:
            return False
        closing = Closing(name=name, before=max(now, found.made_at + 1))
        with self._noes.listing() as say:
            say([closing])
            return self._accounts.close(closing)


def _name(no: No) -> object:
    """Return what two of the same have in common, and no others."""
    if isinstance(no, Unused):
        return no.subject, no.attribute, no.since
    if isinstance(no, DeviceLink):
        return no.device, no.subject
    if isinstance(no, Closing):
        return no.name, no.before
    return no.at if isinstance(no, Revocation) else no.event_id


def _unlisted(error: StoreError) -> None:
    log.error("A no is not on the erasure list yet, so that a restore would lose it: %s", error)
