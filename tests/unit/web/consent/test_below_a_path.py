"""A site below a path of its host: every whole address that we write leads to where visitors see it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from personalize.errors import LinkRefused
from personalize.rights.catalogue import catalogue
from personalize.testing.browser import Browser
from tests.unit.web.consent.conftest import TOML, URL, Mailbox, Site, post
from tests.unit.web.consent.test_banner import fields

SHOP = f"{URL}/shop"


@pytest.fixture
def shop(tmp_path: Path, smtp: tuple[Mailbox, int], mailbox: Mailbox) -> Iterator[Site]:
    site = Site(tmp_path, smtp[1], TOML.replace(f'url = "{URL}"', f'url = "{SHOP}/"'))
    yield site
    site.personalizer.close()


@pytest.fixture
def browser(shop: Site) -> Browser:
    return Browser(Starlette(routes=[Mount("/shop", shop.app)]), URL)


def test_a_mail_leads_to_the_site(shop: Site, browser: Browser, mailbox: Mailbox) -> None:
    notice = shop.personalizer.settings.notices["letter"].digests["en"]
    told = {"purpose": "letter", "notice": notice, "lang": "en", "email": "ann@example.org"}
    assert post(browser, "/shop/personalize/consent/sign-up?lang=en", **told).status < 400
    shop.postman.round()
    (mail,) = mailbox.mails
    (link,) = [line for line in mail.get_content().splitlines() if "/confirm/" in line]
    assert link.startswith(f"{SHOP}/personalize/confirm/")
    assert browser.open(link).status == 200
    assert mail["List-Unsubscribe"].startswith(f"<{SHOP}/personalize/unsubscribe/")
    assert browser.open(mail["List-Unsubscribe"].strip("<>")).status == 200


def test_a_newsletter_leads_to_the_site(shop: Site, browser: Browser) -> None:
    shop.house.store.profiles.create(shop.house.digests("customer_number:1"), shop.clock.now())
    link = shop.house.mailing("weekly").link("customer_number:1", "/seen")
    assert link.startswith(f"{SHOP}/seen?pzt=")
    assert browser.open(link).url == f"{SHOP}/seen"


def test_what_is_written_for_elsewhere_names_the_whole_address(shop: Site) -> None:
    assert catalogue(shop.personalizer.settings)["@id"] == f"{SHOP}/personalize/purposes"
    with pytest.raises(LinkRefused, match=r"must begin with http://127\.0\.0\.1:8000/shop"):
        shop.house.mailing("weekly").page(f"{URL}/shopping")


def test_the_pages_lead_back_to_the_site(browser: Browser) -> None:
    sent = fields(browser.open("/shop/personalize/consent/banner?lang=en").text)
    answer = post(browser, "/shop/personalize/consent?lang=en", **{**sent, "back": "", "answer": "no"})
    assert answer.headers["location"] == "/shop/"
    assert f'href="{SHOP}/"' in browser.open("/shop/personalize/consent").text
