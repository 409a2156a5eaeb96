"""Metrics: for operators, when they are asked for, and true."""

from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from personalize import PersonalizeMiddleware, Personalizer
from personalize.errors import ConfigError
from personalize.health.workers import Report
from personalize.model.decisions import Reason

HERE, ELSEWHERE = ("127.0.0.1", 4000), ("10.0.0.5", 4000)
PATH = "/personalize/api/metrics"


@pytest.fixture
def measured(personalizer: Personalizer) -> Iterator[Personalizer]:
    """The same site with metrics, for this machine and for 10.0.0.0/30."""
    file = personalizer.settings.file
    text = file.read_text().replace("[site]", '[site]\nmetrics = true\nmetrics_from = ["10.0.0.4/30"]')
    file.write_text(text)
    measured = Personalizer.from_toml(file)
    measured.open()
    yield measured
    measured.close()


def client(personalizer: Personalizer, address: Any = HERE) -> TestClient:
    app = Starlette(middleware=[Middleware(PersonalizeMiddleware, personalizer=personalizer)])
    return TestClient(app, base_url="http://127.0.0.1:8000", client=address)


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Return values by name and labels, without the worker's."""
    return {
        (sample.name, *(value for name, value in sorted(sample.labels.items()) if name != "worker")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_without_metrics_in_the_settings_there_are_none(personalizer: Personalizer) -> None:
    assert client(personalizer).get(PATH).status_code == 404


def test_every_name_is_there_and_counts_what_was_decided(measured: Personalizer) -> None:
    house = measured.house
    for reason in (Reason.UNRECORDED, Reason.ERROR, Reason.ERROR):
        house.tallies.default("hero", reason)
    house.counters["unrecorded"] += 1
    found = samples(client(measured).get(PATH).text)
    assert found["personalize_decisions_total", "ERROR", "hero", ""] == 2
    assert found["personalize_defaults_total", "UNRECORDED"] == 1
    assert found["personalize_refused_reads_total", "no_consent"] == 0
    assert found[("personalize_unrecorded_total",)] == 1
    assert found["personalize_faults_total", "unrecorded"] == 1
    assert found[("personalize_indexing_failures_total",)] == 0
    assert found[("personalize_journal_backlog_bytes",)] == 0
    assert found[("personalize_indexer_lag_seconds",)] == 0
    assert found[("personalize_disk_free_bytes",)] > 0
    assert found[("personalize_workers",)] == 1


def test_each_worker_has_its_own_series_and_findings_their_names(measured: Personalizer) -> None:
    other = Personalizer(measured.settings).open()
    other.watch.beat()
    measured.settings.site.keys.unlink()
    text = client(measured).get(PATH).text
    for house in (measured.house, other):
        assert f'personalize_unrecorded_total{{worker="{house.watch.worker}"}} 0.0' in text
    assert 'personalize_findings{finding="keys"} 1.0' in text
    other.close()


def test_no_count_ever_goes_back_whoever_is_asked(measured: Personalizer) -> None:
    other = Personalizer(measured.settings)
    other.open().watch.beat()
    totals = []
    for asked in (measured, other) * 3:
        measured.house.tallies.default("hero", Reason.ERROR)
        found = samples(client(asked).get(PATH).text)
        totals.append(found.get(("personalize_defaults_total", "ERROR"), 0))
    assert totals == sorted(totals)
    other.close()


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        (HERE, {}, 200),
        (("::1", 1), {}, 200),
        (("::ffff:127.0.0.1", 1), {}, 200),
        (ELSEWHERE, {}, 200),
        (("10.0.0.9", 1), {}, 403),
        (("testclient", 1), {}, 403),
        (("", 0), {}, 403),
        (HERE, {"x-forwarded-for": "127.0.0.1"}, 403),
        (HERE, {"forwarded": "for=10.0.0.5"}, 403),
        (HERE, {"via": "1.1 proxy"}, 403),
        (ELSEWHERE, {"x-real-ip": "10.0.0.5"}, 403),
        (HERE, {"host": "www.example.org"}, 403),
        (HERE, {"host": "[::1]:8000"}, 200),
        (ELSEWHERE, {"host": "app-1.internal:8000"}, 200),
    ],
)
def test_only_this_machine_and_named_networks_may_read_them(
    measured: Personalizer, address: Any, headers: dict[str, str], status: int
) -> None:
    answer = client(measured, address).get(PATH, headers=headers)
    assert (answer.status_code, "personalize_workers" in answer.text) == (status, status == 200)
    assert answer.headers["cache-control"] == "no-store"


def test_while_the_store_is_not_open_that_is_the_finding(measured: Personalizer) -> None:
    measured.close()
    text = TestClient(measured.visitor_app, base_url="http://127.0.0.1", client=HERE).get("/api/metrics").text
    assert 'personalize_findings{finding="store"} 1.0' in text


def test_without_the_package_the_site_says_what_to_install(
    measured: Personalizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("personalize.personalizer.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'personalize\[metrics\]'"):
        Personalizer(measured.settings)


def test_a_name_with_signs_of_its_own_does_not_break_the_text(
    measured: Personalizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = Report(worker='1-"a"\n', pid=1, started=0, at=0, counters={'cookie_\\"': 1})
    monkeypatch.setattr(measured.house.watch, "workers", lambda: [odd])
    found = samples(client(measured).get(PATH).text)
    assert found["personalize_faults_total", 'cookie_\\"'] == 1


@pytest.mark.parametrize(("address", "status"), [(HERE, 200), (("10.0.0.9", 1), 403)])
def test_the_staff_app_has_health_and_metrics_for_the_same_readers(
    measured: Personalizer, address: Any, status: int
) -> None:
    staff = TestClient(measured.staff_app, base_url="http://127.0.0.1:8001", client=address)
    assert staff.get("/api/metrics").status_code == status
    assert staff.get("/api/health").json()["worker"] == measured.house.watch.worker


@pytest.mark.parametrize(
    ("host", "status"), [("localhost:9100", 200), ("[::1]", 200), ("evil.example:8001", 421), ("10.0.0.5", 421)]
)
def test_the_staff_app_s_monitors_are_at_its_host_or_on_this_machine(
    measured: Personalizer, host: str, status: int
) -> None:
    staff = TestClient(measured.staff_app, base_url="http://127.0.0.1:8001", client=HERE)
    assert [staff.get(f"/api/{path}", headers={"host": host}).status_code == 421 for path in ("health", "metrics")] == [
        status == 421
    ] * 2
