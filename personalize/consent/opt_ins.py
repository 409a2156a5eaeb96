"""Double opt-in: a wish is kept, a mail goes out, and only a POST by whoever reads that mailbox makes it a consent.

Before that nobody is known by it: no subject, no profile, no event. Who asks learns nothing of the address (T44),
and nobody can be flooded with mail through us (T43).
"""

import logging
import secrets
from collections.abc import Callable
from hashlib import sha256
from threading import Lock

from msgspec import Struct

from personalize.consent.ledger import Digests, Ledger
from personalize.errors import ConsentRefused
from personalize.model.consent import ConsentEvent
from personalize.model.moments import DAY
from personalize.model.opt_in import Confirmed, OptIn
from personalize.model.people import Assurance, Visitor
from personalize.ports import Clock, OptInStore, ProfileStore
from personalize.settings.tables import Mail

log = logging.getLogger("personalize")
LIFE = 7 * DAY
"""How long a mailed link works, and how long an unconfirmed request is kept."""
MOST_MAILS = 3
"""Mails to one address within that time, whatever is asked for."""
UNSUBSCRIBE_LIFE = 3650 * DAY
HANDLE, RECEIPT = 16, 8
MOST_AT_ONCE = 50

Sign = Callable[[bytes, int, int], str]
"""Gives the token of a handle: issued and expires in µs."""
Read = Callable[[str, int], bytes | None]
"""Gives the handle of a token that holds at this time (µs), else None."""
Tell = Callable[[Confirmed], None]


class Answer(Struct, frozen=True, kw_only=True):
    """What pressing the button on a confirmation page led to.

    `outcome` is `confirmed`, `already`, `changed` (the text is another one now) or `gone`.
    """

    outcome: str
    wish: OptIn | None = None
    event: ConsentEvent | None = None
    subject: int = 0


GONE = Answer(outcome="gone")


