"""A journal cut anywhere (X11): every decision before the cut is found, none after it, and nothing raises."""

import os
from bisect import bisect_right
from pathlib import Path

from personalize.cookbook.frames import LEAST
from personalize.recognition.recognise import Credentials
from tests.faults.site.app import SLOTS
from tests.faults.site.files import opened

LAST = 2048


def test_a_segment_cut_at_each_byte_of_its_end_keeps_every_decision_before_the_cut(settings: Path) -> None:
    with opened(settings) as house:
        ends, written = [0], []
        for number in range(1, 7):
            prepared = house.pipeline.prepare(Credentials(login=f"customer_number:{number}"))
            for slot in SLOTS:
                written.append(house.pipeline.decide(prepared, slot, code=number).entry_id)
                [segment] = (house.store.folder / "journal").glob("*.pzj")
                ends.append(segment.stat().st_size)
        assert ends[-1] > LAST
        for size in range(ends[-1], ends[-1] - LAST, -1):
            os.truncate(segment, size)
            whole = bisect_right(ends, size) - 1
            last, cut = (house.cookbook.by_id(each) for each in (written[whole - 1], (*written, b"")[whole]))
            assert (last.entry_id, cut) == (written[whole - 1], None)
            if size in ends:
                found = {entry.entry_id for entry in house.cookbook.by_time(0, 1 << 62)}
                assert found == set(written[:whole])
        assert house.cookbook.quarantine == set()


def test_what_a_cut_segment_still_holds_is_indexed_after_its_writer_died(settings: Path) -> None:
    with opened(settings) as house:
        prepared = house.pipeline.prepare(Credentials(login="customer_number:1"))
        written = [house.pipeline.decide(prepared, slot, code=1).entry_id for slot in SLOTS]
        [segment] = (house.store.folder / "journal").glob("*.pzj")
    os.truncate(segment, segment.stat().st_size - LEAST - 5)
    with opened(settings) as house:
        assert house.indexer.drain() == 2
        assert {entry.entry_id for entry in house.cookbook.by_time(0, 1 << 62)} == set(written[:2])
        [(_, gap)] = house.store.entries.gaps()
        assert gap.missing == 1
