"""`personalize index`: moves the journal's entries into the cookbook, in a process of its own."""

import argparse
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from personalize.cli.output import counted, tell
from personalize.cli.site import config_option, settings_of
from personalize.cookbook.digests import Digests
from personalize.cookbook.indexer import Indexer
from personalize.recognition.keys import KeyRing
from personalize.storage.open import open_store

SIGNALS = (signal.SIGTERM, signal.SIGINT)
LOOK = 0.2
"""Seconds between two looks at whether to stop."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--once", action="store_true", help="index what is there now, then end")
    config_option(parser)


def run(args: argparse.Namespace) -> int:
    """Index until a signal comes; the site's own threads let go meanwhile."""
    site = settings_of(args).site
    digests = Digests(KeyRing.load(site.keys).cookbook_key(), site.heads)
    store = open_store(site.store)
    try:
        indexer = Indexer(store.folder, store.entries, digests)
        if args.once:
            moved = indexer.drain()
            tell(f"{counted(moved, 'page view', 'page views')} indexed.")
        else:
            _until_stopped(indexer)
    finally:
        store.close()
    return 0


def _until_stopped(indexer: Indexer) -> None:
    """Run in a thread, so that a signal never interrupts a transaction half way."""
    errors: list[BaseException] = []
    thread = threading.Thread(target=_indexing, args=(indexer, errors), name="personalize-index")
    with _stop_signals() as stopped:
        thread.start()
        tell("Indexing until stopped (Ctrl-C or SIGTERM).")
        while thread.is_alive() and not stopped:
            thread.join(LOOK)
        indexer.stop()
        thread.join()
    if errors:
        raise errors[0]


def _indexing(indexer: Indexer, errors: list[BaseException]) -> None:
    try:
        indexer.run()
    except BaseException as error:
        errors.append(error)


@contextmanager
def _stop_signals() -> Iterator[list[int]]:
    """Collect stop signals instead of dying of them."""
    received: list[int] = []
    before = {number: signal.signal(number, lambda got, _: received.append(got)) for number in SIGNALS}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
