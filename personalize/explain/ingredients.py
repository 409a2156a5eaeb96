"""What was read and what could not be: a line for each value, with where it came from and what allowed it."""

from collections.abc import Collection
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from personalize.consent.receipts import text_of
from personalize.explain.agreements import BANNER
from personalize.explain.dates import age_words, local
from personalize.explain.explanation import AbsenceLine, IngredientLine
from personalize.explain.facts import Facts
from personalize.explain.language import Language, capital, marked
from personalize.explain.phrases import IN_BROWSER, STOPPED, cause_phrase, sentence
from personalize.explain.reader import Reader
from personalize.explain.standing import OF_CAUSE, Unallowed
from personalize.explain.values import value_words
from personalize.model.attributes import Attribute, AttributeType, Cause, Titles
from personalize.model.consent import Basis, ConsentEvent, Purpose
from personalize.model.content import Slot, fact_words
from personalize.model.cookbook import CookbookEntry, Ingredient, Withheld
from personalize.model.people import Assurance
from personalize.model.spoken import write_day
from personalize.settings.sources import DEVICE

DATED = marked("Used for “{purpose}”, to which you agreed in the site’s cookie banner on {day}.")
UNDATED = marked("Used for “{purpose}”, to which you agreed in the site’s cookie banner, on {day} at the latest.")
MASK = "•••••"
"""What stands for a value that the reader may not see."""


