"""Keyed digests: one for each batch of pages that was indexed, and the newest one's kept outside the store.

A batch is what one step of the indexer took from a segment: about a thousand pages at most. Its digest is
HMAC-SHA256, cut to 16 bytes, over its number, its segment and its pages' frames. Numbers count up without
a gap, so no batch goes missing unseen; that the newest one was cut off, the *heads* tell, in a file of their own.
"""

import hmac
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from personalize.durable import replace_file
from personalize.errors import HeadsError
from personalize.ports import Head

LENGTH = 16
MARK = 4
"""Bytes kept of each page beside the digest, its CRC: where a batch was changed they tell which page."""
LONGEST = 64 * 1024
"""Bytes of the heads' file that are read."""


class Digests:
    """The digests of one site, under a key of its own, and their heads in a file."""

    def __init__(self, key: bytes, heads: Path) -> None:
        self._keyed = hmac.new(key, digestmod="sha256")
        self.heads = Heads(heads)

    def of_batch(self, number: int, segment: bytes, frames: Iterable[bytes]) -> bytes:
        """Return the digest of a batch; `frames` in order, in any pieces."""
        keyed = self._keyed.copy()
        keyed.update(b"batch" + number.to_bytes(8, "big") + segment)
        for frame in frames:
            keyed.update(frame)
        return keyed.digest()[:LENGTH]

    def of_rest(self, number: int, digest: bytes, frames: Iterable[bytes]) -> bytes:
        """Return the digest of what retention left of a batch that once had `digest`."""
        keyed = self._keyed.copy()
        keyed.update(b"rest." + number.to_bytes(8, "big") + digest)
        for frame in frames:
            keyed.update(frame)
        return keyed.digest()[:LENGTH]


class Heads:
    """What the newest batch was, in a file outside the store: a line for each time, the last one is in force.

    The last line is replaced as long as the store is true to it. Where it is not, it stays as
    evidence, and a new one begins.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[Head]:
        """Return the heads, oldest first; none where there is no file. Raises HeadsError."""
        try:
            with self._path.open("rb") as file:
                lines = file.read(LONGEST).decode().splitlines()
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise self._trouble(f"it cannot be read ({error})") from error
        try:
            return [Head(int(number), bytes.fromhex(digest)) for number, digest in map(str.split, lines)]
        except ValueError as error:
            raise self._trouble("it is damaged") from error

    def check(self) -> None:
        """Look whether the newest batch can be kept; nothing is changed. Raises HeadsError."""
        self.read()
        folder = self._path.parent
        if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
            raise self._trouble(f"its folder {'may not be written' if folder.is_dir() else 'is not there'}")

    def advance(self, newest: Head, kept: Callable[[int], Head | None]) -> bool:
        """Keep the newest batch; say whether the store, which `kept` asks, is true to the head before it."""
        heads = self.read()
        if heads and heads[-1] == newest:
            return True
        is_true = not heads or kept(heads[-1].number) == heads[-1]
        self._write([*(heads[:-1] if is_true else heads), newest])
        return is_true

    def begin(self, newest: Head | None) -> None:
        """Forget what was, and begin at this batch: an older store was put back, knowingly."""
        self._write([newest] if newest else [])

    def _write(self, heads: Sequence[Head]) -> None:
        text = "".join(f"{head.number} {head.digest.hex()}\n" for head in heads)
        try:
            replace_file(self._path, text.encode())
        except OSError as error:
            raise self._trouble(f"it cannot be written ({error.strerror})") from error

    def _trouble(self, what: str) -> HeadsError:
        return HeadsError(
            f"The heads of the cookbook, {self._path}, cannot be kept: {what}. Let this user read and write it and its"
            " folder; one that is damaged, move away after `personalize verify`."
        )
