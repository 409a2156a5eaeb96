"""The trip of a request: recognise, admit, view, decide, record. This order is written here and nowhere else.

The first three stops are made before the site's handler runs, the last two for each slot, as plain
functions over frozen values. Nothing raises here: whatever fails, the visitor gets the default.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping

from msgspec import Struct

from personalize.consent.gate import admit
from personalize.cookbook.codes import code_of
from personalize.cookbook.frames import NONE
from personalize.cookbook.ingredients import Ingredients, Origin
from personalize.cookbook.record import Recorder
from personalize.cookbook.seal import Cipher, cipher_of
from personalize.decisions.compiled import CompiledRecipe, CompiledSlot
from personalize.decisions.engine import Verdict
from personalize.errors import JournalError
from personalize.model.consent import Grants, Purpose
from personalize.model.decisions import Decision, Outcome, Reason
from personalize.model.people import STRANGER, Assurance, Visitor
from personalize.ports import Changes, Clock, ConsentStore, ProfileStore
from personalize.profile.admitted import Dictionary
from personalize.profile.context import Reader, context_reader
from personalize.profile.freshness import Freshness
from personalize.profile.hot import Hot, HotProfiles
from personalize.profile.view import Calendar, Cell, Moment, ProfileView
from personalize.recognition.recognise import Arrival, Credentials, Recogniser

log = logging.getLogger("personalize")
NOTHING: Mapping[str, object] = {}
NO_FIELDS: Mapping[str, str] = {}
UNWILLING = Visitor(problem="cookie: not agreed to")


class Prepared(Struct):
    """A request after the first three stops: who it is, what may be read, the clock's one reading.

    `problem` says why nobody could be recognised; then every slot shows its default.
    """

    visitor: Visitor
    hot: Hot
    moment: Moment
    generation: int
    problem: str = ""


class Serving(Struct, frozen=True):
    """The recipe in force, with what reading pages and writing bodies under it needs. Swapped whole."""

    recipe: CompiledRecipe
    ingredients: Ingredients
    readers: dict[str, Reader]


class Remembered(Struct):
    """A verdict that holds for the same inputs from `since` until before `until` (µs), and its first entry.

    Changed by nobody once it stands in a memo.
    """

    since: int
    until: int
    verdict: Verdict
    outcomes: tuple[Outcome, ...]
    fields: Mapping[str, str]
    entry_id: bytes = b""


def serving(recipe: CompiledRecipe, observed_of: Callable[[int], int | None]) -> Serving:
    """Return a compiled recipe ready to be served."""
    readers = {name: context_reader(slot.slot.context) for name, slot in recipe.slots.items()}
    return Serving(recipe, Ingredients(recipe.recipe, observed_of), readers)


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
    ) -> None:
        self.serving, self.counters = serving, counters
        self.recogniser = recogniser
        self._profiles, self._consents = profiles, consents
        self._purposes, self._dictionary = purposes, dictionary
        self._calendar, self._clock = calendar, clock
        self._hots, self._freshness, self._recorder = hots, freshness, recorder
        self._nobody = _nobody(dictionary)

    def prepare(self, credentials: Credentials) -> Prepared:
        """Make the first three stops: recognise, admit, view. A fault makes an unrecognised visitor."""
        moment = Moment(self._clock.now(), self._calendar)
        try:
            if not self._freshness.check():
                return self._in_doubt(moment, "consent could not be asked")
            generation = self._hots.generation
            visitor = self.recogniser.recognise(credentials, moment.at)
            if visitor.subject is None:
                return Prepared(visitor, self._nobody, moment, generation)
            hot = self._admit(visitor.subject, visitor.assurance, moment.at)
            if visitor.assurance is Assurance.click and not self._is_willing(hot):
                return Prepared(UNWILLING, self._nobody, moment, generation)
            return Prepared(visitor, hot, moment, generation)
        except Exception:
            log.exception("The visitor could not be recognised: the default is shown.")
            return self._in_doubt(moment, "the store could not be read")

    def click(self, text: bytes) -> tuple[bool, str | None]:
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
        serving = self.serving
        compiled = serving.recipe.slots.get(slot)
        if compiled is None:
            self.counters["unknown_slot"] += 1
            return self.default(slot, Reason.ERROR, f"there is no slot '{slot}'")
        if prepared.problem:
            return self.default(slot, Reason.ERROR, prepared.problem)
        if not compiled.slot.enabled:
            return self.default(slot, Reason.DISABLED)
        try:
            return self._decided(serving, compiled, prepared, context, language, code, count)
        except JournalError as error:
            self.counters["unrecorded"] += 1
            return self.default(slot, Reason.UNRECORDED, str(error))
        except Exception:
            log.exception("The slot '%s' could not be decided: the default is shown.", slot)
            self.counters["decide_failed"] += 1
            return self.default(slot, Reason.ERROR, "the decision failed")

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
        compiled = serving.recipe.slots.get(slot)
        if compiled is None:
            return self.default(slot, Reason.ERROR, f"there is no slot '{slot}'")
        if not compiled.slot.enabled:
            return self.default(slot, Reason.DISABLED)
        hot = self._load(visitor.subject, visitor.assurance, moment.at) if visitor.subject else self._nobody
        facts = serving.readers[slot](context)
        language = language or serving.recipe.recipe.languages[0]
        return _answer(serving.recipe, compiled, _judge(compiled, hot, moment, facts, language)[0], 0, b"")

    def _is_willing(self, hot: Hot) -> bool:
        """Say whether this person agrees to being recognised without logging in."""
        return any(self._purposes[name].recognise for name in hot.admitted.grants.in_force)

    def _admit(self, subject: int, assurance: Assurance, now: int) -> Hot:
        """Return what may be read of a person now, from what is warm or from the store."""
        hot = self._hots.get(subject, assurance, now)
        if hot is None:
            generation = self._hots.generation
            hot = self._load(subject, assurance, now)
            if hot is not self._nobody:
                self._hots.keep(hot, generation)
        return hot

    def _load(self, subject: int, assurance: Assurance, now: int) -> Hot:
        """Read a person: consent is folded into grants before a value is looked at (law 1)."""
        person = self._profiles.load(subject)
        if person is None:
            return self._nobody
        events = self._consents.events_of(subject)
        grants = admit(subject, assurance, person.epoch, events, self._purposes, now)
        admitted = self._dictionary.admit(person.values, grants, now)
        return Hot(subject, assurance, person.epoch, admitted, cipher_of(person.key))

    def _current(self, prepared: Prepared) -> Hot:
        """Return the profile for deciding now: asked for again where anybody was forgotten meanwhile (law 9)."""
        if not self._freshness.check():
            raise JournalError("Consent cannot be asked now.")
        if prepared.generation != self._hots.generation and prepared.hot is not self._nobody:
            prepared.generation = self._hots.generation
            hot = self._admit(prepared.hot.subject, prepared.hot.assurance, prepared.moment.at)
            known = hot.assurance is not Assurance.click or self._is_willing(hot)
            prepared.hot = hot if known else self._nobody
        return prepared.hot

    def _decided(
        self,
        serving: Serving,
        compiled: CompiledSlot,
        prepared: Prepared,
        context: Mapping[str, object],
        language: str,
        code: int,
        count: bool,
    ) -> Decision:
        hot = self._current(prepared)
        recipe, moment = serving.recipe, prepared.moment
        language = language or recipe.recipe.languages[0]
        facts = serving.readers[compiled.name](context) if compiled.facts else ()
        memo = hot.memo_for(serving)
        key = (compiled.index, language, facts)
        known: Remembered | None = memo.get(key)
        if known is not None and known.since <= moment.at < known.until:
            entry_id = self._record(recipe, compiled, hot, known.verdict, moment.at, code, count, known.entry_id, None)
            return _answer(recipe, compiled, known, code, entry_id)
        known, cells = _judge(compiled, hot, moment, facts, language)
        if prepared.generation != self._hots.generation and self._current(prepared) is not hot:
            raise JournalError("Consent or data changed while this was decided.")
        body = b"" if hot.seal is None else self._body(serving, compiled, hot, known.verdict, cells, language)
        known.entry_id = self._record(recipe, compiled, hot, known.verdict, moment.at, code, count, body, hot.seal)
        memo[key] = known
        return _answer(recipe, compiled, known, code, known.entry_id)

    def _record(
        self,
        recipe: CompiledRecipe,
        compiled: CompiledSlot,
        hot: Hot,
        verdict: Verdict,
        at: int,
        code: int,
        count: bool,
        body: bytes,
        seal: Cipher | None,
    ) -> bytes:
        """Write the entry and return its id; a stranger is only counted (law 10).

        Without `seal` the body is the id of the entry whose inputs this one repeats.
        """
        variant = verdict.winner if verdict.winner >= 0 else NONE
        if hot.seal is not None:
            return self._recorder.write(
                at, code, hot.subject, recipe.digest_bytes, compiled.index, variant,
                verdict.reason, verdict.codes, hot.assurance, hot.epoch, body, seal,
            )  # fmt: skip
        if count:
            self._recorder.count(
                at=at, recipe_digest=recipe.digest_bytes, slot_index=compiled.index, variant_index=variant
            )
        return b""

    def _body(
        self,
        serving: Serving,
        compiled: CompiledSlot,
        hot: Hot,
        verdict: Verdict,
        cells: tuple[Cell, ...],
        language: str,
    ) -> bytes:
        """Return what the entry lists: exactly what the verdict read (law 2)."""
        admitted = hot.admitted
        return serving.ingredients.body(
            verdict.mask,
            cells,
            admitted.stored,
            hot.origin or self._origin(serving, hot),
            admitted.grants.in_force,
            language,
            compiled.facts,
            verdict.failed,
        )

    def _origin(self, serving: Serving, hot: Hot) -> Origin:
        origin = hot.origin = serving.ingredients.origin(hot.admitted.stored)
        return origin

    def _in_doubt(self, moment: Moment, problem: str) -> Prepared:
        self.counters["not_recognised_error"] += 1
        return Prepared(STRANGER, self._nobody, moment, self._hots.generation, problem)


def _nobody(dictionary: Dictionary) -> Hot:
    """Return the profile of strangers: nothing may be read, and nothing is recorded."""
    grants = Grants(subject=0, assurance=Assurance.none, epoch=0, in_force={})
    admitted = dictionary.admit({}, grants, 0)
    return Hot(0, Assurance.none, 0, admitted, None)


def _judge(
    compiled: CompiledSlot, hot: Hot, moment: Moment, facts: tuple[Cell, ...], language: str
) -> tuple[Remembered, tuple[Cell, ...]]:
    """Decide over what is admitted and the page's facts: the same for requests, previews and simulations."""
    cells = hot.admitted.cells + facts if facts else hot.admitted.cells
    view = ProfileView(cells, moment)
    verdict = compiled.decide(view, stranger=hot.seal is None)
    fields = compiled.texts(verdict.winner, language, cells) if verdict.winner >= 0 else NO_FIELDS
    until = _until(compiled, hot, verdict, moment)
    return Remembered(moment.at, until, verdict, compiled.outcomes(verdict.codes), fields), cells


def _until(compiled: CompiledSlot, hot: Hot, verdict: Verdict, moment: Moment) -> int:
    """Return for how long the same inputs give this verdict; a rule that failed is asked again."""
    if compiled.timeless and not verdict.failed:
        return hot.admitted.valid_until
    if compiled.clock == "now" or verdict.failed:
        return moment.at
    until = min(hot.admitted.valid_until, compiled.next_turn(moment.at))
    return min(until, moment.calendar.day(moment.at)[1]) if compiled.clock == "today" else until


def _answer(recipe: CompiledRecipe, compiled: CompiledSlot, known: Remembered, code: int, entry_id: bytes) -> Decision:
    verdict = known.verdict
    return Decision(
        slot=compiled.name,
        variant=compiled.names[verdict.winner] if verdict.winner >= 0 else None,
        reason=verdict.reason,
        outcomes=known.outcomes,
        recipe=recipe.digest,
        fields=known.fields,
        code=code_of(code) if entry_id else "",
        entry_id=entry_id,
        mask=verdict.mask,
    )
