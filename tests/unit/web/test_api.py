"""Slots, health and stylesheets of the visitor's app."""

import pytest
from starlette.testclient import TestClient

from personalize.model.decisions import Reason
from personalize.personalizer import Personalizer

ANN = {"x-login": "4711"}


def test_a_slot_is_answered_with_its_fields(client: TestClient) -> None:
    answer = client.get("/personalize/api/slots?name=hero&topic=climate&lang=nb")
    assert answer.json() == {
        "slots": {"hero": {"variant": "climate", "fields": {"headline": "Klima"}, "reason": "TARGETING_MATCH"}},
        "lang": "nb",
        "code": "",
    }
    assert "no-store" in answer.headers["cache-control"]


def test_without_its_page_fact_the_default_is_answered(client: TestClient) -> None:
    slots = client.get("/personalize/api/slots?name=hero").json()["slots"]
    assert (slots["hero"]["variant"], slots["hero"]["fields"]) == (None, {})


def test_a_known_visitor_gets_a_code_unless_only_peeking(client: TestClient, personalizer: Personalizer) -> None:
    house = personalizer.house
    house.store.profiles.create(house.digests("customer_number:4711"), personalizer.clock.now())
    peeked = client.get("/personalize/api/slots?name=hero&topic=climate&peek=1", headers=ANN).json()
    decided = client.get("/personalize/api/slots?name=hero&topic=climate", headers=ANN).json()
    assert peeked["slots"] == decided["slots"]
    assert (peeked["code"], len(decided["code"])) == ("", len("7KQ4-2MX9"))


@pytest.mark.parametrize("more", ["", "&peek=1", "&name=segments"])
def test_a_fact_that_is_not_declared_is_said_to_the_developer_once(
    client: TestClient, caplog: pytest.LogCaptureFixture, more: str
) -> None:
    for _ in range(2):
        assert client.get(f"/personalize/api/slots?name=hero&topc=climate{more}").status_code == 200
    assert [record.message for record in caplog.records if "topc" in record.message] == [
        "slot 'hero': the page fact 'topc' is not declared in [slots.hero] context, so no condition reads it."
        " Did you mean 'topic'?"
    ]


def test_a_language_that_the_site_has_not_is_answered_in_its_first_and_says_so(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.get("/personalize/api/slots?name=hero&topic=climate&lang=fr").json()
    assert (answer["lang"], answer["slots"]["hero"]["fields"]) == ("nl", {"headline": "Klimaat"})
    assert "language 'fr' is none of the site's (nl, nb, en): 'nl' is taken" in caplog.text


@pytest.mark.parametrize("query", ["", "?name=", "?" + "&".join(f"name=s{i}" for i in range(21))])
def test_no_slot_and_too_many_are_refused(client: TestClient, query: str) -> None:
    answer = client.get(f"/personalize/api/slots{query}")
    assert answer.status_code == 400
    assert "name" in answer.json()["error"]


def test_an_unknown_slot_is_an_error_in_its_own_place(client: TestClient) -> None:
    slots = client.get("/personalize/api/slots?name=hero&name=heroo").json()["slots"]
    assert slots["heroo"]["reason"] == "ERROR"
    assert slots["heroo"]["error"] == "there is no slot 'heroo': did you mean 'hero'?"
    assert slots["hero"]["reason"] != "ERROR"


def test_health_tells_no_person(client: TestClient, personalizer: Personalizer) -> None:
    answer = client.get("/personalize/api/health", headers=ANN)
    assert answer.status_code in (200, 503)
    assert answer.json()["status"] == personalizer.health()["status"]
    assert "4711" not in answer.text


def test_health_is_503_when_something_is_wrong(personalizer: Personalizer) -> None:
    with_store_closed = TestClient(personalizer.visitor_app)
    answer = with_store_closed.get("/api/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "the store is not open")
    assert [finding["name"] for finding in answer.json()["findings"]] == ["store"]


def test_health_names_no_slot_and_no_variant(client: TestClient, personalizer: Personalizer) -> None:
    personalizer.house.tallies.default("hero", Reason.ERROR)
    answer = client.get("/personalize/api/health")
    assert (answer.json()["decisions"], answer.json()["defaults"]) == (1, {"ERROR": 1})
    assert "hero" not in answer.text


@pytest.mark.parametrize("name", ["page.css", "bar.css"])
def test_stylesheets_are_served(client: TestClient, name: str) -> None:
    answer = client.get(f"/personalize/assets/{name}")
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.status_code == 200


@pytest.mark.parametrize("name", ["page.html", "..%2fpages.py", "%2e%2e/pages.py"])
def test_nothing_else_is_served_as_a_stylesheet(client: TestClient, name: str) -> None:
    assert client.get(f"/personalize/assets/{name}").status_code == 404


def test_outside_the_middleware_nobody_is_known(personalizer: Personalizer) -> None:
    alone = TestClient(personalizer.visitor_app)
    assert alone.get("/api/slots?name=hero").status_code == 503
    assert "Log in om uw keuzes" in alone.get("/me").text


def test_no_address_of_ours_answers_with_a_redirect_to_the_host_it_was_asked_for(client: TestClient) -> None:
    for path in ("/personalize/me/", "/personalize/api/slots/", "/personalize/api/health/"):
        answer = client.get(path, headers={"host": "evil.example"})
        assert (answer.status_code, answer.headers.get("location")) == (404, None)
