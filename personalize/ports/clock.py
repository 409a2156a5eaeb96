"""The one place times come from."""

import time
from typing import Protocol


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
