"""The trip of a request: recognise, admit, view, decide, record. This order is written here and nowhere else.

The first three stops are made before the site's handler runs, the last two for each slot, as plain
functions over frozen values. Nothing raises here: whatever fails, the visitor gets the default.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import repeat

from msgspec import Struct

from personalize.consent.gate import admit
from personalize.consent.signals import Heard, Said, Signals, heed
from personalize.cookbook.codes import code_of
from personalize.cookbook.ingredients import Ingredients
from personalize.cookbook.record import Recorder
from personalize.cookbook.seal import cipher_of
from personalize.decisions.compiled import CompiledRecipe, CompiledSlot
from personalize.decisions.tally import Tallies
from personalize.errors import JournalError
from personalize.hooks.records import Headers
from personalize.memo import Facts, Verdicts, answers, judge
from personalize.model.consent import Grants, Purpose
from personalize.model.decisions import Decision, Reason
from personalize.model.people import STRANGER, Assurance, Visitor
from personalize.ports import Changes, Clock, ConsentStore, ProfileStore, Sight
from personalize.profile.admitted import Admitted, Dictionary
from personalize.profile.context import Reader, context_reader
from personalize.profile.devices import admit_linked, observed_in
from personalize.profile.freshness import Freshness
from personalize.profile.glance import Glance
from personalize.profile.hot import Hot, HotProfiles
from personalize.profile.lowered import lowered
from personalize.profile.view import Calendar, Cell, Moment
from personalize.recognition.recognise import Arrival, Credentials, Recogniser

log = logging.getLogger("personalize")
NOTHING: Mapping[str, object] = {}
MOST_AT_ONCE = 100
"""Slots decided together at most; more are taken in turns."""
MOST_HEARD = 8
"""Different words of browsers that are kept ready for one person."""
MOST_PAGES = 1024
"""Different pages that are kept ready."""
UNWILLING = Visitor(problem="cookie: not agreed to")
Came = Callable[[bytes, Visitor, Headers], None]
"""Is told of each request that a link's cookie recognises; must cost next to nothing and never raise."""


class Prepared(Struct):
    """A request after the first three stops: who it is, what may be read, the clock's one reading.

    `problem` says why nobody could be recognised; then every slot shows its default. `heard` is what the
    browser itself says about purposes.
    """

    visitor: Visitor
    hot: Hot
    moment: Moment
    generation: int
    problem: str = ""
    heard: Heard | None = None


class Page(Struct, frozen=True):
    """Slots that are asked for together: those that can be decided, with the readers of their page facts.

    `nothing` are the facts of a page that gives none; `odd` the places and names that cannot be decided;
    `floor` is the highest assurance that one of the slots demands; `names` are the facts that each slot
    declares, and `asks` says whether any does.
    """

    slots: tuple[CompiledSlot, ...]
    readers: tuple[Reader, ...]
    nothing: tuple[tuple[Cell, ...], ...]
    odd: tuple[tuple[int, str], ...]
    floor: int
    names: tuple[tuple[str, ...], ...]
    asks: bool


class Serving:
    """The recipe in force, with what reading pages and writing bodies under it needs. Swapped whole."""

    def __init__(self, recipe: CompiledRecipe, observed_of: Callable[[int], int | None]) -> None:
        self.recipe, self.ingredients = recipe, Ingredients(recipe.recipe, observed_of)
        self.readers = {name: context_reader(slot.slot.context) for name, slot in recipe.slots.items()}
        self._pages: dict[tuple[str, ...], Page] = {}

    def page(self, names: tuple[str, ...]) -> Page:
        """Return the page of these slots, made ready once."""
        found = self._pages.get(names)
        if found is None:
            found = self._ready(names)
            if found.odd:  # names that come from outside are not kept
                return found
            if len(self._pages) >= MOST_PAGES:
                self._pages.clear()
            self._pages[names] = found
        return found

    def _ready(self, names: tuple[str, ...]) -> Page:
        every = self.recipe.slots
        there = [name for name in names if name in every and every[name].slot.enabled]
        return Page(
            tuple(every[name] for name in there),
            tuple(self.readers[name] for name in there),
            tuple(self.readers[name](NOTHING) for name in there),
            tuple((place, name) for place, name in enumerate(names) if name not in there),
            max((every[name].floor for name in there), default=0),
            tuple(every[name].facts for name in there),
            any(every[name].facts for name in there),
        )


