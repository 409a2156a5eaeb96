"""For how long things are kept, as the settings say it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from personalize.errors import ManyErrors
from personalize.settings import load_settings
from personalize.settings.tables import Retention

DAY = 86_400
SITE = """
[site]
url = "http://127.0.0.1:8000"
[purposes.offers]
basis = "legitimate_interest"
titles.en = "offers"
"""


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Retention]:
    def load(table: str) -> Retention:
        (tmp_path / "personalize.toml").write_text(f"{SITE}\n[retention]\n{table}\n")
        return load_settings(tmp_path / "personalize.toml").retention

    return load


def test_without_a_word_entries_stay_400_days_counts_90_lists_30_and_values(read: Callable[[str], Retention]) -> None:
    assert read("") == Retention(entries=400 * DAY, counts=90 * DAY, rejects=30 * DAY, values=None, purposes={})


def test_each_period_can_be_told(read: Callable[[str], Retention]) -> None:
    told = read('entries = "1y"\ncounts = "30d"\nrejects = "7d"\nvalues = "2w"\npurposes = { offers = "90d" }')
    assert (told.counts, told.rejects, told.values) == (30 * DAY, 7 * DAY, 14 * DAY)
    assert told.purposes == {"offers": 90 * DAY}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('entries = "12h"', "whole days are deleted"),
        ('purposes = { ofers = "9d" }', "Did you mean `offers`"),
        ('entries = "30d"\npurposes = { offers = "31d" }', "longer than all"),
        ('attributes = { shoe_size = "30d" }', "shoe_size"),
        ('entrys = "30d"', "Did you mean `entries`"),
        ('counts = "soon"', "is not a duration"),
    ],
)
def test_what_makes_no_sense_is_refused(read: Callable[[str], Retention], table: str, said: str) -> None:
    with pytest.raises(ManyErrors, match=said):
        read(table)


def test_the_erasure_list_may_not_stand_in_the_store(tmp_path: Path) -> None:
    text = SITE.replace("8000", '8000"\nerasures = "store/list', 1)
    (tmp_path / "personalize.toml").write_text(text)
    with pytest.raises(ManyErrors, match="stands in the store"):
        load_settings(tmp_path / "personalize.toml")
