"""Write a slot as one Python function: linear, one local per candidate's end (law 4: a pure function).

It reads like the trip. For each candidate: on schedule, targeted, its placeholders known, not suppressed.
Then, among those still eligible, the first that its chooser takes.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from personalize.decisions.cells import Asked
from personalize.decisions.codes import code, refusals
from personalize.decisions.conditions.clauses import Clause
from personalize.decisions.conditions.compile import VALUES as CONDITION_VALUES
from personalize.decisions.conditions.compile import write_clause, write_function
from personalize.decisions.conditions.required import write_required, write_struck
from personalize.decisions.conditions.scope import Scope
from personalize.decisions.conditions.text import text
from personalize.decisions.engine import BoundRule, Call, Contender, Judge, in_turn
from personalize.decisions.exits import ELIGIBLE, AnswerOf, Choice, Exits, Found, lookup
from personalize.decisions.generated import Body, Program, State, code_of, run
from personalize.hooks.breaker import CallFailed
from personalize.model.decisions import Reason

MOST_INLINE = 4
"""A rule's condition over more candidates than this is a function of its own, asked once."""
MOST_TOGETHER = 50
"""A slot of more candidates is written in parts of so many, each a function of its own.

Python compiles a function in one go, 0.3 ms and more for each candidate, in which no other thread has its turn.
"""
ARGUMENTS = ("values", "absences", "facts", "moment", "stranger")
VALUES: dict[str, object] = {
    **CONDITION_VALUES,
    "Asked": Asked,
    "CallFailed": CallFailed,
}


def compile_slot(
    title: str,
    contenders: Sequence[Contender],
    scope: Scope,
    answer_of: AnswerOf,
    *,
    failing: frozenset[int],
    sifting: bool,
) -> tuple[str, Judge]:
    """Return the source of a function that decides these candidates, and the function.

    `answer_of` makes the answers. `failing` rules fail without being asked. Where it is `sifting`,
    everybody who is met counts.
    """
    left = code(Reason.TARGETING_MATCH if sifting else Reason.OUTRANKED)
    writer = _SlotWriter(contenders, scope, failing)
    program = writer.write(sifting)
    found = Found(writer.exits, writer.choices, answer_of, left, more=len(writer.more))
    program.values |= {"ROWS": found.rows, "FIND": found.find}
    codes = (code_of(function, title) for function in program.functions)
    judge: Judge = run(codes, program.values)["judge"]
    return program.source, judge