class Pipeline:
    """The trip, with the stops it makes. Safe to use from several threads once made."""

    def __init__(
        self,
        *,
        recogniser: Recogniser,
        profiles: ProfileStore,
        consents: ConsentStore,
        purposes: Mapping[str, Purpose],
        dictionary: Dictionary,
        calendar: Calendar,
        clock: Clock,
        hots: HotProfiles,
        freshness: Freshness,
        recorder: Recorder,
        serving: Serving,
        counters: Counter[str],
        tallies: Tallies,
        signals: Signals | None = None,
    ) -> None:
        self.serving, self.counters, self.tallies = serving, counters, tallies
        self.recogniser = recogniser
        self._profiles, self._consents = profiles, consents
        self._purposes, self._dictionary = purposes, dictionary
        self._calendar, self._clock = calendar, clock
        self._hots, self._freshness, self._recorder = hots, freshness, recorder
        self.served, self._signals = recorder.served, signals
        self._nobody = _nobody(dictionary)
        self._observed = observed_in(dictionary)
        self.came: Came = lambda cookie, visitor, headers: None

    def prepare(self, credentials: Credentials, headers: Headers = ()) -> Prepared:
        """Make the first three stops: recognise, admit, view. A fault makes an unrecognised visitor.

        `headers` are the request's own, for the consent sources where there are any.
        """
        moment = Moment(self._clock.now(), self._calendar)
        try:
            if not self._freshness.check():
                return self._in_doubt(moment, "consent could not be asked")
            generation = self._hots.generation
            login = credentials.login if credentials.cookie is None and self._signals is None else None
            known = self._hots.logged_in(login, moment.at) if login is not None else None
            if known is not None:
                return Prepared(known[0], known[1], moment, generation)
            glance = Glance(self._profiles)
            visitor = self.recogniser.recognise(credentials, moment.at, glance.subject_of)
            if visitor.subject is None:
                return Prepared(visitor, self._nobody, moment, generation)
            device = visitor.device and visitor.read_device
            hot = self._admit(visitor.subject, visitor.assurance, moment.at, glance, generation, device)
            if self._signals is not None:
                return self._hearing(Prepared(visitor, hot, moment, generation), self._signals.hear(headers))
            if visitor.assurance is Assurance.click and not self._is_willing(hot):
                return Prepared(UNWILLING, self._nobody, moment, generation)
            if login is not None and hot is not self._nobody:
                self._hots.keep_login(login, visitor, hot, generation)
            return Prepared(visitor, hot, moment, generation)
        except Exception:
            log.exception("The visitor could not be recognised: the default is shown.")
            return self._in_doubt(moment, "the store could not be read")

    def click(self, text: bytes, headers: Headers = ()) -> tuple[bool, str | None]:
        """Say whether a click link's token holds, and give the cookie it may set (law 5: nothing changes).

        There is a cookie only for a person who consented to being recognised.
        """
        now = self._clock.now()
        try:
            arrival = self.recogniser.arrive(text, now)
            if not isinstance(arrival, Arrival) or arrival.visitor.subject is None:
                self.counters["token_refused"] += 1
                return False, None
            hot = self._admit(arrival.visitor.subject, Assurance.click, now)
            if self._signals is not None and (said := self._signals.hear(headers)) is not None:
                hot = self._heeding(hot, Heard(said, False), now)
            return True, arrival.cookie if self._is_willing(hot) else None
        except Exception:
            log.exception("A click link could not be checked: the visitor stays unrecognised.")
            self.counters["click_failed"] += 1
            return False, None

    def decide(
        self,
        prepared: Prepared,
        slot: str,
        context: Mapping[str, object] = NOTHING,
        *,
        language: str = "",
        code: int = 0,
        count: bool = True,
    ) -> Decision:
        """Make the last two stops for one slot: decide, record. Law 3: unrecorded means default."""
        contexts = (context,) if context else ()
        return self.decide_all(prepared, (slot,), contexts, language=language, code=code, count=count)[0]

    def decide_all(
        self,
        prepared: Prepared,
        names: tuple[str, ...],
        contexts: Sequence[Mapping[str, object]] = (),
        *,
        language: str = "",
        code: int = 0,
        count: bool = True,
    ) -> list[Decision]:
        """Make the last two stops for several slots at once: they are recorded together.

        `contexts` has the page's facts for each slot, or is empty where there are none.
        """
        if len(names) > MOST_AT_ONCE:
            some, rest = slice(MOST_AT_ONCE), slice(MOST_AT_ONCE, None)
            first = self.decide_all(prepared, names[some], contexts[some], language=language, code=code, count=count)
            return first + self.decide_all(
                prepared, names[rest], contexts[rest], language=language, code=code, count=count
            )
        try:
            return self._decided(prepared, names, contexts, language, code, count)
        except JournalError as error:
            self.counters["unrecorded"] += len(names)
            return [self.instead(slot, Reason.UNRECORDED, str(error)) for slot in names]
        except Exception:
            if len(names) > 1:  # the failure of one slot is not the others'
                each = zip(names, contexts or repeat(NOTHING), strict=False)
                return [self.decide(prepared, *one, language=language, code=code, count=count) for one in each]
            slot = names[0]
            log.exception("The slot '%s' could not be decided: the default is shown.", slot)
            self.counters["decide_failed"] += 1
            return [self.instead(slot, Reason.ERROR, "the decision failed")]

    def _unasked(self, slot: str, problem: str) -> Decision:
        """Return the default of a slot that cannot be decided, with its reason."""
        if slot not in self.serving.recipe.slots:
            self.counters["unknown_slot"] += 1
            return self.default(slot, Reason.ERROR, f"there is no slot '{slot}'")
        return self.instead(slot, Reason.ERROR, problem) if problem else self.instead(slot, Reason.DISABLED)

    def instead(self, slot: str, reason: Reason, problem: str = "") -> Decision:
        """Return and count the default that no verdict gave."""
        if slot in self.serving.recipe.slots:  # other names come from outside
            self.tallies.default(slot, reason)
        return self.default(slot, reason, problem)

    def default(self, slot: str, reason: Reason, problem: str = "") -> Decision:
        """Return the default for a slot, for this reason, unrecorded."""
        return Decision(slot=slot, variant=None, reason=reason, recipe=self.serving.recipe.digest, problem=problem)

    def forget(self, subject: int) -> None:
        """Forget one person at once: their consent or data changed in this process."""
        self.recogniser.forget()
        self._hots.forget((subject,))

    def forget_changes(self, changes: Changes) -> None:
        """Forget whom another process changed."""
        self.recogniser.forget()
        if changes.everything:
            self._hots.forget_all()
        else:
            self._hots.forget(changes.subjects)

    def preview(
        self,
        visitor: Visitor,
        slot: str,
        context: Mapping[str, object] = NOTHING,
        *,
        language: str = "",
        at: int | None = None,
    ) -> Decision:
        """Decide as a request of this visitor at `at` (µs, now unless told) would be; records and keeps nothing."""
        serving = self.serving
        moment = Moment(self._clock.now() if at is None else at, self._calendar)
        page = serving.page((slot,))
        if page.odd:
            return self._unasked(slot, "")
        hot = self._nobody
        if visitor.subject:
            hot = self._load(visitor.subject, visitor.assurance, moment.at, device=visitor.read_device)
        if page.floor:
            hot = self._below(hot, serving, page)
        facts = (page.readers[0](context),)
        language = language or serving.recipe.first
        verdicts = judge(page.slots, hot, facts, moment, language, serving.recipe.digest)
        return answers(verdicts, "", b"")[0]

    def _is_willing(self, hot: Hot) -> bool:
        """Say whether this person agrees to being recognised without logging in; a device subject was made for it."""
        return hot.device != 0 or any(self._purposes[name].recognise for name in hot.admitted.grants.in_force)

    def _admit(
        self,
        subject: int,
        assurance: Assurance,
        now: int,
        glance: Glance | None = None,
        generation: int = -1,
        device: int = 0,
    ) -> Hot:
        """Return what may be read of a person now, from what is warm or from the store.

        `generation` is that of before the glance, `device` the device subject that is read too.
        """
        hot = self._hots.get(subject, assurance, now)
        if hot is None or hot.device != device:
            if glance is None:
                glance, generation = Glance(self._profiles), self._hots.generation
            hot = self._load(subject, assurance, now, glance, device=device)
            if hot is not self._nobody:
                self._hots.keep(hot, generation)
        return hot

    def _load(
        self,
        subject: int,
        assurance: Assurance,
        now: int,
        glance: Glance | None = None,
        heard: Heard | None = None,
        device: int = 0,
    ) -> Hot:
        """Read a person: consent is folded into grants before a value is looked at (law 1)."""
        seen = glance.sight(subject) if glance is not None else self._profiles.sight(subject)
        if seen is None:
            return self._nobody
        grants = admit(subject, assurance, seen.epoch, seen.events, self._purposes, now)
        if heard is not None:
            grants = heed(grants, heard, seen.events, self._purposes, now)
        if device and device != subject:
            admitted = self._with_device(device, seen, grants, now)
        else:
            admitted = self._dictionary.admit_delivered(seen.delivered, grants, now)
            if not device and self._observed and assurance < Assurance.login:
                admitted = lowered(admitted, self._observed, assurance)
        return Hot(subject, assurance, seen.epoch, admitted, cipher_of(seen.key), device)

    def _with_device(self, device: int, person: Sight, grants: Grants, now: int) -> Admitted:
        """Read a person with the device that is linked to them: for what both agreed to."""
        seen = self._profiles.sight(device)
        if seen is None:
            return self._dictionary.admit_delivered(person.delivered, grants, now)
        own = admit(device, Assurance.click, seen.epoch, seen.events, self._purposes, now)
        return admit_linked(self._dictionary, person.delivered, grants, seen.delivered, own, now)

    def _hearing(self, prepared: Prepared, said: Said | None) -> Prepared:
        """Finish the first three stops with what the browser says about purposes."""
        visitor, at = prepared.visitor, prepared.moment.at
        if said is not None:
            prepared.heard = Heard(said, visitor.assurance >= Assurance.mailbox or visitor.is_device)
            prepared.hot = self._heeding(prepared.hot, prepared.heard, at)
        if visitor.assurance is Assurance.click and not self._is_willing(prepared.hot):
            return Prepared(UNWILLING, self._nobody, prepared.moment, prepared.generation)
        return prepared

    def _heeding(self, hot: Hot, heard: Heard, now: int) -> Hot:
        """Return a profile as a request that says this may read it.

        Kept with the profile that the ledger alone gives (as None where it is that one), and read after it:
        whoever is forgotten takes both along.
        """
        if hot is self._nobody:
            return hot
        kept = hot.heard
        if kept is None or len(kept) >= MOST_HEARD:
            kept = hot.heard = {}
        known = kept.get(heard, self._nobody)
        if known is None:
            return hot
        if known is self._nobody or not known.admitted.since <= now < known.admitted.valid_until:
            known = self._load(hot.subject, hot.assurance, now, heard=heard, device=hot.device)
            if known.admitted.grants.in_force == hot.admitted.grants.in_force:
                kept[heard] = None
                return hot
            kept[heard] = known
        return known

    def _current(self, prepared: Prepared) -> Hot:
        """Return the profile for deciding now: asked for again where anybody was forgotten meanwhile (law 9)."""
        if not self._freshness.check():
            raise JournalError("Consent cannot be asked now.")
        if prepared.generation != self._hots.generation and prepared.hot is not self._nobody:
            prepared.generation = self._hots.generation
            was = prepared.hot
            hot = self._admit(was.subject, was.assurance, prepared.moment.at, device=was.device)
            if prepared.heard is not None:
                hot = self._heeding(hot, prepared.heard, prepared.moment.at)
            known = hot.assurance is not Assurance.click or self._is_willing(hot)
            prepared.hot = hot if known else self._nobody
        return prepared.hot

    def _decided(
        self,
        prepared: Prepared,
        names: tuple[str, ...],
        contexts: Sequence[Mapping[str, object]],
        language: str,
        code: int,
        count: bool,
    ) -> list[Decision]:
        """Decide these slots and record them."""
        if prepared.problem:
            return [self._unasked(slot, prepared.problem) for slot in names]
        serving, hot, moment = self.serving, self._current(prepared), prepared.moment
        page, person = serving.page(names), hot
        if page.floor > hot.assurance and hot.seal is not None:
            if len(names) > 1:  # one page has one answer for each value: these slots do not
                each = zip(names, contexts or repeat(NOTHING), strict=False)
                return [self._decided(prepared, (s,), (c,) if c else (), language, code, count)[0] for s, c in each]
            hot = self._below(hot, serving, page)
        memo = hot.memo_for(serving)
        language = language or serving.recipe.first
        key: object = (names, language)
        facts, verdicts = page.nothing, memo.get(key)  # kept so, they read no fact of the page (law 2)
        known = verdicts is not None and verdicts.since <= moment.at < verdicts.until
        if not known and page.asks:
            facts = _facts(page, contexts) if contexts else facts
            verdicts = memo.get((key, facts))
            known = verdicts is not None and verdicts.since <= moment.at < verdicts.until
        if verdicts is None or not known:
            verdicts = judge(page.slots, hot, facts, moment, language, serving.recipe.digest, memo)
            if prepared.generation != self._hots.generation and self._current(prepared) is not person:
                raise JournalError("Consent or data changed while this was decided.")
        page_id = b""
        if hot.seal is None:
            if count:
                self._recorder.count(moment.at, serving.recipe.digest_bytes, verdicts.outcomes)  # and no more (law 10)
        elif page.slots:
            page_id = self._record(serving, hot, page, moment.at, code, verdicts, facts, language)
        if not known:
            memo[(key, facts) if serving.ingredients.reads_facts(verdicts.masks) else key] = verdicts
        decisions = answers(verdicts, code_of(code) if page_id else "", page_id, self.tallies if count else None)
        for place, slot in page.odd:
            decisions.insert(place, self._unasked(slot, ""))
        return decisions

    def _below(self, hot: Hot, serving: Serving, page: Page) -> Hot:
        """Return the profile as the slot of this page reads it, which demands a surer visitor; kept with its own."""
        memo, (slot,) = hot.memo_for(serving), page.slots
        kept: Hot | None = memo.get(slot.name)
        if kept is None:
            admitted = lowered(hot.admitted, slot.floors, hot.assurance)
            kept = memo[slot.name] = Hot(hot.subject, hot.assurance, hot.epoch, admitted, hot.seal, hot.device)
        return kept

    def _record(
        self,
        serving: Serving,
        hot: Hot,
        page: Page,
        at: int,
        code: int,
        verdicts: Verdicts,
        facts: Facts,
        language: str,
    ) -> bytes:
        """Write the entries and return the first one's id: with exactly what each verdict read (law 2).

        Verdicts that are on record already are repeated.
        """
        if verdicts.page_id:
            body, seal = verdicts.page_id, None
        else:
            admitted, seal, batch = hot.admitted, hot.seal, hot.batch
            if batch is None:
                batch = hot.batch = serving.ingredients.batch_of(admitted)
            body = serving.ingredients.body(
                verdicts.masks,
                admitted,
                -1 if verdicts.faults else batch,
                admitted.grants.in_force,
                language,
                facts,
                page.names,
                verdicts.faults,
            )
        page_id = self._recorder.write(
            at, code, hot.subject, serving.recipe.digest_bytes, hot.assurance, hot.epoch,
            len(verdicts.fates), verdicts.lines, body, seal,
        )  # fmt: skip
        if not verdicts.page_id:
            verdicts.page_id = page_id
        return page_id

    def _in_doubt(self, moment: Moment, problem: str) -> Prepared:
        self.counters["not_recognised_error"] += 1
        return Prepared(STRANGER, self._nobody, moment, self._hots.generation, problem)


def _nobody(dictionary: Dictionary) -> Hot:
    """Return the profile of strangers: nothing may be read, and nothing is recorded."""
    grants = Grants(subject=0, assurance=Assurance.none, epoch=0, in_force={})
    admitted = dictionary.admit({}, grants, 0)
    return Hot(0, Assurance.none, 0, admitted, None)


def _facts(page: Page, contexts: Sequence[Mapping[str, object]]) -> tuple[tuple[Cell, ...], ...]:
    """Return the page's facts for each slot that can be decided; `contexts` has one for every name."""
    if page.odd:
        places = {place for place, _ in page.odd}
        contexts = [context for place, context in enumerate(contexts) if place not in places]
    return tuple([read(context) for read, context in zip(page.readers, contexts, strict=True)])
