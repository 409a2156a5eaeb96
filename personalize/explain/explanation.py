"""An explanation: sentences by part, and the three forms in which people and programs get it."""

import msgspec
from msgspec import Struct

from personalize.cookbook.served import is_unserved
from personalize.explain.language import Language, language
from personalize.explain.reader import Reader
from personalize.model.content import SEGMENTS
from personalize.model.cookbook import CookbookEntry


class IngredientLine(Struct, frozen=True, kw_only=True):
    """One value that was read: its names and times for programs, its sentence for people.

    `observed` and `agreed` are ISO 8601 with the site's offset. Without consent `agreed` is empty, and
    so are `notice` (`name@version`), `text`, the very words that were agreed to, and `text_lang`, their language. The
    words are empty, too, where they are not kept.
    """

    attribute: str
    title: str
    value: str
    source: str
    file: str
    batch: int
    observed: str
    age: str
    purpose: str
    basis: str
    notice: str
    text: str
    text_lang: str
    agreed: str
    record: str
    sentence: str


class AbsenceLine(Struct, frozen=True, kw_only=True):
    """One value that could not be read, and its cause."""

    attribute: str
    title: str
    cause: str
    sentence: str


class CandidateLine(Struct, frozen=True, kw_only=True):
    """One variant that was considered, what became of it, and the rule that said so (`plugin/name`)."""

    variant: str
    reason: str
    cause: str
    rule: str
    sentence: str


class Explanation(Struct, frozen=True, kw_only=True):
    """Everything there is to say about one decision, in one language. `code` is as people see it.

    `shown` and `why` answer the question; `person` says how sure we were of who it was; `page`
    are the page's own facts that counted; `faults` are the rules that did not work. `unserved` says so
    where it was decided, but is not known to have been put on the page. What is not for the `reader` is empty.
    """

    code: str
    slot: str
    variant: str | None
    reason: str
    lang: str
    at: str
    when: str
    recipe: str
    shown: str
    why: str
    rule: str = ""
    person: str = ""
    ingredients: tuple[IngredientLine, ...] = ()
    absences: tuple[AbsenceLine, ...] = ()
    page: tuple[str, ...] = ()
    others: tuple[CandidateLine, ...] = ()
    faults: tuple[str, ...] = ()
    erased: bool = False
    served: bool = False
    unserved: str = ""
    reader: Reader = Reader.staff

    @property
    def rest(self) -> tuple[str, ...]:
        """Return what people are told of the other candidates: `why` says of one of them what became of it already."""
        return tuple([line.sentence for line in self.others if line.sentence != self.why])


def unserved(entry: CookbookEntry, now: int, lang: Language) -> str:
    """Return that an entry was decided, but not put on the page; nothing while that cannot be known yet.

    Groups of visitors stand on no page.
    """
    if entry.slot == SEGMENTS:
        return ""
    return unserved_words(lang) if is_unserved(entry.at, now, served=entry.served) else ""


def unserved_words(lang: Language) -> str:
    """Return what is said of everything that was decided, but not put on the page."""
    return lang.say("It was decided, but as far as we know not put on the page.")


def spoken(explanation: Explanation) -> str:
    """Return the one or two sentences to read aloud."""
    return " ".join(filter(None, (explanation.shown, explanation.unserved, explanation.why)))


def full(explanation: Explanation) -> str:
    """Return everything, as text of several paragraphs."""
    lang = language(explanation.lang)
    parts = [
        (lang.say("This is what we used"), [line.sentence for line in explanation.ingredients]),
        (lang.say("This is what we did not use"), [line.sentence for line in explanation.absences]),
        (lang.say("This is what the page was about"), list(explanation.page)),
        (lang.say("This is what else was considered"), list(explanation.rest)),
        (lang.say("This did not work"), list(explanation.faults)),
    ]
    opening = " ".join(filter(None, (spoken(explanation), explanation.person)))
    if not explanation.ingredients and not explanation.erased and explanation.reader is not Reader.developer:
        opening += " " + lang.say("No personal data was used for this.")
    blocks = [f"{heading}:\n" + "\n".join(f"- {line}" for line in lines) for heading, lines in parts if lines]
    return "\n\n".join([explanation.code, opening, *blocks] if explanation.code else [opening, *blocks])


def as_json(explanation: Explanation) -> str:
    """Return everything as JSON: names, times and sentences."""
    return msgspec.json.format(msgspec.json.encode(explanation), indent=2).decode()
