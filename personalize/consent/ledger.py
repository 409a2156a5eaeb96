"""The ledger: every consent, withdrawal and objection as an event of its own, never changed afterwards."""

import secrets
from collections.abc import Callable, Mapping

from personalize.consent.gate import PERMITTING, PurposeState, states
from personalize.errors import ConsentRefused
from personalize.model.consent import Action, Basis, ConsentEvent, Notice, Purpose
from personalize.model.people import Assurance, Visitor
from personalize.ports import Clock, ConsentStore, ProfileStore

Digests = Callable[[str], list[tuple[str, bytes]]]
NONE: Mapping[str, str] = {}
ENOUGH = Assurance.mailbox
"""Below this a known person's consent cannot be changed: whoever forwarded a link is not them (law 6)."""


def event_id(now: int) -> bytes:
    """Return a UUIDv7 of 16 bytes for a time in µs (RFC 9562, section 5.7)."""
    random = int.from_bytes(secrets.token_bytes(10), "big")
    high = (now // 1000) << 16 | 0x7000 | random >> 68
    low = 0b10 << 62 | random & (1 << 62) - 1
    return (high << 64 | low).to_bytes(16, "big")


class Ledger:
    """Where people give, withdraw and object, one purpose at a time.

    `changed` is told the subject after each durable write, so that this process forgets at once.
    """

    def __init__(
        self,
        *,
        consents: ConsentStore,
        profiles: ProfileStore,
        purposes: Mapping[str, Purpose],
        notices: Mapping[str, Notice],
        digests: Digests,
        clock: Clock,
        site: str,
        changed: Callable[[int], None],
    ) -> None:
        self._consents, self._profiles = consents, profiles
        self._purposes, self._notices = purposes, notices
        self._digests, self._clock = digests, clock
        self._site, self._changed = site, changed

    def give(self, visitor: Visitor, purpose: str, lang: str, notice_sha256: str, method: str = "page") -> ConsentEvent:
        """Record consent to a purpose, under the very text that was shown.

        Makes the subject of a logged-in person whom we do not know yet. Raises ConsentRefused
        when the purpose needs none, the text shown is not today's, or the visitor is not sure enough.
        """
        definition = self._purpose(purpose)
        if definition.basis is not Basis.consent:
            raise ConsentRefused(f"'{purpose}' rests on legitimate interest: it can be objected to, not agreed to")
        notice = self._notices[definition.notice]
        if not notice_sha256 or notice.digests.get(lang) != notice_sha256:
            raise ConsentRefused("The text that was agreed to is not the text in force: show the page again.")
        return self._append(visitor, definition, Action.given, method, notice, lang)

    def withdraw(self, visitor: Visitor, purpose: str, method: str = "page") -> ConsentEvent:
        """Record that consent to a purpose is withdrawn; works on the next request (law 9)."""
        return self._append(visitor, self._purpose(purpose), Action.withdrawn, method)

    def object(self, visitor: Visitor, purpose: str, method: str = "page") -> ConsentEvent:
        """Record an objection (GDPR 21): stronger than any consent and any rule."""
        return self._append(visitor, self._purpose(purpose), Action.objected, method)

    def lift(self, visitor: Visitor, purpose: str, method: str = "page") -> ConsentEvent:
        """Record that an objection is lifted by the person who made it."""
        return self._append(visitor, self._purpose(purpose), Action.objection_lifted, method)

    def stop(self, subject: int, purpose: str, *, actor: str, evidence: Mapping[str, str]) -> ConsentEvent:
        """Record what a person told staff (`actor`): they object, or withdraw their consent.

        Only ever a no: a yes has to come from the person. `evidence` says how it can be proven.
        """
        definition = self._purpose(purpose)
        ends = Action.objected if definition.basis is Basis.legitimate_interest else Action.withdrawn
        return self._keep(subject, Assurance.none, definition, ends, "desk", actor=actor, evidence=evidence)

    def state(self, subject: int) -> dict[str, PurposeState]:
        """Return where every purpose stands for a subject now."""
        return states(self._consents.events_of(subject), self._purposes, self._clock.now())

    def events(self, subject: int) -> list[ConsentEvent]:
        """Return all that a subject ever said, in the order in which it was recorded."""
        return self._consents.events_of(subject)

    def _purpose(self, name: str) -> Purpose:
        if name not in self._purposes:
            raise ConsentRefused(f"There is no purpose '{name}': known are {', '.join(sorted(self._purposes))}.")
        return self._purposes[name]

    def _append(
        self,
        visitor: Visitor,
        purpose: Purpose,
        action: Action,
        method: str,
        notice: Notice | None = None,
        lang: str = "",
    ) -> ConsentEvent:
        subject = self._subject(visitor, self._clock.now())
        return self._keep(subject, visitor.assurance, purpose, action, method, notice, lang)

    def _keep(
        self,
        subject: int,
        assurance: Assurance,
        purpose: Purpose,
        action: Action,
        method: str,
        notice: Notice | None = None,
        lang: str = "",
        *,
        actor: str = "visitor",
        evidence: Mapping[str, str] = NONE,
    ) -> ConsentEvent:
        now = self._clock.now()
        occurred_at = now if action in PERMITTING else self._after_permission(subject, purpose.name, now)
        event = ConsentEvent(
            event_id=event_id(now),
            subject=subject,
            purpose=purpose.name,
            action=action,
            basis=purpose.basis,
            method=method,
            actor=actor,
            assurance=assurance,
            occurred_at=occurred_at,
            recorded_at=now,
            valid_until=now + purpose.valid * 1_000_000 if action is Action.given else None,
            notice=f"{notice.name}@{notice.version}" if notice else "",
            notice_lang=lang,
            notice_sha256=notice.digests[lang] if notice else "",
            site=self._site,
            evidence=dict(evidence),
        )
        self._consents.append([event])
        self._changed(event.subject)
        return event

    def _after_permission(self, subject: int, purpose: str, now: int) -> int:
        """Return when a no counts from: never before the yes it answers, whatever became of the clock (law 9)."""
        said = (e.occurred_at for e in self.events(subject) if e.purpose == purpose and e.action in PERMITTING)
        return max(now, max(said, default=now))

    def _subject(self, visitor: Visitor, now: int) -> int:
        if visitor.assurance < ENOUGH:
            raise ConsentRefused("Log in first: a link alone does not show who is asking.")
        if visitor.subject is not None:
            return visitor.subject
        if visitor.identifier is None:
            raise ConsentRefused("Log in first: without a login there is nobody to record this for.")
        return self._profiles.create(self._digests(visitor.identifier), now)
