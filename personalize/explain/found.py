"""What a look through the cookbook finds: each thing that is wrong, with the first entry concerned."""

from msgspec import Struct

from personalize.cookbook.codes import BITS, code_of
from personalize.ports import PageRow

MOST = 1_000
"""Things that are told one by one; what is beyond is counted only."""
FARTHEST = 1 << 62


class Found(Struct, frozen=True, kw_only=True):
    """One thing that is wrong.

    `entry` is the id of the first entry concerned, `at` (µs) its time, or that of the page before
    where it is gone. What is not known is empty.
    """

    what: str
    where: str = ""
    entry: str = ""
    at: int = 0
    code: str = ""


class Findings:
    """Collects what is found, in order. `remarks` are about what may be harmless."""

    def __init__(self) -> None:
        self.found: list[Found] = []
        self.remarks: list[Found] = []
        self.total = self.entries = 0

    def tell(self, what: str, where: str = "", page: PageRow | None = None, entry_id: bytes = b"") -> None:
        """Add something wrong with a page or, where `entry_id` is given, with an entry that follows on it."""
        self.total += 1
        if len(self.found) < MOST:
            self.found.append(_found(what, where, page, entry_id))

    def remark(self, what: str, where: str, page: PageRow | None = None) -> None:
        """Add something that need not be wrong."""
        if len(self.remarks) < MOST:
            self.remarks.append(_found(what, where, page, b""))


def _found(what: str, where: str, page: PageRow | None, entry_id: bytes) -> Found:
    entry, at, code = entry_id, 0, ""
    if page is not None:
        entry = entry_id or page.page_id
        at = page.at if isinstance(page.at, int) and 0 <= page.at < FARTHEST else 0
        if not entry_id and isinstance(page.code, int) and 0 < page.code < 1 << BITS:
            code = code_of(page.code)
    return Found(what=what, where=where, entry=entry.hex(), at=at, code=code)
