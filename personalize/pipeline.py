"""The trip of a request: recognise, admit, view, decide, record. This order is written here and nowhere else.

The first three stops are made before the site's handler runs, the last two for each slot, as plain
functions over frozen values. Nothing raises here: whatever fails, the visitor gets the default.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import repeat

from personalize.admission import UNWILLING, Admission, Prepared
from personalize.consent.signals import Heard, Signals
from personalize.cookbook.codes import code_of
from personalize.cookbook.record import Recorder
from personalize.decisions.tally import Tallies
from personalize.errors import JournalError
from personalize.hooks.records import Headers
from personalize.model.decisions import Decision, Reason
from personalize.model.people import STRANGER, Assurance, Visitor
from personalize.ports import Changes, Clock
from personalize.profile.freshness import Freshness
from personalize.profile.glance import Glance
from personalize.profile.hot import Hot
from personalize.profile.view import Calendar, Moment
from personalize.recognition.recognise import Arrival, Credentials, Recogniser
from personalize.serving import MOST_AT_ONCE, NOTHING, Page, Serving
from personalize.verdicts import Facts, Verdicts, answers, body_of, judge, judge_again, outcomes

log = logging.getLogger("personalize")
Came = Callable[[bytes, Visitor, Headers], None]
"""Is told of each request that a link's cookie recognises; must cost next to nothing and never raise."""


