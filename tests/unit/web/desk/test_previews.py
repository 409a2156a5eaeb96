"""What the next page shows once a use was stopped: as it then is, or nothing where that hangs on the browser."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from personalize import hookimpl
from personalize.explain.language import language
from personalize.hooks import ConsentSource
from personalize.testing import TrialSite
from personalize.web.desk.previews import next_times
from tests.unit.web.desk.conftest import ANNA, CONTENT, TOML, device_at
from tests.unit.web.settings import attribute

UNTOLD = "What you will see the next time at “the front page” depends on the browser you use"
CLIMATE = "The next time “The climate now” will be shown"
ORDINARY = "The next time the ordinary content will be shown"


def preview(site: TrialSite, purpose: str, subject: int) -> str:
    """Stop a use, and say what the front page will show then."""
    site.house.ledger.stop(subject, purpose, actor="staff:Marit", evidence={})
    (entry, *_) = (each for each in site.house.cookbook.by_subject(subject, 9) if each.slot == "hero")
    ((_, after),) = next_times(site.house, [entry], purpose, language("en"))
    return after.shown


def test_who_is_no_longer_recognised_by_a_link_sees_what_strangers_see(tmp_path: Path) -> None:
    by_link = attribute("plan", "text", 'assurance = "click"', en="plan", nl="abonnement", nb="abonnement")
    toml = TOML.replace("columns = { subscriber", 'columns = { plan = "plan", subscriber') + by_link
    (tmp_path / "personalize.toml").write_text(toml, encoding="utf-8")
    content = CONTENT.replace("when = \"interest == 'climate'\"", "when = \"plan == 'climate'\"")
    with TrialSite(tmp_path / "personalize.toml", content=content) as site:
        site.knows(ANNA, plan="climate")
        site.gives(ANNA, "reading")
        link = site.link(ANNA)
        assert site.browser().open(link).slot("hero") == "The climate now"
        assert preview(site, "reading", site.house.subject_of(ANNA)).startswith(ORDINARY)
        assert site.browser().open(link).slot("hero") == "default of hero"


def test_of_whom_a_link_still_recognises_the_same_is_told(site: TrialSite) -> None:
    site.browser().open(site.link(ANNA))
    assert preview(site, "subscription", site.house.subject_of(ANNA)).startswith(CLIMATE)


def test_nothing_is_told_of_what_a_linked_device_may_decide(observing: TrialSite) -> None:
    browser = observing.browser(ANNA)
    device_at(observing, browser)
    browser.open("/")
    observing.house.browsers.flush()
    assert browser.open("/").slot("hero") == "The climate now"
    assert preview(observing, "subscription", observing.house.subject_of(ANNA)).startswith(UNTOLD)
    assert browser.open("/").slot("hero") == "The climate now"


def test_what_was_stopped_is_read_of_no_device_either(observing: TrialSite) -> None:
    browser = observing.browser(ANNA)
    device_at(observing, browser)
    browser.open("/")
    observing.house.browsers.flush()
    assert browser.open("/").slot("hero") == "The climate now"
    assert preview(observing, "reading", observing.house.subject_of(ANNA)).startswith(ORDINARY)


def test_a_browser_that_is_nobody_s_is_previewed_as_itself(observing: TrialSite) -> None:
    browser = observing.browser()
    device = device_at(observing, browser)
    assert browser.open("/").slot("hero") == "The climate now"
    assert preview(observing, "subscription", device).startswith(CLIMATE)


@pytest.mark.parametrize(("stopped", "words"), [("subscription", UNTOLD), ("reading", ORDINARY)])
@pytest.mark.parametrize("by_link", [True, False])
def test_nothing_is_told_of_what_the_browser_s_own_word_may_decide(
    tmp_path: Path, stopped: str, words: str, by_link: bool
) -> None:
    def sources(config: object) -> Iterator[Any]:
        yield ConsentSource(name="banner", read=lambda headers, purposes: {}, purposes=("reading",))

    plugin = SimpleNamespace(__name__="banner", personalize_consent_sources=hookimpl(sources))
    (tmp_path / "personalize.toml").write_text(TOML, encoding="utf-8")
    with TrialSite(tmp_path / "personalize.toml", content=CONTENT, plugins=[plugin]) as site:
        site.knows(ANNA, interest="climate")
        site.gives(ANNA, "reading")
        site.browser("" if by_link else ANNA).open(site.link(ANNA) if by_link else "/")
        assert preview(site, stopped, site.house.subject_of(ANNA)).startswith(words)
