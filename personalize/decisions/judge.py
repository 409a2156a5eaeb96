"""Write a slot as one Python function: linear, one local per candidate's fate (law 4: a pure function).

It reads like the trip. For each candidate: on schedule, targeted, its placeholders known, not suppressed.
Then, among those still eligible, the first that its chooser takes.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from personalize.decisions.cells import Asked
from personalize.decisions.codes import code, refusals
from personalize.decisions.conditions.clauses import Clause
from personalize.decisions.conditions.compile import VALUES as CONDITION_VALUES
from personalize.decisions.conditions.compile import Ends, write_clause, write_function
from personalize.decisions.conditions.scope import Scope
from personalize.decisions.conditions.text import text
from personalize.decisions.engine import NO_RULES, Answer, BoundRule, Call, Contender, Fate, Judge
from personalize.decisions.generated import Body, Program, State, code_of, run
from personalize.decisions.rules import RuleFailed
from personalize.model.decisions import Reason

MOST_INLINE = 4
"""A rule's condition over more candidates than this is a function of its own, asked once."""
MOST_FOUND = 1 << 14
"""How many fates and masks `Found` keeps, in answers of equal length."""
VALUES: dict[str, object] = {
    **CONDITION_VALUES,
    "Asked": Asked,
    "NOT_MATCHED": code(Reason.NOT_MATCHED),
    "NOT_SCHEDULED": code(Reason.NOT_SCHEDULED),
    "REFUSED": refusals(),
    "RuleFailed": RuleFailed,
}

FateOf = Callable[[bytes], Fate]


class Found(dict[tuple[Any, ...], Answer]):
    """Answers by the fates of so many candidates and the masks behind them: equal ones are the same object.

    A candidate that is still eligible at the end has no code of its own yet: it gets `left`.
    """

    def __init__(self, candidates: int, fate_of: FateOf, left: bytes) -> None:
        super().__init__()
        self._candidates, self._fate_of, self._left = candidates, fate_of, left

    def __missing__(self, key: tuple[Any, ...]) -> Answer:
        """Put the fates into one string of codes, and the masks into one."""
        if len(self) * len(key) > MOST_FOUND:
            self.clear()
        mask = 0
        for reads in key[self._candidates :]:
            mask |= reads
        codes = b"".join(self._left if fate is None else fate for fate in key[: self._candidates])
        answer = self[key] = (self._fate_of(codes), mask, ())
        return answer


def compile_slot(
    title: str,
    contenders: Sequence[Contender],
    scope: Scope,
    fate_of: FateOf,
    *,
    failing: frozenset[int] = NO_RULES,
    sifting: bool = False,
) -> tuple[str, Judge]:
    """Return the source of a function that decides these candidates, and the function.

    `fate_of` tells what codes mean. `failing` rules fail without being asked. Where it is `sifting`,
    everybody who is met counts.
    """
    left = code(Reason.TARGETING_MATCH if sifting else Reason.OUTRANKED)
    program = _write(contenders, scope, failing, sifting)
    program.values["FOUND"] = Found(len(contenders), fate_of, left)
    judge: Judge = run(code_of(program.source, title), program.values)["judge"]
    return program.source, judge


def _write(contenders: Sequence[Contender], scope: Scope, failing: frozenset[int], sifting: bool) -> Program:
    writer = _SlotWriter(contenders, scope, failing)
    for place, contender in enumerate(contenders):
        writer.candidate(place, contender)
    if contenders and not sifting:
        writer.choose()
    return writer.finish()


