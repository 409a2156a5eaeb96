"""The visitor's one page in a browser: by keyboard alone, without a rule of axe broken, in three languages."""

import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from personalize.model.staff import Look
from personalize.testing import TrialSite
from personalize.testing.browser import LOGIN
from tests.chromium import launched
from tests.trip.server import served

NEWSPAPER = Path(__file__).resolve().parents[2] / "examples" / "02-newspaper"
ANNA = "customer_number:4711"
SOON = date.today() + timedelta(days=45)  # noqa: DTZ011  # any day serves
PAGES = ("me", "me/agreed", "consent", "me/erase", "me/erased", "purposes", "why")
SAMPLE = {("nb", "dark", 320)}
LOOKS = [
    pytest.param(*look, marks=() if look in SAMPLE else pytest.mark.soak)
    for look in product(("nl", "nb", "en"), ("light", "dark"), (320, 1280))
]

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def newspaper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TrialSite, str]]:
    """The newspaper with one subscriber, of whom it keeps everything that can be kept; and its address."""
    folder = tmp_path_factory.mktemp("newspaper")
    text = (NEWSPAPER / "personalize.toml").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^template = .*?\n", "", text)
    (folder / "personalize.toml").write_text(text, encoding="utf-8")
    shutil.copytree(NEWSPAPER / "content", folder / "content")
    shutil.copy(NEWSPAPER / "last_days.py", folder)
    with TrialSite(folder / "personalize.toml") as site:
        furnish(site)
        with served(site.app, lifespan="off") as port:
            yield site, f"http://127.0.0.1:{port}/personalize"


def furnish(site: TrialSite) -> None:
    """Let Anna be known, agree, object and take back, come by, say that something is wrong, and be looked up."""
    site.knows(
        ANNA, first_name="Anna", subscriber=True, contract_end=SOON,
        products=frozenset({"newspaper"}), newsletters=frozenset({"climate", "weekly"}),
    )  # fmt: skip
    site.gives(ANNA, "climate_letter")
    site.gives(ANNA, "recognition")
    site.withdraws(ANNA, "recognition")
    with ThreadPoolExecutor(1) as other:  # This thread's loop is the browser's.
        for _ in range(2):
            other.submit(site.browser(ANNA).open, "/").result()
    subject, house = site.house.subject_of(ANNA), site.house
    house.rights.corrections.correct(subject, "contract_end", "31 maart 2027", ANNA)
    house.rights.corrections.restrict(subject, "first_name")
    look = Look(at=house.clock.now(), staff="Marit", role="service", what="code", reason="Vraag", subject=subject)
    house.staff.note(look)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched("the visitor's page was not looked at") as browser:
        yield browser


def opened(chromium: Browser, **options: object) -> Page:
    """A page of a browser in which Anna is logged in and no script of the page runs."""
    return chromium.new_context(extra_http_headers={LOGIN: ANNA}, **options).new_page()


