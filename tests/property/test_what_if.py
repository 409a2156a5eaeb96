"""What if, against brute force: every change is what the whole world would show, and none smaller was passed over."""

import random
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from personalize.explain.changes import Changed, OtherAssurance, OtherConsent, OtherValue
from personalize.explain.facts import Facts
from personalize.explain.language import LANGUAGES
from personalize.explain.plausible import Try
from personalize.explain.standing import Standing
from personalize.explain.supposed import answers
from personalize.explain.whatif import Past
from personalize.model.attributes import Stored, to_plain
from personalize.model.people import Assurance
from personalize.profile.values import reader_of
from tests.property.worlds import AT, ATTRIBUTES, DOMAINS, LEVELS, World, apart, readable

SEEN = ("interest",)
"""What browsers observed: of a person it is known from their entry alone."""
ALLOWED = {"reading": Standing.allowed, "offers": Standing.allowed}
SAYING = {Standing.allowed: "given", Standing.not_given: "", Standing.objected: "objected"}


def past_of(world: World, asked: list[int] | None = None) -> Past:
    def profile() -> dict[str, Stored]:
        if asked is not None:
            asked.append(1)
        return world.values

    return Past(world.entry(), world.compiled, world.events(), profile, ALLOWED)


def worlds(count: int, seed: int) -> Iterator[World]:
    for number in range(count):
        yield World.random(random.Random(seed * 100_000 + number))


def made_over(world: World, change: Any) -> World:
    """Return the whole world with one thing changed."""
    match change:
        case OtherAssurance(level):
            return world.but(level=level)
        case OtherConsent(purpose, standing):
            return world.but(said={**world.said, purpose: SAYING[standing]})
        case OtherValue(name, instead):
            values = {key: value for key, value in world.values.items() if key != name}
            if instead.value is not None:
                values[name] = Stored(to_plain(instead.value), AT, 0)
            return world.but(values=values)
    raise TypeError(change)


def every_value(world: World, name: str) -> Iterator[OtherValue]:
    attribute = next(a for a in ATTRIBUTES if a.name == name)
    for plain in DOMAINS[name]:
        yield OtherValue(name, Try(reader_of(attribute)(plain)))


def every_change(world: World) -> Iterator[Any]:
    yield from (OtherAssurance(level) for level in Assurance if level is not world.level)
    yield from (OtherConsent("reading", standing) for standing in Standing)
    yield from (OtherConsent("offers", standing) for standing in (Standing.allowed, Standing.objected))
    for name in DOMAINS:
        if readable(world, name):
            yield from every_value(world, name)
            yield OtherValue(name, Try(None))


@given(st.integers(0, 2**32))
def test_every_change_gives_what_the_whole_world_would_show(seed: int) -> None:
    world = World.random(random.Random(seed))
    past = past_of(world)
    for change in every_change(world):
        expected, _, verdict = made_over(world, change).decide()
        found = past.suppose(change)
        if not found.told:
            assert found.closed == SEEN
            continue
        assert (found.entry.variant, found.entry.reason) == (expected, verdict.reason), change
        assert found.entry.outcomes == world.compiled.slots["offer"].outcomes(verdict.codes), change
        assert found.differs == (expected != world.entry().variant)


def first_by_force(world: World) -> tuple[Any, int] | None:
    """Return the first change in the stated order that shows something else, and how large it is."""
    shown, entry, told = world.decide()[0], world.entry(), past_of(world).suppose
    read = {*(i.attribute for i in entry.ingredients), *(a.attribute for a in entry.absences)}
    allowed = {"offers": world.said["offers"] != "objected", "reading": world.said["reading"] == "given"}
    consents = [
        OtherConsent("offers", Standing.objected if allowed["offers"] else Standing.allowed),
        OtherConsent("reading", Standing.not_given if allowed["reading"] else Standing.allowed),
    ]
    used = {a.purpose for a in ATTRIBUTES if a.name in read}
    for change in (*(OtherAssurance(level) for level in LEVELS if level > world.level), *consents):
        if (isinstance(change, OtherAssurance) or change.purpose in used) and (
            made_over(world, change).decide()[0] != shown and told(change).told
        ):
            return change, 0
    for name in DOMAINS:
        if name not in read or not readable(world, name):
            continue
        seen = {i.attribute: i.value.plain for i in entry.ingredients}.get(name)
        other = [v for v in every_value(world, name) if made_over(world, v).decide()[0] != shown and told(v).told]
        if other:
            return min(((v, apart(seen, to_plain(v.instead.value))) for v in other), key=lambda pair: pair[1])
        none = OtherValue(name, Try(None))
        if seen is not None and made_over(world, none).decide()[0] != shown and told(none).told:
            return none, 0
    return None


def size(world: World, found: Changed) -> int:
    if not isinstance(found.change, OtherValue) or found.change.instead.value is None:
        return 0
    seen = {i.attribute: i.value.plain for i in world.entry().ingredients}.get(found.change.attribute)
    return apart(seen, to_plain(found.change.instead.value))


