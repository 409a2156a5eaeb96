"""Findings: what is wrong, in a sentence, and what to do about it. Anybody may read them: no places, no people."""

from collections.abc import Iterator

from msgspec import Struct

from personalize.health.condition import Condition

UNINDEXED_SECONDS = 10.0
"""No indexer for longer than this is a finding."""
WAITING_SECONDS = 60.0
"""So is an entry that waits longer than this, whoever indexes."""
WAITING_BYTES = 256 << 20
"""So is a backlog of a quarter of what the journal takes."""
UNSWEPT_SECONDS = 60.0
"""So is an erased person of whom a file may still hold a byte after this time."""
WAITED_DAYS = 14
"""So is a request for a correction that waits longer than this: the law allows a month (GDPR 12(3))."""
LEAST_FREE = 128 << 20
"""So is a disk with less room (bytes) than this."""
ERROR_RATE, FEWEST_ERRORS = 0.01, 5
"""So are more errors among the last minute's decisions than this share, from so many on."""
MEBIBYTE = 1 << 20
DAY = 86_400


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that is wrong: a name for machines, a sentence for people, and the remedy.

    `serving` says that the site fares ill itself; else it is well, and somebody waits for its staff.
    """

    name: str
    sentence: str
    remedy: str
    serving: bool = True

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy}"


def findings_of(found: Condition) -> tuple[Finding, ...]:
    """Return what is wrong, the worst first."""
    return (*_of_the_store(found), *_of_the_journal(found), *_of_requests(found))


def _of_the_store(found: Condition) -> Iterator[Finding]:
    if found.store:
        yield Finding(name="store", sentence="The store cannot be used.", remedy=found.store)
    if found.keys:
        yield Finding(name="keys", sentence="The key file is not there, or cannot be used.", remedy=found.keys)
    if not found.askable:
        yield Finding(
            name="consent",
            sentence="Consent cannot be asked, so nobody is personalised.",
            remedy="Check that people.sqlite in the store can be read and that its disk answers.",
        )
    if found.erasures:
        yield Finding(
            name="erasures",
            sentence="The erasure list takes no line: nobody can be erased, and a restore would lose every no of now.",
            remedy=found.erasures,
        )
    if found.refused:
        yield Finding(
            name="content",
            sentence="The content files have mistakes and are not in force: what was before is shown, or the default.",
            remedy="Run `personalize check`, which names each with its place; mended files are taken up at once.",
        )
    if found.unswept > UNSWEPT_SECONDS:
        yield Finding(
            name="unswept",
            sentence=f"A file may still hold bytes of somebody who was erased {found.unswept:,.0f} seconds ago.",
            remedy="The site cleans up by itself while it runs; its log says which file is in use or not writable.",
        )
    if found.unfinished:
        yield Finding(
            name="restore",
            sentence="A restore was cut short: people's data and the keys to it lie beside the store's place.",
            remedy="Restore once more, or start the site: either removes it.",
        )
    if found.failed >= FEWEST_ERRORS and found.failed > ERROR_RATE * found.decided:
        yield Finding(
            name="errors",
            sentence=f"Errors gave {found.failed:,} of {found.decided:,} decisions of the last minute the default.",
            remedy="The log says which: look for the first message that comes again and again.",
        )
    if found.free is not None and found.free < LEAST_FREE:
        yield Finding(
            name="disk",
            sentence=f"The store's disk is nearly full: {found.free // MEBIBYTE:,} MiB are left.",
            remedy="Make room; once it is full, visitors see the default.",
        )


def _of_the_journal(found: Condition) -> Iterator[Finding]:
    if found.idle is not None and found.idle > UNINDEXED_SECONDS:
        yield Finding(
            name="unindexed",
            sentence="Nobody indexes the journal.",
            remedy="Start `personalize index`, or restart the site.",
        )
    if found.backlog.size > WAITING_BYTES:
        yield Finding(
            name="backlog",
            sentence=f"{found.backlog.size // MEBIBYTE:,} MiB of entries wait to be indexed; 1,024 MiB are the most.",
            remedy="Start `personalize index` as a process of its own; above that visitors see the default.",
        )
    if found.backlog.age > WAITING_SECONDS:
        yield Finding(
            name="lag",
            sentence=f"An entry has waited to be indexed for {found.backlog.age:,.0f} seconds.",
            remedy="Check that cookbook.sqlite in the store can be written and is not locked by another program.",
        )
    if found.heads:
        yield Finding(
            name="heads",
            sentence="Nothing outside the store tells which entries are the newest: cut off, they are not missed.",
            remedy=found.heads,
        )


def _of_requests(found: Condition) -> Iterator[Finding]:
    if found.overdue:
        yield Finding(
            name="retention",
            sentence="For more than 35 days nothing was deleted that was kept long enough, or the clock has jumped.",
            remedy="Look whether the time is right; then run `personalize erase --expired` once.",
            serving=False,
        )
    if found.waited > WAITED_DAYS * DAY:
        yield Finding(
            name="corrections",
            sentence=f"Somebody has waited for a correction for {found.waited // DAY:,.0f} days.",
            remedy="Open the request at the desk or by `personalize correct`: the law allows a month (GDPR 12(3)).",
            serving=False,
        )
