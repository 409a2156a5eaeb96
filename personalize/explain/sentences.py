"""Explain one cookbook entry: what was shown and why, from which data, by which consent, instead of what."""

from personalize.cookbook.codes import show_code
from personalize.explain.dates import local, moment_words
from personalize.explain.developer import for_developers
from personalize.explain.explanation import Explanation, unserved
from personalize.explain.facts import Facts
from personalize.explain.fates import Fates
from personalize.explain.ingredients import Teller
from personalize.explain.language import Language, language, marked
from personalize.explain.phrases import person_words, reason_phrase, sentence
from personalize.explain.reader import Reader
from personalize.explain.recorded import Recorded
from personalize.model.content import SEGMENTS
from personalize.model.cookbook import CookbookEntry
from personalize.model.decisions import Outcome, Reason
from personalize.model.people import Assurance

BELONGS = frozenset({Reason.TARGETING_MATCH, Reason.OUTRANKED})
"""A segment is no rival of another: all that match, hold."""
SHOWN = marked("On {when} we showed “{variant}” at “{slot}”.")
ORDINARY_SHOWN = marked("On {when} we showed the ordinary content at “{slot}”.")
CHOSEN = marked("On {when} we chose “{variant}” for “{slot}”.")
ORDINARY_CHOSEN = marked("On {when} we chose the ordinary content for “{slot}”.")
"""Of what was decided and is not known to have been put on its page nobody says that it was shown."""


def explain(entry: CookbookEntry, facts: Facts, lang: str, reader: str = Reader.staff) -> Explanation:
    """Return the explanation of an entry in a language (`nl`, `nb` or `en`), for one of the three readers.

    The entry's own recipe stands in `facts`: what is said follows from the rules of then, never today's.
    """
    if reader == Reader.developer:
        return for_developers(entry, facts, language(lang))
    return _Explainer(entry, facts, language(lang), Reader(reader)).explanation()


def briefly(entry: CookbookEntry, facts: Facts, lang: str) -> tuple[str, str]:
    """Return only what was shown and why, as staff read it: a fraction of the work, for long lists."""
    return _Explainer(entry, facts, language(lang), Reader.staff).brief()


class _Explainer:
    """Gathers the sentences of one entry."""

    def __init__(self, entry: CookbookEntry, facts: Facts, lang: Language, reader: Reader) -> None:
        self.entry, self.lang, self.reader = entry, lang, reader
        self.teller = Teller(entry, facts, lang, reader)
        self.fates = Fates(self.teller, Recorded(entry, facts.recipe, lang, facts.masked))
        self.moment = local(entry.at, facts.wall)
        year = local(facts.now, facts.wall).year != self.moment.year
        self.when = moment_words(self.moment, lang, year=year)

    def explanation(self) -> Explanation:
        """Return everything there is to say."""
        entry, winner = self.entry, self._winner()
        return Explanation(
            code=show_code(entry.code),
            slot=entry.slot,
            variant=entry.variant,
            reason=entry.reason.name,
            lang=self.lang.name,
            at=self.moment.isoformat(),
            when=self.when,
            recipe=entry.recipe if self.fates.open else "",
            shown=sentence(self._shown()),
            why=self._why(winner),
            rule=self.fates.rule_name(winner.rule) if winner else "",
            person="" if entry.erased else self._person(),
            ingredients=self.teller.ingredients(),
            absences=self.teller.absences(),
            page=self.teller.page(),
            others=() if entry.slot == SEGMENTS else self.fates.others(),
            faults=self._faults(),
            erased=entry.erased,
            served=entry.served,
            unserved=unserved(entry, self.teller.facts.now, self.lang),
            reader=self.reader,
        )

    def _person(self) -> str:
        return person_words(Assurance(self.entry.assurance), self.lang, device=self.teller.facts.device)

    def brief(self) -> tuple[str, str]:
        """Return what was shown, and why."""
        return sentence(self._shown()), self._why(self._winner())

    def _winner(self) -> Outcome | None:
        return next((o for o in self.entry.outcomes if o.variant == self.entry.variant), None)

    def _shown(self) -> str:
        if self.entry.slot == SEGMENTS:
            return self.lang.say("On {when} we looked at which groups of visitors you belong to.", when=self.when)
        slot = self.lang.title(self.teller.slot.titles, self.entry.slot)
        shown = not unserved(self.entry, self.teller.facts.now, self.lang)
        if self.entry.variant is None:
            text = ORDINARY_SHOWN if shown else ORDINARY_CHOSEN
            return self.lang.say(text, when=self.when, slot=slot)
        variant = self.fates.title(self.entry.variant)
        return self.lang.say(SHOWN if shown else CHOSEN, when=self.when, variant=variant, slot=slot)

    def _why(self, winner: Outcome | None) -> str:
        if self.entry.erased:
            return self.lang.say("The data behind it has been erased, so we can no longer see why.")
        if self.entry.slot == SEGMENTS:
            return self._groups()
        if winner is not None:
            return self.fates.why_shown(winner)
        reason = self.entry.reason
        if reason is Reason.NOT_SCHEDULED and not self.fates.open:  # what is still to come is the site's own
            reason = Reason.DEFAULT
        closest = next((o for o in self.entry.outcomes if o.reason is reason), None)
        if closest is not None:
            return self.fates.line(closest).sentence
        return self.lang.say("The reason: {phrase}.", phrase=self.teller.after_colon(reason_phrase(reason, self.lang)))

    def _groups(self) -> str:
        titles = {segment.name: segment.titles for segment in self.teller.facts.recipe.segments}
        names = [outcome.variant for outcome in self.entry.outcomes if outcome.reason in BELONGS]
        if not names:
            return self.lang.say("You belonged to none of them.")
        groups = self.lang.listing([self.lang.quote(self.lang.title(titles.get(name, {}), name)) for name in names])
        return self.lang.say("You belonged to: {groups}.", groups=groups)

    def _faults(self) -> tuple[str, ...]:
        rules = self.teller.facts.recipe.rules
        faults = (sentence(self.fates.fault(rules[i])) for i in self.entry.failed if i < len(rules))
        return tuple(dict.fromkeys(faults))
