"""A decision as developers read it: the names that stand in files and code, and never a value."""

from collections.abc import Mapping, Sequence

from personalize.cookbook.codes import show_code
from personalize.decisions.conditions.clauses import reads
from personalize.decisions.conditions.text import text
from personalize.explain.dates import age_words, local
from personalize.explain.explanation import AbsenceLine, CandidateLine, Explanation, IngredientLine, unserved
from personalize.explain.facts import Facts
from personalize.explain.language import Language, marked
from personalize.explain.reader import Reader
from personalize.explain.recorded import Recorded, conditions_of
from personalize.model.attributes import Cause
from personalize.model.content import SEGMENTS, Recipe, Rule, Variant
from personalize.model.cookbook import CookbookEntry, Ingredient
from personalize.model.decisions import Outcome, Reason
from personalize.model.people import Assurance
from personalize.model.placeholders import names_in

REASONS: Mapping[Reason, str] = {
    Reason.TARGETING_MATCH: marked("it is meant for this visitor"),
    Reason.SPLIT: marked("this visitor is in its share"),
    Reason.DEFAULT: marked("no variant is published"),
    Reason.DISABLED: marked("the slot is switched off"),
    Reason.ERROR: marked("something failed"),
    Reason.SUPPRESSED: marked("a rule keeps it away"),
    Reason.CAPPED: marked("shown often enough"),
    Reason.HOLDOUT: marked("held out for comparison"),
    Reason.NO_CONSENT: marked("no consent covers what it reads"),
    Reason.NOT_RECOGNISED: marked("the visitor is not recognised"),
    Reason.NOT_MATCHED: marked("it is meant for others"),
    Reason.OUTRANKED: marked("another variant came first"),
    Reason.NOT_SCHEDULED: marked("not on schedule now"),
    Reason.NOT_PUBLISHED: marked("not published"),
    Reason.UNRECORDED: marked("the decision could not be recorded"),
    Reason.LATE: marked("asked for after the response had started"),
    Reason.NOT_REPLAYABLE: marked("cannot be decided again"),
}
CAUSES: Mapping[Cause, str] = {
    Cause.objected: marked("the visitor objected"),
    Cause.no_consent: marked("no consent"),
    Cause.assurance: marked("not sure enough who it is"),
    Cause.missing: marked("the value is missing"),
    Cause.wrong_type: marked("the value has the wrong type"),
    Cause.stale: marked("the value is too old"),
}
SAID = (Reason.NO_CONSENT, Cause.no_consent)
"""The reason that says already what this cause would."""


def reason_words(reason: Reason, lang: Language) -> str:
    """Return a reason in words and by its name."""
    return f"{lang.say(REASONS[reason])} ({reason.name})"


def fate_words(
    outcome: Outcome, slot: str, winner: str | None, recipe: Recipe | None, absent: Mapping[str, Cause], lang: Language
) -> str:
    """Return what became of a candidate of a slot, with what of the `absent` it needed, and the rule that said so."""
    names = needed(outcome, slot, recipe, absent) if recipe else ()
    words = f"{outcome.variant}: {why_words(outcome, winner, names, lang)}"
    rule = rule_name(outcome.rule, recipe)
    return lang.say("{fate}, says {rule}", fate=words, rule=rule) if rule else words


def why_words(outcome: Outcome, winner: str | None, names: Sequence[str], lang: Language) -> str:
    """Return why that became of a candidate, with the absence that caused it, of these names; an objection says all.

    `winner` is the variant that is shown.
    """
    if outcome.reason is Reason.OUTRANKED and winner:
        return lang.say("{winner} came first", winner=winner)
    words = lang.say(REASONS[outcome.reason])
    if outcome.cause is None or outcome.reason is Reason.NOT_RECOGNISED:
        return words
    if (outcome.reason, outcome.cause) == (Reason.NO_CONSENT, Cause.objected):
        words = lang.say(CAUSES[outcome.cause])
    elif (outcome.reason, outcome.cause) != SAID:
        words = f"{words}, {lang.say(CAUSES[outcome.cause])}"
    return f"{words} ({', '.join(names)})" if names else words


def needed(outcome: Outcome, slot: str, recipe: Recipe, absent: Mapping[str, Cause]) -> tuple[str, ...]:
    """Return the names for want of which a candidate got this outcome, as far as they are among the absent."""
    if outcome.cause is None:
        return ()
    rule = recipe.rules[outcome.rule] if outcome.rule >= 0 else None
    candidates = recipe.segments if slot == SEGMENTS else [each for each in recipe.variants if each.slot == slot]
    asking = rule or next((each for each in candidates if each.name == outcome.variant), None)
    when = asking.when if asking else ""
    names = sorted(reads(conditions_of(recipe, slot).clause(when))) if when else []
    if isinstance(asking, Rule):
        names += asking.reads
    elif isinstance(asking, Variant):
        names += (name for texts in asking.fields.values() for text in texts.values() for name in names_in(text))
    return tuple(name for name in dict.fromkeys(names) if absent.get(name) is outcome.cause)


