"""Banner, form and the pages that our mails lead to, in a browser: no rule of axe broken, all by keyboard."""

import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from jinja2 import Environment
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from personalize import PersonalizeMiddleware
from personalize.testing import TrialSite
from tests.chromium import launched
from tests.trip.server import served

NEWSPAPER = Path(__file__).resolve().parents[2] / "examples" / "02-newspaper"
SAMPLE = {("nb", "light", 320)}
LOOKS = [
    pytest.param(*look, marks=() if look in SAMPLE else pytest.mark.soak)
    for look in product(("nl", "nb", "en"), ("light", "dark"), (320, 1280))
]
FRONT = """<!doctype html><html lang="{{ lang }}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>Front</title></head><body><main><h1>Front</h1></main>
{% consent_banner lang=lang, back="/" ~ lang %}</body></html>"""

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TrialSite, str, str]]:
    """A page with the newspaper's banner, its address, and the token of a mail that waits to be confirmed."""
    folder = tmp_path_factory.mktemp("paper")
    text = (NEWSPAPER / "personalize.toml").read_text(encoding="utf-8")
    (folder / "personalize.toml").write_text(re.sub(r"(?m)^template = .*?\n", "", text), encoding="utf-8")
    shutil.copytree(NEWSPAPER / "content", folder / "content")
    shutil.copy(NEWSPAPER / "last_days.py", folder)
    with TrialSite(folder / "personalize.toml") as site:
        opt_ins, notice = site.house.opt_ins, site.personalizer.settings.notices["climate_letter"]
        receipt = opt_ins.ask("ann@example.org", "climate_letter", "en", notice.digests["en"], "")
        wish = site.house.store.opt_ins.by_receipt(receipt)
        assert wish
        with served(_front(site), lifespan="off") as port:
            yield site, f"http://127.0.0.1:{port}", opt_ins.token(wish)


def _front(site: TrialSite) -> Starlette:
    env = Environment(autoescape=True)
    site.personalizer.install(env)
    template = env.from_string(FRONT)

    def front(request: Request) -> HTMLResponse:
        return HTMLResponse(template.render(lang=request.path_params["lang"]))

    middleware = Middleware(PersonalizeMiddleware, personalizer=site.personalizer)
    return Starlette(routes=[Route("/{lang}", front)], middleware=[middleware])


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched("banner and form were not looked at") as browser:
        yield browser


@pytest.mark.parametrize(("lang", "scheme", "width"), LOOKS)
def test_no_page_breaks_a_rule_of_axe(
    paper: tuple[TrialSite, str, str], chromium: Browser, lang: str, scheme: str, width: int
) -> None:
    _, address, token = paper
    page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    own = (f"confirm/{token}", f"unsubscribe/{token}", "consent", "consent/mail/0000000000000000", "confirm/x")
    for path in (f"/{lang}", *(f"/personalize/{each}?lang={lang}" for each in own)):
        page.goto(f"{address}{path}")
        assert page.get_attribute("html", "lang") == lang
        assert broken(page) == [], path
    page.close()


@pytest.mark.parametrize("where", ["nl", "personalize/consent?lang=nl", "personalize/confirm/{token}?lang=nl"])
@pytest.mark.parametrize("width", [320, 1280])
def test_yes_and_no_are_as_prominent_as_each_other(
    paper: tuple[TrialSite, str, str], chromium: Browser, where: str, width: int
) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 900})
    page.goto(f"{paper[1]}/{where.format(token=paper[2])}")
    no, yes = (page.locator(f'button[name="answer"][value="{value}"]').first for value in ("no", "yes"))
    size, other = no.bounding_box(), yes.bounding_box()
    assert size
    assert other
    assert [round(size[each]) for each in ("width", "height")] == [round(other[each]) for each in ("width", "height")]
    assert no.evaluate(LOOK) == yes.evaluate(LOOK)
    page.close()


def test_a_yes_and_its_withdrawal_by_keyboard_alone(paper: tuple[TrialSite, str, str], chromium: Browser) -> None:
    site, address, _ = paper
    page = chromium.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700}).new_page()
    page.goto(f"{address}/en")
    assert press(page, "Yes, you may") == 2
    assert page.url == f"{address}/en"
    assert page.locator(".pz-consent").count() == 0
    with ThreadPoolExecutor(1) as other:
        (device,) = other.submit(lambda: list(site.house.store.profiles.subjects())).result()
    assert site.house.ledger.state(device)["reading"].status == "given"
    page.goto(f"{address}/personalize/consent?lang=en")
    press(page, "No, do not")
    assert "You said no." in page.inner_text("#main")
    page.context.close()


LOOK = "each => { const s = getComputedStyle(each); return [s.color, s.backgroundColor, s.font, s.borderColor].join() }"


def press(page: Page, name: str) -> int:
    """Press Tab until the control of this name has the focus, then Enter; return how often Tab was pressed."""
    for count in range(1, 60):
        page.keyboard.press("Tab")
        focus = page.locator(":focus")
        if focus.count() and name in focus.inner_text():
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return count
    raise AssertionError(f"{name} cannot be reached by Tab")


def broken(page: Page) -> list[object]:
    """What axe finds wrong, and whether the page is wider than its window."""
    found: list[object] = [(each["id"], each["nodes"][0]["html"]) for each in Axe().run(page).response["violations"]]
    wider = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return [*found, "wider than the window"] if wider else found
