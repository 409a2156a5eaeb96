"""A page's verdicts in the shape in which they are remembered, recorded and answered."""

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType

from msgspec import Struct

from personalize.cookbook.body import Around, around_fact, with_fact
from personalize.cookbook.frames import NONE, line
from personalize.cookbook.ingredients import PLAIN, Ingredients
from personalize.decisions.tally import Tallies
from personalize.model.decisions import Answer, Decision, Shared
from personalize.model.moments import DAY
from personalize.profile.hot import Hot
from personalize.profile.view import Cell, Moment
from personalize.serving import MOST_AT_ONCE, Page

LONGEST = DAY
"""How long (µs) entries may be repeated: none needs one that is more than a day older."""
LINE, MASK = attrgetter("line"), attrgetter("mask")
"""Mapped over the answers of a page: a loop of ours would take twice as long."""
PLACES = range(MOST_AT_ONCE)
NO_TEXTS: Mapping[int, Mapping[str, str]] = MappingProxyType({})
NO_FAULTS: Mapping[int, tuple[int, ...]] = {}

Facts = Sequence[tuple[Cell, ...]]
"""The page's facts for each slot."""


class Verdicts(Struct, gc=False):
    """What was decided of the slots of a page: it holds for the same inputs from `since` until before `until` (µs).

    `facts` are the page's facts, None where none was read: then it holds for every page of these slots (law 2).
    `own` are texts that name somebody's data, by place; `lines` are the lines in the journal, `compact` is the body
    before any fact of the page where that is at hand, `around` the same where one decision reads its slot's only fact
    and no other reads any, and `page_id` the page where they are on record, empty before.
    `faults` has the rules that failed, by the place of their slot; at the places `asking` a fact of the page was read.
    """

    since: int
    until: int
    facts: Facts | None
    found: list[Answer]
    own: Mapping[int, Mapping[str, str]]
    lines: bytes
    faults: Mapping[int, tuple[int, ...]]
    asking: Sequence[int]
    compact: bytes = b""
    around: Around | None = None
    page_id: bytes = b""


def judge(page: Page, hot: Hot, facts: Facts, moment: Moment, language: str) -> Verdicts:
    """Decide over what is admitted and the page's facts: the same for requests, previews and simulations."""
    stranger, admitted = hot.seal is None, hot.admitted
    values, absences = admitted.values, admitted.absences
    until = page.until(moment, min(moment.at + LONGEST, admitted.valid_until))
    asking: Sequence[int] = ()
    found: list[Answer] = []  # filled in loops: a comprehension would make a cell of each name that it takes from here
    if page.asks:
        for judge, mine in zip(page.judges, facts, strict=True):
            found.append(judge(values, absences, mine, moment, stranger))
        asking = _asking(found, range(len(found)), len(values))
    else:
        for judge in page.judges:
            found.append(judge(values, absences, (), moment, stranger))
    return _verdicts(page, hot, facts, moment.at, until, language, found, asking)


def judge_again(page: Page, hot: Hot, facts: Facts, moment: Moment, language: str, before: Verdicts) -> Verdicts:
    """Decide what these slots gave the same profile on another page, and still would, for this one.

    What read no fact of that page (law 2) is taken from `before`.
    """
    judges, stranger, admitted = page.judges, hot.seal is None, hot.admitted
    values, absences, found = admitted.values, admitted.absences, before.found
    asking, same_values = before.asking, True
    for place in asking:
        now, then = judges[place](values, absences, facts[place], moment, stranger), found[place]
        if now is not then:
            if found is before.found:
                found = found.copy()
            found[place], same_values = now, same_values and now.mask == then.mask
    if found is before.found and not page.named:
        return Verdicts(
            moment.at, before.until, facts, found, before.own, before.lines, NO_FAULTS, asking,
            before.compact, before.around,
        )  # fmt: skip
    if not same_values:
        asking = _asking(found, asking, len(values))
    verdicts = _verdicts(page, hot, facts, moment.at, before.until, language, found, asking)
    if same_values and not verdicts.faults:
        verdicts.compact, verdicts.around = before.compact, before.around
    return verdicts


