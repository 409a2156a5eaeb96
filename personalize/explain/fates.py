"""What became of each candidate, in words: why it was shown, and why the others were not."""

from collections.abc import Iterator
from datetime import time, timedelta

from personalize.explain.dates import local, moment_words
from personalize.explain.explanation import CandidateLine
from personalize.explain.ingredients import Teller
from personalize.explain.phrases import reason_phrase
from personalize.explain.reader import Reader
from personalize.explain.recorded import Failing, Recorded
from personalize.model.attributes import Cause
from personalize.model.content import Rule, RuleKind, Variant
from personalize.model.cookbook import Withheld
from personalize.model.decisions import Outcome, Reason
from personalize.model.placeholders import PlaceholderProblem, names_in

LONGEST_HEADLINE = 80


class Fates:
    """Puts the candidates of one entry into words."""

    def __init__(self, teller: Teller, recorded: Recorded) -> None:
        self.teller, self.recorded = teller, recorded
        self.entry, self.recipe, self.lang = teller.entry, teller.facts.recipe, teller.lang
        self.open = teller.reader is not Reader.visitor
        self._variants = {v.name: v for v in self.recipe.variants if v.slot == self.entry.slot}

    def title(self, name: str) -> str:
        """Return what a variant is called: its title, else its headline, else its name."""
        variant = self._variant(name)
        if self.teller.reader is Reader.developer:
            return name
        return self.lang.title(variant.titles, "") or self._headline(variant) or name

    def others(self) -> tuple[CandidateLine, ...]:
        """Return a line for each candidate that was not shown; what is still to come is the site's own."""
        return tuple(
            self.line(outcome)
            for outcome in self.entry.outcomes
            if outcome.variant != self.entry.variant and (self.open or outcome.reason is not Reason.NOT_SCHEDULED)
        )

    def line(self, outcome: Outcome) -> CandidateLine:
        """Return what became of one candidate that was not shown."""
        return CandidateLine(
            variant=outcome.variant,
            reason=outcome.reason.name,
            cause=outcome.cause.name if outcome.cause else "",
            rule=self.rule_name(outcome.rule),
            sentence=self.lang.say(
                "“{variant}” was not shown: {phrase}.",
                variant=self.title(outcome.variant),
                phrase=self.teller.after_colon(self.why_not(outcome)),
            ),
        )

    def why_not(self, outcome: Outcome) -> str:
        """Return why a candidate was not shown, as a phrase; of the erased nothing that hangs on what they were."""
        match outcome.reason:
            case Reason.SUPPRESSED | Reason.NOT_MATCHED if self.entry.erased:
                return reason_phrase(outcome.reason, self.lang)
            case Reason.SUPPRESSED:
                return self._suppressed(outcome)
            case Reason.NOT_MATCHED | Reason.NO_CONSENT | Reason.NOT_RECOGNISED:
                return self._refused(outcome)
            case Reason.OUTRANKED if self.entry.variant is not None:
                return self.lang.say("“{winner}” came first", winner=self.title(self.entry.variant))
            case Reason.NOT_SCHEDULED:
                return self._off_schedule(self._variant(outcome.variant))
            case Reason.ERROR if rule := self._rule(outcome.rule):
                return self.fault(rule)
            case _:
                return reason_phrase(outcome.reason, self.lang)

    def rule_name(self, place: int) -> str:
        """Return a rule as `plugin/name`, for programs; empty where there is none, or for a visitor."""
        rule = self._rule(place) if self.open else None
        return f"{rule.plugin}/{rule.name}" if rule else ""

    def fault(self, rule: Rule) -> str:
        """Return that a rule did not work, as a phrase."""
        if not self.open:
            return reason_phrase(Reason.ERROR, self.lang)
        return self.lang.say("the part of our system that checks “{rule}” did not work", rule=self._words(rule))

    def why_shown(self, outcome: Outcome) -> str:
        """Return why the winner was shown, as a sentence."""
        unsure = next(self._unsure(outcome.variant), None)
        if unsure is not None:
            return unsure
        phrase = self.fits(outcome)
        if phrase:
            return self.lang.say("The reason: {phrase}.", phrase=self.teller.after_colon(phrase))
        filled = self._filled_in(self._variant(outcome.variant))
        if filled:
            return self.lang.say("This is for everyone of whom we know: {titles}.", titles=self.lang.listing(filled))
        if any(self._suppressors(outcome.variant)):
            return self.lang.say("This is for everyone, unless something speaks against it; for you nothing did.")
        return self.lang.say("This is for everyone.")

    def fits(self, outcome: Outcome) -> str:
        """Return what speaks for a candidate, as a phrase; empty where it is for everyone."""
        rule = self._rule(outcome.rule)
        # A chooser that takes whatever it is given tells nothing about this visitor.
        if rule is not None and (rule.when or rule.callable):
            return self._words(rule)
        return self.recorded.met(self._variant(outcome.variant).when)

    def _filled_in(self, variant: Variant) -> list[str]:
        """Return the titles of the values that the variant's texts name."""
        texts = [text for by_language in variant.fields.values() for text in by_language.values()]
        names = dict.fromkeys(name for text in texts for name in names_in(text))
        return [self.lang.quote(self.teller.title(name)) for name in names]

    def _unsure(self, variant: str) -> Iterator[str]:
        """Yield a sentence for each rule that might have kept the variant away, had we been able to look."""
        for rule in self._suppressors(variant):
            withheld = self.recorded.withheld(rule)
            if withheld is not None:
                yield self._not_known(rule, self.teller.cause(withheld))

    def _suppressors(self, variant: str) -> Iterator[Rule]:
        """Yield the rules that may keep a variant away."""
        for rule in self.recipe.rules:
            if rule.kind is RuleKind.suppressor and rule.applies_to(self.entry.slot, variant):
                yield rule

    def _not_known(self, rule: Rule, cause: str) -> str:
        whether, phrase = self.lang.exact(rule.whether), self.teller.after_colon(cause)
        if whether:
            return self.lang.say("We did not know {whether}: {phrase}.", whether=whether, phrase=phrase)
        return self.lang.say(
            "We did not know whether “{rule}” holds for you: {phrase}.", rule=self._words(rule), phrase=phrase
        )

    def _suppressed(self, outcome: Outcome) -> str:
        rule = self._rule(outcome.rule)
        if rule is None:
            return reason_phrase(outcome.reason, self.lang)
        withheld = self.recorded.withheld(rule) if rule.on_unknown == "suppress" else None
        if withheld is None:
            return self._words(rule)
        whether, phrase = self.lang.exact(rule.whether), self.teller.after_colon(self.teller.cause(withheld))
        if whether:
            return self.lang.say(
                "we did not know {whether}, and then we would rather leave it out: {phrase}",
                whether=whether,
                phrase=phrase,
            )
        return self.lang.say(
            "we did not know whether “{rule}” holds for you, and then we would rather leave it out: {phrase}",
            rule=self._words(rule),
            phrase=phrase,
        )

    def _refused(self, outcome: Outcome) -> str:
        rule, variant = self._rule(outcome.rule), self._variant(outcome.variant)
        when = rule.when if rule else variant.when
        if outcome.cause is not None:
            withheld = self._missed(outcome.cause, when, rule, variant)
            return self.teller.cause(withheld) if withheld else reason_phrase(outcome.reason, self.lang)
        failing = self.recorded.failing(when)
        if failing is None:
            return self._unfit(rule) if rule else reason_phrase(outcome.reason, self.lang)
        needed = failing.words if failing.hidden else self.needed(outcome.variant, failing.words)
        return "; ".join([needed, *self._seen(failing)])

    def needed(self, variant: str, condition: str) -> str:
        """Return what a variant is shown for, as a phrase that follows its name."""
        return self.lang.say(
            "it is only shown when this holds: {condition}", condition=self.teller.after_colon(condition)
        )

    def _seen(self, failing: Failing) -> Iterator[str]:
        """Yield what the failing part saw."""
        for name in () if failing.hidden else failing.names:
            value = self.teller.value(name)
            if value is not None and len(failing.names) == 1:
                yield self.lang.say("for you it was {value}", value=value)
            elif value is not None:
                yield self.lang.say("for you “{title}” was {value}", title=self.teller.title(name), value=value)

    def _missed(self, cause: Cause, when: str, rule: Rule | None, variant: Variant) -> Withheld | None:
        """Return the absence on which a candidate stranded: the condition's, else a placeholder's."""
        failing = self.recorded.failing(when)
        names = [*(failing.names if failing else ()), *(rule.reads if rule else self._placeholders(variant))]
        met = [item for item in self.entry.absences if item.cause is cause]
        return next((item for name in names for item in met if item.attribute == name), next(iter(met), None))

    def _unfit(self, rule: Rule) -> str:
        return self.lang.say("this does not hold for you: {rule}", rule=self.teller.after_colon(self._words(rule)))

    def _off_schedule(self, variant: Variant) -> str:
        if variant.starts is not None and self.entry.at < variant.starts:
            start = moment_words(local(variant.starts, self.teller.zone), self.lang)
            return self.lang.say("it was to start on {moment}", moment=start)
        if variant.ends is not None and self.entry.at >= variant.ends:
            end = local(variant.ends, self.teller.zone)
            if end.time() == time.min:  # the midnight after its last day
                end -= timedelta(days=1)
            return self.lang.say("it had ended on {moment}", moment=moment_words(end, self.lang))
        return reason_phrase(Reason.NOT_SCHEDULED, self.lang)

    def _words(self, rule: Rule) -> str:
        return self.teller.named(rule.titles, f"{rule.plugin}/{rule.name}", rule.name.replace("-", " "))

    def _rule(self, place: int) -> Rule | None:
        return self.recipe.rules[place] if 0 <= place < len(self.recipe.rules) else None

    def _variant(self, name: str) -> Variant:
        return self._variants.get(name) or Variant(slot=self.entry.slot, name=name)

    def _headline(self, variant: Variant) -> str:
        """Return the first text of a variant, where it is short and names nobody."""
        for field in self.teller.slot.fields:
            text = self.lang.title(variant.fields.get(field.name, {}), "")
            if field.kind == "text" and text:
                return text if len(text) <= LONGEST_HEADLINE and not _names(text) else ""
        return ""

    def _placeholders(self, variant: Variant) -> tuple[str, ...]:
        texts = (text for texts in variant.fields.values() for text in texts.values())
        return tuple(name for text in texts for name in _names(text))


def _names(text: str) -> tuple[str, ...]:
    try:
        return names_in(text)
    except PlaceholderProblem:
        return ()
