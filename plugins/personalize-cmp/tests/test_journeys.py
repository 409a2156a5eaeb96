"""Klaro and CookieConsent themselves, in a real browser: what the banner shows is what the next request may read."""

import tomllib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from playwright.sync_api import Page
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from personalize import PersonalizeMiddleware
from personalize.testing import TrialSite
from personalize.testing.browser import LOGIN
from tests.chromium import launched
from tests.trip.server import served

VENDOR = Path(__file__).parent / "vendor"
VENDORED = tomllib.loads((VENDOR / "vendored.toml").read_text("utf-8"))
ANNA = "customer_number:7"
SITE = """
[site]
url = "http://127.0.0.1:8000"
timezone = "Europe/Amsterdam"
languages = ["en"]
[purposes.stats]
basis = "consent"
notice = "both"
titles.en = "statistics"
[purposes.offers]
basis = "consent"
notice = "both"
titles.en = "offers"
[notices.both]
version = 1
texts.en = "May we?"
[sources.crm]
key = "customer_number"
identifiers = {customer_number = "id"}
[sources.crm.columns]
visits = "visits"
city = "city"
[attributes.visits]
type = "number"
source = "crm"
purpose = "stats"
titles.en = "your visits"
[attributes.city]
type = "text"
source = "crm"
purpose = "offers"
titles.en = "your city"
[slots.stats]
fields = {headline = "text"}
[slots.offers]
fields = {headline = "text"}
[plugins.cmp.klaro]
version = "1"
purposes = {stats = ["matomo"], offers = ["crm"]}
[plugins.cmp.cookieconsent]
revision = 2
purposes = {stats = ["analytics"], offers = ["marketing"]}
"""
VARIANTS = """
[[variant]]
slot = "stats"
name = "regular"
when = "visits > 3"
fields.headline = "Welcome back"
[[variant]]
slot = "offers"
name = "local"
when = "city == 'Breda'"
fields.headline = "In Breda"
"""
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Trial</title>{banner}
<main data-stats="{stats}" data-offers="{offers}"></main></html>"""
BANNERS = {
    "klaro": """<script>var klaroConfig = {lang: "en", acceptAll: true, services: [
        {name: "matomo", title: "Matomo", purposes: ["stats"]}, {name: "crm", title: "CRM", purposes: ["offers"]}]}
        </script><script defer src="/banner/klaro.js" data-config="klaroConfig"></script>""",
    "cookieconsent": """<link rel="stylesheet" href="/banner/cookieconsent.css">
        <script src="/banner/cookieconsent.js"></script><script>addEventListener("DOMContentLoaded", () =>
        CookieConsent.run({revision: 2, hideFromBots: false,
            categories: {necessary: {readOnly: true}, analytics: {}, marketing: {}},
            language: {default: "en", translations: {en: {
                consentModal: {title: "Cookies", description: "May we?", acceptAllBtn: "All",
                    acceptNecessaryBtn: "None", showPreferencesBtn: "Choose", revisionMessage: "New"},
                preferencesModal: {title: "Choose", acceptAllBtn: "All", acceptNecessaryBtn: "None",
                    savePreferencesBtn: "Save", closeIconLabel: "Close", sections: [
                        {title: "Statistics", linkedCategory: "analytics"},
                        {title: "Offers", linkedCategory: "marketing"}]}}}}}))</script>""",
}
SHOWN = {
    "klaro": "[klaro.getManager().confirmed && klaro.getManager().getConsent('matomo'),"
    " klaro.getManager().confirmed && klaro.getManager().getConsent('crm')]",
    "cookieconsent": "['analytics', 'marketing'].map(CookieConsent.acceptedCategory)",
}
"""What the banner itself says of statistics and offers."""
REOPEN = {"klaro": "klaro.show()", "cookieconsent": "CookieConsent.showPreferences()"}
KLARO_STATS, KLARO_OFFERS = "#purpose-item-stats + label", "#purpose-item-offers + label"
CLICKS = {
    ("klaro", "accept"): [".cookie-notice .cm-btn-success"],
    ("klaro", "reject"): [".cookie-notice .cn-decline"],
    ("klaro", "partial"): [".cookie-notice .cn-learn-more", KLARO_STATS, ".cookie-modal .cm-btn-accept"],
    ("klaro", "withdraw"): [KLARO_STATS, KLARO_OFFERS, ".cookie-modal .cm-btn-accept"],
    ("cookieconsent", "accept"): ["#cc-main .cm [data-role=all]"],
    ("cookieconsent", "reject"): ["#cc-main .cm [data-role=necessary]"],
    ("cookieconsent", "partial"): [
        "#cc-main .cm [data-role=show]",
        "#cc-main .section__toggle-wrapper:has([value=analytics])",
        "#cc-main .pm [data-role=save]",
    ],
    ("cookieconsent", "withdraw"): ["#cc-main .pm [data-role=necessary]"],
}

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site where Anna is logged in, with a page for each banner."""
    folder = tmp_path_factory.mktemp("cmp")
    (folder / "personalize.toml").write_text(SITE, "utf-8")
    with TrialSite(folder / "personalize.toml", content=VARIANTS) as site:
        site.knows(ANNA, visits=12, city="Breda")
        with served(app_of(site), lifespan="off") as port:
            yield f"http://127.0.0.1:{port}"