class Teller:
    """Puts the data behind one entry into words of one language.

    `untold` are values that nobody is to hear: they stand in no entry.
    """

    def __init__(
        self,
        entry: CookbookEntry,
        facts: Facts,
        lang: Language,
        reader: Reader = Reader.staff,
        untold: Collection[str] = (),
    ) -> None:
        self.entry, self.facts, self.lang, self.reader = entry, facts, lang, reader
        self._untold = untold
        self.zone = ZoneInfo(facts.recipe.timezone)
        """The zone of then: in it values were delivered, and conditions met."""
        self._attributes = {attribute.name: attribute for attribute in facts.recipe.attributes}
        self._purposes = {purpose.name: purpose for purpose in facts.recipe.purposes}
        self.slot = next((slot for slot in facts.recipe.slots if slot.name == entry.slot), Slot(name=entry.slot))

    def attribute(self, name: str) -> Attribute:
        """Return the definition of then; a page fact, or a name it lacks, is one without a source."""
        if name in self.slot.context:
            return fact_words(name, self.slot.context[name], self.slot.words)
        unknown = Attribute(name=name, type=AttributeType.text, source="", purpose="")
        return self._attributes.get(name, unknown)

    def title(self, name: str) -> str:
        """Return what an attribute or page fact is called."""
        return self.named(self.attribute(name).titles, name, name.replace("_", " "))

    def named(self, titles: Titles, name: str, otherwise: str = "") -> str:
        """Return what something is called: by its title, or for developers by its name."""
        return name if self.reader is Reader.developer else self.lang.title(titles, otherwise or name)

    def after_colon(self, clause: str) -> str:
        """Return a clause as it follows a colon: Norwegian begins it as a sentence, names stay as they are written."""
        as_sentence = self.lang.name == "nb" and self.reader is not Reader.developer
        return capital(clause) if as_sentence else clause

    def value(self, name: str) -> str | None:
        """Return the value that was read, in words; None where it was not read or is not told."""
        if name in self._untold:
            return None
        for item in self.entry.ingredients:
            if item.attribute == name:
                if name in self.facts.masked:
                    return MASK
                return self.words(item.value.plain, self.attribute(name))
        if name in self.entry.context:
            return self.words(self.entry.context[name], self.attribute(name))
        return None

    def words(self, plain: object, attribute: Attribute) -> str:
        """Return a plain value in words."""
        return value_words(plain, attribute, self.lang, self.zone)

    def ingredients(self) -> tuple[IngredientLine, ...]:
        """Return a line for each value that was read."""
        return tuple(self._ingredient(item) for item in self.entry.ingredients)

    def absences(self) -> tuple[AbsenceLine, ...]:
        """Return a line for each absence that was met."""
        return tuple(
            AbsenceLine(
                attribute=item.attribute,
                title=self.title(item.attribute),
                cause=item.cause.name,
                sentence=sentence(self.cause(item)),
            )
            for item in self.entry.absences
        )

    def cause(self, item: Withheld) -> str:
        """Return why a value was not read, as a phrase."""
        if item.attribute in self.slot.context:
            return self.lang.say("the page did not say “{title}”", title=self.title(item.attribute))
        if item.cause is Cause.missing and item.attribute in self.facts.stopped:
            return self.lang.say(STOPPED[self.facts.stopped[item.attribute]], title=self.title(item.attribute))
        attribute = self.attribute(item.attribute)
        purpose = self.purpose(attribute.purpose)
        title, called = self.title(item.attribute), self.named(purpose.titles, purpose.name)
        if self._is_kept_back(item, attribute):
            return self.lang.say(IN_BROWSER, title=title, purpose=called)
        return cause_phrase(
            item.cause,
            self.lang,
            title=title,
            purpose=called,
            shelf_life=attribute.shelf_life,
            assurance=Assurance(self.entry.assurance),
            device=self.facts.device,
            person_told=self.facts.person_told,
            unallowed=self.facts.unallowed.get(purpose.name),
        )

    def _is_kept_back(self, item: Withheld, attribute: Attribute) -> bool:
        """Say whether a browser kept back what it observed, while the person allowed the purpose."""
        if attribute.source != DEVICE or item.cause not in OF_CAUSE:
            return False
        used = {each.purpose for each in self.entry.ingredients}
        return attribute.purpose in used or self.facts.unallowed.get(attribute.purpose) is Unallowed.visit

    def page(self) -> tuple[str, ...]:
        """Return a line for each of the page's own facts that counted."""
        return tuple(sentence(f"{self.title(name)}: {self.value(name)}") for name in self.entry.context)

    def purpose(self, name: str) -> Purpose:
        """Return the purpose of then; a name it lacks becomes one that needs consent."""
        return self._purposes.get(name, Purpose(name=name, basis=Basis.consent))

    def _ingredient(self, item: Ingredient) -> IngredientLine:
        attribute, purpose = self.attribute(item.attribute), self.purpose(item.purpose)
        mine = self.reader is not Reader.visitor
        batch = self.facts.batches.get(item.value.batch) if mine else None
        event = self.facts.consents.get(item.record)
        observed = local(item.value.observed, self.zone)
        line = IngredientLine(
            attribute=item.attribute,
            title=self.title(item.attribute),
            value=self.value(item.attribute) or "",
            source=attribute.source,
            file=batch.file_name if batch else "",
            batch=item.value.batch if mine else 0,
            observed=observed.isoformat(),
            age=age_words(item.value.observed, self.entry.at, self.lang, self.zone),
            purpose=item.purpose,
            basis=purpose.basis.value,
            notice=event.notice if event else "",
            text=text_of(event, self.facts.notices) if event else "",
            text_lang=event.notice_lang if event else "",
            agreed=local(event.occurred_at, self.facts.wall).isoformat() if event else "",
            record=item.record.hex(),
            sentence="",
        )
        day = write_day(observed.date(), self.lang.name)
        words = f"{self._origin(line, day)} {self._permission(purpose, event)}"
        return replace(line, sentence=sentence(f"{line.title}: {line.value}. {words}"))

    def _origin(self, line: IngredientLine, day: str) -> str:
        source = self.lang.title(self.facts.sources.get(line.source, {}), line.source)
        if not source:
            return self.lang.say("Noted on {day}, {age} at the time.", day=day, age=line.age)
        if line.file:
            source = f"{source} ({line.file})"
        return self.lang.say("From: {source}, noted on {day}, {age} at the time.", source=source, day=day, age=line.age)

    def _permission(self, purpose: Purpose, event: ConsentEvent | None) -> str:
        title = self.lang.title(purpose.titles, purpose.name)
        if purpose.basis is Basis.legitimate_interest:
            return self.lang.say("Used for “{purpose}”, which we may do until you object.", purpose=title)
        if event is None:
            return self.lang.say("Used for “{purpose}”, with your permission.", purpose=title)
        day = write_day(local(event.occurred_at, self.facts.wall).date(), self.lang.name)
        if event.method == BANNER:
            text = DATED if event.evidence["dated"] == "yes" else UNDATED
            return self.lang.say(text, purpose=title, day=day)
        version = event.notice.rpartition("@")[2] if "@" in event.notice else ""
        if not version:
            return self.lang.say("Used for “{purpose}”, to which you agreed on {day}.", purpose=title, day=day)
        return self.lang.say(
            "Used for “{purpose}”, to which you agreed on {day} (version {version} of the text).",
            purpose=title,
            day=day,
            version=version,
        )
