"""What `personalize check` advises about plugins: what their rules would not do, and over whom functions fail."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain

from personalize.builtin.priority import LAST
from personalize.cli.finding import Finding, advice
from personalize.consent.signals import Signals
from personalize.decisions.cells import Asked, apart
from personalize.decisions.compiled import CompiledRecipe
from personalize.decisions.compiler import compile_recipe
from personalize.decisions.engine import Call
from personalize.explain.developer import rule_name
from personalize.hooks.breaker import Candid, Rubbish
from personalize.hooks.loading import FAILURES, remedy_of, told
from personalize.hooks.manager import Installed
from personalize.model.attributes import ABSENCES, Absence, AttributeType, Cause, Value
from personalize.model.consent import Purpose
from personalize.model.content import Recipe, Rule, RuleKind, Slot
from personalize.profile.view import Moment
from personalize.settings.places import Path, Place
from personalize.settings.toml_file import nearest_name

Places = dict[Path, Place]
ASK_FIRST = "An absence is false and can be compared with nothing: look first whether there is a value."
ABSENT = ABSENCES[Cause.missing]
UNANSWERED = ((), ((b"cookie", b"theme=dark"),))
"""The headers of browsers whose banner nobody has answered yet."""


def rule_advice(
    compiled: CompiledRecipe, installed: Installed, moment: Moment, file: str, places: Places
) -> Iterator[Finding]:
    """Yield, as advice, what rules would not do; `moment` is when their functions are tried."""
    for rule, what in chain(_idle(compiled.recipe), _unasked(compiled), _failing(compiled, installed, moment)):
        message = f"the rule `{rule.name}` of the plugin {rule.plugin} {what}"
        yield advice(file, places, ("plugins", rule.plugin), message)


def source_advice(
    installed: Installed, purposes: Mapping[str, Purpose], file: str, places: Places
) -> Iterator[Finding]:
    """Yield, as advice, the consent sources that fail where nothing was said yet: it counts as a no of everybody."""
    for plugin, source in installed.sources:
        if fault := _deafness(Signals([source], purposes, Counter(), Candid())):
            what = f"the consent source `{source.name}` of the plugin {plugin} fails where its banner was not answered"
            yield advice(file, places, ("plugins", plugin), f"{what}: {fault}")


def _deafness(signals: Signals) -> str:
    for headers in UNANSWERED:
        try:
            signals.hear(headers)
        except Rubbish as error:
            return f"it {error}. Return a mapping of purpose to True, Agreed, False or None, or an empty one."
        except FAILURES as error:
            return f"{told(error)}. {remedy_of(error)}"
    return ""


def unasked_options(installed: Installed, file: str, places: Places) -> Iterator[Finding]:
    """Yield, as advice, the options that no hook of their plugin asks for."""
    for plugin, options in installed.options.items():
        for option in options.unasked():
            remedy = nearest_name(option, options.asked) if options.asked else "Take it out."
            message = f"[plugins.{plugin}] {option}: the plugin does not ask for this option. {remedy}"
            yield advice(file, places, ("plugins", plugin, option), message)


def _idle(recipe: Recipe) -> Iterator[tuple[Rule, str]]:
    """Yield the variants that a rule names and no content file has: it keeps away or chooses nothing there."""
    for rule in recipe.rules:
        there = [each.name for each in recipe.variants if not rule.slots or each.slot in rule.slots]
        for name in rule.variants:
            if name not in there:
                yield rule, f"names the variant `{name}`, which no content file has there. {nearest_name(name, there)}"


def _unasked(compiled: CompiledRecipe) -> Iterator[tuple[Rule, str]]:
    """Yield the choosers that have the say over none of the variants they concern: others come before them."""
    rules = compiled.recipe.rules
    contenders = [each for slot in compiled.slots.values() for each in slot.contenders]
    asked = {each.chooser.index for each in contenders}
    for index, rule in enumerate(rules):
        if rule.kind is not RuleKind.chooser or index in asked or rule.order == LAST:
            continue
        concerned = (each for each in contenders if rule.applies_to(each.variant.slot, each.variant.name))
        if each := next(concerned, None):
            first = each.chooser.index
            remedy = f"Give it an order below {rules[first].order}, or other variants"
            comes_first = f"{rule_name(first, compiled.recipe)} comes before it"
            yield rule, f"has no say over `{each.variant.name}`: {comes_first}. {remedy}."


def _failing(compiled: CompiledRecipe, installed: Installed, moment: Moment) -> Iterator[tuple[Rule, str]]:
    """Yield the rules whose function fails over somebody of whom something, or nothing, is known."""
    if not installed.callees:
        return
    recipe = compiled.recipe
    tried = compile_recipe(recipe, compiled.digest, installed.callees, breaker=Candid())
    failing: dict[int, str] = {}
    for slot in tried.slots.values():
        trial = _Trial(recipe, slot.slot, moment)
        for contender in slot.contenders:
            for rule in (*contender.suppressors, contender.chooser):
                if callable(rule.answer) and rule.index not in failing:
                    failing[rule.index] = trial.trouble(rule.answer, recipe.rules[rule.index].reads)
    yield from ((recipe.rules[index], f"fails over somebody of whom {what}") for index, what in failing.items() if what)


class _Trial:
    """Made-up people, of whom more or less is known, on a page of one slot."""

    def __init__(self, recipe: Recipe, slot: Slot, moment: Moment) -> None:
        self._moment, self._attributes = moment, len(recipe.attributes)
        kinds = [(each.name, each.type, each.choices) for each in recipe.attributes]
        kinds += [(name, kind, ()) for name, kind in slot.context.items()]
        self._cells = {name: self._sample(kind, choices) for name, kind, choices in kinds}

    def trouble(self, answer: Call, reads: Sequence[str]) -> str:
        """Return of whom a rule's function fails, and how; nothing where it does not."""
        if fault := self._fault(answer, self._cells):
            return f"nothing is known: {fault}"
        if not self._fault(answer, ()):
            for name in reads:
                if name in self._cells and (fault := self._fault(answer, (name,))):
                    return f"`{name}` is not known: {fault}"
        return ""

    def _fault(self, answer: Call, absent: Collection[str]) -> str:
        """Return what a rule's function does wrong where these are absent."""
        cells = tuple(ABSENT if name in absent else value for name, value in self._cells.items())
        try:
            answer(Asked(*apart(cells, self._attributes), self._moment))
        except Rubbish as error:
            return f"it {error}. Return one of the two."
        except FAILURES as error:
            told_so = told(error)
            return f"{told_so}. {ASK_FIRST if Absence.__name__ in told_so else remedy_of(error)}"
        return ""

    def _sample(self, kind: AttributeType, choices: Sequence[str]) -> Value:
        samples: dict[AttributeType, Value] = {
            AttributeType.number: 1,
            AttributeType.yes_no: True,
            AttributeType.date: self._moment.today,
            AttributeType.instant: self._moment.now,
            AttributeType.set: frozenset({"x"}),
        }
        return samples.get(kind, choices[0] if choices else "x")