class _SlotWriter:
    """Writes the stages of one slot's decision."""

    def __init__(self, contenders: Sequence[Contender], scope: Scope, failing: frozenset[int]) -> None:
        self.contenders, self.scope, self.failing = contenders, scope, failing
        self.program = Program(VALUES)
        self.body = Body(self.program, len(scope.attributes))
        self.exits = [Exits() for _ in contenders]
        self.choices: list[Choice] = []
        self.asks = self.fails = False
        self._place = 0
        self._shared: set[int] = set()
        self._uses = Counter(rule.index for contender in contenders for rule in contender.suppressors)
        self._uses.update(contender.chooser.index for contender in contenders)

    def write(self, sifting: bool) -> Program:
        """Write the slot's function, and those of its parts where it has many candidates."""
        places = range(len(self.contenders))
        if len(places) <= MOST_TOGETHER:
            self.candidates(places)
        else:
            for start in places[::MOST_TOGETHER]:
                self.part(places[start : start + MOST_TOGETHER])
        if self.contenders and not sifting:
            self.choose()
        return self.finish()

    def part(self, places: range) -> None:
        """Write a function of some candidates, and that it is called: what holds for all goes through its hands."""
        outer, name = self.body, f"from{places.start}"
        handed = (*ARGUMENTS, "asked", "failed")
        outer.begin("asked", "Asked(values, absences, facts, moment)")
        outer.begin("failed", "()")
        self.body = Body(self.program, outer.attributes, outer.masks)
        self.candidates(places)
        found = ", ".join([*(f"e{place}" for place in places), *self.body.masks[len(outer.masks) :], "failed"])
        self.body.line(f"return {found}")
        self.body.finish(name, *handed)
        outer.line(f"{found} = {name}({', '.join(handed)})")
        outer.masks, self.body = self.body.masks, outer

    def candidates(self, places: range) -> None:
        """Write what becomes of each of these candidates."""
        for self._place in places:
            self.candidate(self.contenders[self._place])

    def candidate(self, contender: Contender) -> None:
        """Write what becomes of one candidate, as far as it does not depend on the others: it leaves where it ends."""
        place, when, body = self._place, contender.when, self.body
        body.comment(f"{place}", contender.variant.name, f"when {text(when)}" if when is not None else "")
        with body.block("while True:"):
            if contender.scheduled:
                on_schedule = f"{contender.starts} <= moment.at < {contender.ends}"
                body.lines(f"if not {on_schedule}:", f"    {self.end(code(Reason.NOT_SCHEDULED))}", "    break")
            if when is not None:
                write_required(when, self.scope, body, self.leave, self.mask())
            for cell in map(body.cell, contender.placeholders.values()):
                body.lines(f"if {cell.absent}:", f"    {self.leave(cell.absence)}", "    break")
            for rule in contender.suppressors:
                self.suppressor(rule)
            self.exits[place].eligible(self.read)
            body.lines(f"e{place} = {ELIGIBLE}", "break")
        body.state = State()

    @property
    def read(self) -> int:
        """Return what the candidate has certainly read."""
        return self.body.state.read or 0

    def mask(self) -> str:
        """Return a new local for what may be read."""
        return f"m{len(self.body.masks)}"

    def end(self, fate: bytes) -> str:
        """Return the statement that ends the candidate with this code."""
        return f"e{self._place} = {self.exits[self._place].number(fate, self.read)}"

    def leave(self, absence: str = "", plain: str = "", rule: int = -1) -> str:
        """Return the statement that ends the candidate because something was not met."""
        number = self.end(code(Reason.NOT_MATCHED, None, rule))
        if not absence:
            return number
        refused = self.program.value(self.exits[self._place].refusals(self.read, rule))
        over_absence = f"{refused}[stranger][{absence}.cause]"
        return f"{number} if {plain} else {over_absence}" if plain else f"e{self._place} = {over_absence}"

    def suppressor(self, rule: BoundRule) -> None:
        """Write whether a rule suppresses the candidate."""
        self.body.comment("suppressor", rule.title)
        if isinstance(rule.answer, Clause) and self.is_inline(rule) and rule.index not in self.failing:
            self.body.comment(text(rule.answer))
            if write_struck(rule.answer, self.scope, self.body, partial(self.suppressed, rule), silent=rule.silent):
                return
        self.ask(rule, [self.suppressed(rule), "break"], [], ["break"], noting=rule.silent)

    def suppressed(self, rule: BoundRule) -> str:
        """Return the statement that ends a candidate because this rule suppresses it."""
        return self.end(code(Reason.SUPPRESSED, None, rule.index))

    def choose(self) -> None:
        """Write which eligible candidate is shown: the first that the chooser with the say over it takes."""
        choosers = [(place, self.contenders[place].chooser) for place in in_turn(self.contenders)]
        self.body.comment("of who is eligible, the first that its chooser takes")
        if all(isinstance(rule.answer, bool) and rule.index not in self.failing for _, rule in choosers):
            self.choices = [_choice(place, rule) for place, rule in choosers]
            return
        with self.body.block("while True:"):
            for place, rule in choosers:
                with self.body.block(f"if e{place} == {ELIGIBLE}:"):
                    self.chooser(place, rule)
            self.body.line("break")

    def chooser(self, place: int, rule: BoundRule) -> None:
        """Write whether a chooser takes an eligible candidate."""
        self.body.comment("chooser" if rule.title else "", rule.title)
        self._place, self.body.state = place, State(read=self.exits[place].ends[ELIGIBLE].read)
        won = self.end(code(Reason.TARGETING_MATCH, None, rule.index))
        no = self.leave("absent", "absent is None", rule.index)
        self.ask(rule, [won, "break"], [no], [], noting=True)

    def ask(self, rule: BoundRule, yes: list[str], no: list[str], after_failure: list[str], *, noting: bool) -> None:
        """Write the rule's question, and what follows from its answer."""
        if rule.index in self.failing:
            self.fail(rule, after_failure)
        elif isinstance(rule.answer, bool):
            self.body.lines("absent = None", *(yes if rule.answer else no))
        elif isinstance(rule.answer, Clause):
            unmet = self.condition(rule, rule.answer, noting)
            self.follow(rule, yes, no)
            self.body.state = unmet
        else:
            with self.call(rule, rule.answer, after_failure, noting):
                self.follow(rule, yes, no)

    def follow(self, rule: BoundRule, yes: list[str], no: list[str]) -> None:
        """Write what follows from the answer `t`."""
        self.body.line("if t or absent is not None:" if rule.silent else "if t:")
        self.body.lines(*(f"    {line}" for line in yes))
        self.body.lines(*no)

    def is_inline(self, rule: BoundRule) -> bool:
        """Say whether a rule's condition is written where it stands."""
        return self._uses[rule.index] <= MOST_INLINE

    def condition(self, rule: BoundRule, clause: Clause, noting: bool) -> State:
        """Write a rule's condition, and return what is certain where it is not met."""
        body = self.body
        with body.reads_into(self.mask()):
            if self.is_inline(rule):
                if noting:
                    body.forget_absence()
                unmet = write_clause(clause, self.scope, body, noting=noting).unmet
            else:
                self.shared(rule, clause, noting)
                unmet = body.state
        return unmet._replace(read=body.state.read)

    def shared(self, rule: BoundRule, clause: Clause, noting: bool) -> None:
        """Write that the function of a condition that many candidates need is asked, once for all of them."""
        answer = f"r{rule.index}"
        if rule.index not in self._shared:
            self._shared.add(rule.index)
            write_function(f"rule{rule.index}", clause, self.scope, self.program)
        self.body.begin(answer)
        self.body.lines(f"if {answer} is None:", f"    {answer} = rule{rule.index}(values, absences, facts, moment)")
        self.body.lines(f"t, reads, noted = {answer}", "absent = noted" if noting else "")
        self.body.state = self.body.state._replace(clean=self.body.state.clean and not noting)
        self.body.note_from("reads")

    @contextmanager
    def call(self, rule: BoundRule, callee: Call, after_failure: list[str], noting: bool) -> Iterator[None]:
        """Write the call of a plugin's callable, and in here what follows: what it reads, its own view notes."""
        self.asks = True
        self.body.begin("asked")
        self.body.lines(
            "if asked is None:", "    asked = Asked(values, absences, facts, moment)", "asked.absent = None"
        )
        with self.body.block("try:"):
            self.body.line(f"t = {self.program.value(callee)}(asked)")
        with self.body.block("except CallFailed:"):
            self.fail(rule, after_failure)
        with self.body.block("else:"):
            self.body.lines("absent = asked.absent" if noting else "")
            self.body.state = self.body.state._replace(clean=self.body.state.clean and not noting)
            yield

    def fail(self, rule: BoundRule, after: list[str]) -> None:
        """Write that a rule could not answer: its candidate is out, and it is named."""
        self.fails = True
        self.body.begin("failed", "()")
        self.body.lines(self.end(code(Reason.ERROR, None, rule.index)), f"failed += ({rule.index},)", *after)

    @property
    def more(self) -> list[str]:
        """Return the locals that tell answers apart besides the candidates' ends."""
        return [*self.body.masks, *(["reads"] if self.asks else []), *(["failed"] if self.fails else [])]

    def finish(self) -> Program:
        """Write the answer, and return all."""
        self.body.lines("reads = 0 if asked is None else asked.mask" if self.asks else "")
        self.body.line(f"return {lookup([f'e{place}' for place in range(len(self.contenders))], self.more)}")
        self.body.finish("judge", *ARGUMENTS)
        return self.program


def _choice(place: int, rule: BoundRule) -> Choice:
    """Return what a chooser that always says the same does with a candidate."""
    taken = rule.answer is True
    return Choice(place, taken, code(Reason.TARGETING_MATCH, None, rule.index) if taken else refusals(rule.index)[0][0])
