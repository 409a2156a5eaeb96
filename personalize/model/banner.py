"""A yes given in the site's own cookie banner: what an entry keeps of it where no event stands in the ledger."""

from hashlib import sha256
from typing import Self

from msgspec import Struct

DIGEST, MOMENT = 32, 8


class BannerYes(Struct, frozen=True, kw_only=True):
    """One yes as the browser tells it with a request.

    `digest` is the SHA-256 of the text that says so, `notice` names the banner's text as `name@version`.
    `at` is when it was said and `until` when it ends (µs), None where it is not told.
    """

    digest: bytes
    notice: str
    at: int | None = None
    until: int | None = None

    @classmethod
    def of(cls, evidence: bytes, notice: str, at: int | None = None, until: int | None = None) -> Self:
        """Return the yes that this evidence proves."""
        return cls(digest=sha256(evidence).digest(), notice=notice, at=at, until=until)

    @property
    def record(self) -> bytes:
        """Return it as a consent record: digest, moment (8 bytes, 0 where it is not told), notice.

        Never 16 bytes long, as the records of the ledger are.
        """
        return self.digest + (self.at or 0).to_bytes(MOMENT, "big") + self.notice.encode()


def read_banner(record: bytes) -> BannerYes | None:
    """Return the yes behind a consent record, None where the record is one of the ledger's."""
    if len(record) <= DIGEST + MOMENT:
        return None
    digest, moment, notice = record[:DIGEST], record[DIGEST : DIGEST + MOMENT], record[DIGEST + MOMENT :]
    at = int.from_bytes(moment, "big")
    return BannerYes(digest=digest, notice=notice.decode(errors="replace"), at=at or None)
