"""What the log tells of an error that comes back with each request: all of it once, then how often."""

import logging
from threading import Lock
from time import monotonic
from traceback import walk_tb

from msgspec import Struct

from personalize.forks import in_each_child

EACH = 60.0
"""Seconds between two lines about the same error, and without it after which it is told in full again."""
MOST = 256
"""Kinds of errors that are remembered; of more, those told longest ago are told in full again."""
OFTEN = "%s %d times in the last %d s: %s"

Kind = tuple[object, ...]


class _Told(Struct):
    """When (s) an error of a kind was last told and last met, and how often it was met since it was told."""

    at: float
    met: float
    count: int = 0


class Repeats(logging.Filter):
    """Leaves a traceback out of a log that has just told it: one line a minute stands for its repeats.

    The same are errors of one name and message that arose at one place, after the same ones, and were logged in the
    same words. It stands behind `Discreet`, so that no message tells one person's error from another's. Of repeats
    that then end the number is told with the next one.
    """

    def __init__(self) -> None:
        super().__init__()
        self._forget()
        in_each_child(self._forget)

    def filter(self, record: logging.LogRecord) -> bool:
        """Let pass what holds no error, and of each error the first record and one a minute."""
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return True
        with self._lock:
            return self._passes(record, error, _kind(record, error), monotonic())

    def _passes(self, record: logging.LogRecord, error: BaseException, kind: Kind, now: float) -> bool:
        before = self._told.get(kind)
        if before is not None and now - before.at < EACH:
            before.met, before.count = now, before.count + 1
            return False
        self._remember(kind, _Told(now, now))
        if before is not None and before.count:
            times, seconds = before.count + 1, round(now - before.at)
            record.msg, record.args = OFTEN, (record.getMessage(), times, seconds, _named(error))
        if before is not None and now - before.met < EACH:
            record.exc_info = None
        return True

    def _forget(self) -> None:
        self._told: dict[Kind, _Told] = {}
        self._lock = Lock()

    def _remember(self, kind: Kind, told: _Told) -> None:
        self._told.pop(kind, None)  # it goes to the end, behind those that were told before
        self._told[kind] = told
        if len(self._told) > MOST:
            del self._told[next(iter(self._told))]


def _kind(record: logging.LogRecord, error: BaseException) -> Kind:
    """Return what is the same for two errors that need not both be told in full."""
    words = record.args if isinstance(record.args, tuple) else ()
    parts: list[object] = [record.msg, *(word for word in words if isinstance(word, str))]
    before: BaseException | None = error
    while before is not None:
        places = [(frame.f_code.co_filename, line) for frame, line in walk_tb(before.__traceback__)]
        parts += [_named(before), *places]
        before = before.__cause__
    return tuple(parts)


def _named(error: BaseException) -> str:
    kind = type(error)
    return ": ".join(filter(None, [f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins."), str(error)]))