def test_the_nearest_change_makes_a_difference_and_none_smaller_does() -> None:
    kinds: dict[str, int] = {}
    for world in worlds(200, seed=1):
        found, forced = past_of(world).nearest(), first_by_force(world)
        if found is None or forced is None:
            assert found is forced, (found, forced)
            kinds["none"] = kinds.get("none", 0) + 1
            continue
        expected, distance = forced
        assert made_over(world, found.change).decide()[0] != world.decide()[0]
        assert type(found.change) is type(expected), (found.change, expected)
        if isinstance(found.change, OtherValue):
            assert found.change.attribute == expected.attribute
            assert (found.change.instead.value is None) == (expected.instead.value is None)
            assert size(world, found) == distance, (found.change, expected)
        else:
            assert found.change == expected
        kind = type(found.change).__name__
        kinds[kind] = kinds.get(kind, 0) + 1
    assert min(kinds.values()) >= 10, kinds
    assert len(kinds) == 4, kinds


def test_todays_profile_is_asked_only_for_what_the_entry_does_not_know() -> None:
    asked_at_all = 0
    for world in worlds(80, seed=2):
        entry = world.entry()
        known = {i.attribute for i in entry.ingredients} | {a.attribute for a in entry.absences if a.cause > 3}
        for change in past_of(world).changes():
            asked: list[int] = []
            found = past_of(world, asked).suppose(change)
            unknown = {i.attribute for i in found.entry.ingredients} - known
            if isinstance(change, OtherValue):
                unknown -= {change.attribute}
            assert unknown <= set(found.today)
            assert bool(asked) == bool(found.today)
            assert known.isdisjoint(found.today)
            assert all(readable(made_over(world, change), name) for name in found.today)
            asked_at_all += bool(asked)
    assert asked_at_all > 50


def test_what_has_changed_since_is_used_and_told_and_what_stands_in_the_entry_is_not() -> None:
    told = 0
    for world in worlds(80, seed=3):
        entry = world.entry()
        later = {name: Stored(DOMAINS[name][-1], AT + 5, 2) for name in DOMAINS}
        past = Past(entry, world.compiled, world.events(), lambda later=later: later, ALLOWED)
        of_then = {i.attribute: world.values[i.attribute] for i in entry.ingredients}
        gone = {a.attribute for a in entry.absences if a.cause > 3}
        for change in past.changes():
            mixed = {**{n: v for n, v in later.items() if n not in gone}, **of_then}
            mixed |= {name: world.values[name] for name in gone if name in world.values}
            found = past.suppose(change)
            assert not found.told or found.entry.variant == made_over(world.but(values=mixed), change).decide()[0]
            told += bool(found.today)
    assert told > 50


def test_a_value_without_a_grant_of_today_is_never_looked_at() -> None:
    """Whatever stands in a profile under a purpose that is not allowed today, no answer depends on it (law 1)."""
    untold = 0
    for number, world in enumerate(worlds(80, seed=6)):
        pick = random.Random(number)
        now = {name: pick.choice(list(Standing)) for name in ("reading", "offers")}
        closed = {each.name for each in ATTRIBUTES if now[each.purpose] is not Standing.allowed}
        other = {name: Stored(pick.choice(DOMAINS[name]), AT - 1, 3) for name in closed}
        facts, events = Facts(recipe=world.compiled.recipe, now=AT), world.events()
        pasts = [
            Past(world.entry(), world.compiled, events, lambda values=values: values, now)
            for values in (world.values, {**world.values, **other})
        ]
        for change in every_change(world):
            found, again = (past.suppose(change) for past in pasts)
            assert found == again
            assert closed.isdisjoint(found.today)
            if found.told:
                assert found.entry.variant == made_over(world, change).decide()[0]
            untold += not found.told
        assert answers(pasts[0], facts, "en") == answers(pasts[1], facts, "en")
    assert untold > 50


def test_answers_are_sentences_in_every_language_and_differ_from_each_other() -> None:
    for world in worlds(60, seed=4):
        facts = Facts(recipe=world.compiled.recipe, now=AT)
        said = [[each.sentence for each in answers(past_of(world), facts, lang)] for lang in LANGUAGES]
        assert len({len(each) for each in said}) == 1
        for sentences in said:
            assert len(set(sentences)) == len(sentences)
            assert all(each.endswith(".") and each[0].isupper() and "{" not in each for each in sentences)
        for dutch, norwegian, english in zip(*said, strict=True):
            assert len({dutch, norwegian, english}) == 3


def test_the_first_answer_is_the_nearest_change() -> None:
    for world in worlds(100, seed=5):
        past = past_of(world)
        nearest = past.nearest()
        first = answers(past, Facts(recipe=world.compiled.recipe, now=AT), "en")[0]
        if nearest is None:
            assert not first.differs or Assurance[first.name] < world.level
            continue
        kinds = {OtherAssurance: "assurance", OtherConsent: "consent", OtherValue: "value"}
        assert (first.variant, first.kind) == (nearest.entry.variant, kinds[type(nearest.change)])
