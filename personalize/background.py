"""A thread for what a site does by the way: it begins, it is asked to stop, and its end is awaited."""

import threading
from collections.abc import Callable


class Background:
    """Runs `work` in a daemon thread of this name; `work` looks at `is_stopping` or sleeps by `pause`."""

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self._name, self._work = name, work
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_stopping(self) -> bool:
        """Say whether the work was asked to stop."""
        return self._stopping.is_set()

    def pause(self, seconds: float) -> bool:
        """Sleep so long, or until asked to stop; say whether it was."""
        return self._stopping.wait(seconds)

    def start(self) -> None:
        """Begin the work."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Have the work stop when it looks next, without waiting for it."""
        self._stopping.set()

    def stop(self) -> None:
        """Ask the work to stop and wait until it has; in the foreground it stops by itself."""
        self._stopping.set()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join()
        self._thread = None
