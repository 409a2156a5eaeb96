"""The shipped trial site behaves as a real one, and leaves nothing behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from personalize import ManyErrors, Reason, ValueRefused
from personalize.testing import TrialSite

CONFIG = Path(__file__).resolve().parents[3] / "personalize" / "cli" / "starter" / "personalize.toml"
ANN = "customer_number:1001"
CONTENT = """
[[variant]]
slot = "hero"
name = "named"
when = "customer"
fields = { headline = "Hello {first_name}", text = "<b>bold</b>" }
"""


@pytest.fixture
def site() -> Iterator[TrialSite]:
    with TrialSite(CONFIG, content=CONTENT) as trial:
        trial.knows(ANN, first_name="Ann", customer=True)
        yield trial


def test_without_content_of_its_own_it_takes_the_sites() -> None:
    with TrialSite(CONFIG) as site:
        assert "Welkom" in site.browser().open().slot("hero")


def test_a_page_view_is_recorded_explained_and_replayed(site: TrialSite) -> None:
    page = site.browser(login=ANN).open()
    assert page.slot("hero") == "Hello Ann <b>bold</b>"
    (entry,) = site.entries(ANN)
    assert entry.reason is Reason.TARGETING_MATCH
    assert f"{entry.code[:4]}-{entry.code[4:]}" in page.text
    assert "Ann" in site.explain(entry.code)[0].ingredients[1].value
    assert (site.replay().entries, site.replay().differences) == (1, ())


def test_a_site_that_is_switched_off_is_tested_as_if_it_were_on(tmp_path: Path) -> None:
    config = tmp_path / "personalize.toml"
    config.write_text(CONFIG.read_text("utf-8").replace("[site]", "[site]\nenabled = false", 1), "utf-8")
    with TrialSite(config, content=CONTENT) as site:
        site.knows(ANN, first_name="Ann", customer=True)
        assert "Hello Ann" in site.browser(login=ANN).open().slot("hero")


def test_an_objection_hides_what_rested_on_the_purpose(site: TrialSite) -> None:
    browser = site.browser(login=ANN)
    assert "Ann" in browser.open().text
    site.objects(ANN, "service")
    assert browser.open().slot("hero") == "default of hero"


def test_a_browser_keeps_the_cookie_of_a_link_and_no_other_browser_has_it(site: TrialSite) -> None:
    site.gives(ANN, "newsletter")
    browser = site.browser()
    page = browser.open(site.link(ANN))
    assert "pzt=" not in page.url
    assert list(browser.cookies) == ["pz-dev"]
    assert site.browser().cookies == {}


def test_values_are_checked_against_the_dictionary(site: TrialSite) -> None:
    with pytest.raises(ValueRefused, match="birthday"):
        site.knows(ANN, birthday="1 May")


def test_a_page_without_the_slot_says_so(site: TrialSite) -> None:
    with pytest.raises(LookupError, match="footer"):
        site.browser().open().slot("footer")


def test_nothing_stays_behind(site: TrialSite) -> None:
    assert (site.folder / "store").is_dir()
    site.close()
    assert not site.folder.exists()


def test_content_with_a_mistake_leaves_no_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with (
        pytest.raises(ManyErrors, match="custmer"),
        TrialSite(CONFIG, content=CONTENT.replace('= "customer', '= "custmer')),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
