"""Which of the staff looked: what was one look is one line, and no look is lost in it."""

from zoneinfo import ZoneInfo

import pytest

from personalize.explain.language import LANGUAGES, language
from personalize.model.staff import REFUSED, Look
from personalize.testing import TrialSite
from personalize.web.privacy.looks import looks_words
from tests.unit.web.mine.visiting import ANNA, DAY, page, press

MINUTE = 60_000_000
OSLO = ZoneInfo("Europe/Oslo")


def look(minute: float, **other: str) -> Look:
    told = {"staff": "", "role": "service", "what": "code", "reason": "A call", "case": "C-1", **other}
    return Look(at=DAY + round(minute * MINUTE), subject=7, **told)


def lines(*looks: Look, lang: str = "en") -> list[str]:
    newest_first = sorted(looks, key=lambda look: -look.at)
    return [f"{each.when}: {each.reason}" for each in looks_words(newest_first, language(lang), OSLO)]


DAY_IN_WORDS = "Friday 2 January 1970 at"


def test_pages_in_a_row_are_one_look_with_its_end_and_count() -> None:
    assert lines(look(0), look(9), look(18), look(18.5)) == [
        f"{DAY_IN_WORDS} 01:00, and 3 more times, the last at 01:18: A call"
    ]
    assert lines(look(0), look(9)) == [f"{DAY_IN_WORDS} 01:00, and 1 more time, the last at 01:09: A call"]
    assert lines(look(0), look(0.5)) == [f"{DAY_IN_WORDS} 01:00, and 1 more time in that minute: A call"]


def test_after_a_pause_it_is_another_look() -> None:
    assert lines(look(0), look(11)) == [f"{DAY_IN_WORDS} 01:11: A call", f"{DAY_IN_WORDS} 01:00: A call"]


@pytest.mark.parametrize("other", [{"staff": "Marit"}, {"role": "admin"}, {"reason": "A complaint"}, {"case": "C-2"}])
def test_another_person_reason_or_case_is_another_look_and_breaks_none(other: dict[str, str]) -> None:
    first, second = lines(look(0), look(1, **other), look(2))
    assert "01:00, and 1 more time, the last at 01:02" in first
    assert "01:01:" in second


def test_what_was_refused_is_told_so() -> None:
    assert lines(look(0), look(1, what=REFUSED)) == [
        f"{DAY_IN_WORDS} 01:01: A call. It was refused: nothing was shown.",
        f"{DAY_IN_WORDS} 01:00: A call",
    ]


def test_midnight_and_the_end_of_summer_time_part_looks() -> None:
    assert len(lines(look(-61), look(-59))) == 2
    october = 1_792_890_000_000_000  # 03:00 summer time on 25 October 2026
    turn = [Look(at=october + each * MINUTE, staff="", role="service", what="code", reason="x") for each in (-1, 1)]
    assert len(lines(*turn)) == 2


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_language_counts_them(lang: str) -> None:
    told = [lines(look(0), *more, lang=lang)[0] for more in ([look(5)], [look(0.5)], [look(4), look(5)])]
    assert len(set(told)) == 3
    assert [each for each in told if "{" in each] == []
    assert "2" in told[2].partition("1970")[2]


def test_page_and_readable_file_tell_one_look_and_the_file_for_programs_each_page(
    site: TrialSite, anna: object
) -> None:
    subject = site.house.subject_of(ANNA)
    for minute in range(60):
        site.house.staff.note(
            Look(at=DAY + minute * MINUTE, staff="x", role="service", what="code", reason="A call", subject=subject)
        )
    text = page(anna)
    assert text.count("A call") == 1
    assert "and 59 more times, the last at" in text
    assert "The file that you can download below has all of it." not in text
    assert press(anna, "download", format="html").text.count("A call") == 1
    assert len(press(anna, "download", format="json").json()["looked_up_by"]) == 60
