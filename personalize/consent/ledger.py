"""The ledger: every consent, withdrawal and objection as an event of its own, never changed afterwards."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from hashlib import sha256

from msgspec.structs import replace

from personalize.consent.gate import AGREEING, ENDINGS, PERMITTING, PurposeState, admit, states
from personalize.consent.one_answer import OneAnswer
from personalize.consent.receipts import Receipt, receipts_of
from personalize.consent.repeats import said_already
from personalize.errors import ConsentRefused
from personalize.model.consent import Action, Basis, ConsentEvent, Grants, Notice, Purpose
from personalize.model.moments import SECOND
from personalize.model.opt_in import OptIn
from personalize.model.people import Assurance, Visitor
from personalize.ports import Clock, ConsentStore, ProfileStore

Digests = Callable[[str], list[tuple[str, bytes]]]
NONE: Mapping[str, str] = {}
ENOUGH = Assurance.mailbox
"""Below this a known person's consent cannot be changed: whoever forwarded a link is not them (law 6)."""
ANSWERS = AGREEING | ENDINGS
"""What answers the question whether somebody agrees; an objection that was taken back does not."""
ACTS = frozenset({"button", "choice", "box", "spoken", "paper"})
"""What a person can do to agree. A box is ticked by them: nothing else is an act (GDPR 4(11))."""


