"""What a developer is told of a log-in that is nobody's here."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from personalize.testing import TrialSite

HELLO = Path(__file__).parents[2] / "examples" / "01-hello" / "personalize.toml"


@pytest.fixture
def site() -> Iterator[TrialSite]:
    with TrialSite(HELLO) as site:
        site.knows("customer_number:7", first_name="Anna")
        yield site


@pytest.mark.parametrize(
    ("login", "told"),
    [
        ("M2", "The kind is missing: write it before a colon"),
        ("memberno:M2", "There is no kind of identifier 'memberno'"),
    ],
)
def test_a_log_in_that_cannot_be_read_is_logged_once_and_said_in_the_bar(
    site: TrialSite, caplog: pytest.LogCaptureFixture, login: str, told: str
) -> None:
    browser = site.browser(login)
    assert "logged in, but a stranger: " + told in browser.open().text.replace("&#39;", "'")
    browser.open()
    assert caplog.text.count("login= gave a text that cannot be used") == 1
    assert told in caplog.text
    assert site.house.counters["login_rubbish"] == 2


def test_the_bar_says_that_a_log_in_is_nobodys_here_and_names_no_number(
    site: TrialSite, caplog: pytest.LogCaptureFixture
) -> None:
    text = site.browser("customer_number:M99").open().text
    assert "logged in, but a stranger: this customer_number is nobody" in text
    assert "M99" not in text + caplog.text
    assert "but a stranger" not in site.browser("customer_number:7").open().text
    assert "but a stranger" not in site.browser().open().text
