"""A site may look something up before it serves: what runs beside runs all the same, once."""

import threading
from collections import Counter
from pathlib import Path

from personalize.personalizer import Personalizer
from tests.faults.site.files import write_files


def at_work() -> Counter[str]:
    return Counter(each.name for each in threading.enumerate() if each.name.startswith("personalize"))


async def test_a_site_that_opened_the_store_itself_has_its_work_done_when_it_serves(tmp_path: Path) -> None:
    personalizer = Personalizer.from_toml(write_files(tmp_path))
    house = personalizer.open()
    before = at_work()
    await personalizer.startup()
    started = at_work() - before
    await personalizer.startup()
    assert (personalizer.house is house, at_work() - before) == (True, started)
    await personalizer.shutdown()
    assert at_work() == before
    await personalizer.startup()
    assert at_work() - before == started
    await personalizer.shutdown()
    assert {"personalize-indexer", "personalize-caretaker"} <= set(started)