def event_id(at: int, chance: bytes | None = None) -> bytes:
    """Return a UUIDv7 of 16 bytes for a time in µs (RFC 9562, section 5.7); `chance` are its 10 random bytes."""
    random = int.from_bytes(chance or secrets.token_bytes(10), "big")
    high = (at // 1000 & (1 << 48) - 1) << 16 | 0x7000 | random >> 68
    low = 0b10 << 62 | random & (1 << 62) - 1
    return (high << 64 | low).to_bytes(16, "big")


class Ledger:
    """Where people give, withdraw and object, one purpose at a time.

    `changed` is told the subject after each durable write, so that this process forgets at once. A yes that a person
    said already within the minute is not recorded twice: then the earlier event is returned. A no is recorded whatever
    stands in the store, because a yes of theirs may still wait to be written; only floods of them end. `heard` are the
    purposes about which browsers say something themselves: a no to these counts against a yes of theirs, always.
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
        heard: frozenset[str],
    ) -> None:
        self._consents, self._profiles = consents, profiles
        self._purposes, self._notices = purposes, notices
        self._digests, self._clock = digests, clock
        self._site, self._changed, self._heard = site, changed, heard

    @contextmanager
    def together(self) -> Iterator["Ledger"]:
        """Yield a ledger for one answer to several purposes: at the end of the block all of it is recorded, or nothing.

        An error in the block records nothing. Raises StoreError, and ConsentRefused where a person is gone.
        """
        ledger, answer = copy(self), OneAnswer(self._consents)
        ledger._consents, ledger._changed = answer, lambda subject: None
        yield ledger
        if answer.events:
            self._consents.append(answer.events)
        for subject in dict.fromkeys(event.subject for event in answer.events):
            self._changed(subject)

    def give(
        self,
        visitor: Visitor,
        purpose: str,
        lang: str,
        notice_sha256: str,
        method: str = "page",
        *,
        act: str = "button",
        evidence: Mapping[str, str] = NONE,
        term: int | None = None,
    ) -> ConsentEvent:
        """Record consent to a purpose, under the very text that was shown, by an act of the person (one of ACTS).

        Makes the subject of a logged-in person whom we do not know yet. Raises ConsentRefused
        when the purpose needs none or is confirmed by mail, the text shown is not today's, the visitor is
        not sure enough, or nothing was done to agree: a box that was ticked beforehand is no consent. Raises
        SaidTooOften, which is one, where they answered this many times today.
        A `term` in seconds is what they allowed, where that is less than the purpose's own.
        """
        definition, notice = self.shown(purpose, lang, notice_sha256)
        if term is not None:
            definition = replace(definition, valid=min(term, definition.valid))
        if act not in ACTS:
            raise ConsentRefused(f"'{act}' is nothing that a person does to agree: {', '.join(sorted(ACTS))} are.")
        if definition.double_opt_in and visitor.assurance is not Assurance.mailbox:
            raise ConsentRefused(f"'{purpose}' is agreed to from the person's own mailbox: have a mail sent to it.")
        done = Action.confirmed if definition.double_opt_in else Action.given
        return self._append(visitor, definition, done, method, notice, lang, evidence={**evidence, "act": act})

    def refuse(
        self, visitor: Visitor, purpose: str, lang: str, notice_sha256: str, method: str = "page"
    ) -> ConsentEvent:
        """Record that a person was asked and said no; ends a consent that was there."""
        definition, notice = self.shown(purpose, lang, notice_sha256)
        return self._append(visitor, definition, Action.refused, method, notice, lang)

    def shown(self, purpose: str, lang: str, notice_sha256: str) -> tuple[Purpose, Notice]:
        """Return a purpose and its notice, if that is what was shown. Raises ConsentRefused."""
        definition = self.known(purpose)
        if definition.basis is not Basis.consent:
            raise ConsentRefused(f"'{purpose}' rests on legitimate interest: it can be objected to, not agreed to")
        notice = self._notices[definition.notice]
        if not notice_sha256 or notice.digests.get(lang) != notice_sha256:
            raise ConsentRefused("The text that was agreed to is not the text in force: show the page again.")
        return definition, notice

    def confirm(self, subject: int, wish: OptIn, keep: Callable[[Sequence[ConsentEvent]], bool]) -> ConsentEvent | None:
        """Record a wish and its confirmation from the mailbox: only together are they a consent (double opt-in).

        `keep` records them and says whether the wish still held; None where it did not. Doing so again changes
        nothing. Raises ConsentRefused where the text has changed in substance since.
        """
        definition, version = self.read(wish)
        evidence = {"act": "button", "request": sha256(wish.handle).hexdigest()}
        asked, done = (
            self._event(subject, assurance, definition, action, "mail", version, wish.lang, evidence=evidence, number=n)
            for assurance, action, n in (
                (Assurance.none, Action.requested, sha256(b"asked" + wish.handle).digest()[:16]),
                (Assurance.mailbox, Action.confirmed, sha256(b"confirmed" + wish.handle).digest()[:16]),
            )
        )
        if not keep([replace(asked, occurred_at=wish.asked_at), done]):
            return None
        self._changed(subject)
        return done

    def read(self, wish: OptIn) -> tuple[Purpose, Notice]:
        """Return the purpose of a wish and the notice that was read. Raises ConsentRefused where that is past."""
        definition = self.known(wish.purpose)
        version = self._notices[definition.notice].reading(wish.lang, wish.sha256)
        if version is None or version.version < definition.asked_since:
            raise ConsentRefused("The text has changed since the mail was sent: ask for a new mail.")
        return definition, version

    def unsubscribe(self, subject: int, purpose: str, evidence: Mapping[str, str]) -> ConsentEvent:
        """End a person's mail for a purpose by a link in it (RFC 8058)."""
        definition = self.known(purpose)
        ends = self._ending(definition, subject)
        return self._say(self._event(subject, Assurance.click, definition, ends, "unsubscribe", evidence=evidence))

    def withdraw(self, visitor: Visitor, purpose: str, method: str = "page") -> ConsentEvent:
        """Record that consent to a purpose is withdrawn; works on the next request (law 9)."""
        return self._append(visitor, self.known(purpose), Action.withdrawn, method)

    def object(self, visitor: Visitor, purpose: str, method: str = "page") -> ConsentEvent:
        """Record an objection (GDPR 21): stronger than any consent and any rule."""
        return self._append(visitor, self.known(purpose), Action.objected, method)

    def lift(self, visitor: Visitor, purpose: str, method: str = "page") -> ConsentEvent:
        """Record that an objection is lifted by the person who made it."""
        return self._append(visitor, self.known(purpose), Action.objection_lifted, method)

    def end(self, visitor: Visitor, purpose: str, method: str = "page") -> ConsentEvent:
        """Record a no to a purpose: an objection, a withdrawal, or a refusal where there was nothing to withdraw."""
        definition = self.known(purpose)
        return self._append(visitor, definition, self._ending(definition, chooser(visitor)), method)

    def stop(self, subject: int, purpose: str, *, actor: str, evidence: Mapping[str, str]) -> ConsentEvent:
        """Record what a person told staff (`actor`): they object, withdraw their consent, or refuse it beforehand.

        Only ever a no: a yes has to come from the person. `evidence` says how it can be proven.
        """
        definition = self.known(purpose)
        ends = self._ending(definition, subject)
        return self._record(
            self._event(subject, Assurance.none, definition, ends, "desk", actor=actor, evidence=evidence)
        )

    def state(self, subject: int) -> dict[str, PurposeState]:
        """Return where every purpose stands for a subject now."""
        return states(self._consents.events_of(subject), self._purposes, self._clock.now())

    def grants(self, subject: int) -> Grants | None:
        """Return what a subject permits now, as the store knows it; None for nobody. Raises StoreError."""
        seen = self._profiles.sight(subject)
        if seen is None:
            return None
        return admit(subject, Assurance.none, seen.epoch, seen.events, self._purposes, self._clock.now())

    def events(self, subject: int) -> list[ConsentEvent]:
        """Return all that a subject ever said, in the order in which it was recorded."""
        return self._consents.events_of(subject)

    def unanswered(self, subject: int) -> frozenset[str]:
        """Return the purposes that a subject is to be asked about: never answered, or the text or its term is past."""
        events = self.events(subject)
        answered = {event.purpose for event in events if event.action in ANSWERS}
        found = states(events, self._purposes, self._clock.now())
        return frozenset(
            name
            for name, state in found.items()
            if state.status == "not_given" and (name not in answered or state.because in ("outdated", "expired"))
        )

    def receipts(self, subject: int) -> list[Receipt]:
        """Return for every consent, refusal and objection of a subject what it was to, how, when, and how it ended."""
        return receipts_of(self.events(subject), self._purposes, self._notices, self._clock.now())

    def known(self, name: str) -> Purpose:
        """Return a purpose. Raises ConsentRefused, with those that there are."""
        if name not in self._purposes:
            raise ConsentRefused(f"There is no purpose {name[:80]!r}: known are {', '.join(sorted(self._purposes))}.")
        return self._purposes[name]

    def _append(
        self,
        visitor: Visitor,
        purpose: Purpose,
        action: Action,
        method: str,
        notice: Notice | None = None,
        lang: str = "",
        *,
        evidence: Mapping[str, str] = NONE,
    ) -> ConsentEvent:
        subject = self._subject(visitor, self._clock.now())
        return self._say(
            self._event(subject, visitor.assurance, purpose, action, method, notice, lang, evidence=evidence)
        )

    def _say(self, event: ConsentEvent) -> ConsentEvent:
        if event.purpose in self._heard and event.action not in PERMITTING:
            return self._record(event)
        said = [each for each in self.events(event.subject) if each.purpose == event.purpose]
        return said_already(event, said) or self._record(event)

    def _ending(self, purpose: Purpose, subject: int | None) -> Action:
        """Return the no that ends a purpose for somebody: nobody withdraws what they never gave."""
        if purpose.basis is Basis.legitimate_interest:
            return Action.objected
        said = self.events(subject) if subject is not None else ()
        agreed = any(event.purpose == purpose.name and event.action in AGREEING for event in said)
        return Action.withdrawn if agreed else Action.refused

    def _record(self, event: ConsentEvent) -> ConsentEvent:
        self._consents.append([event])
        self._changed(event.subject)
        return event

    def _event(
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
        number: bytes = b"",
    ) -> ConsentEvent:
        now = self._clock.now()
        return ConsentEvent(
            event_id=number or event_id(now),
            subject=subject,
            purpose=purpose.name,
            action=action,
            basis=purpose.basis,
            method=method,
            actor=actor,
            assurance=assurance,
            occurred_at=now if action in PERMITTING else self._after_permission(subject, purpose.name, now),
            recorded_at=now,
            valid_until=now + purpose.valid * SECOND if action in AGREEING else None,
            notice=f"{notice.name}@{notice.version}" if notice else "",
            notice_lang=lang,
            notice_sha256=notice.digests[lang] if notice else "",
            site=self._site,
            evidence=dict(evidence),
        )

    def _after_permission(self, subject: int, purpose: str, now: int) -> int:
        """Return when a no counts from: never before the yes it answers, whatever became of the clock (law 9)."""
        said = (e.occurred_at for e in self.events(subject) if e.purpose == purpose and e.action in PERMITTING)
        return max(now, max(said, default=now))

    def _subject(self, visitor: Visitor, now: int) -> int:
        known = chooser(visitor)
        if known is not None:
            return known
        if visitor.assurance < ENOUGH:
            raise ConsentRefused("Log in first: a link alone does not show who is asking.")
        if visitor.identifier is None:
            raise ConsentRefused("Log in first: without a login there is nobody to record this for.")
        return self._profiles.create(self._digests(visitor.identifier), now)


def chooser(visitor: Visitor) -> int | None:
    """Return the subject whose choices a visitor may see and change: themselves if sure enough, else their device."""
    if visitor.assurance >= ENOUGH:
        return visitor.subject
    return visitor.device or None
