import pytest
from msgspec.structs import replace

from personalize.cookbook import body as bodies
from personalize.cookbook.codes import number_of
from personalize.cookbook.frames import line
from personalize.errors import NotFound
from personalize.model.cookbook import CookbookEntry
from personalize.storage.sqlite import cookbook
from tests.kitchen import (
    ABSENCES,
    CODE,
    DIGEST,
    ENTRY,
    EVENT,
    INGREDIENTS,
    LINE,
    NOON,
    OUTCOMES,
    READING,
    SUBJECT,
    Kitchen,
)

OTHER = number_of("00000000")


@pytest.fixture(params=["open tail", "index", "half and half"])
def moved(request: pytest.FixtureRequest, kitchen: Kitchen):
    """Index nothing, everything, or what came before the second call."""
    calls = 0

    def move() -> None:
        nonlocal calls
        calls += 1
        if request.param == "index" or (request.param == "half and half" and calls == 1):
            kitchen.indexer.drain()

    return move


def bare(entries: list[CookbookEntry]) -> list[bytes]:
    return [entry.entry_id for entry in entries]


def test_an_entry_comes_back_exactly_as_it_was_made(kitchen: Kitchen, moved) -> None:
    entry_id = kitchen.write()
    moved()
    assert kitchen.cookbook.by_code("7kq4-2mxj") == [replace(ENTRY, entry_id=entry_id)]
    assert kitchen.cookbook.by_id(entry_id) == replace(ENTRY, entry_id=entry_id)


def test_a_code_finds_all_slots_of_its_page_oldest_first(kitchen: Kitchen, moved) -> None:
    late = kitchen.write(at=NOON + 5)
    moved()
    early = kitchen.write()
    kitchen.write(code=OTHER)
    moved()
    assert bare(kitchen.cookbook.by_code(CODE)) == [early, late]


def test_a_subject_has_its_newest_entries_first_and_no_more_than_asked(kitchen: Kitchen, moved) -> None:
    ids = [kitchen.write(at=NOON + i) for i in range(3)]
    moved()
    ids += [kitchen.write(at=NOON + i) for i in range(3, 6)]
    kitchen.write(subject=99, at=NOON + 100)
    moved()
    assert bare(kitchen.cookbook.by_subject(SUBJECT, 4)) == ids[:1:-1]


def test_a_subject_has_its_newest_entries_of_a_period(kitchen: Kitchen, moved) -> None:
    ids = [kitchen.write(at=NOON + i) for i in range(3)]
    moved()
    ids += [kitchen.write(at=NOON + i) for i in range(3, 6)]
    assert bare(kitchen.cookbook.by_subject(SUBJECT, 9, NOON + 1, NOON + 5)) == ids[4:0:-1]
    assert bare(kitchen.cookbook.by_subject(SUBJECT, 2, NOON + 1, NOON + 5)) == ids[4:2:-1]


