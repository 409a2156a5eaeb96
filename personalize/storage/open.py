"""Open the store of a site: one folder."""

from pathlib import Path

from msgspec import Struct

from personalize.storage.sqlite.browsers import SqliteBrowsers
from personalize.storage.sqlite.changes import SqliteChanges
from personalize.storage.sqlite.connect import Database
from personalize.storage.sqlite.consent import SqliteConsents
from personalize.storage.sqlite.content import SqliteBatches, SqliteContent
from personalize.storage.sqlite.cookbook import SqliteEntries
from personalize.storage.sqlite.handles import SqliteHandles
from personalize.storage.sqlite.logins import SqliteLogins
from personalize.storage.sqlite.opt_ins import SqliteOptIns
from personalize.storage.sqlite.profiles import SqliteProfiles
from personalize.storage.sqlite.staff import SqliteAccounts, SqliteSessions, SqliteStaff
from personalize.storage.sqlite.staging import Staging


class Store(Struct, frozen=True, kw_only=True):
    """The parts of an opened store, each behind its port; the first three are the files under them."""

    folder: Path
    people: Database
    keys: Database
    cookbook: Database
    profiles: SqliteProfiles
    handles: SqliteHandles
    browsers: SqliteBrowsers
    consents: SqliteConsents
    opt_ins: SqliteOptIns
    content: SqliteContent
    batches: SqliteBatches
    changes: SqliteChanges
    staff: SqliteStaff
    accounts: SqliteAccounts
    sessions: SqliteSessions
    logins: SqliteLogins
    entries: SqliteEntries

    def staging(self) -> Staging:
        """Return a place where the rows of one import wait until they become true together."""
        return Staging(self.people.path, self.keys.path)

    def follow(self) -> None:
        """Open what was put in the place of open files. Raises StoreError."""
        for file in (self.people, self.keys, self.cookbook):
            if file.replaced():
                file.reopen()

    def close(self) -> None:
        """Close every file; the last process to do so leaves no log behind."""
        self.changes.close()
        self.people.close()
        self.keys.close()
        self.cookbook.close()


def open_store(folder: Path) -> Store:
    """Open the store in this folder, making what is absent. Raises StoreError."""
    keys = Database(folder / "keys.sqlite", "keys")
    people = Database(folder / "people.sqlite", "people", beside=keys.path)
    cookbook = Database(folder / "cookbook.sqlite", "cookbook", synchronous="NORMAL")
    return Store(
        folder=folder,
        people=people,
        keys=keys,
        cookbook=cookbook,
        profiles=SqliteProfiles(people, keys),
        handles=SqliteHandles(people),
        browsers=SqliteBrowsers(people, keys),
        consents=SqliteConsents(people),
        opt_ins=SqliteOptIns(people),
        content=SqliteContent(people),
        batches=SqliteBatches(people),
        changes=SqliteChanges(people),
        staff=SqliteStaff(people),
        accounts=SqliteAccounts(people),
        sessions=SqliteSessions(people),
        logins=SqliteLogins(people),
        entries=SqliteEntries(cookbook),
    )
