"""What the browser itself says about purposes, from the request to the sentence about it."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from personalize.admission import MOST_HEARD
from personalize.errors import NotFound
from personalize.hooks import Agreed, ConsentSource, PluginError, hookimpl
from personalize.model.banner import BannerYes
from personalize.personalizer import Personalizer
from personalize.recognition.recognise import Credentials
from personalize.rights.recall import Recall, Thing
from personalize.testing import Browser, TrialSite

SITE = """
[site]
url = "http://127.0.0.1:8000"
timezone = "Europe/Amsterdam"
languages = ["en"]
[purposes.offers]
basis = "consent"
notice = "offers"
valid = "9000d"
recognise = true
titles.en = "offers"
[purposes.service]
basis = "legitimate_interest"
titles.en = "service"
[notices.offers]
version = 1
texts.en = "May we?"
[sources.crm]
key = "customer_number"
identifiers = {customer_number = "id"}
[sources.crm.columns]
age = "age"
city = "city"
[attributes.age]
type = "number"
source = "crm"
purpose = "offers"
assurance = "click"
titles.en = "your age"
[attributes.city]
type = "text"
source = "crm"
purpose = "service"
titles.en = "your city"
[slots.hero]
fields = {headline = "text"}
[slots.side]
fields = {headline = "text"}
"""
VARIANTS = """
[[variant]]
slot = "hero"
name = "grown"
when = "age >= 18"
fields.headline = "Grown up"
[[variant]]
slot = "side"
name = "local"
when = "city == 'Breda'"
fields.headline = "News of Breda"
"""
NUMBERS = count(1000)
YES = Agreed(evidence=b"offers=yes", at=1_700_000_000_000_000, until=1 << 60)


class Banner:
    """A plugin whose source says what the cookie `banner` names in `words`."""

    plugin_name = "banner"
    __version__ = "3"

    def __init__(self, words: dict[str, Any]) -> None:
        self.words, self.asked = words, 0

    @hookimpl
    def personalize_consent_sources(self, config: Any) -> Iterator[ConsentSource]:
        assert set(config.purposes) == {"offers", "service"}
        yield ConsentSource(name="banner", read=self.read)

    def read(self, headers: Sequence[tuple[bytes, bytes]], purposes: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked += 1
        cookie = dict(headers).get(b"cookie", b"").decode()
        word = self.words.get(cookie.rpartition("banner=")[2], {})
        if isinstance(word, Exception):
            raise word
        return word


@pytest.fixture(scope="module")
def banner() -> Banner:
    return Banner(
        {
            "yes": {"offers": YES},
            "bare": {"offers": True},
            "no": {"offers": False, "service": False},
            "silent": {"offers": None},
            "broken": RuntimeError("broken"),
            "odd": {"offers": "yes"},
            "strange": {"weather": True},
            "future": {"offers": Agreed(evidence=b"x", at=1 << 60)},
            "over": {"offers": Agreed(evidence=b"x", at=1_700_000_000_000_000, until=1_700_000_000_000_001)},
            "negative": {"offers": Agreed(evidence=b"x", at=-5)},
        }
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, banner: Banner) -> Iterator[TrialSite]:
    folder = tmp_path_factory.mktemp("signals")
    (folder / "personalize.toml").write_text(SITE, encoding="utf-8")
    with TrialSite(folder / "personalize.toml", content=VARIANTS, plugins=[banner]) as site:
        yield site


@pytest.fixture
def anna(site: TrialSite) -> str:
    """Somebody of whom everything is known and nothing was asked yet."""
    identifier = f"customer_number:{next(NUMBERS)}"
    site.knows(identifier, age=20, city="Breda")
    return identifier


def shown(browser: Browser, said: str = "") -> tuple[str, str]:
    """The two slots, for a request whose banner says this."""
    browser.cookies.pop("banner", None)
    if said:
        browser.cookies["banner"] = said
    page = browser.open("/")
    return page.slot("hero"), page.slot("side")


BOTH, NEITHER = ("Grown up", "News of Breda"), ("default of hero", "default of side")
ONLY_SIDE = ("default of hero", "News of Breda")


def test_a_yes_counts_for_a_person_who_is_logged_in(site: TrialSite, anna: str) -> None:
    browser = site.browser(anna)
    assert [shown(browser, said) for said in ("", "yes", "bare", "silent")] == [ONLY_SIDE, BOTH, BOTH, ONLY_SIDE]


def test_a_no_counts_on_the_next_request_whatever_the_ledger_says(site: TrialSite, anna: str) -> None:
    site.gives(anna, "offers")
    browser = site.browser(anna)
    assert [shown(browser, said) for said in ("", "no", "yes", "no", "")] == [BOTH, NEITHER, BOTH, NEITHER, BOTH]
    causes = {each.cause.name for entry in site.entries(anna) for each in entry.absences}
    assert causes == {"no_consent"}


@pytest.mark.parametrize("said", ["broken", "odd", "strange"])
def test_a_source_that_fails_is_a_no_to_all_it_speaks_for(site: TrialSite, anna: str, said: str) -> None:
    site.gives(anna, "offers")
    before = site.personalizer.counters["consent_source_failed"]
    assert shown(site.browser(anna), said) == NEITHER
    assert site.personalizer.counters["consent_source_failed"] == before + 1


@pytest.mark.parametrize("said", ["future", "over", "negative"])
def test_a_yes_that_is_not_in_force_grants_nothing(site: TrialSite, anna: str, said: str) -> None:
    assert shown(site.browser(anna), said) == ONLY_SIDE


def test_a_yes_is_weaker_than_a_later_withdrawal_and_stronger_than_an_earlier_one(
    site: TrialSite, banner: Banner, anna: str
) -> None:
    site.gives(anna, "offers")
    site.withdraws(anna, "offers")
    browser, now = site.browser(anna), site.personalizer.clock.now()
    assert [shown(browser, said) for said in ("yes", "bare")] == [ONLY_SIDE, ONLY_SIDE]
    banner.words["later"] = {"offers": Agreed(evidence=b"later", at=now)}
    assert shown(browser, "later") == BOTH
    site.withdraws(anna, "offers")
    assert shown(browser, "later") == ONLY_SIDE


def test_a_yes_never_lifts_an_objection(site: TrialSite, anna: str) -> None:
    site.objects(anna, "offers")
    assert shown(site.browser(anna), "yes") == ONLY_SIDE


def test_a_yes_by_whoever_opened_a_link_is_not_the_addressees(site: TrialSite, anna: str) -> None:
    site.gives(anna, "offers")
    link, browser = site.link(anna), site.browser()
    browser.open(link)
    assert shown(browser)[0] == "Grown up"
    site.withdraws(anna, "offers")
    assert shown(browser, "yes") == NEITHER


def test_a_no_to_being_recognised_keeps_a_links_cookie_away(site: TrialSite, anna: str) -> None:
    site.gives(anna, "offers")
    link, browser = site.link(anna), site.browser()
    browser.cookies["banner"] = "no"
    browser.open(link)
    assert set(browser.cookies) == {"banner"}


def test_strangers_are_not_asked(site: TrialSite, banner: Banner) -> None:
    before = banner.asked
    assert shown(site.browser(), "yes") == NEITHER
    assert shown(site.browser(), "broken") == NEITHER
    assert shown(site.browser("customer_number:nobody"), "yes") == NEITHER
    assert banner.asked == before


def test_the_entry_names_the_yes_and_is_decided_again_alike(site: TrialSite, anna: str) -> None:
    shown(site.browser(anna), "yes")
    entry = next(each for each in site.entries(anna) if each.slot == "hero")
    assert entry.ingredients[0].record == BannerYes.of(b"offers=yes", "banner@3", YES.at).record
    report = site.replay()
    assert report.entries > 1
    assert (report.differences, report.not_replayable) == ((), ())


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "to which you agreed in the site’s cookie banner on 14 November 2023."),
        ("nl", "daarvoor gaf u toestemming in de cookiemelding van de site op 14 november 2023."),
        ("nb", "det samtykket du til i nettstedets banner for informasjonskapsler 14. november 2023."),
    ],
)
def test_the_explanation_says_that_it_was_agreed_in_the_banner(
    site: TrialSite, anna: str, lang: str, words: str
) -> None:
    shown(site.browser(anna), "yes")
    entry = next(each for each in site.entries(anna) if each.slot == "hero")
    told = site.explain(entry.code, lang)
    line = next(line for each in told for line in each.ingredients if line.attribute == "age")
    assert line.sentence.endswith(words)
    assert (line.notice, line.agreed[:10]) == ("banner@3", "2023-11-14")


def test_an_undated_yes_is_told_as_such(site: TrialSite, anna: str) -> None:
    shown(site.browser(anna), "bare")
    entry = next(each for each in site.entries(anna) if each.slot == "hero")
    (line,) = (line for each in site.explain(entry.code) for line in each.ingredients if line.attribute == "age")
    assert "cookie banner, on " in line.sentence
    assert line.sentence.endswith(" at the latest.")


def test_the_ledgers_own_consent_is_named_rather_than_the_banners(site: TrialSite, anna: str) -> None:
    site.gives(anna, "offers")
    shown(site.browser(anna), "yes")
    entry = next(each for each in site.entries(anna) if each.slot == "hero")
    assert len(entry.ingredients[0].record) == 16


def test_requests_with_and_without_a_word_share_what_is_the_same_and_keep_the_rest_apart(
    site: TrialSite, anna: str
) -> None:
    site.gives(anna, "offers")
    pipeline, login = site.house.pipeline, Credentials(login=anna)
    plain, yes, no = (
        pipeline.prepare(login, [(b"cookie", b"banner=" + said)] if said else []).hot for said in (b"", b"yes", b"no")
    )
    assert yes is plain
    assert no is not plain
    assert pipeline.prepare(login, [(b"cookie", b"banner=no")]).hot is no
    assert pipeline.prepare(login).hot is plain


def test_the_words_kept_for_one_person_are_few(site: TrialSite, banner: Banner, anna: str) -> None:
    pipeline, login = site.house.pipeline, Credentials(login=anna)
    banner.words.update({str(n): {"offers": Agreed(evidence=bytes([n]))} for n in range(50)})
    for n in range(50):
        pipeline.prepare(login, [(b"cookie", f"banner={n}".encode())])
    kept = pipeline.prepare(login).hot.heard
    assert kept is not None
    assert 0 < len(kept) <= MOST_HEARD


def test_a_withdrawal_between_hearing_and_deciding_still_counts(site: TrialSite, anna: str) -> None:
    pipeline = site.house.pipeline
    prepared = pipeline.prepare(Credentials(login=anna), [(b"cookie", b"banner=yes")])
    site.objects(anna, "offers")
    assert pipeline.decide(prepared, "hero").variant is None


def test_a_no_survives_a_change_between_hearing_and_deciding(site: TrialSite, anna: str) -> None:
    pipeline = site.house.pipeline
    prepared = pipeline.prepare(Credentials(login=anna), [(b"cookie", b"banner=no")])
    site.gives(anna, "offers")
    assert pipeline.decide(prepared, "hero").variant is None


def test_without_a_source_nothing_is_heard(tmp_path: Path) -> None:
    (tmp_path / "personalize.toml").write_text(SITE, encoding="utf-8")
    with TrialSite(tmp_path / "personalize.toml", content=VARIANTS) as site:
        site.knows("customer_number:7", age=20)
        prepared = site.house.pipeline.prepare(Credentials(login="customer_number:7"), [(b"cookie", b"banner=no")])
        assert prepared.heard is None
        assert prepared.hot.heard is None


def test_a_source_for_an_unknown_purpose_is_refused_at_the_start(tmp_path: Path) -> None:
    source = ConsentSource(name="odd", read=lambda headers, purposes: {}, purposes=("weather",))
    plugin = SimpleNamespace(
        plugin_name="odd", personalize_consent_sources=hookimpl(lambda config: [source]), __version__="1"
    )
    (tmp_path / "personalize.toml").write_text(SITE, encoding="utf-8")
    with pytest.raises(PluginError, match=r"source 'odd' of 'odd' speaks for 'weather': no such purpose\."):
        Personalizer.from_toml(tmp_path / "personalize.toml", plugins=[plugin])


def test_what_rested_on_a_banners_text_can_be_recalled(site: TrialSite, anna: str) -> None:
    shown(site.browser(anna), "yes")
    house, ever = site.house, (0, 1 << 62)
    found = Recall(
        house.store, house.cookbook, house.recipe, Thing.notice, "banner@3", *ever, banners=house.banners, now=0
    )
    assert {used.how for used in found if used.subject == house.subject_of(anna)} == {"age"}
    with pytest.raises(NotFound, match="Nobody who is known agreed to news@3"):
        Recall(house.store, house.cookbook, house.recipe, Thing.notice, "news@3", *ever, banners=house.banners, now=0)