@pytest.mark.parametrize("at_once", [1, 3, 500])
def test_all_of_a_subject_comes_newest_first_and_each_once_however_many_are_read_at_once(
    kitchen: Kitchen, moved, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(cookbook, "MOST", at_once)
    ids = []
    for turn in range(3):
        ids += [kitchen.write(at=NOON + i // 5) for i in range(turn * 7, turn * 7 + 7)]
        kitchen.write(subject=99, at=NOON + turn)
        moved()
    found = list(kitchen.cookbook.all_of(SUBJECT))
    assert [entry.at for entry in found] == sorted((entry.at for entry in found), reverse=True)
    assert sorted(bare(found)) == sorted(ids)


def test_a_tail_that_is_indexed_while_all_of_a_subject_is_read_is_yielded_once(kitchen: Kitchen) -> None:
    ids = [kitchen.write(at=NOON + i) for i in range(5)]
    reading = kitchen.cookbook.all_of(SUBJECT)
    first = next(reading)
    kitchen.indexer.drain()
    assert bare([first, *reading]) == ids[::-1]


def test_a_period_yields_its_entries_oldest_first_and_each_once(kitchen: Kitchen, moved) -> None:
    ids: dict[int, bytes] = {}
    for turn in range(4):
        for i in range(5):
            at = NOON + (i * 7 + turn * 3) % 40
            ids[at * 100 + turn * 10 + i] = kitchen.write(at=at)
        if turn % 2:
            kitchen.recorder.close()
        moved()
    found = list(kitchen.cookbook.by_time(NOON + 5, NOON + 30))
    assert [entry.at for entry in found] == sorted(entry.at for entry in found)
    assert sorted(bare(found)) == sorted(i for key, i in ids.items() if NOON + 5 <= key // 100 < NOON + 30)


def test_a_tail_that_is_indexed_while_a_period_is_read_is_yielded_once(kitchen: Kitchen) -> None:
    ids = [kitchen.write(at=NOON + i) for i in range(5)]
    reading = kitchen.cookbook.by_time(0, 1 << 62)
    first = next(reading)
    kitchen.indexer.drain()
    assert bare([first, *reading]) == ids


def test_a_repetition_shows_the_inputs_of_the_entry_it_repeats(kitchen: Kitchen, moved) -> None:
    first = kitchen.write()
    moved()
    again = kitchen.repeat(first, at=NOON + 1, code=OTHER)
    moved()
    found = kitchen.cookbook.by_id(again)
    assert found == replace(ENTRY, entry_id=again, at=NOON + 1, code="00000000", same_as=first)


def test_a_page_that_comes_again_has_the_inputs_of_the_first_line_by_line(kitchen: Kitchen, moved) -> None:
    lines = [line(**LINE), line(**LINE)]
    first = kitchen.page(lines, two_readings(), at=NOON - 9)
    moved()
    again = kitchen.page(lines, first[0], cipher=None)
    moved()
    inner = replace(ENTRY, ingredients=ENTRY.ingredients[1:], absences=(), context={}, failed=())
    found = [kitchen.cookbook.by_id(entry_id) for entry_id in again]
    assert found == [
        replace(ENTRY, entry_id=again[0], same_as=first[0]),
        replace(inner, entry_id=again[1], same_as=first[1]),
    ]
    assert kitchen.cookbook.by_ids([again[1], again[0], again[1]]) == found
    assert bare(kitchen.cookbook.by_subject(SUBJECT, 3)) == [again[1], again[0], first[1]]
    assert kitchen.cookbook.by_id(again[1][:8] + (1 << 20).to_bytes(4, "big")) is None


def two_readings() -> bytes:
    return bodies.body("nl", INGREDIENTS, ABSENCES, {1: EVENT}, [READING, bodies.Reading([2])])


def test_a_repetition_of_a_repetition_is_not_shown(kitchen: Kitchen) -> None:
    first = kitchen.write()
    again = kitchen.repeat(first)
    third = kitchen.repeat(again)
    assert bare(kitchen.everything()) == [first, again]
    assert kitchen.cookbook.quarantine == {third}


def test_a_repetition_of_somebody_elses_entry_is_not_shown(kitchen: Kitchen) -> None:
    kitchen.keys[99] = bytes(32)
    again = kitchen.repeat(kitchen.write(), subject=99)
    assert kitchen.cookbook.by_id(again) is None
    assert kitchen.cookbook.quarantine == {again}


def test_without_the_key_only_the_header_is_left(kitchen: Kitchen, moved) -> None:
    first = kitchen.write()
    again = kitchen.repeat(first)
    moved()
    kitchen.keys.clear()
    found = {entry.entry_id: entry for entry in kitchen.everything()}
    assert found[first].erased
    assert (found[first].variant, found[first].outcomes) == ("tv", ENTRY.outcomes)
    assert (found[first].ingredients, found[first].context, found[first].language) == ((), {}, "")
    assert (found[again].erased, found[again].same_as) == (True, first)


def test_another_key_does_not_open_an_entry(kitchen: Kitchen) -> None:
    entry_id = kitchen.write()
    kitchen.keys[SUBJECT] = bytes(32)
    assert kitchen.everything() == []
    assert kitchen.cookbook.quarantine == {entry_id}


def test_the_default_and_the_slot_of_segments_have_their_own_names(kitchen: Kitchen) -> None:
    default = kitchen.cookbook.by_id(kitchen.write(variant=65535))
    segments = kitchen.cookbook.by_id(kitchen.write(slot=65535, variant=0, outcomes=OUTCOMES[3:]))
    assert default is not None
    assert segments is not None
    assert default.variant is None
    assert (segments.slot, segments.variant) == ("segments", "customers")


def test_an_entry_whose_recipe_is_gone_is_set_aside_and_the_others_are_served(kitchen: Kitchen) -> None:
    lost = kitchen.write(recipe_digest=bytes(32))
    kept = kitchen.write()
    assert bare(kitchen.everything()) == [kept]
    assert kitchen.cookbook.quarantine == {lost}


def test_an_entry_that_does_not_fit_its_recipe_is_set_aside(kitchen: Kitchen) -> None:
    wrong = [
        kitchen.write(outcomes=OUTCOMES * 2),
        kitchen.write(slot=9),
        kitchen.write(variant=2),
        kitchen.write(reason=99),
    ]
    assert kitchen.everything() == []
    assert kitchen.cookbook.quarantine == set(wrong)


def test_what_is_no_code_is_said_so(kitchen: Kitchen) -> None:
    with pytest.raises(NotFound):
        kitchen.cookbook.by_code("7KQ4-2MX9")
    assert kitchen.cookbook.by_code("0000-0000") == []
    assert kitchen.cookbook.by_id(bytes(12)) is None
    assert DIGEST.hex() == ENTRY.recipe
