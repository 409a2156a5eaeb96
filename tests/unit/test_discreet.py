"""What the log tells of an error of the site's or a plugin's code: where it arose, and never what it was about."""

import logging
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from personalize import hookimpl
from personalize.discreet import Discreet
from personalize.errors import StoreError
from personalize.hooks import Suppressor
from personalize.testing import TrialSite
from tests.unit.web.desk.conftest import ANNA, CONTENT, TOML

VALUE = "gold of Mrs Jansen"
log = logging.getLogger("personalize.test")


def by_interest(view: Any, candidate: Any, context: Any) -> bool:
    return {"silver": True}[view.get("interest")]


def rules(config: Any) -> Any:
    yield Suppressor(name="rank", suppress=by_interest, reads=("interest",), slots=("hero",))


@pytest.fixture(autouse=True)
def nobody_else_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the filter of a site that could not be opened before out of this."""
    monkeypatch.setattr(logging.getLogger("personalize"), "filters", [])


def logged(tmp_path: Path, caplog: pytest.LogCaptureFixture, url: str) -> str:
    """Open the page of a site at this address, where a plugin fails over a person's value; return its log."""
    (tmp_path / "personalize.toml").write_text(TOML.replace("http://127.0.0.1:8000", url), encoding="utf-8")
    plugin = SimpleNamespace(__name__="ranks", personalize_suppressors=hookimpl(rules))
    content = CONTENT.replace("interest ==", "interest !=")
    with TrialSite(tmp_path / "personalize.toml", content=content, plugins=[plugin]) as site:
        site.knows(ANNA, interest=VALUE)
        site.gives(ANNA, "reading")
        assert site.browser(ANNA).open("/").slot("hero") == "default of hero"
    return caplog.text


def test_a_plugin_s_mistake_writes_no_value_into_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    found = logged(tmp_path, caplog, "https://lezers.example")
    assert VALUE not in found
    assert "KeyError" in found
    assert f'test_discreet.py", line {by_interest.__code__.co_firstlineno + 1}, in by_interest' in found


def test_in_development_the_log_tells_everything(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert f"KeyError: '{VALUE}'" in logged(tmp_path, caplog, "http://127.0.0.1:8000")


def test_everything_is_logged_where_the_filter_stands() -> None:
    """A filter on a logger sees nothing of the loggers below it."""
    root = Path(__file__).parents[2]
    files = [*root.glob("personalize/**/*.py"), *root.glob("plugins/*/personalize_*/**/*.py")]
    named = {name for file in files for name in re.findall(r"getLogger\((.*?)\)", file.read_text(encoding="utf-8"))}
    assert named == {'"personalize"'}


@pytest.fixture
def discreet() -> Any:
    filtering = Discreet()
    log.addFilter(filtering)
    yield
    log.removeFilter(filtering)


def fail_after(first: Exception, then: Exception, *, suppressed: bool = False) -> None:
    try:
        try:
            raise first
        except Exception as error:
            if suppressed:
                raise then from None
            raise then from error
    except Exception:
        log.exception("It failed.")


@pytest.mark.usefixtures("discreet")
def test_what_led_to_an_error_is_told_without_its_message(caplog: pytest.LogCaptureFixture) -> None:
    fail_after(KeyError(VALUE), ValueError(f"no rank: {VALUE}"))
    assert VALUE not in caplog.text
    assert caplog.text.index("KeyError") < caplog.text.index("direct cause") < caplog.text.index("ValueError")
    caplog.clear()
    fail_after(KeyError(VALUE), ValueError(VALUE), suppressed=True)
    assert "KeyError" not in caplog.text


@pytest.mark.usefixtures("discreet")
def test_our_own_words_about_the_store_stay(caplog: pytest.LogCaptureFixture) -> None:
    fail_after(OSError(VALUE), StoreError("The disk is full."))
    assert "personalize.errors.StoreError: The disk is full." in caplog.text
    assert VALUE not in caplog.text


@pytest.mark.usefixtures("discreet")
def test_our_own_words_stay_where_two_sites_share_a_process(caplog: pytest.LogCaptureFixture) -> None:
    another = Discreet()
    log.addFilter(another)
    fail_after(KeyError(VALUE), StoreError("The disk is full."))
    log.removeFilter(another)
    assert "personalize.errors.StoreError: The disk is full." in caplog.text
    assert VALUE not in caplog.text


@pytest.mark.usefixtures("discreet")
def test_an_endless_row_of_errors_is_told_in_part(caplog: pytest.LogCaptureFixture) -> None:
    one, other = ValueError(VALUE), TypeError(VALUE)
    one.__cause__, other.__cause__ = other, one
    log.error("It failed.", exc_info=one)
    assert "TypeError" in caplog.text
    assert VALUE not in caplog.text
