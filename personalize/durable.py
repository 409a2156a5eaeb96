"""What a power cut does not undo."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make durable which files a folder has: what was made, renamed or removed in it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
