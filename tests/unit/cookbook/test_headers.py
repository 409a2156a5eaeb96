"""Headers: entries as far as they stand in the clear, without a key."""

from tests.kitchen import CODE, DIGEST, ENTRY, NOON, SUBJECT, Kitchen


def test_a_header_says_what_the_entry_says_without_its_key(kitchen: Kitchen) -> None:
    entry_id = kitchen.write()
    kitchen.keys.clear()
    (header,) = kitchen.cookbook.headers(0, 1 << 62)
    assert (header.entry_id, header.at, header.code, header.subject) == (entry_id, NOON, CODE, SUBJECT)
    assert (header.slot, header.variant, header.reason) == (ENTRY.slot, ENTRY.variant, ENTRY.reason)
    assert (header.outcomes, header.recipe) == (ENTRY.outcomes, DIGEST)


def test_headers_come_from_index_and_tails_each_once_and_by_time(kitchen: Kitchen) -> None:
    written = [kitchen.write(at=NOON + second) for second in range(3)]
    kitchen.indexer.drain()
    written += [kitchen.write(at=NOON + second) for second in range(3, 6)]
    assert [each.entry_id for each in kitchen.cookbook.headers(NOON, NOON + 5)] == written[:5]


def test_a_damaged_page_is_left_out_and_named(kitchen: Kitchen) -> None:
    entry_id, other = kitchen.write(), kitchen.write(at=NOON + 1)
    kitchen.indexer.drain()
    with kitchen.database.write() as cookbook:
        cookbook.execute("UPDATE entries SET code = code + 1 WHERE at = ?", (NOON,))
    assert [each.entry_id for each in kitchen.cookbook.headers(0, 1 << 62)] == [other]
    assert kitchen.cookbook.quarantine == {entry_id}


def test_entries_are_had_by_their_ids(kitchen: Kitchen) -> None:
    first, second = kitchen.write(), kitchen.write(at=NOON + 1)
    kitchen.indexer.drain()
    third = kitchen.write(at=NOON + 2)
    found = kitchen.cookbook.by_ids([third, second, b"\0" * 12])
    assert {each.entry_id for each in found} == {second, third}
    assert first not in {each.entry_id for each in found}


def test_readings_are_what_entries_list_and_none_without_the_key(kitchen: Kitchen) -> None:
    kitchen.write()
    ((header, body),) = kitchen.cookbook.readings({DIGEST}, 0, 1 << 62)
    assert body is not None
    assert ([item[0] for item in body.ingredients], header.variant) == ([0, 2], "tv")
    assert list(kitchen.cookbook.readings({b"\0" * 32}, 0, 1 << 62)) == []
    kitchen.keys.clear()
    assert [body for _, body in kitchen.cookbook.readings({DIGEST}, 0, 1 << 62)] == [None]
