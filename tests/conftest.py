"""Fixtures that every test may use."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

CHECKOUT = Path(__file__).resolve().parent.parent

# A shared machine may be slow: time says nothing about truth here.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("commit", PATIENT, max_examples=40)
settings.register_profile("soak", PATIENT, max_examples=2_000)
settings.load_profile("commit")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Count every property among the soak tests where hypothesis runs at its full length."""
    if config.getoption("--hypothesis-profile") != "soak":
        return
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker(pytest.mark.soak)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of test data that nobody in this project wrote.

    `PERSONALIZE_TEST_DATA` names it, else it is `shared/data` beside the checkout.
    Absent: skipped, said in the summary; in CI (`CI=true`) a failure.
    """
    named = os.environ.get("PERSONALIZE_TEST_DATA")
    folder = Path(named) if named else CHECKOUT.parent / "shared" / "data"
    if not folder.is_dir():
        absent(f"no test data at {folder}: set PERSONALIZE_TEST_DATA to its folder")
    return folder


def absent(what: str) -> None:
    """Skip the test that misses something of the machine; fail it in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(what, pytrace=False)
    pytest.skip(what)
