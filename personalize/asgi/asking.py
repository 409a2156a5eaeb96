"""How a visit asks: each question once, in time, with the trip or without it."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat

from msgspec import Struct

from personalize.admission import Prepared
from personalize.asgi.contract import RawHeaders
from personalize.asgi.crawlers import is_crawler
from personalize.asgi.door import Door
from personalize.asgi.memory import Memory, key_of, keys_of
from personalize.cookbook.codes import random_number
from personalize.model.decisions import Decision, Reason
from personalize.recognition.recognise import Credentials

log = logging.getLogger("personalize")
NOTHING: dict[str, object] = {}
NO_CREDENTIALS = Credentials()


class Asking(Struct, eq=False):
    """The questions of one request, and what was answered. A HEAD request `is_silent`: it decides nothing."""

    _door: Door
    _prepared: Prepared | None = None
    is_silent: bool = False
    _headers: RawHeaders = []
    _root: str = ""
    _memory: Memory | None = None
    late: bool = False
    touched: bool = False

    @property
    def crawled(self) -> bool:
        """Say whether a crawler asked for a slot: what it got is not what other strangers get."""
        return self._memory is not None and self._memory.crawler

    def _decide(
        self,
        slot: str,
        language: str,
        context: Mapping[str, object],
        *,
        peek: bool = False,
        late: bool | None = None,
    ) -> Decision:
        if not self.late:
            self.touched = True
        facts = self._door.facts
        if facts.loud:
            facts.check((slot,), context)
        if context:
            context = facts.declared(slot, context)
        key = key_of(slot, language, context)
        memory = self._memory or self._remember()
        with memory.lock:
            memory.part(facts)
            known = memory.decided.get(key)
            if known is not None:
                return known
            if self.late if late is None else late:
                return self._door.default(slot, Reason.LATE)
            decision = self._ask(memory, language, (slot,), (context,) if context else (), peek)[0]
            if not peek:
                memory.decided[key] = decision
            return decision

    def decide_each(
        self, language: str, slots: tuple[str, ...], contexts: Sequence[Mapping[str, object]] = ()
    ) -> tuple[Decision, ...]:
        """Decide these slots together, each for its own facts, in one of the site's languages."""
        if not self.late:  # said before it is asked again: a response that starts in between is private, or we are late
            self.touched = True
        memory = self._memory or self._remember()
        memory.lock.acquire()  # a `with` costs twice as much
        try:
            if self.late or memory.together or memory.decided or len(set(slots)) < len(slots):
                return self._decide_rest(memory, language, slots, contexts)
            made = tuple(self._ask(memory, language, slots, contexts, False))
            memory.together = language, slots, contexts, made
            return made
        finally:
            memory.lock.release()

    def _decide_rest(
        self, memory: Memory, language: str, slots: tuple[str, ...], contexts: Sequence[Mapping[str, object]]
    ) -> tuple[Decision, ...]:
        """Decide what is not decided yet of these slots."""
        memory.part(self._door.facts)
        keys, contexts = keys_of(self._door.facts, language, slots, contexts)
        decided = memory.decided
        if self.late:
            return tuple(decided.get(key) or self._door.default(key[0], Reason.LATE) for key in keys)
        facts = contexts or [NOTHING] * len(keys)
        wanted = {key: given for key, given in zip(keys, facts, strict=True) if key not in decided}
        if wanted:
            given = tuple(wanted.values()) if contexts else ()
            made = self._ask(memory, language, tuple(key[0] for key in wanted), given, False)
            decided.update(zip(wanted, made, strict=True))
        return tuple(decided[key] for key in keys)

    def _remember(self) -> Memory:
        """Return what this visit keeps, made by the first who asks."""
        prepared = self._prepared
        if prepared is not None and prepared.visitor.subject is not None:
            made = Memory(random_number())
        else:
            made = Memory(0, is_crawler(self._headers))
        with self._door.lock:
            memory = self._memory = self._memory or made
        return memory

    def _ask(
        self,
        memory: Memory,
        language: str,
        slots: tuple[str, ...],
        contexts: Sequence[Mapping[str, object]],
        peek: bool,
    ) -> list[Decision]:
        door, prepared = self._door, self._prepared
        pipeline = door.pipeline
        if pipeline is None:
            return _defaults(slots, door.off)
        if self.is_silent and (has_subject(self) or not peek):
            return list(map(door.default, slots, repeat(Reason.DEFAULT)))
        if memory.crawler:
            return list(map(door.default, slots, repeat(Reason.NOT_RECOGNISED)))
        try:
            if prepared is None:
                prepared = self._prepared = pipeline.prepare(NO_CREDENTIALS)
            return pipeline.decide_all(prepared, slots, contexts, language, memory.code, not peek)
        except Exception:
            door.counters["decide_failed"] += 1
            log.exception("%s could not be decided; the default is shown", ", ".join(map(repr, slots)))
            return _defaults(slots, Reason.ERROR)


def has_subject(visit: Asking) -> bool:
    """Say whether the person is known, without counting as a use of it: no member, for no page may ask so."""
    return visit._prepared is not None and visit._prepared.visitor.subject is not None


def _defaults(slots: Iterable[str], reason: Reason) -> list[Decision]:
    """Return defaults that nothing counts: there is no trip to count them, or it failed."""
    problem = "the log says how" if reason is Reason.ERROR else ""
    return [Decision.of(slot, None, reason, problem=problem) for slot in slots]
