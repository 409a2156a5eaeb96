"""What everyone saw, and why nobody sees a variant: counts and sentences without anybody in them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from personalize.testing import TrialSite
from personalize.web.desk import anybody, counts
from tests.unit.web.desk.conftest import ANNA, BEN, SECRET, Counter, decide, edit, visit


def test_what_strangers_saw_is_told_by_the_hour(desk: Counter, site: TrialSite) -> None:
    for _ in range(3):
        site.browser().open("/")
    site.house.recorder.close()
    site.house.indexer.drain()
    now = datetime.now(UTC).astimezone(ZoneInfo("Europe/Amsterdam"))
    page = desk.text(f"/then?day={now.date()}&time={now:%H:%M}")
    assert "“Switch now” 3 times" in page
    assert desk.get(f"/then?day={now.date()}&time={now:%H:%M}").text.count('max="3" value="3"') == 2
    assert "The ordinary content 3 times" in page
    assert "Switch now" not in desk.text(f"/then?day={now.date()}&time={now:%H:%M}&slot=hero")
    assert "Switch now" not in desk.text(f"/then?day={now.date()}&time={now:%H:%M}&words=climate")
    yesterday = now.date() - timedelta(days=1)
    assert "nothing was counted" in desk.text(f"/then?day={yesterday}&time={now:%H:%M}")


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "Thursday 22 November 2029 from 00:00 to 01:00"),
        ("nl", "Donderdag 22 november 2029 van 00:00 tot 01:00 uur"),
        ("nb", "Torsdag 22. november 2029 fra klokken 00.00 til 01.00"),
    ],
)
def test_the_hour_is_told_from_when_until_when(desk: Counter, lang: str, words: str) -> None:
    assert words in desk.text(f"/then?day=2029-11-22&time=00:12&lang={lang}")


@pytest.mark.usefixtures("edits_at_once")
def test_content_of_several_recipes_that_reads_alike_is_one_line(desk: Counter, site: TrialSite) -> None:
    site.browser().open("/")
    before = site.house.pipeline.serving
    edit(site, "The climate now", "The weather now")
    assert site.house.pipeline.serving is not before
    site.browser().open("/")
    site.house.recorder.close()
    site.house.indexer.drain()
    now = datetime.now(UTC).astimezone(ZoneInfo("Europe/Amsterdam"))
    page = desk.text(f"/then?day={now.date()}&time={now:%H:%M}")
    assert page.count("“Switch now”") == 1
    assert "“Switch now” 2 times" in page


def test_a_day_that_is_none_is_said_to_be_none(desk: Counter) -> None:
    assert "That is no day or time." in desk.text("/then?day=2026-02-31&time=10:00")


def test_the_reasons_are_counted_most_frequent_first(desk: Counter, site: TrialSite) -> None:
    for who in (ANNA, BEN, BEN):
        visit(site, who)
    desk.roles = ["editor"]
    found = desk.get("/variant/offer/renewal?format=json").json()
    assert (found["looked"], found["shown"]) == (3, 1)
    assert [why["times"] for why in found["reasons"]] == [2]
    page = desk.text("/variant/offer/renewal")
    assert "it was considered 3 times. Shown: 1." in page
    assert "subscriber" in page


def test_a_browser_alone_is_not_told_of_as_a_link(desk: Counter, site: TrialSite) -> None:
    browser = site.browser()
    _, browser.cookies["pz-dev"] = site.house.browsers.begin_device(site.house.clock.now())
    browser.open("/")
    (why,) = desk.get("/variant/offer/renewal?format=json").json()["reasons"]
    assert why["sentence"] == "We knew only this browser, and then we do not look at “subscriber”."


@pytest.mark.usefixtures("edits_at_once")
def test_content_that_was_refused_is_said_not_to_be_in_force(desk: Counter, site: TrialSite) -> None:
    visit(site, BEN)
    desk.roles = ["editor"]
    pages = ("/variants", "/variant/offer/renewal")
    for refused, old, new in (
        (False, "subscriber and", "subscribr and"),
        (True, "subscribr", "subscriber"),
        (False, "", ""),
    ):
        assert ["was refused because of a mistake" in desk.text(page) for page in pages] == [refused] * 2
        assert "Keep reading" in desk.text("/variants")
        edit(site, old, new)


@pytest.mark.usefixtures("edits_at_once")
def test_a_variant_with_another_name_by_now_keeps_its_title_and_leads_to_the_new_one(
    desk: Counter, site: TrialSite
) -> None:
    visit(site, ANNA)
    edit(site, 'name = "renewal"', 'name = "renew"')
    page = desk.text("/variant/offer/renewal")
    assert page.partition("The offer ")[2].startswith("Keep reading It is published under another name now")
    assert "counted there: Keep reading renew In the last 24 hours it was considered 1 time. Shown: 1." in page
    assert 'href="../../variant/offer/renew"' in desk.get("/variant/offer/renewal").text
    assert "another name" not in desk.text("/variant/offer/renew")


@pytest.mark.usefixtures("edits_at_once")
def test_a_variant_that_is_gone_keeps_its_title(desk: Counter, site: TrialSite) -> None:
    visit(site, ANNA)
    edit(site, 'name = "renewal"', 'name = "renew"')
    edit(site, "Keep reading", "Read on")
    assert "Keep reading It is not published now." in desk.text("/variant/offer/renewal")
    assert desk.get("/variant/offer/never").status_code == 404


@pytest.mark.usefixtures("waited")
def test_what_was_not_put_on_the_page_does_not_count_as_shown(desk: Counter, site: TrialSite) -> None:
    visit(site, ANNA)
    site.house.recorder.keep_served()
    decide(site, ANNA, "offer")
    found = desk.get("/variant/offer/renewal?format=json").json()
    assert (found["looked"], found["shown"]) == (2, 1)
    (why,) = found["reasons"]
    assert (why["reason"], why["times"]) == ("TARGETING_MATCH", 1)
    assert why["sentence"] == "It was decided, but as far as we know not put on the page."
    site.house.indexer.drain()
    assert desk.get("/variant/offer/renewal?format=json").json()["shown"] == 1


def test_a_slow_machine_counts_some_and_says_where_it_stopped(
    desk: Counter, site: TrialSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit(site, ANNA)
    desk.roles = ["editor"]
    monkeypatch.setattr(anybody, "PATIENCE", 0.0)
    found = desk.get("/variant/offer/renewal?format=json").json()
    assert (found["looked"], found["all"]) == (1, True)
    monkeypatch.setattr(counts, "AT_LEAST", 1)
    assert not desk.get("/variant/offer/renewal?format=json").json()["all"]


def test_no_reason_holds_anybody_s_value(desk: Counter, site: TrialSite) -> None:
    site.withdraws(ANNA, "reading")
    visit(site, ANNA)
    visit(site, BEN)
    for variant in ("offer/renewal", "offer/switch", "hero/climate"):
        page = desk.text(f"/variant/{variant}")
        assert SECRET not in page
        assert "for you it was" not in page


def test_a_variant_that_nobody_was_asked_about_says_so(desk: Counter) -> None:
    assert "it was never considered" in desk.text("/variant/hero/climate")
    assert desk.get("/variant/hero/nothing").status_code == 404


def test_everything_published_can_be_chosen(desk: Counter) -> None:
    page = desk.get("/variants").text
    assert 'href="variant/offer/switch"' in page
    assert desk.trail() == []
