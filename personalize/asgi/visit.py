"""The visit: what a handler or template sees of personalize, in one request."""

import logging
from collections.abc import Collection, Mapping, Sequence
from contextvars import ContextVar
from threading import Lock
from typing import Any

from markupsafe import Markup
from msgspec import Struct, field

from personalize.asgi.browsing import Browsing
from personalize.asgi.contract import Counters, RawHeaders, Rendering
from personalize.asgi.crawlers import is_crawler
from personalize.asgi.facts import Facts
from personalize.contexts import SOMEBODY
from personalize.cookbook.codes import random_number, show_code
from personalize.errors import ValueRefused
from personalize.model.attributes import Value
from personalize.model.content import Recipe
from personalize.model.decisions import Decision, Reason
from personalize.model.people import STRANGER, Visitor
from personalize.pipeline import Pipeline, Prepared
from personalize.recognition.recognise import Credentials

log = logging.getLogger("personalize")
SEGMENTS = "segments"
NOTHING: dict[str, object] = {}
Key = tuple[str, str] | tuple[str, str, object]
Together = tuple[str, tuple[str, ...], Sequence[Mapping[str, object]], tuple[Decision, ...]]
EMPTY = Markup()
NONE: frozenset[str] = frozenset()
NO_CREDENTIALS = Credentials()
LATE = Visitor(problem="late: the response had started")

current: ContextVar["Visit | None"] = ContextVar("personalize_visit", default=None)
"""The visit of the request that is being answered, for templates; None outside a request and without them."""


class Door:
    """What every visit shares: the trip, the site's languages and slots, and where faults are counted.

    `pipeline` is None while personalize is off or could not start; `off` is the reason then given.
    """

    def __init__(
        self,
        pipeline: Pipeline | None,
        renderer: Rendering,
        facts: Facts,
        counters: Counters,
        off: Reason,
        browsing: Browsing | None = None,
    ) -> None:
        self.pipeline, self.renderer, self.facts, self.browsing = pipeline, renderer, facts, browsing
        self.counters, self.off = counters, off
        self.lock = Lock()


class Memory(Struct, eq=False):
    """What a visit keeps once a slot is asked for: its decisions, and its code where the person is known.

    `code` is the visit code's number: 35 random bits, seven characters. `together` are the slots that were
    decided first, in one go, with language and facts: most pages ask for no more, and `decided` is empty.
    """

    code: int
    crawler: bool
    together: Together | None = None
    decided: dict[Key, Decision] = {}
    unshown: frozenset[str] = NONE
    lock: Any = field(default_factory=Lock)

    @property
    def decisions(self) -> Collection[Decision]:
        """Return what was decided so far, in order."""
        return self.decided.values() if self.together is None else self.together[3]

    def part(self, facts: Facts) -> None:
        """Put what was decided together under its keys, each slot with those of the facts that it declares."""
        if self.together is not None:
            language, slots, contexts, made = self.together
            self.decided = dict(zip(_keys(facts, language, slots, contexts)[0], made, strict=True))
            self.together = None


