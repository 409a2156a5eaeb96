"""What a forked process does before anything else: it leaves to its parent what is the parent's."""

import os
import weakref
from collections.abc import Callable


def in_each_child(method: Callable[[], None]) -> None:
    """Have a bound method called in every child of this process, for as long as its object lives here."""
    kept = weakref.WeakMethod(method)
    os.register_at_fork(after_in_child=lambda: (found := kept()) and found())
