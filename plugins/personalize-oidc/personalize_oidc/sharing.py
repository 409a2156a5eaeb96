"""What somebody chose to share, and for how long: from the level of a login to consent events in the ledger."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from personalize.consent.gate import AGREEING
from personalize.consent.ledger import Ledger
from personalize.errors import ConsentRefused
from personalize.house import House
from personalize.model.consent import Notice, Purpose
from personalize.model.people import Visitor
from personalize.recognition.recognise import Credentials
from personalize.web.oidc.login import Identity, claim_of
from personalize_oidc.options import NOTHING, Level, Options, duration

METHOD = "oidc"


class Sharing:
    """Turns levels into consents. What is recorded rests on the text that our own page showed before the login."""

    def __init__(self, options: Options, purposes: Mapping[str, Purpose], notices: Mapping[str, Notice]) -> None:
        self._options, self._purposes, self._notices = options, purposes, notices
        self._all = tuple(dict.fromkeys(name for level in options.levels.values() for name in level.purposes))

    def notices_of(self, level: Level) -> list[Notice]:
        """Return the texts that somebody agrees to by this level."""
        return [self._notices[self._purposes[name].notice] for name in level.purposes]

    def shown(self, lang: str) -> str:
        """Return the hash of all the texts that the page shows in a language, so that exactly these are agreed to."""
        digests = (self._notices[self._purposes[name].notice].digests.get(lang, "") for name in self._all)
        return sha256("\n".join(digests).encode()).hexdigest()[:32]

    def scopes_for(self, chosen: str) -> tuple[str, ...]:
        """Return the scopes to ask for beside those of every login."""
        if self._options.ask == "provider" and chosen:
            return tuple(scope for level in self._options.levels.values() for scope in level.scopes)
        return self._options.levels[chosen].scopes if chosen in self._options.levels else ()

    def level_of(self, identity: Identity) -> str:
        """Return the level that holds after a login: empty where nothing was asked.

        Chosen here, it holds as far as the provider granted its scopes. Chosen there, it is the last one of
        the options whose scopes were all granted, and the provider has to say so itself.
        """
        chosen, granted = identity.flight.level, identity.granted
        if not chosen or chosen == NOTHING:
            return chosen
        if self._options.ask == "here":
            scopes = self._options.levels[chosen].scopes if chosen in self._options.levels else ()
            return chosen if granted is None or granted.issuperset(scopes) else NOTHING
        held = [name for name, level in self._options.levels.items() if granted and granted.issuperset(level.scopes)]
        return held[-1] if held else NOTHING

    def record(self, house: House, identity: Identity, login: str) -> int:
        """Record what this login agreed to, and end what an earlier one did and this one does not; return how many.

        All of it is recorded, or nothing. Raises StoreError.
        """
        level = self.level_of(identity)
        if not level or (level != NOTHING and identity.flight.shown != self.shown(identity.flight.lang)):
            return 0
        visitor = house.pipeline.recogniser.recognise(Credentials(login=login), house.clock.now())
        wanted = self._options.levels[level].purposes if level in self._options.levels else ()
        try:
            with house.ledger.together() as ledger:
                done = self._withdraw(ledger, visitor, frozenset(wanted))
                for purpose in wanted:
                    visitor, given = self._give(ledger, visitor, purpose, identity, self._options.levels[level])
                    done += given
        except ConsentRefused:  # whoever is erased meanwhile
            return 0
        return done

    def _give(
        self, ledger: Ledger, visitor: Visitor, purpose: str, identity: Identity, level: Level
    ) -> tuple[Visitor, int]:
        lang = identity.flight.lang
        notice = self._notices[self._purposes[purpose].notice]
        try:
            event = ledger.give(
                visitor,
                purpose,
                lang,
                notice.digests.get(lang, ""),
                METHOD,
                act="choice",
                evidence={"oidc": evidence_of(identity)},
                term=self._term(level, identity.claims),
            )
        except ConsentRefused:
            return visitor, 0
        return visitor.known_as(event.subject), 1

    def _withdraw(self, ledger: Ledger, visitor: Visitor, wanted: frozenset[str]) -> int:
        """End the consents that came by an earlier login and are not chosen any more; others stay."""
        if visitor.subject is None:
            return 0
        events = ledger.events(visitor.subject)
        records = {event.event_id for event in events if event.method == METHOD and event.action in AGREEING}
        over = [
            name
            for name, state in ledger.state(visitor.subject).items()
            if name in self._all and name not in wanted and state.status == "given" and state.record in records
        ]
        for name in over:
            ledger.withdraw(visitor, name, METHOD)
        return len(over)

    def _term(self, level: Level, claims: dict[str, Any]) -> int:
        """Return for how many seconds it was allowed: the level's term, or a shorter one that the provider tells."""
        told = claim_of(claims, self._options.term_claim) if self._options.term_claim else None
        seconds = duration(told) if isinstance(told, str) else told
        if isinstance(seconds, int) and not isinstance(seconds, bool) and seconds > 0:
            return min(seconds, level.seconds)
        return level.seconds


def evidence_of(identity: Identity) -> str:
    """Return the SHA-256 of who the provider says agreed, when, and to which scopes."""
    claims = identity.claims
    scopes = " ".join(sorted(identity.flight.asked if identity.granted is None else identity.granted))
    return sha256(f"{claims['iss']}\n{claims['sub']}\n{claims['iat']}\n{scopes}".encode()).hexdigest()
