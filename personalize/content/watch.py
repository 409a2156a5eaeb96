"""Notice that somebody edited a content file; the settings are read once, at start."""

import os

from personalize.settings.tables import Settings

Fingerprint = tuple[tuple[str, int, int, int], ...]
NO_FOLDER: Fingerprint = (("", 0, 0, 0),)
"""Of a folder that cannot be read: an empty one differs from it."""


def fingerprint(settings: Settings) -> Fingerprint:
    """Return what differs after any edit: name, inode, size and change time (ns) of each file.

    Costs a `stat` per file; a file that cannot be looked at is left out, so its loss is a change too.
    """
    try:
        with os.scandir(settings.content) as entries:
            paths = sorted(entry.path for entry in entries if entry.name.endswith(".toml"))
    except OSError:
        return NO_FOLDER
    return tuple(mark for path in paths if (mark := _mark(path)))


def _mark(path: str) -> tuple[str, int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return path, found.st_ino, found.st_size, found.st_mtime_ns