class Pipeline:
    """The trip, with the stops it makes. Safe to use from several threads once made."""

    def __init__(
        self,
        *,
        recogniser: Recogniser,
        admission: Admission,
        calendar: Calendar,
        clock: Clock,
        freshness: Freshness,
        recorder: Recorder,
        serving: Serving,
        counters: Counter[str],
        tallies: Tallies,
        signals: Signals | None,
    ) -> None:
        self.recogniser, self.serving = recogniser, serving
        self.counters, self.tallies = counters, tallies
        self._admission, self._profiles = admission, admission.profiles
        self._hots, self._nobody = admission.hots, admission.nobody
        self._calendar, self._clock, self._freshness = calendar, clock, freshness
        self._recorder, self.served, self._signals = recorder, recorder.served, signals
        self.came: Came = lambda cookie, visitor, headers: None

    def met(self, login: str) -> Prepared | None:
        """Make the first three stops for a login that was seen just now; None where that takes more (`prepare`)."""
        if self._signals is not None or not self._freshness.check():
            return None
        at, generation = self._clock.now(), self._hots.generation
        known = self._hots.logged_in(login, at)
        return None if known is None else Prepared(known.visitor, known.hot, Moment(at, self._calendar), generation)

    def prepare(self, credentials: Credentials, headers: Headers = ()) -> Prepared:
        """Make the first three stops: recognise, admit, view. A fault makes an unrecognised visitor.

        `headers` are the request's own, for the consent sources where there are any.
        """
        moment = Moment(self._clock.now(), self._calendar)
        try:
            if not self._freshness.check():
                return self.in_doubt("consent could not be asked")
            generation = self._hots.generation
            login = credentials.login if credentials.cookie is None and self._signals is None else None
            if login is not None and (met := self.met(login)) is not None:
                return met
            glance = Glance(self._profiles)
            visitor = self.recogniser.recognise(credentials, moment.at, glance.subject_of)
            if visitor.subject is None:
                return Prepared(visitor, self._nobody, moment, generation)
            device = visitor.device and visitor.read_device
            hot = self._admission.view(visitor.subject, visitor.assurance, moment.at, glance, generation, device)
            if self._signals is not None:
                return self._admission.hearing(Prepared(visitor, hot, moment, generation), self._signals.hear(headers))
            if visitor.assurance is Assurance.click and not self._admission.is_willing(hot):
                return Prepared(UNWILLING, self._nobody, moment, generation)
            if login is not None and hot is not self._nobody:
                self._hots.keep_login(login, visitor, hot, generation)
            return Prepared(visitor, hot, moment, generation)
        except Exception:
            log.exception("The visitor could not be recognised: the default is shown.")
            return self.in_doubt("the store could not be read")

    def in_doubt(self, problem: str) -> Prepared:
        """Recognise nobody where it is not known who is there, and say why."""
        self.counters["not_recognised_error"] += 1
        moment = Moment(self._clock.now(), self._calendar)
        return Prepared(STRANGER, self._nobody, moment, self._hots.generation, problem)

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
            hot = self._admission.view(arrival.visitor.subject, Assurance.click, now)
            if self._signals is not None and (said := self._signals.hear(headers)) is not None:
                hot = self._admission.heeding(hot, Heard(said, False), now)
            return True, arrival.cookie if self._admission.is_willing(hot) else None
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
        language: str = "",
        code: int = 0,
        count: bool = True,
    ) -> list[Decision]:
        """Make the last two stops for several slots at once: they are recorded together.

        `contexts` has the page's facts for each slot, or is empty where there are none.
        """
        if len(names) > MOST_AT_ONCE:
            some, rest = names[:MOST_AT_ONCE], names[MOST_AT_ONCE:]
            decisions = self.decide_all(prepared, some, contexts[:MOST_AT_ONCE], language, code, count)
            return decisions + self.decide_all(prepared, rest, contexts[MOST_AT_ONCE:], language, code, count)
        try:
            return self._decided(prepared, names, contexts, language, code, count)
        except JournalError as error:
            self.counters["unrecorded"] += len(names)
            return list(map(self.instead, names, repeat(Reason.UNRECORDED), repeat(str(error))))
        except Exception:
            if len(names) > 1:  # the failure of one slot is not the others'
                return self._apart(prepared, names, contexts, language, code, count)
            log.exception("The slot '%s' could not be decided: the default is shown.", names[0])
            self.counters["decide_failed"] += 1
            return [self.instead(names[0], Reason.ERROR, "the decision failed")]

    def _apart(
        self,
        prepared: Prepared,
        names: tuple[str, ...],
        contexts: Sequence[Mapping[str, object]],
        language: str,
        code: int,
        count: bool,
    ) -> list[Decision]:
        """Decide and record these slots one by one."""
        each = zip(names, contexts or repeat(NOTHING), strict=False)
        return [self.decide(prepared, *one, language=language, code=code, count=count) for one in each]

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
        return Decision.of(slot, None, reason, recipe=self.serving.recipe.digest, problem=problem)

    def forget(self, subject: int) -> None:
        """Forget one person at once: their consent or data changed in this process."""
        self.recogniser.forget()
        self._hots.forget((subject,))

    def forget_changes(self, changes: Changes) -> None:
        """Forget whom another process changed."""
        self.recogniser.forget()
        self._hots.follow(changes)

    def view(self, visitor: Visitor, at: int) -> Hot:
        """Return what a request of this visitor at `at` (µs) may read, from the store; keeps nothing.

        What browsers themselves say about purposes is not known here.
        """
        if not visitor.subject:
            return self._nobody
        hot = self._admission.load(visitor.subject, visitor.assurance, at, device=visitor.read_device)
        known = visitor.assurance is not Assurance.click or self._admission.is_willing(hot)
        return hot if known else self._nobody

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
        hot = self.view(visitor, moment.at)
        if page.floor:
            hot = serving.below(hot, page)
        facts, recipe = page.facts_of((context,)), serving.recipe
        language = language or recipe.first
        return answers(judge(page, hot, facts, moment, language), recipe.digest, language)[0]

    def _current(self, prepared: Prepared) -> Hot:
        """Return the profile for deciding now: asked for again where anybody was forgotten meanwhile (law 9)."""
        if not self._freshness.check():
            raise JournalError("Consent cannot be asked now.")
        if prepared.generation != self._hots.generation and prepared.hot is not self._nobody:
            self._admission.again(prepared)
        return prepared.hot

    def _decided(
        self,
        prepared: Prepared,
        names: tuple[str, ...],
        contexts: Sequence[Mapping[str, object]],
        language: str,
        code: int,
        count: bool,
        *,
        once_more: bool = True,
    ) -> list[Decision]:
        """Decide these slots and record them; once more where somebody was forgotten meanwhile (law 9).

        Without a comprehension: each name that one takes from here would cost every request a cell.
        """
        if prepared.problem:
            return list(map(self._unasked, names, repeat(prepared.problem)))
        serving, hot, moment = self.serving, self._current(prepared), prepared.moment
        page, person = serving.page(names), hot
        if page.floor > hot.assurance and hot.seal is not None:
            if len(names) > 1:  # one page has one answer for each value: these slots do not
                return self._apart(prepared, names, contexts, language, code, count)
            hot = serving.below(hot, page)
        memo = hot.memo_for(serving)
        language = language or serving.recipe.first
        key, facts = (page.key, language), page.nothing
        last: Verdicts | None = memo.get(key)
        if last is not None and not last.since <= moment.at < last.until:
            last = None
        known = last
        if page.asks and (last is None or last.facts is not None):
            facts = page.facts_of(contexts) if contexts else facts
            known = last if last is not None and last.facts == facts else None
        if known is not None:
            verdicts = known
        elif last is None:
            verdicts = judge(page, hot, facts, moment, language)
        else:
            verdicts = judge_again(page, hot, facts, moment, language, last)
        if known is None and prepared.generation != self._hots.generation and self._current(prepared) is not person:
            if once_more:
                return self._decided(prepared, names, contexts, language, code, count, once_more=False)
            raise JournalError("Consent or data changed while this was decided.")
        page_id = b""
        if hot.seal is None:
            if count:
                self._recorder.count(moment.at, serving.recipe.digest_bytes, outcomes(verdicts))  # and no more (law 10)
        elif page.slots:
            page_id = self._record(serving, hot, page, moment.at, code, verdicts, facts, language)
        if known is None:
            memo[key] = verdicts
        shown, tallies = code_of(code) if page_id else "", self.tallies if count else None
        decisions = answers(verdicts, serving.recipe.digest, language, shown, page_id, tallies)
        for place, slot in page.odd:
            decisions.insert(place, self._unasked(slot, ""))
        return decisions

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
            body, seal = body_of(verdicts, serving.ingredients, page, hot, facts, language), hot.seal
        page_id = self._recorder.write(
            at, code, hot.subject, serving.recipe.digest_bytes, hot.assurance, hot.epoch,
            len(verdicts.found), verdicts.lines, body, seal,
        )  # fmt: skip
        if not verdicts.page_id:
            verdicts.page_id = page_id
        return page_id
