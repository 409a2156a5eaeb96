"""What if, in words: had you been logged in, we would not have shown “Switch now”: you already have this product."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from personalize.explain.changes import Change, Changed, OtherAssurance, OtherConsent, OtherValue
from personalize.explain.facts import Facts
from personalize.explain.fates import Fates
from personalize.explain.ingredients import Teller
from personalize.explain.language import Language, language, marked
from personalize.explain.phrases import reason_phrase, sentence
from personalize.explain.reader import Reader
from personalize.explain.recorded import Recorded
from personalize.explain.standing import Standing, Unallowed
from personalize.explain.whatif import GATES, RANDOM, Past
from personalize.explain.whatif import shown as let_out
from personalize.model.attributes import Cause, to_plain
from personalize.model.content import SEGMENTS
from personalize.model.cookbook import CookbookEntry, Withheld
from personalize.model.decisions import Outcome, Reason
from personalize.model.people import Assurance

LEVELS: Mapping[Assurance, str] = {
    Assurance.none: marked("Had we not known who you were"),
    Assurance.click: marked("Had you come through a link in a newsletter without logging in"),
    Assurance.mailbox: marked("Had you come through a link that we mailed to you without logging in"),
    Assurance.login: marked("Had you been logged in"),
}
STANDINGS: Mapping[Standing, str] = {
    Standing.allowed: marked("Had you agreed to “{purpose}”"),
    Standing.not_given: marked("Had you not agreed to “{purpose}”"),
    Standing.objected: marked("Had you objected to “{purpose}”"),
}
ALLOWED_TO_USE = marked("Had we been allowed to use “{title}”")
ALLOWED_TO_BE = marked("Had we been allowed to use “{title}”, and had it been {value}")
IN_FORCE = marked("Had your consent to “{purpose}” been in force")
NOT_OBJECTED = marked("Had you not objected to “{purpose}”")
CLOSED = marked(
    "we cannot say what would have been shown: without your consent to “{purpose}” we do not look at “{title}”"
)
UNSEEN = marked(
    "we cannot say what would have been shown: we do not know what we would have seen of “{title}” in your browser"
)
OF_PERSON = marked(
    "we cannot say what would have been shown: we would have looked at what we know of you, not of this browser alone"
)
OBJECTED = marked("we cannot say what would have been shown: you object to “{purpose}”, so we do not look at “{title}”")


AGREED = frozenset({Unallowed.withdrawn, Unallowed.expired, Unallowed.outdated, Unallowed.unconfirmed})
"""What became of consents that had been given."""


class WhatIf(Struct, frozen=True, kw_only=True):
    """One answer to “what if”.

    `kind` is `assurance`, `consent` or `value`; `none` where no change makes a difference or nothing
    can be said, and then only `sentence` tells. `name` is the level, the purpose or the attribute; `to` the level,
    `allowed`, `not_given` or `objected`, or the value in words. `variant` is what would have been shown
    (None: the default), `differs` whether that is something else. `today` says that values of today were used,
    `certain` is false where a page fact that nobody noted would have decided, a value that may not be read today, or
    what one browser or another knows.
    """

    kind: str
    sentence: str
    name: str = ""
    to: str = ""
    variant: str | None = None
    differs: bool = False
    today: bool = False
    certain: bool = True


def answers(past: Past, facts: Facts, lang: str, reader: str = Reader.staff) -> tuple[WhatIf, ...]:
    """Return what single changes would have led to, those that make a difference first.

    The first one is the smallest change that makes another outcome. Each other choice that the person
    had, logging in and consent, is answered also where it makes none; of each value only the nearest that does.
    """
    words = Supposed(past.entry, facts, language(lang), Reader(reader), past.now)
    choices: list[Change] = [*past.surer(), *past.consents()]
    found = [past.suppose(change) for change in choices]
    found = [each for each in found if each.differs or not each.told or _is_asked(each)]
    found += [each for name in past.attributes() for each in _first(past, name)]
    found += _otherwise(map(past.suppose, past.less_sure()))
    told = [words.tell(each) for each in found]
    making = [each for each in told if each.differs]
    rest = [each for each in told if not each.differs]
    is_sure = all(each.certain for each in rest)
    return (words.nothing(), *rest) if is_sure and not making else (*making, *rest)


def cannot_say(entry: CookbookEntry, lang: str) -> tuple[WhatIf, ...]:
    """Return the one answer where a decision cannot be made again: erased, by chance, or by a part that is gone."""
    speaks = language(lang)
    if entry.erased:
        words = speaks.say("The data behind it has been erased, so we can no longer work out what else was possible.")
    elif entry.reason in RANDOM or any(outcome.reason in RANDOM for outcome in entry.outcomes):
        words = speaks.say("Chance had a say in this, so nobody can tell what else would have been shown.")
    else:
        words = sentence(reason_phrase(Reason.NOT_REPLAYABLE, speaks))
    return (WhatIf(kind="none", sentence=words, variant=entry.variant, certain=False),)


def listed(found: Iterable[WhatIf], lang: str) -> str:
    """Return answers as text, under a heading."""
    lines = [f"- {each.sentence}" for each in found]
    heading = language(lang).say("This is how it could have been different")
    return "\n".join([f"{heading}:", *lines])


def _is_asked(found: Changed) -> bool:
    """Say whether people ask for this one even where it changes nothing."""
    change = found.change
    return isinstance(change, OtherConsent) or (isinstance(change, OtherAssurance) and change.level is Assurance.login)


def _otherwise(found: Iterable[Changed]) -> Iterator[Changed]:
    """Yield the first that leads to each other outcome: being less sure matters in few ways."""
    seen: set[object] = set()
    for each in found:
        outcome = let_out(each.entry)
        if each.differs and each.told and outcome not in seen:
            seen.add(outcome)
            yield each


def _first(past: Past, name: str) -> Iterator[Changed]:
    """Yield the nearest value that makes a difference, if any does."""
    found = (past.suppose(change) for change in past.values(name))
    yield from (each for each in [next((f for f in found if f.differs and f.told), None)] if each)


class Supposed:
    """Puts answers about one entry into words."""

    def __init__(
        self, entry: CookbookEntry, facts: Facts, lang: Language, reader: Reader, now: Mapping[str, Standing]
    ) -> None:
        # Developers read conditions as they are written, and no value that was recorded.
        self._hidden = frozenset() if reader is Reader.developer else facts.masked
        if reader is Reader.developer:
            facts = replace(facts, masked=frozenset(attribute.name for attribute in facts.recipe.attributes))
        self.entry, self.facts, self.lang, self.reader, self.now = entry, facts, lang, reader, now
        self.teller = Teller(entry, facts, lang, reader)
        self._standings = {self.teller.attribute(item.attribute).purpose: item.cause.name for item in entry.absences}

    def tell(self, found: Changed) -> WhatIf:
        """Return one answer with its sentence."""
        kind, name, to, condition = self._change(found)
        words = sentence(f"{condition}, {self._result(found)}")
        if found.today and found.told:
            words += " " + self.lang.say("This is worked out with what we know of you today.")
        return WhatIf(
            kind=kind,
            name=name,
            to=to,
            sentence=words,
            variant=found.entry.variant,
            differs=found.differs and found.told,
            today=bool(found.today),
            certain=found.told,
        )

    def nothing(self) -> WhatIf:
        """Return the answer where it is certain of all that was tried that it makes no difference."""
        words = self.lang.say("We found no single change that would have made a difference.")
        return WhatIf(kind="none", sentence=words, variant=self.entry.variant)

    def _change(self, found: Changed) -> tuple[str, str, str, str]:
        """Return a change by kind, name and target, and as a condition in words."""
        match found.change:
            case OtherAssurance(level):
                return "assurance", level.name, level.name, self.lang.say(LEVELS[level])
            case OtherConsent(purpose, standing):
                text = self._allowed(purpose) if standing is Standing.allowed else STANDINGS[standing]
                title = self.teller.named(self.teller.purpose(purpose).titles, purpose)
                return "consent", purpose, standing.value, self.lang.say(text, purpose=title)
            case OtherValue(name, _) as change:
                return "value", name, self._value(change), self._supposing(change)

    def _allowed(self, purpose: str) -> str:
        """Return the supposition that a purpose had been allowed: whoever agreed to it once is not told otherwise."""
        if self._standings.get(purpose) == Standing.objected.value:
            return NOT_OBJECTED
        return IN_FORCE if self.facts.unallowed.get(purpose) in AGREED else STANDINGS[Standing.allowed]

    def _value(self, change: OtherValue) -> str:
        value = change.instead.value
        if value is None or change.instead.stands_for_any or change.attribute in self._hidden:
            return ""
        return self.teller.words(to_plain(value), self.teller.attribute(change.attribute))

    def _supposing(self, change: OtherValue) -> str:
        say, title = self.lang.say, self.teller.title(change.attribute)
        old, value = self.teller.value(change.attribute), self._value(change)
        if change.instead.value is None:
            return say("Had “{title}” not been known to us", title=title)
        if change.attribute in self.facts.stopped and old is None:
            text = ALLOWED_TO_BE if value else ALLOWED_TO_USE
            return say(text, title=title, value=value)
        if old is None and not value:
            return say("Had “{title}” been known to us", title=title)
        if old is None:
            return say("Had we known this about you: “{title}: {value}”", title=title, value=value)
        if not value:
            return say("Had “{title}” been something other than {old}", title=title, old=old)
        return say("Had “{title}” been {value} instead of {old}", title=title, value=value, old=old)

    def _result(self, found: Changed) -> str:
        """Return what would have been shown, and the one reason for it."""
        if found.unsaid:
            title = self.teller.title(found.unsaid[0])
            return self.lang.say(
                "we cannot say what would have been shown: what the page told about “{title}” was not noted",
                title=title,
            )
        if found.of_person:
            return self.lang.say(OF_PERSON)
        if found.closed:
            return self._closed(found.closed[0])
        if self.entry.slot == SEGMENTS:
            return self._groups(found)
        fates = self._fates(found)
        result, why = self._shown(found.entry, fates), self._why(found, fates) if found.differs else ""
        return self.lang.say("{result}: {why}", result=result, why=self.teller.after_colon(why)) if why else result

    def _closed(self, name: str) -> str:
        """Return that a value may not be read today, or was seen in some browser, so that nobody knows."""
        purpose = self.teller.purpose(self.teller.attribute(name).purpose)
        standing = self.now.get(purpose.name, Standing.not_given)
        text = {Standing.objected: OBJECTED, Standing.allowed: UNSEEN}.get(standing, CLOSED)
        return self.lang.say(
            text, title=self.teller.title(name), purpose=self.teller.named(purpose.titles, purpose.name)
        )

    def _shown(self, entry: CookbookEntry, fates: Fates) -> str:
        then, now = self.entry.variant, entry.variant
        if then == now:
            return self.lang.say("we would have shown the same")
        if now is None:
            title = fates.title(then or "")
            return self.lang.say("we would not have shown “{then}”, but the ordinary content", then=title)
        if then is None:
            return self.lang.say("we would have shown “{now}” instead of the ordinary content", now=fates.title(now))
        return self.lang.say(
            "we would have shown “{now}” instead of “{then}”", now=fates.title(now), then=fates.title(then)
        )

    def _why(self, found: Changed, fates: Fates) -> str:
        """Return what kept the old variant away, else what speaks for the new one; nothing where the change says it."""
        entry = found.entry
        old, new = _fate(entry, self.entry.variant), _fate(entry, entry.variant)
        if old is not None and old.reason is not Reason.OUTRANKED:
            return "" if old.cause is Cause.missing and _is_unknown(found.change) else fates.why_not(old)
        return fates.fits(new) if new is not None else ""

    def _fates(self, found: Changed) -> Fates:
        untold = {*found.today}
        if isinstance(found.change, OtherValue):
            untold.add(found.change.attribute)
        teller = _SupposedTeller(found.entry, self.facts, self.lang, self.reader, untold)
        teller.met = frozenset(self.entry.absences)
        return _SupposedFates(teller, Recorded(found.entry, self.facts.recipe, self.lang, self._hidden))

    def _groups(self, found: Changed) -> str:
        if not found.differs:
            return self.lang.say("you would have belonged to the same groups")
        titles = {segment.name: segment.titles for segment in self.facts.recipe.segments}
        names = [name for name in titles if name in _names(found.entry)]
        if not names:
            return self.lang.say("you would have belonged to none of the groups")
        groups = self.lang.listing([self.lang.quote(self.teller.named(titles[name], name)) for name in names])
        return self.lang.say("you would have belonged to: {groups}", groups=groups)


class _SupposedTeller(Teller):
    """Speaks of what would have been: of an absence that only the change brings, it gives no false cause."""

    met: frozenset[Withheld] = frozenset()

    def cause(self, item: Withheld) -> str:
        """Return why a value would not have been read, as a phrase."""
        if item in self.met or item.cause not in GATES or item.attribute in self.slot.context:
            return super().cause(item)
        return self.lang.say("then we would not have looked at “{title}”", title=self.title(item.attribute))


class _SupposedFates(Fates):
    """Names the variant that a phrase is about: the sentence before it speaks of two things that are shown."""

    def needed(self, variant: str, condition: str) -> str:
        """Return what a variant is shown for, as a phrase of its own."""
        return self.lang.say(
            "“{variant}” is only shown when this holds: {condition}",
            variant=self.title(variant),
            condition=self.teller.after_colon(condition),
        )


def _is_unknown(change: Change) -> bool:
    """Say whether it is that a value had not been known."""
    return isinstance(change, OtherValue) and change.instead.value is None


def _fate(entry: CookbookEntry, variant: str | None) -> Outcome | None:
    return next((outcome for outcome in entry.outcomes if outcome.variant == variant), None)


def _names(entry: CookbookEntry) -> frozenset[str]:
    found = let_out(entry)
    return found if isinstance(found, frozenset) else frozenset()
