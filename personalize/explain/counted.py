"""Why a variant is not shown, counted over many decisions: the same words for all whom it concerns."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress

from msgspec import Struct

from personalize.cookbook.headers import Header
from personalize.cookbook.served import is_unserved
from personalize.errors import NotFound
from personalize.explain.explanation import unserved_words
from personalize.explain.facts import Facts
from personalize.explain.fates import Fates
from personalize.explain.ingredients import Teller
from personalize.explain.language import Language, language
from personalize.explain.phrases import reason_phrase, sentence
from personalize.explain.recorded import Recorded
from personalize.model.cookbook import CookbookEntry
from personalize.model.decisions import Outcome

Said = tuple[str, str, str]
"""A reason, the rule that gave it, and the sentence that tells it."""
Group = tuple[bytes, Outcome, str | None]
"""Of decisions that are alike: their recipe, the variant's outcome, and what was shown instead."""


class Why(Struct, frozen=True, kw_only=True):
    """One reason, as those whom it concerned are told it, and how often it decided.

    It is `about` so often where only some of many alike were opened to see what exactly it was.
    """

    reason: str
    rule: str
    sentence: str
    times: int
    about: bool = False


class Counted(Struct, frozen=True, kw_only=True):
    """What became of one variant in `looked` decisions: shown so often, and why not, most frequent first.

    Where it was decided and not put on the page, that is the why not.
    """

    looked: int
    shown: int
    reasons: tuple[Why, ...]


class Alike:
    """Decisions of which the headers say the same, and some of them, each with the same chance."""

    def __init__(self) -> None:
        self.times = 0
        self.some: list[bytes] = []

    def take(self, entry_id: bytes, most: int, dice: random.Random) -> None:
        """Count one more, and perhaps keep it in the place of another."""
        self.times += 1
        if len(self.some) < most:
            self.some.append(entry_id)
        elif (place := dice.randrange(self.times)) < most:
            self.some[place] = entry_id


def count_reasons(
    headers: Iterable[Header],
    variant: str,
    facts: Callable[[CookbookEntry], Facts],
    opened: Callable[[Iterable[bytes]], Iterable[CookbookEntry]],
    served: Callable[[bytes], bool],
    now: int,
    lang: str,
    most: int,
) -> Counted:
    """Count what became of a variant in these decisions of its slot. No sentence holds anybody's value.

    All are counted by their headers; of those alike, at most `most` are opened to see which part of a
    condition it was, and the count is shared out among them. `facts` raises NotFound of one that cannot be told;
    `served` knows the marks by the entries' ids.
    """
    looked = shown = 0
    groups: defaultdict[Group, Alike] = defaultdict(Alike)
    reasons = Counter[Said]()
    dice, words = random.Random(0), language(lang)  # noqa: S311  # a sample, no secret
    for header in headers:
        outcome = next((each for each in header.outcomes if each.variant == variant), None)
        if outcome is None:
            continue
        looked += 1
        if header.variant != variant:
            groups[header.recipe, outcome, header.variant].take(header.entry_id, most, dice)
        elif is_unserved(header.at, now, served=served(header.entry_id)):
            reasons[header.reason.name, "", unserved_words(words)] += 1
        else:
            shown += 1
    told, about = _told(groups, opened, facts, words)
    reasons += told
    return Counted(
        looked=looked,
        shown=shown,
        reasons=tuple(
            Why(reason=why[0], rule=why[1], sentence=why[2], times=times, about=why in about)
            for why, times in reasons.most_common()
        ),
    )


def _told(
    groups: Mapping[Group, Alike],
    opened: Callable[[Iterable[bytes]], Iterable[CookbookEntry]],
    facts: Callable[[CookbookEntry], Facts],
    lang: Language,
) -> tuple[Counter[Said], set[Said]]:
    """Return what is said of those alike and how often, and of what that is only about so often."""
    told, about = Counter[Said](), set[Said]()
    for (_, outcome, _), alike in groups.items():
        entries = [entry for entry in opened(alike.some) if not entry.erased]
        whys = Counter(why for entry in entries for why in _why(entry, outcome, facts, lang))
        shares = whys or Counter([(outcome.reason.name, "", sentence(reason_phrase(outcome.reason, lang)))])
        told += Counter(_shared(shares, alike.times))
        if len(shares) > 1 and alike.times > len(entries):
            about |= set(shares)
    return told, about


def _shared(shares: Counter[Said], times: int) -> dict[Said, int]:
    """Share a number out as these are to each other; together they are that number."""
    total, left, found = shares.total(), times, {}
    for why, share in reversed(shares.most_common()):
        found[why] = round(times * share / total)
        left -= found[why]
    found[shares.most_common(1)[0][0]] += left
    return found


class _Silent(Teller):
    """Tells everything but what the values were."""

    def value(self, name: str) -> str | None:
        """Return nothing."""
        return None


def _why(
    entry: CookbookEntry, outcome: Outcome, facts: Callable[[CookbookEntry], Facts], lang: Language
) -> Iterator[Said]:
    """Yield why it was in this entry; nothing where its recipe is not kept."""
    with suppress(NotFound):
        known = facts(entry)
        fates = Fates(_Silent(entry, known, lang), Recorded(entry, known.recipe, lang))
        yield outcome.reason.name, fates.rule_name(outcome.rule), sentence(fates.why_not(outcome))