class OptIns:
    """The double opt-ins of one site. Safe across threads; raises StoreError where the store cannot be used."""

    def __init__(
        self,
        *,
        store: OptInStore,
        profiles: ProfileStore,
        ledger: Ledger,
        digests: Digests,
        network: Callable[[str], bytes],
        sign: Sign,
        read: Read,
        clock: Clock,
        mail: Mail,
    ) -> None:
        self._store, self._profiles, self._ledger = store, profiles, ledger
        self._digests, self._network = digests, network
        self._sign, self._read, self._clock = sign, read, clock
        self._a_day, self._can_send = mail.a_day, bool(mail.sender)
        self._confirming = Lock()
        self.tell: Tell | None = None
        self.wake: Callable[[], None] = lambda: None

    def ask(self, address: str, purpose: str, lang: str, notice_sha256: str, network: str) -> bytes:
        """Keep the wish that mail for a purpose goes to an address, and return its receipt (8 bytes).

        The receipt looks the same when nothing was kept because the address or the network (`network`, any
        text that names it) asked too often. Raises ConsentRefused, IdentifierProblem.
        """
        _, notice = self._ledger.shown(purpose, lang, notice_sha256)
        if not self._can_send:
            raise ConsentRefused("No mail can be sent from here: give [mail] a sender.")
        address = address.strip()
        ((_, digest),) = self._digests(f"email:{address}")
        now = self._clock.now()
        handle, receipt = secrets.token_bytes(HANDLE), secrets.token_bytes(RECEIPT)
        wish = OptIn(
            handle=handle,
            receipt=receipt,
            digest=digest,
            network=self._network(network),
            purpose=purpose,
            notice=f"{notice.name}@{notice.version}",
            lang=lang,
            sha256=notice_sha256,
            address=address,
            asked_at=now,
            expires=now + LIFE,
            due=now,
        )
        kept = self._store.ask(
            wish, since=now - LIFE, most=MOST_MAILS, network_since=now - DAY, network_most=self._a_day
        )
        if kept:
            self.wake()
        return receipt

    def stage(self, receipt: bytes) -> str:
        """Return what became of the mail: `sent`, `delayed` or `refused`.

        One that is on its way, and one that was not kept, look sent: else the page would tell whoever typed
        an address that it had its mails already.
        """
        wish = self._store.by_receipt(receipt)
        if wish is None or not wish.problem:
            return "sent"
        return "refused" if wish.due is None else "delayed"

    def token(self, wish: OptIn) -> str:
        """Return the token for the links in a wish's mail."""
        return self._sign(wish.handle, wish.asked_at, wish.expires)

    def wish(self, token: str) -> OptIn | None:
        """Return the wish behind a mailed link, None where it does not hold (any more); changes nothing."""
        now = self._clock.now()
        handle = self._read(token, now)
        wish = self._store.asked(handle) if handle is not None else None
        return wish if wish is not None and (wish.subject or now <= wish.expires) else None

    def confirm(self, token: str) -> Answer:
        """Make a wish a consent: call it for a POST by the person who reads the mailbox, for nothing else (T4).

        Makes the subject where the address is nobody's yet. A link confirms once.
        """
        wish = self.wish(token)
        if wish is None:
            return GONE
        with self._confirming:
            wish = self._store.asked(wish.handle)
            if wish is None:
                return GONE
            if wish.subject:
                return Answer(outcome="already", wish=wish, subject=wish.subject)
            return self._confirmed(wish)

    def _confirmed(self, wish: OptIn) -> Answer:
        now = self._clock.now()
        subject = self._profiles.subject_of(wish.digest)
        try:
            self._ledger.read(wish)
            if subject is None:
                subject = self._profiles.create([("email", wish.digest)], now)
            event = self._ledger.confirm(
                subject, wish, lambda events: self._store.confirm(wish.handle, subject, events, now)
            )
        except ConsentRefused as refused:
            log.info("A confirmation was refused: %s", refused)
            return Answer(outcome="changed", wish=wish)
        if event is None:  # somebody cancelled or confirmed it while this waited for the store
            later = self._store.asked(wish.handle)
            return Answer(outcome="already", wish=later, subject=later.subject) if later and later.subject else GONE
        self.hand_over()
        return Answer(outcome="confirmed", wish=wish, event=event, subject=subject)

    def hand_over(self) -> None:
        """Tell the site of confirmed sign-ups, each at least once, and forget the address then."""
        for wish in self._store.to_hand_over(MOST_AT_ONCE):
            visitor = Visitor(subject=wish.subject, assurance=Assurance.mailbox)
            try:
                if self.tell is not None:
                    self.tell(Confirmed(visitor=visitor, purpose=wish.purpose, address=wish.address, lang=wish.lang))
            except Exception:
                log.exception("The site could not take a confirmed sign-up: it is told again.")
                continue
            self._store.handed_over(wish.handle)

    def unsubscribe_token(self, subject: int, purpose: str) -> str:
        """Return the token by which a person's mail for a purpose ends, the same in every mail but for its dates.

        Raises NotFound where they were erased meanwhile.
        """
        self._ledger.known(purpose)
        now = self._clock.now()
        handle = self._store.unsubscribe_handle(subject, purpose, secrets.token_bytes(HANDLE))
        return self._sign(handle, now, now + UNSUBSCRIBE_LIFE)

    def unsubscribing(self, token: str) -> str | None:
        """Return the purpose that a link to unsubscribe by is about, None where it does not hold; changes nothing."""
        handle = self._read(token, self._clock.now())
        found = self._ended_by(handle) if handle is not None else None
        return None if found is None else found[1]

    def unsubscribe(self, token: str) -> bool:
        """End what a mailed link is about, by one POST without cookies (RFC 8058); say whether the link holds."""
        handle = self._read(token, self._clock.now())
        found = self._ended_by(handle) if handle is not None else None
        if handle is None or found is None:
            return False
        subject, purpose = found
        if not subject:
            if self._store.cancel(handle):
                return True
            wish = self._store.asked(handle)  # confirmed meanwhile
            if wish is None:
                return False
            subject = wish.subject
        self._ledger.unsubscribe(subject, purpose, {"link": sha256(handle).hexdigest()})
        return True

    def _ended_by(self, handle: bytes) -> tuple[int, str] | None:
        """Return whose mail (0: of nobody who confirmed) for which purpose a link in it ends."""
        found = self._store.unsubscribing(handle)
        if found is None and (wish := self._store.asked(handle)) is not None:
            return wish.subject, wish.purpose
        return found

    def due(self, lease: int) -> list[OptIn]:
        """Return the wishes whose mail is to be sent now; no other process is given them for `lease` µs."""
        return self._store.take_due(self._clock.now(), lease, MOST_AT_ONCE)

    def sent(self, wish: OptIn, problem: str = "", again: int | None = None) -> None:
        """Note how sending a mail ended; with `again` it is tried again in so many µs, while its link works."""
        due = None if again is None else self._clock.now() + again
        if due is not None and due >= wish.expires:
            due = None
        self._store.sent(wish.handle, due=due, problem=problem)

    def sweep(self) -> None:
        """Forget requests that nobody confirmed in time."""
        self._store.sweep(self._clock.now() - LIFE)
