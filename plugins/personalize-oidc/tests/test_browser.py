"""A visitor and a member of staff log in with a real browser, at a provider of another site."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.chromium import launched
from tests.identity_provider import OLD_WAYS, IdentityProvider
from tests.trip.server import served

from .conftest import make

STAFF = """
[staff]
url = "http://127.0.0.1:{port}"
[staff.oidc]
issuer = "{issuer}"
client_id = "desk"
claim = "groups"
[staff.oidc.roles]
supervisor = "leads"
"""

pytestmark = [pytest.mark.browser, OLD_WAYS]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The addresses of the site and of its desk; to a browser the provider is another site."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("PERSONALIZE_OIDC_SECRET", "s")
        patch.setenv("PERSONALIZE_STAFF_OIDC_SECRET", "s")
        provider = stack.enter_context(IdentityProvider().serving())
        provider.issuer = provider.issuer.replace("127.0.0.1", "localhost")
        provider.knows("bea", customer_number="4711", preferred_username="Bea", groups=["leads"])
        site, desk = free_port(), free_port()
        more = STAFF.format(port=desk, issuer=provider.issuer)
        app, personalizer = make(
            tmp_path_factory.mktemp("site"), provider, "", url=f"http://127.0.0.1:{site}", more=more
        )
        stack.enter_context(served(app, port=site))
        stack.enter_context(served(personalizer.staff_app, port=desk, lifespan="off"))
        yield f"http://127.0.0.1:{site}", f"http://127.0.0.1:{desk}"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with launched("nobody logged in with a browser") as browser:
        yield browser.new_page()


def be_bea(page: Page) -> None:
    """Do at the provider what it asks."""
    page.wait_for_url("http://localhost:*/**")
    page.fill("input[name=sub]", "bea")
    page.click("button:has-text('Authorize')")


def assert_fine(page: Page) -> None:
    assert Axe().run(page).violations_count == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_visitor_logs_in_and_out(page: Page, addresses: tuple[str, str]) -> None:
    site, _ = addresses
    looks = (("nl", 320, "dark", ("", "callback")), ("en", 1280, "light", ("", "out")))
    for lang, width, scheme, paths in looks:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        for path in paths:
            page.goto(f"{site}/login/{path}?lang={lang}")
            assert_fine(page)
    page.goto(f"{site}/login/?lang=en")
    page.get_by_label("Little").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    be_bea(page)
    page.wait_for_url(f"{site}/")
    assert page.inner_text("body") == "customer_number:4711 login"
    page.goto(f"{site}/login/?lang=en")
    assert_fine(page)
    page.click("text=Log out")
    page.wait_for_url("http://localhost:*/oauth2/end_session*")
    page.goto(f"{site}/")
    assert page.inner_text("body") == "nobody none"


def test_staff_are_signed_in_on_the_page_they_come_back_to(page: Page, addresses: tuple[str, str]) -> None:
    _, desk = addresses
    page.goto(f"{desk}/trail?lang=en")
    assert_fine(page)
    page.click("text=Sign in at")
    be_bea(page)
    page.wait_for_url(f"{desk}/trail?lang=en")
    assert page.inner_text("form.who span") == "Bea"
