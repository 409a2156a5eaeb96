"""Every error this package raises: one base class, and a docstring that is the message with its advice."""


class PersonalizeError(Exception):
    """Something went wrong in personalize: read the message for where, what and what to do."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or " ".join((type(self).__doc__ or "").split()))


class ConfigError(PersonalizeError):
    """A configuration or content file cannot be used: mend the place that the message names.

    The message reads `file:line:column: cause. Remedy.`; parts that are not known are left out.
    """

    def __init__(
        self, cause: str, *, remedy: str = "", file: str = "", line: int = 0, column: int = 0, field: str = ""
    ) -> None:
        self.cause, self.remedy, self.field = cause, remedy, field
        self.file, self.line, self.column = file, line, column
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        field = f"{self.field}: " if self.field else ""
        text = " ".join(_ended(part) for part in (f"{field}{self.cause}", self.remedy) if part)
        return f"{place}: {text}" if place else text


def _ended(text: str) -> str:
    return text if text.endswith(("?", "!")) else f"{text.rstrip('.')}."


class ManyErrors(PersonalizeError):
    """The configuration or the content has mistakes: `personalize check` names each with its place.

    The message has a line for each, in the order of their places.
    """

    def __init__(self, errors: "tuple[ConfigError, ...]") -> None:
        self.errors = tuple(sorted(errors, key=lambda error: (error.file, error.line, error.column)))
        super().__init__("\n".join(str(error) for error in self.errors))


class KeyFileError(PersonalizeError):
    """The key file cannot be read: put it back, or make a new one with `personalize keys new`
    (links sent before stop working).
    """


class StoreError(PersonalizeError):
    """The store cannot be used now: check that its folder exists, is writable, has room,
    and is not locked by another program.
    """


class StoreLocked(StoreError):
    """Another program holds the store's write lock: try again when it has finished."""


class StoreDamaged(StoreError):
    """A file of the store is damaged, the log says which: put a backup back."""


class StoreNewer(StoreError):
    """The store was written by a newer version of personalize: install that version again."""


class ErasureListError(StoreError):
    """The erasure list cannot be used: have `[site] erasures` name a file that lasts, apart from the store, which this
    user may read and write, in a folder of this user's.
    """


class ErasureListMissing(ErasureListError):
    """The erasure list that this store has followed is missing, and no new one can be made. Put it back where
    `[site] erasures` says, or mount its volume: without it, somebody who was erased may be back with a backup.
    """


class HeadsError(StoreError):
    """The heads of the cookbook cannot be kept: have `[site] heads` name a file that lasts, apart from the store, which
    this user may read and write, in a folder of this user's.
    """


class IdentifierClaimed(StoreError):
    """Two people claim this identifier, so it belongs to nobody: correct the source, or erase one of the two."""


class JournalError(PersonalizeError):
    """The journal took no entry: check the disk's room and the folder's rights; until then visitors see the default."""


class ConsentRefused(PersonalizeError):
    """The consent event was not recorded: the message says which rule it breaks."""


class SaidTooOften(ConsentRefused):
    """The yes was not recorded: the same person answered this many times today. A no is always recorded."""


class ValueRefused(PersonalizeError):
    """The value was not kept: the message says what it does not fit."""


class ImportRefused(PersonalizeError):
    """The file was refused before anything changed: the message says why and what to change."""


class NotFound(PersonalizeError):
    """Nothing is known under this code or identifier: check the spelling and the store's folder."""


class IdentifierProblem(PersonalizeError):
    """The identifier cannot be used: the message says in words what is wrong with it."""


class LinkRefused(PersonalizeError):
    """No link was made: it must lead to a page of this site, `[site] url` in personalize.toml."""


class NotReplayable(PersonalizeError):
    """The decision cannot be made again: a plugin of the version that took part is not installed."""


class PluginError(PersonalizeError):
    """A plugin could not be used: the message names the plugin and what it did."""
