"""Links, times, recipes and the watch over files."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from personalize.content.links import link_trouble
from personalize.content.recipe import build_recipe, recipe_digest
from personalize.content.times import NoSuchTime, moment
from personalize.model.content import Rule, RuleKind, Variant, decode_recipe, encode_recipe
from personalize.settings import Settings

OSLO = ZoneInfo("Europe/Oslo")
HOSTS = {"www.nieuwsblad.example", "shop.example"}
GOOD_LINKS = ["/", "/a/b?c=d#e", "#top", "?page=2", "abonnement", "https://shop.example/x", "mailto:a@b.nl"]
BAD_LINKS = [
    *("", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "/\n/evil.example"),
    *("javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:x", "java\tscript:x", "data:text/html,x"),
    *("https://evil.example", "https:evil.example", "https:/evil.example", "http:///evil.example"),
    *("https://shop.example@evil.example", "https://shop.example.evil.example", "https://shop.example:99/"),
    *("vbscript:x", "file:///etc/passwd", "/a b", '/"onclick="x', "/\u202eevil", "\x00/x", "https://[::1"),
    *("www.nrc.nl", "WWW.shop.example/x"),
]


@pytest.mark.parametrize("link", GOOD_LINKS)
def test_a_link_within_the_site_or_to_a_listed_host_is_fine(link: str) -> None:
    assert link_trouble(link, HOSTS) == ""


@pytest.mark.parametrize("link", BAD_LINKS)
def test_any_other_link_is_refused(link: str) -> None:
    assert link_trouble(link, HOSTS) != ""


@pytest.mark.parametrize(
    ("link", "trouble"),
    [
        ("/a b", "holds a blank (%20 stands for one), which addresses do not have"),
        ("/a\xa0b", "holds a blank that does not break, which addresses do not have"),
        ("/a\\b", "holds a backslash, which addresses do not have"),
        ('/a"b', 'holds the sign ", which addresses do not have'),
        ("/a\u200bb", "holds an invisible sign (U+200B), which addresses do not have"),
        ("", "is empty"),
    ],
)
def test_a_sign_that_an_address_cannot_hold_is_named(link: str, trouble: str) -> None:
    assert link_trouble(link, HOSTS) == trouble


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("value", "utc"),
    [
        (datetime(2029, 7, 1, 8), "2029-07-01T06:00Z"),  # noqa: DTZ001  # as TOML gives it
        (datetime(2029, 1, 1, 8), "2029-01-01T07:00Z"),  # noqa: DTZ001
        (datetime(2029, 7, 1, 8, tzinfo=UTC), "2029-07-01T08:00Z"),
        ("2029-07-01T08:00", "2029-07-01T06:00Z"),
        (date(2029, 7, 1), "2029-06-30T22:00Z"),
        (datetime(2029, 10, 28, 2, 30), "2029-10-28T00:30Z"),  # noqa: DTZ001
    ],
)
def test_a_time_is_the_sites_own(value: object, utc: str) -> None:
    assert moment(value, OSLO) == at(utc)


def test_a_day_counts_in_full_as_an_end() -> None:
    assert moment(date(2029, 7, 31), OSLO, end=True) == at("2029-07-31T22:00Z")


@pytest.mark.parametrize("value", ["tomorrow", "2029-13-01", 3, None, "2029-03-25T02:30"])
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(NoSuchTime):
        moment(value, OSLO)


VARIANTS = [
    Variant(slot="hero", name="b", order=2),
    Variant(slot="hero", name="c", order=1),
    Variant(slot="foot", name="z"),
    Variant(slot="hero", name="a", order=2),
]
RULE = Rule(kind=RuleKind.suppressor, plugin="p", version="1", name="r")


def test_a_recipe_does_not_depend_on_the_order_of_files(settings: Settings) -> None:
    one, two = build_recipe(settings, VARIANTS, [RULE]), build_recipe(settings, VARIANTS[::-1], [RULE])
    assert [variant.name for variant in one.variants] == ["z", "c", "a", "b"]
    assert recipe_digest(one) == recipe_digest(two)
    assert recipe_digest(one) != recipe_digest(build_recipe(settings, VARIANTS, []))


def test_a_recipe_read_again_is_the_same_to_the_order_of_page_facts(settings: Settings) -> None:
    recipe = build_recipe(settings, VARIANTS, [RULE])
    again = decode_recipe(encode_recipe(recipe))
    assert again == recipe
    assert [list(slot.context) for slot in again.slots] == [list(slot.context) for slot in recipe.slots]
    assert [segment.name for segment in again.segments] == ["a", "z"]
