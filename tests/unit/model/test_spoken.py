"""Days, numbers and values as each language writes them, and texts with values in them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from personalize.model.attributes import Value
from personalize.model.placeholders import PlaceholderProblem, names_in, parse
from personalize.model.spoken import SPOKEN, write_day, write_moment, write_number, write_value

OSLO = ZoneInfo("Europe/Oslo")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("Ann", ("Ann", "Ann", "Ann")),
        (True, ("ja", "ja", "yes")),
        (12.5, ("12,5", "12,5", "12.5")),
        (3.0, ("3", "3", "3")),
        (date(2029, 3, 2), ("2 maart 2029", "2. mars 2029", "2 March 2029")),
        (
            datetime(2029, 3, 2, 23, 5, tzinfo=UTC),
            ("3 maart 2029 om 00:05 uur", "3. mars 2029 klokken 00.05", "3 March 2029 at 00:05"),
        ),
        (
            datetime(9999, 12, 31, 23, 59, tzinfo=UTC),
            ("31 december 9999 om 23:59 uur", "31. desember 9999 klokken 23.59", "31 December 9999 at 23:59"),
        ),
        (frozenset({"b", "a", "c"}), ("a, b en c", "a, b og c", "a, b and c")),
        (frozenset[str](), ("", "", "")),
    ],
)
def test_values_are_written_as_each_language_writes_them(value: Value, words: tuple[str, str, str]) -> None:
    assert tuple(write_value(value, lang, OSLO) for lang in ("nl", "nb", "en-GB")) == words


def test_values_go_by_their_titles_and_those_without_as_they_are() -> None:
    titles = {"tv": {"nl": "televisie", "en": "television"}}
    owned = frozenset({"internet", "tv"})
    assert [write_value(owned, lang, OSLO, titles) for lang in ("nl", "nb", "en")] == [
        "internet en televisie",
        "internet og television",
        "internet and television",
    ]
    assert write_value("tv", "nl", OSLO, titles) == "televisie"
    assert write_value("radio", "nl", OSLO, titles) == "radio"


@pytest.mark.parametrize("lang", SPOKEN)
def test_every_language_has_seven_days_and_twelve_months(lang: str) -> None:
    assert (len(set(SPOKEN[lang].weekdays)), len(set(SPOKEN[lang].months))) == (7, 12)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1234, ("1234", "1234", "1234")),
        (12345.5, ("12.345,5", "12\N{NO-BREAK SPACE}345,5", "12,345.5")),
        (2.0, ("2", "2", "2")),
        (-0.25, ("-0,25", "-0,25", "-0.25")),
        (1e-7, ("0,0000001", "0,0000001", "0.0000001")),
    ],
)
def test_a_number_has_the_languages_signs(number: float, words: tuple[str, str, str]) -> None:
    assert tuple(write_number(number, lang) for lang in ("nl", "nb", "en")) == words


def test_a_moment_that_is_a_whole_day_has_no_time_of_day() -> None:
    assert write_moment(datetime(2029, 5, 17), "nl", weekday=True) == "donderdag 17 mei 2029"  # noqa: DTZ001
    assert write_moment(datetime(2029, 5, 17, 0, 0, 1), "nl") == "17 mei 2029 om 00:00 uur"  # noqa: DTZ001


def test_a_date_without_year_or_weekday_is_shorter() -> None:
    assert write_day(date(2029, 5, 17), "nb", year=False) == "17. mai"
    assert write_day(date(2029, 5, 17), "nb", weekday=True) == "torsdag 17. mai 2029"


def test_a_text_falls_apart_into_pieces_and_the_names_of_its_placeholders() -> None:
    assert names_in("Dag {name}, {{ja}} {name} {other}") == ("name", "other")
    assert parse("Dag {name}, {{ja}}") == ("Dag ", ("name",), ", ", "{", "ja", "}")


@pytest.mark.parametrize(("text", "column"), [("a {", 3), ("a } b", 3), ("{1x}", 1), ("{a.b}", 1), ("{a!r}", 1)])
def test_a_lone_brace_is_refused_with_its_place(text: str, column: int) -> None:
    with pytest.raises(PlaceholderProblem) as caught:
        names_in(text)
    assert caught.value.column == column
