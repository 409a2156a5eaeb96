"""What we may use: purposes, notices, consent events and the grants that follow from them."""

from enum import StrEnum

from msgspec import Struct

from personalize.model.attributes import Titles
from personalize.model.people import Assurance


class Basis(StrEnum):
    """The legal basis of a purpose (GDPR 6(1)(a) and (f))."""

    consent = "consent"
    legitimate_interest = "legitimate_interest"


class Action(StrEnum):
    """What a consent event says (facts of ISO/IEC TS 27560); the state is a fold over these.

    Under double opt-in `requested` stands for the wish, which never counts, and `confirmed` for the
    person's own word from their mailbox, which does.
    """

    requested = "requested"
    given = "given"
    confirmed = "confirmed"
    refused = "refused"
    withdrawn = "withdrawn"
    objected = "objected"
    objection_lifted = "objection_lifted"
    expired = "expired"


class Purpose(Struct, frozen=True, kw_only=True):
    """Something data is used for. `recognise` marks the purpose that lets a link set our cookie.

    `valid` is how long a consent stays in force, in seconds (24 months unless told). `asked_since` is the
    version of its notice from which on a consent counts: an older one agreed to something else.
    `double_opt_in` asks for the person's word from their own mailbox. `third_party` is what a browser's
    `Sec-GPC: 1` switches off. `recipients` are who gets the data, `dpv` the term of the W3C's vocabulary.
    What is `sensitive` never takes part in a context, whose pages others see too.
    """

    name: str
    basis: Basis
    notice: str = ""
    titles: Titles = {}
    recognise: bool = False
    valid: int = 730 * 86_400
    asked_since: int = 1
    double_opt_in: bool = False
    third_party: bool = False
    recipients: tuple[str, ...] = ()
    dpv: str = ""
    sensitive: bool = False


class Notice(Struct, frozen=True, kw_only=True):
    """A consent text in each language; `digests` is the SHA-256 of exactly what was shown, per language.

    A `material` version asks for something else than the one before it, and so ends the consents to that.
    `earlier` are the versions before, newest first, as far as they are kept: receipts quote them.
    """

    name: str
    version: int
    texts: Titles
    digests: dict[str, str]
    material: bool = True
    earlier: tuple["Notice", ...] = ()

    @property
    def asked_since(self) -> int:
        """Return the newest material version: a consent to an older one is asked anew."""
        return next((each.version for each in (self, *self.earlier) if each.material), 1)

    def reading(self, lang: str, sha256: str) -> "Notice | None":
        """Return the version whose text in this language has this hash; None where it is not kept."""
        return next((each for each in (self, *self.earlier) if sha256 and each.digests.get(lang) == sha256), None)


class ConsentEvent(Struct, frozen=True, kw_only=True):
    """One append-only event about one purpose (facts of GDPR 7(1): what, when, how, to which text).

    Times are µs since 1970 UTC. `event_id` is a UUIDv7 of 16 bytes. `notice` is `name@version`.
    """

    event_id: bytes
    subject: int
    purpose: str
    action: Action
    basis: Basis
    method: str
    actor: str
    assurance: Assurance
    occurred_at: int
    recorded_at: int
    valid_until: int | None = None
    notice: str = ""
    notice_lang: str = ""
    notice_sha256: str = ""
    site: str = ""
    source: str = ""
    batch: int = 0
    evidence: dict[str, str] = {}
    schema: int = 1


class Grant(Struct, frozen=True, kw_only=True, gc=False):
    """One purpose in force now. `record` is the consent event's id; empty for legitimate interest."""

    purpose: str
    basis: Basis
    record: bytes = b""
    notice: str = ""
    given_at: int | None = None
    valid_until: int | None = None


class Grants(Struct, frozen=True, kw_only=True, gc=False):
    """The proof that must be held in order to read (law 1): made by the consent gate alone.

    `valid_until` is the earliest moment (µs) at which the answer may change by itself.
    """

    subject: int
    assurance: Assurance
    epoch: int
    in_force: dict[str, Grant]
    objected: frozenset[str] = frozenset()
    valid_until: int | None = None