class _SlotWriter:
    """Writes the stages of one slot's decision."""

    def __init__(self, contenders: Sequence[Contender], scope: Scope, failing: frozenset[int]) -> None:
        self.contenders, self.scope, self.failing = contenders, scope, failing
        self.program = Program(VALUES)
        self.body = Body(self.program)
        self.asks = self.fails = False
        self.unmet = self.body.state
        self._shared: set[int] = set()
        self._uses = Counter(rule.index for contender in contenders for rule in contender.suppressors)
        self._uses.update(contender.chooser.index for contender in contenders)

    def candidate(self, place: int, contender: Contender) -> None:
        """Write what becomes of one candidate, as far as it does not depend on the others."""
        fate, when = f"f{place}", contender.when
        self.body.comment(f"{place}", contender.variant.name, f"when {text(when)}" if when is not None else "")
        with self.body.reads_into(f"m{place}"):
            if not contender.scheduled:
                self.targeting(fate, contender)
                return
            self.body.line(f"{fate} = NOT_SCHEDULED")
            with self.body.block(f"if {contender.starts} <= moment.at < {contender.ends}:"):
                self.targeting(fate, contender)

    def targeting(self, fate: str, contender: Contender) -> None:
        """Write whether the candidate's own condition is met, and what follows where it is."""
        further = self.hurdles(fate, contender)
        if contender.when is None:
            self.body.line(f"{fate} = None")
            self.jump(fate, further)
            return
        self.body.forget_absence()
        met = write_clause(contender.when, self.scope, self.body).met
        refused = "NOT_MATCHED if absent is None else REFUSED[stranger][absent.cause]"
        if not further:
            self.body.line(f"{fate} = None if t else {refused}")
            return
        with self.body.block("if t:", met):
            self.body.line(f"{fate} = None")
            self.jump(fate, further)
        self.body.lines("else:", f"    {fate} = {refused}")

    def hurdles(self, fate: str, contender: Contender) -> list[Callable[[], State]]:
        """Return what may still put a targeted candidate out, in order."""
        return [
            *(lambda place=place: self.placeholder(fate, place) for place in contender.placeholders.values()),
            *(lambda rule=rule: self.suppressor(fate, rule) for rule in contender.suppressors),
        ]

    def jump(self, fate: str, hurdles: list[Callable[[], State]]) -> None:
        """Write hurdles, each tried while the candidate is eligible."""
        if hurdles:
            self.body.chain(f"if {fate} is None:", hurdles)

    def placeholder(self, fate: str, place: int) -> State:
        """Write that over an absence a placeholder makes the candidate not eligible."""
        cell = self.body.cell(place)
        self.body.lines(f"if {cell}.__class__ is Absence:", f"    {fate} = REFUSED[stranger][{cell}.cause]")
        return self.body.state

    def suppressor(self, fate: str, rule: BoundRule) -> State:
        """Write whether a rule suppresses the candidate."""
        self.body.comment("suppressor", rule.title)
        suppressed = self.value(f"suppressed{rule.index}", code(Reason.SUPPRESSED, None, rule.index))
        self.ask(fate, rule, [f"{fate} = {suppressed}"], [])
        return self.unmet

    def choose(self) -> None:
        """Write which eligible candidate is shown: the first that the chooser with the say over it takes."""
        self.body.comment("the first that its chooser takes")
        places = sorted(range(len(self.contenders)), key=lambda place: self.contenders[place].chooser.order)
        with self.body.reads_into(f"m{len(places)}"), self.body.block("while True:"):
            for place in places:
                with self.body.block(f"if f{place} is None:"):
                    self.chooser(f"f{place}", self.contenders[place].chooser)
            self.body.line("break")

    def chooser(self, fate: str, rule: BoundRule) -> None:
        """Write whether a chooser takes an eligible candidate."""
        if rule.title:
            self.body.comment("chooser", rule.title)
        won = self.value(f"won{rule.index + 1}", code(Reason.TARGETING_MATCH, None, rule.index))
        refused = self.value(f"refused{rule.index + 1}", refusals(rule.index))
        said_no = f"{fate} = {refused}[stranger][0 if absent is None else absent.cause]"
        self.ask(fate, rule, [f"{fate} = {won}", "break"], [said_no])

    def ask(self, fate: str, rule: BoundRule, yes: list[str], no: list[str]) -> None:
        """Write the rule's question, and what follows from its answer."""
        noting = rule.silent or bool(no)
        self.unmet = self.body.state
        if rule.index in self.failing:
            self.fail(fate, rule)
        elif isinstance(rule.answer, bool):
            if not rule.answer:
                self.body.forget_absence()
            self.body.lines(*(yes if rule.answer else no))
        elif isinstance(rule.answer, Clause):
            self.unmet = self.condition(rule, rule.answer, noting).unmet
            self.follow(rule, yes, no)
        else:
            with self.call(fate, rule, rule.answer, noting):
                self.follow(rule, yes, no)

    def follow(self, rule: BoundRule, yes: list[str], no: list[str]) -> None:
        """Write what follows from the answer `t`."""
        self.body.line("if t or absent is not None:" if rule.silent else "if t:")
        self.body.lines(*(f"    {line}" for line in yes))
        self.body.lines(*no)

    def condition(self, rule: BoundRule, clause: Clause, noting: bool) -> Ends:
        """Write a rule's condition where it stands, or ask its function where many candidates need it."""
        if self._uses[rule.index] <= MOST_INLINE:
            if noting:
                self.body.forget_absence()
            self.body.comment(text(clause))
            return write_clause(clause, self.scope, self.body, noting=noting)
        answer = f"r{rule.index}"
        if rule.index not in self._shared:
            self._shared.add(rule.index)
            write_function(f"rule{rule.index}", clause, self.scope, self.program)
        self.body.begin(answer)
        self.body.lines(f"if {answer} is None:", f"    {answer} = rule{rule.index}(cells, moment)")
        self.body.lines(f"t, reads, noted = {answer}", "absent = noted" if noting else "")
        self.body.state = self.body.state._replace(clean=self.body.state.clean and not noting)
        self.body.note_from("reads")
        return Ends(self.body.state, self.body.state)

    @contextmanager
    def call(self, fate: str, rule: BoundRule, callee: Call, noting: bool) -> Iterator[None]:
        """Write the call of a plugin's callable, and in here what follows: what it reads, its own view notes."""
        self.asks = True
        self.body.begin("asked")
        self.body.lines("if asked is None:", "    asked = Asked(cells, moment)", "asked.absent = None")
        with self.body.block("try:"):
            self.body.line(f"t = {self.program.value(callee)}(asked)")
        with self.body.block("except RuleFailed:"):
            self.fail(fate, rule)
        with self.body.block("else:"):
            self.body.lines("absent = asked.absent" if noting else "")
            self.body.state = self.body.state._replace(clean=self.body.state.clean and not noting)
            yield

    def fail(self, fate: str, rule: BoundRule) -> None:
        """Write that a rule could not answer: its candidate is out, and it is named."""
        self.fails = True
        self.body.begin("failed", "()")
        self.body.line(f"{fate} = {self.value(f'failed{rule.index + 1}', code(Reason.ERROR, None, rule.index))}")
        self.body.line(f"failed += ({rule.index},)")

    def value(self, name: str, value: object) -> str:
        """Put a value under a name of ours."""
        self.program.values[name] = value
        return name

    def finish(self) -> Program:
        """Write the answer, and return all."""
        fates = [f"f{place}" for place in range(len(self.contenders))]
        found = f"FOUND[({''.join(f'{name}, ' for name in [*fates, *self.body.masks])})]"
        if not self.fails:
            self.body.line(f"return {found}")
        else:
            self.body.line(f"fate, mask, _ = {found}")
            if self.asks:
                self.body.lines("if asked is not None:", "    mask |= asked.mask")
            self.body.line("return fate, mask, failed")
        self.body.finish("def judge(cells, moment, stranger)")
        return self.program
