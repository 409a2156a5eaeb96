"""Notice that somebody edited the content files, and is done; the settings are read once, at start."""

import os
from collections.abc import Iterator
from time import monotonic, time_ns

from personalize.settings.tables import Settings

Fingerprint = tuple[tuple[str, int, int, int], ...]
NO_FOLDER: Fingerprint = (("", 0, 0, 0),)
"""Of a folder that cannot be read: an empty one differs from it."""
LOOK_SECONDS = 0.5
"""How often the files are looked at for edits."""
QUIET_SECONDS = 0.3
"""For how long nothing may have been written until files are taken for complete."""
LONGEST_SECONDS = 10.0
"""For how long an edit waits at most, where something goes on writing there."""


class ContentWatch:
    """Tells when edited content files can be read: not while an editor, a copy or a checkout still writes them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._next_look = 0.0
        self._read: Fingerprint | None = None
        self._written, self._noticed = -1, 0.0

    def begin(self) -> None:
        """Note the files as they are before they are read."""
        self._read = fingerprint(self._settings)
        self._forget_edit()

    def held_still(self) -> bool:
        """Say whether the files are still those that `begin` noted."""
        return fingerprint(self._settings) == self._read

    def again(self) -> None:
        """Take the files for edited at the next look."""
        self._read = None

    def edited(self) -> bool:
        """Say whether the files differ from those that were read, and are complete; looks at most twice a second.

        They are where nothing was written for a moment, or between two looks: the file system may have another clock.
        """
        now = monotonic()
        if now < self._next_look:
            return False
        self._next_look = now + LOOK_SECONDS
        found = fingerprint(self._settings)
        if found == self._read:
            self._forget_edit()
            return False
        written, self._noticed = _last_written(self._settings), self._noticed or now
        if written == self._written or now - self._noticed >= LONGEST_SECONDS or _is_past(written):
            return True
        self._written, self._next_look = written, now + QUIET_SECONDS
        return False

    def _forget_edit(self) -> None:
        """Forget the edit that was noticed: it is read, or was taken back."""
        self._written, self._noticed = -1, 0.0


def fingerprint(settings: Settings) -> Fingerprint:
    """Return what differs after any edit: name, inode, size and change time (ns) of each file.

    Costs a `stat` per file; a file that cannot be looked at is left out, so its loss is a change too.
    """
    try:
        paths = _paths(settings)
    except OSError:
        return NO_FOLDER
    return tuple((path, found.st_ino, found.st_size, found.st_mtime_ns) for path, found in _stats(paths))


def _last_written(settings: Settings) -> int:
    """Return when (ns) a file was written last, or one came into the folder or went; 0 where there is no folder."""
    try:
        paths = [str(settings.content), *_paths(settings)]
    except OSError:
        return 0
    return max((found.st_ctime_ns for _, found in _stats(paths)), default=0)


def _is_past(written: int) -> bool:
    return written > 0 and time_ns() - written >= QUIET_SECONDS * 1_000_000_000


def _paths(settings: Settings) -> list[str]:
    with os.scandir(settings.content) as entries:
        return sorted(entry.path for entry in entries if entry.name.endswith(".toml") and entry.name[0] != ".")


def _stats(paths: list[str]) -> Iterator[tuple[str, os.stat_result]]:
    for path in paths:
        try:
            yield path, os.stat(path)
        except OSError:
            continue