@pytest.mark.parametrize(("lang", "scheme", "width"), LOOKS)
def test_no_page_of_the_visitor_breaks_a_rule_of_axe(
    newspaper: tuple[TrialSite, str], chromium: Browser, lang: str, scheme: str, width: int
) -> None:
    page = opened(chromium, viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    for path in PAGES if (lang, scheme, width) not in SAMPLE else PAGES[:4]:
        page.goto(f"{newspaper[1]}/{path}?lang={lang}")
        assert page.get_attribute("html", "lang") == lang
        for fold in page.query_selector_all("main summary"):
            fold.click()
        assert broken(page) == [], path
    page.context.close()


def test_every_right_is_used_by_keyboard_alone(newspaper: tuple[TrialSite, str], chromium: Browser) -> None:
    site, address = newspaper
    page = opened(chromium, java_script_enabled=False, viewport={"width": 320, "height": 700})
    page.goto(f"{address}/me?lang=en")
    press(page, "Stop using this", "subscriber")
    assert "subscriber" in site.house.rights.corrections.restricted(site.house.subject_of(ANNA))
    reach(page, "This is wrong", "products")
    for key in ("Enter", "Tab"):
        page.keyboard.press(key)
    page.keyboard.type("nothing at all")
    enter(page)
    assert "“nothing at all”" in page.inner_text("#main")
    press(page, "Stop everything")
    assert "Everything is stopped" in page.inner_text("[role=status]")
    page.context.close()


@pytest.mark.parametrize("width", [320, 1280])
def test_no_value_of_the_readable_file_is_squeezed_into_a_narrow_column(
    newspaper: tuple[TrialSite, str], chromium: Browser, width: int
) -> None:
    page = opened(chromium, viewport={"width": width, "height": 900})
    file = page.context.request.post(
        f"{newspaper[1]}/me/download?lang=nl", form={"format": "html"}, headers={"sec-fetch-site": "same-origin"}
    )
    page.set_content(file.text())
    boxes = [cell.bounding_box() for cell in page.query_selector_all("td")]
    assert boxes
    assert min(box["width"] for box in boxes) > 250
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()


def test_the_way_back_stands_apart_from_the_button_of_a_form(
    newspaper: tuple[TrialSite, str], chromium: Browser
) -> None:
    page = opened(chromium, viewport={"width": 320, "height": 700})
    page.goto(f"{newspaper[1]}/why?lang=nb")
    show, back = (page.locator(each).bounding_box() for each in ("main > form button", "main > form + p .quiet"))
    assert show
    assert back
    assert back["y"] - show["y"] - show["height"] >= 12
    page.context.close()


def test_no_answer_is_more_prominent_than_another(newspaper: tuple[TrialSite, str], chromium: Browser) -> None:
    site, address = newspaper
    with ThreadPoolExecutor(1) as other:
        other.submit(site.gives, ANNA, "climate_letter").result()
    page = opened(chromium, viewport={"width": 1280, "height": 900})
    page.goto(f"{address}/me?lang=en")
    answers = page.locator('form[action*="me/consent"] button, form[action*="me/stop"] button')
    said = {each.inner_text() for each in answers.all()}
    assert {"I agree", "Withdraw my permission", "Stop everything"} <= said
    assert len({each.evaluate(LOOK) for each in answers.all()}) == 1
    page.context.close()


def test_the_file_to_read_fits_a_narrow_window(
    newspaper: tuple[TrialSite, str], chromium: Browser, tmp_path: Path
) -> None:
    page = opened(chromium, viewport={"width": 320, "height": 700}, bypass_csp=True)
    page.goto(f"{newspaper[1]}/me?lang=nl")
    with page.expect_download() as download:
        page.locator('form[action*="me/download"] button').first.click()
    download.value.save_as(tmp_path / "file.html")
    page.goto((tmp_path / "file.html").as_uri())
    assert "een code die eruit is berekend: klantnummer." in page.inner_text("main")
    assert page.locator("tbody th").first.inner_text() == "Voornaam"
    assert broken(page) == []
    page.context.close()


def press(page: Page, name: str, about: str = "") -> None:
    """Reach a button as somebody without a mouse does, and press it."""
    reach(page, name, about)
    enter(page)


def enter(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


def reach(page: Page, name: str, about: str) -> None:
    """Press Tab until the control of this name has the focus."""
    for _ in range(120):
        page.keyboard.press("Tab")
        shown, form = page.evaluate(FOCUS)
        if name in shown and about in form:
            return
    raise AssertionError(f"{name} cannot be reached by Tab")


LOOK = """each => {
    const s = getComputedStyle(each)
    return [s.color, s.backgroundColor, s.font, s.borderColor, s.height, s.padding].join()
}"""
FOCUS = """() => {
    const at = document.activeElement
    return [at.innerText, (at.closest("form") || at.closest("details") || at).innerHTML]
}"""
"""What has the focus, and the form that it belongs to."""


def broken(page: Page) -> list[object]:
    """What axe finds wrong, and whether the page is wider than its window."""
    answer = Axe().run(page, options={"resultTypes": ["violations"]}).response
    found: list[object] = [(each["id"], each["nodes"][0]["html"]) for each in answer["violations"]]
    wider = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return [*found, "wider than the window"] if wider else found
