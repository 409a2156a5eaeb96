"""What a power cut does not undo."""

import os
import tempfile
from pathlib import Path


def replace_file(path: Path, text: bytes) -> None:
    """Replace a file, mode 0600: a reader sees the old or the new one whole. Raises OSError; then the old one stays.

    Which of the two a power cut leaves, `sync_folder` settles.
    """
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Make durable which files a folder has: what was made, renamed or removed in it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