def rule_name(place: int, recipe: Recipe | None) -> str:
    """Return a rule as `plugin/name`; empty where there is none."""
    rules = recipe.rules if recipe else ()
    return f"{rules[place].plugin}/{rules[place].name}" if 0 <= place < len(rules) else ""


def for_developers(entry: CookbookEntry, facts: Facts, lang: Language) -> Explanation:
    """Return the explanation of an entry in names: slot, variants, rules, attributes, conditions as written."""
    return _Names(entry, facts, lang).explanation()


class _Names:
    """Gathers the lines of one entry."""

    def __init__(self, entry: CookbookEntry, facts: Facts, lang: Language) -> None:
        self.entry, self.facts, self.lang, self.recipe = entry, facts, lang, facts.recipe
        self.recorded = Recorded(entry, facts.recipe, lang)
        self._zone = self.recorded.scope.zone
        self._sources = {attribute.name: attribute.source for attribute in facts.recipe.attributes}
        self._bases = {purpose.name: purpose.basis.value for purpose in facts.recipe.purposes}
        self._absent = {item.attribute: item.cause for item in entry.absences}
        self._conditions = {v.name: v.when for v in facts.recipe.variants if v.slot == entry.slot}

    def explanation(self) -> Explanation:
        """Return everything there is to say."""
        entry, at = self.entry, local(self.entry.at, self.facts.wall)
        winner = next((o for o in entry.outcomes if o.variant == entry.variant), None)
        shown = entry.variant or self.lang.say("the default")
        assurance = Assurance(entry.assurance).name
        return Explanation(
            code=show_code(entry.code),
            slot=entry.slot,
            variant=entry.variant,
            reason=entry.reason.name,
            lang=self.lang.name,
            at=at.isoformat(),
            when=at.isoformat(sep=" ", timespec="seconds"),
            recipe=entry.recipe,
            shown=f"{entry.slot}: {shown}.",
            why=f"{reason_words(entry.reason, self.lang)}.",
            rule=rule_name(winner.rule, self.recipe) if winner else "",
            person=self.lang.say("assurance {assurance}", assurance=assurance) + ".",
            ingredients=tuple(self._ingredient(item) for item in entry.ingredients),
            absences=tuple(self._absence(item.attribute, item.cause) for item in entry.absences),
            page=tuple(entry.context),
            others=tuple(self._candidate(outcome) for outcome in entry.outcomes if outcome.variant != entry.variant),
            faults=tuple(filter(None, (rule_name(place, self.recipe) for place in entry.failed))),
            erased=entry.erased,
            served=entry.served,
            unserved=unserved(entry, self.facts.now, self.lang),
            reader=Reader.developer,
        )

    def _candidate(self, outcome: Outcome) -> CandidateLine:
        rule = rule_name(outcome.rule, self.recipe)
        words = fate_words(outcome, self.entry.slot, self.entry.variant, self.recipe, self._absent, self.lang)
        when = self.recipe.rules[outcome.rule].when if rule else self._conditions.get(outcome.variant, "")
        traced = outcome.reason is Reason.NOT_MATCHED and not self.entry.erased
        failing = self.recorded.failing(when) if traced else None
        return CandidateLine(
            variant=outcome.variant,
            reason=outcome.reason.name,
            cause=outcome.cause.name if outcome.cause else "",
            rule=rule,
            sentence=f"{words}: {text(failing.clause)}" if failing else words,
        )

    def _absence(self, name: str, cause: Cause) -> AbsenceLine:
        words = f"{name}: {self.lang.say(CAUSES[cause])}"
        return AbsenceLine(attribute=name, title=name, cause=cause.name, sentence=words)

    def _ingredient(self, item: Ingredient) -> IngredientLine:
        batch = self.facts.batches.get(item.value.batch)
        event = self.facts.consents.get(item.record)
        source, basis = self._sources.get(item.attribute, ""), self._bases.get(item.purpose, "")
        age = age_words(item.value.observed, self.entry.at, self.lang, self._zone)
        file, notice = batch.file_name if batch else "", event.notice if event else ""
        parts = [source, file, age, f"{item.purpose} ({basis})", notice]
        return IngredientLine(
            attribute=item.attribute,
            title=item.attribute,
            value="",
            source=source,
            file=file,
            batch=item.value.batch,
            observed=local(item.value.observed, self._zone).isoformat(),
            age=age,
            purpose=item.purpose,
            basis=basis,
            notice=notice,
            text="",
            text_lang="",
            agreed=local(event.occurred_at, self.facts.wall).isoformat() if event else "",
            record=item.record.hex(),
            sentence=f"{item.attribute}: {', '.join(filter(None, parts))}",
        )
