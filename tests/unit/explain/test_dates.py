"""Moments, ages and values in three languages."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from personalize.explain.dates import age_words, length_words, local, moment_words
from personalize.explain.language import language
from personalize.explain.values import value_words
from personalize.model.attributes import Attribute, AttributeType
from personalize.model.spoken import write_day

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
DAY = 86_400


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("nl", "donderdag 1 maart 2029 om 09:05 uur"),
        ("nb", "torsdag 1. mars 2029 klokken 09.05"),
        ("en", "Thursday 1 March 2029 at 09:05"),
    ],
)
def test_a_moment_is_said_as_the_language_says_it(lang: str, words: str) -> None:
    moment = datetime(2029, 3, 1, 9, 5, tzinfo=AMSTERDAM)
    assert moment_words(moment, language(lang)) == words


def test_the_wall_clock_at_the_site_decides_the_day() -> None:
    newyear = round(datetime(2029, 12, 31, 23, 30, tzinfo=ZoneInfo("UTC")).timestamp()) * 1_000_000
    assert write_day(local(newyear, AMSTERDAM).date(), "en") == "1 January 2030"


def age(seconds: int, lang: str, since: datetime = datetime(2029, 1, 10, 9, 5, tzinfo=AMSTERDAM)) -> str:
    observed = round(since.timestamp()) * 1_000_000
    return age_words(observed, observed + seconds * 1_000_000, language(lang), AMSTERDAM)


@pytest.mark.parametrize(
    ("seconds", "dutch", "norwegian"),
    [
        (0, "nog geen minuut oud", "under et minutt"),
        (60, "1 minuut oud", "1 minutt"),
        (2 * 3600, "2 uur oud", "2 timer"),
        (2 * DAY, "2 dagen oud", "2 dager"),
        (3 * DAY + 7, "3 dagen oud", "3 dager"),
        (800 * DAY, "2 jaar oud", "2 år"),
    ],
)
def test_an_age_is_said_with_its_plural(seconds: int, dutch: str, norwegian: str) -> None:
    assert age(seconds, "nl") == dutch
    assert age(seconds, "nb") == norwegian


@pytest.mark.parametrize(
    ("hours", "dutch", "norwegian", "english"),
    [
        (15, "nog geen dag oud", "under ett døgn", "less than a day old"),
        (24, "1 dag oud", "1 dag", "1 day old"),
        (47, "1 dag oud", "1 dag", "1 day old"),
        (48, "2 dagen oud", "2 dager", "2 days old"),
        (800 * 24, "2 jaar oud", "2 år", "2 years old"),
    ],
)
def test_what_was_observed_on_a_date_alone_is_told_in_days(
    hours: int, dutch: str, norwegian: str, english: str
) -> None:
    midnight = datetime(2029, 1, 10, tzinfo=AMSTERDAM)
    told = [age(hours * 3600, lang, midnight) for lang in ("nl", "nb", "en")]
    assert told == [dutch, norwegian, english]


def test_a_clock_that_ran_behind_gives_no_negative_age() -> None:
    assert age(-5, "en") == "less than a minute old"
    assert length_words(-5, language("en")) == "0 minutes"


@pytest.mark.parametrize(
    ("plain", "kind", "words"),
    [
        (True, AttributeType.yes_no, "ja"),
        (False, AttributeType.yes_no, "nee"),
        ("2027-02-03", AttributeType.date, "3 februari 2027"),
        ("no date", AttributeType.date, "no date"),
        (0, AttributeType.instant, "donderdag 1 januari 1970 om 01:00 uur"),
        (["internet", "telefoon", "tv"], AttributeType.set, "internet, telefoon en tv"),
        ([], AttributeType.set, "niets"),
        (3, AttributeType.number, "3"),
        ("blauw", AttributeType.choice, "blauw"),
    ],
)
def test_a_value_is_said_by_its_type(plain: object, kind: AttributeType, words: str) -> None:
    attribute = Attribute(name="it", type=kind, source="crm", purpose="offers")
    assert value_words(plain, attribute, language("nl"), AMSTERDAM) == words


@pytest.mark.parametrize(
    ("lang", "summer", "winter"),
    [
        ("nl", "02:45 uur (zomertijd)", "02:45 uur (wintertijd)"),
        ("nb", "02.45 (sommertid)", "02.45 (normaltid)"),
        ("en", "02:45 (summer time)", "02:45 (winter time)"),
    ],
)
def test_the_hour_that_comes_twice_is_told_apart(lang: str, summer: str, winter: str) -> None:
    once = round(datetime(2026, 10, 25, 0, 45, tzinfo=ZoneInfo("UTC")).timestamp()) * 1_000_000
    said = [moment_words(local(once + hours * 3_600_000_000, AMSTERDAM), language(lang)) for hours in range(-1, 3)]
    assert [said[1].endswith(summer), said[2].endswith(winter)] == [True, True]
    assert "(" not in said[0] + said[3]