class Visit(Struct, eq=False):
    """One request of one visitor. Plain functions: call them from async and from sync handlers alike.

    Asked again for a slot with the same context it gives the same decision and records nothing more.
    Once the response has started, a new question gets the default (LATE). A HEAD request decides nothing.
    """

    _door: Door
    _prepared: Prepared | None = None
    _silent: bool = False
    _headers: RawHeaders = []
    _memory: Memory | None = None
    _named: bool = False
    _cookie: tuple[bytes, bytes] | None = None
    late: bool = False
    touched: bool = False

    def __repr__(self) -> str:
        """Name nobody: a visit may end up in a log."""
        return "<Visit>"

    @property
    def crawled(self) -> bool:
        """Say whether a crawler asked for a slot: what it got is not what other strangers get."""
        return self._memory is not None and self._memory.crawler

    @property
    def is_private(self) -> bool:
        """Say whether no cache may keep the page: a known person's, a crawler's, or one that could name a login."""
        prepared = self._prepared
        return self._named or (prepared is not None and prepared.visitor.subject is not None) or self.crawled

    @property
    def is_known(self) -> bool:
        """Say whether the person is known, without counting as a use of it."""
        return self._prepared is not None and self._prepared.visitor.subject is not None

    @property
    def in_doubt(self) -> bool:
        """Say whether it could not be looked up who this is, as when the store is gone."""
        if self._prepared is not None:
            return self._prepared.problem != ""
        return self._door.pipeline is None and self._door.off is Reason.ERROR

    @property
    def visitor(self) -> Visitor:
        """Return who this is, as far as the request proves it. The page then depends on the visitor.

        First asked once the response has started it is nobody: the headers said already who may keep the page.
        """
        if self.late and not self.touched:
            return LATE
        self.touched = True
        visitor = STRANGER if self._prepared is None else self._prepared.visitor
        self._named = self._named or visitor is not STRANGER
        return visitor

    @property
    def asker(self) -> Visitor:
        """Return the visitor as our own tags need to know it: in a context they show everybody the same."""
        named, visitor = self._named, self.visitor
        if visitor is SOMEBODY:
            self._named = named
        return visitor

    @property
    def headers(self) -> RawHeaders:
        """Return the request's own headers, as ASGI gives them."""
        return self._headers

    @property
    def segments(self) -> frozenset[str]:
        """Return the names of the segments the visitor is in; recorded as a decision of `segments`."""
        return self._decide(SEGMENTS, "", NOTHING).matched

    @property
    def code(self) -> str:
        """Return the visit code, as `7KQ4-2MX9`, once something is recorded under it; else nothing.

        Print it after the page's slots. Strangers have none.
        """
        self.touched = self.touched or not self.late
        for each in self._memory.decisions if self._memory is not None else ():
            if each.code:
                return show_code(each.code)
        return ""

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Return what was decided so far, in order."""
        return tuple(self._memory.decisions) if self._memory is not None else ()

    @property
    def unshown(self) -> frozenset[str]:
        """Return the slots whose variant could not be rendered, so that their default stands."""
        return self._memory.unshown if self._memory is not None else NONE

    def decide(self, slot: str, /, lang: str | None = None, **context: object) -> Decision:
        """Decide a slot for this page's facts and record it. Never raises: a fault gives the default."""
        facts = self._door.facts
        return self._decide(slot, facts.first if lang is None else facts.language(lang), context)

    def decide_all(self, *slots: str, lang: str | None = None, **context: object) -> tuple[Decision, ...]:
        """Decide a page's slots together, each with those of the facts that it declares; never raises.

        They are recorded in one go, which costs a fraction of one by one. Afterwards `decide`,
        `render` and the template tag give these decisions.
        """
        facts = self._door.facts
        language = facts.first if lang is None else facts.language(lang)
        if context:
            facts.check(slots, context)
        return tuple(self.decide_each(language, slots, (context,) * len(slots) if context else ()))

    def peek(self, slot: str, /, lang: str | None = None, **context: object) -> Decision:
        """Return what `decide` would, uncounted; what a known person is given is recorded all the same."""
        return self._decide(slot, self._door.facts.language(lang), context, peek=True)

    def render(self, slot: str, /, lang: str | None = None, **context: object) -> Markup:
        """Decide a slot and return its content; empty where the slot's default belongs."""
        return self.content(self.decide(slot, lang, **context)) or EMPTY

    def recipe_of(self, decision: Decision) -> Recipe | None:
        """Return the recipe a decision was made under, None where it is no longer in force."""
        pipeline = self._door.pipeline
        if pipeline is None or pipeline.serving.recipe.digest != decision.recipe:
            return None
        return pipeline.serving.recipe.recipe

    def content(self, decision: Decision) -> Markup | None:
        """Return the content of a decision of this visit, None where the default belongs."""
        if decision.variant is None:
            return None
        html = self._door.renderer(decision)
        if html is None:
            memory = self._memory or self._remember()
            memory.unshown |= {decision.slot}
            return None
        return Markup(html)  # noqa: S704  # templates escape

    def login(self, identifier: str) -> Visitor:
        """Log this person in at this browser, for sites without `login=`: call it when the password was right.

        The reference in our cookie is made anew and the one before ends. Whom we do not know stays a
        stranger, for whom a consent can be recorded in this very request. Raises ValueRefused where
        `login=` is given, and once the response has started.
        """
        prepared, cookie = self._browser().log_in(self._headers, identifier)
        self._become(prepared, cookie or self._cookie)
        return prepared.visitor

    def logout(self) -> None:
        """End the login and forget the device, here and on the server, at once; clear our cookie.

        Raises what `login` raises.
        """
        self._become(None, self._browser().log_out(self._headers))

    def observe(self, attribute: str, value: Value) -> bool:
        """Keep a value of the source `device`, as a page that was read; say whether it was kept.

        It is where the visitor gave a consent that is in force, and nothing is kept otherwise. Writes to
        the store: a few ms. Raises ValueRefused for an attribute or a value that is not in the dictionary.
        """
        browsing = self._door.browsing
        return browsing is not None and not self._silent and browsing.observe(self._prepared, attribute, value)

    @property
    def cookie(self) -> tuple[bytes, bytes] | None:
        """Return the header that a login or a logout adds to the response."""
        return self._cookie

    def _browser(self) -> Browsing:
        if self.late:
            raise ValueRefused("The response has started: call visit.login() and visit.logout() before that.")
        if self._door.browsing is None:
            raise ValueRefused("personalize is off, or its store is not open: nobody can be logged in.")
        return self._door.browsing

    def _become(self, prepared: Prepared | None, cookie: tuple[bytes, bytes] | None) -> None:
        """Be another visitor's for the rest of this request; what was decided so far was not for them."""
        self._prepared, self._cookie, self._memory = prepared, cookie, None
        self.touched = self._named = True

    def put_on_the_page(self) -> None:
        """Note that what was decided for a known person is on the page that is sent now."""
        memory, pipeline = self._memory, self._door.pipeline
        if memory is None or not memory.code or pipeline is None:
            return
        decided, unshown = memory.decisions, memory.unshown
        pipeline.served([each for each in decided if each.slot not in unshown] if unshown else decided)

    def stand_for(self, door: Door, prepared: Prepared) -> None:
        """Be the visit of everybody in a context, whoever asked."""
        self._door, self._prepared = door, prepared

    def abandon(self) -> None:
        """Be a stranger's, and too late: the site failed, and what it answers now does not pass through us."""
        self._prepared, self._memory, self.late, self.touched = None, None, True, False

    def public(self, slot: str, /, lang: str | None = None, **context: object) -> Decision:
        """Decide a slot for a stranger whose response is already on its way: the same for all of them."""
        if self.is_known:
            return self._default(slot, Reason.LATE)
        return self._decide(slot, self._door.facts.language(lang), context, late=False)

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
        if context:
            self._door.facts.check((slot,), context)
            context = self._door.facts.declared(slot, context)
        key = _key(slot, language, context)
        memory = self._memory or self._remember()
        with memory.lock:
            memory.part(self._door.facts)
            known = memory.decided.get(key)
            if known is not None:
                return known
            if self.late if late is None else late:
                return self._default(slot, Reason.LATE)
            decision = self._ask(memory, language, (slot,), (context,) if context else (), peek)[0]
            if not peek:
                memory.decided[key] = decision
            return decision

    def decide_each(
        self, language: str, slots: tuple[str, ...], contexts: Sequence[Mapping[str, object]] = ()
    ) -> list[Decision]:
        """Decide these slots together, each for its own facts, in one of the site's languages."""
        if not self.late:
            self.touched = True
        memory = self._memory or self._remember()
        with memory.lock:
            if self.late or memory.together or memory.decided or len(set(slots)) < len(slots):
                return self._decide_rest(memory, language, slots, contexts)
            made = self._ask(memory, language, slots, contexts, False)
            memory.together = language, slots, contexts, tuple(made)
            return made

    def _decide_rest(
        self, memory: Memory, language: str, slots: tuple[str, ...], contexts: Sequence[Mapping[str, object]]
    ) -> list[Decision]:
        """Decide what is not decided yet of these slots."""
        memory.part(self._door.facts)
        keys, contexts = _keys(self._door.facts, language, slots, contexts)
        decided = memory.decided
        if self.late:
            return [decided.get(key) or self._default(key[0], Reason.LATE) for key in keys]
        facts = contexts or [NOTHING] * len(keys)
        wanted = {key: given for key, given in zip(keys, facts, strict=True) if key not in decided}
        if wanted:
            given = tuple(wanted.values()) if contexts else ()
            made = self._ask(memory, language, tuple(key[0] for key in wanted), given, False)
            decided.update(zip(wanted, made, strict=True))
        return [decided[key] for key in keys]

    def _remember(self) -> Memory:
        memory = self._memory
        if memory is None:
            known = self.is_known
            made = Memory(random_number(), False) if known else Memory(0, is_crawler(self._headers))
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
            return [Decision(slot=slot, variant=None, reason=door.off) for slot in slots]
        if self._silent and (self.is_known or not peek):
            return [self._default(slot, Reason.DEFAULT) for slot in slots]
        if memory.crawler:
            return [self._default(slot, Reason.NOT_RECOGNISED) for slot in slots]
        try:
            if prepared is None:
                prepared = self._prepared = pipeline.prepare(NO_CREDENTIALS)
            return pipeline.decide_all(prepared, slots, contexts, language=language, code=memory.code, count=not peek)
        except Exception:
            door.counters["decide_failed"] += 1
            log.exception("%s could not be decided; the default is shown", ", ".join(map(repr, slots)))
            return [Decision(slot=slot, variant=None, reason=Reason.ERROR) for slot in slots]

    def _default(self, slot: str, reason: Reason) -> Decision:
        pipeline = self._door.pipeline
        if pipeline is None:
            return Decision(slot=slot, variant=None, reason=self._door.off)
        return pipeline.instead(slot, reason) if reason is Reason.LATE else pipeline.default(slot, reason)


def _keys(
    facts: Facts, language: str, slots: tuple[str, ...], contexts: Sequence[Mapping[str, object]]
) -> tuple[list[Key], Sequence[Mapping[str, object]]]:
    """Return the key of each slot, and those of the facts that it declares."""
    if not contexts:
        return [(slot, language) for slot in slots], contexts
    declared = [facts.declared(slot, context) for slot, context in zip(slots, contexts, strict=True)]
    return [_key(slot, language, context) for slot, context in zip(slots, declared, strict=True)], declared


def _key(slot: str, language: str, context: Mapping[str, Any]) -> Key:
    """Return what makes two questions about these facts, in the slot's order, the same; types count: 1 is not True."""
    if not context:
        return slot, language
    facts = tuple([(name, value.__class__, value) for name, value in context.items()])
    try:
        hash(facts)
    except TypeError:
        return slot, language, repr(facts)
    return slot, language, facts