def _asking(found: Sequence[Answer], places: Iterable[int], attributes: int) -> Sequence[int]:
    """Return at which of these places a fact of the page was read."""
    return [place for place in places if found[place].mask >> attributes]


def _verdicts(
    page: Page,
    hot: Hot,
    facts: Facts,
    at: int,
    until: int,
    language: str,
    found: list[Answer],
    asking: Sequence[int],
) -> Verdicts:
    """Return these answers as they are remembered."""
    own, faults = NO_TEXTS, NO_FAULTS
    if page.named:
        own = _own_texts(page, hot, facts, language, found)
    if page.fallible and (faults := {place: one.failed for place, one in enumerate(found) if one.failed}):
        until = at
    try:
        lines = b"".join(map(LINE, found))
    except TypeError:  # one has none yet
        lines = b"".join([one.line or _line(one) for one in found])
    return Verdicts(at, until, facts if asking else None, found, own, lines, faults, asking)


def _own_texts(
    page: Page, hot: Hot, facts: Facts, language: str, found: Sequence[Answer]
) -> Mapping[int, Mapping[str, str]]:
    """Return the texts that name somebody's data, by the place of their slot."""
    values, own = hot.admitted.values, {}
    for place in page.named:
        slot, winner = page.slots[place], found[place].winner
        if winner in slot.named:
            own[place] = slot.texts(winner, language, values + facts[place])
    return MappingProxyType(own)


def _line(answer: Answer) -> bytes:
    """Return an answer's line, which is then at hand."""
    written = line(answer.index, _variant(answer), answer.reason, answer.codes)
    answer.keep("line", written)
    return written


def body_of(verdicts: Verdicts, ingredients: Ingredients, page: Page, hot: Hot, facts: Facts, language: str) -> bytes:
    """Return what these verdicts read, as a body in the journal; what the next page has of it too is kept."""
    around = verdicts.around
    if around is not None and (fact := facts[verdicts.asking[0]][0]).__class__ in PLAIN:
        return with_fact(around, fact)
    admitted, found, asking, faults = hot.admitted, verdicts.found, verdicts.asking, verdicts.faults
    in_force, masks = admitted.grants.in_force, list(map(MASK, found))
    if hot.batch is None:
        hot.batch = ingredients.batch_of(admitted)
    compact = verdicts.compact
    if not compact and not faults:
        compact = ingredients.compact(masks, admitted, hot.batch, in_force, language)
    if not compact:
        return ingredients.full(masks, admitted, in_force, language, facts, page.names, faults)
    if not asking:
        return compact  # not kept: such a page is repeated from now on
    verdicts.compact = compact
    if len(asking) == 1 and len(page.names[asking[0]]) == 1:
        verdicts.around = around_fact(compact, len(found), asking[0], page.names[asking[0]][0])
    return ingredients.with_facts(compact, found, asking, facts, page.names)


def outcomes(verdicts: Verdicts) -> list[tuple[int, int]]:
    """Return what is counted of strangers: the places of slots and variants."""
    return [(one.index, _variant(one)) for one in verdicts.found]


def _variant(answer: Answer) -> int:
    """Return the place of what is shown, as it is counted and written down."""
    return answer.winner if answer.winner >= 0 else NONE


def answers(
    verdicts: Verdicts, recipe: str, language: str, code: str = "", page_id: bytes = b"", tallies: Tallies | None = None
) -> list[Decision]:
    """Return the verdicts as the site gets them, counted where there are tallies."""
    if tallies is not None:
        for one in verdicts.found:
            (one.tally or tallies.of(one)).count += 1
    found = verdicts.found
    shared = Shared(recipe, language, code, page_id, "", verdicts.own, len(found))
    return list(map(Decision, found, PLACES, (shared,) * len(found)))