def app_of(site: TrialSite) -> Starlette:
    def page(request: Request) -> HTMLResponse:
        visit = request.state.personalize
        decided = {slot: visit.decide(slot).variant or "" for slot in ("stats", "offers")}
        return HTMLResponse(PAGE.format(banner=BANNERS[request.path_params["banner"]], **decided))

    routes = [Mount("/banner", StaticFiles(directory=VENDOR)), Route("/try/{banner}", page)]
    return Starlette(routes=routes, middleware=[Middleware(PersonalizeMiddleware, personalizer=site.personalizer)])


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with launched("the banners were not tried") as chromium:
        context = chromium.new_context(extra_http_headers={LOGIN: ANNA})
        context.set_default_timeout(10_000)
        yield context.new_page()


@pytest.fixture
def page(browser: Page) -> Page:
    """The one page, as if it had never been anywhere."""
    browser.context.clear_cookies()
    return browser


def granted(page: Page) -> list[bool]:
    """What a fresh request of this browser may read: statistics, offers."""
    page.reload()
    return read(page)


def read(page: Page) -> list[bool]:
    main = page.locator("main")
    return [main.get_attribute(name) != "" for name in ("data-stats", "data-offers")]


def answer(page: Page, banner: str, journey: str) -> list[bool]:
    """Answer the banner as a person does, and return what it then shows."""
    for button in CLICKS[banner, journey]:
        page.click(button)
    shown: list[bool] = page.evaluate(SHOWN[banner])
    return shown


@pytest.mark.parametrize("banner", BANNERS)
@pytest.mark.parametrize(("journey", "expected"), [("reject", [False, False]), ("partial", [True, False])])
def test_the_next_request_has_the_grants_that_the_banner_shows(
    page: Page, address: str, banner: str, journey: str, expected: list[bool]
) -> None:
    page.goto(f"{address}/try/{banner}")
    assert read(page) == [False, False]
    assert answer(page, banner, journey) == expected
    assert granted(page) == expected


@pytest.mark.parametrize("banner", BANNERS)
def test_the_request_after_accepting_has_all_and_the_one_after_withdrawing_is_already_without(
    page: Page, address: str, banner: str
) -> None:
    page.goto(f"{address}/try/{banner}")
    assert read(page) == [False, False]
    assert answer(page, banner, "accept") == [True, True]
    assert granted(page) == [True, True]
    page.evaluate(REOPEN[banner])
    assert answer(page, banner, "withdraw") == [False, False]
    assert granted(page) == [False, False]


@pytest.mark.parametrize("name", VENDORED)
def test_the_banners_are_as_they_were_published(name: str) -> None:
    files = VENDORED[name]["files"]
    assert {each: sha256((VENDOR / each).read_bytes()).hexdigest() for each in files} == {
        each: told["sha256"] for each, told in files.items()
    }
    assert (VENDOR / VENDORED[name]["text"]).is_file()
