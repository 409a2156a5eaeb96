"""The visitor's page `/why`: told to the person it was shown to, and to nobody else."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from personalize.cookbook import served
from personalize.errors import StoreError
from personalize.model.people import Visitor
from personalize.personalizer import Personalizer
from personalize.recognition.recognise import Credentials

ANN, BOB = {"x-login": "4711"}, {"x-login": "4712"}
NOTHING = "There is nothing to show you under this code."


@pytest.fixture
def code(client: TestClient, personalizer: Personalizer, tmp_path: Path) -> str:
    """The code of something that was shown to Ann."""
    house = personalizer.house
    for who in ("4711", "4712"):
        house.ledger.object(Visitor(assurance=3, identifier=f"customer_number:{who}"), "offers")
    prepared = house.pipeline.prepare(Credentials(login="customer_number:4711", cookie=None))
    return house.pipeline.decide(prepared, "hero", {"topic": "climate"}, code=12_345).code


def page(client: TestClient, code: str, **headers: str) -> str:
    answer = client.get(f"/personalize/why?lang=en&code={code}", headers=headers)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["cache-control"]
    return answer.text


def test_the_person_reads_why(client: TestClient, code: str) -> None:
    text = page(client, code, **ANN)
    assert "we showed “Climate”" in text
    assert "No personal data was used for this." in text


def test_what_was_not_put_on_the_page_is_told_so_once_that_is_known(
    client: TestClient, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unserved = "as far as we know not put on the page"
    assert unserved not in page(client, code, **ANN)
    monkeypatch.setattr(served, "KNOWN_AFTER", 0)
    for path in (f"why?lang=en&code={code}", "me?lang=en"):
        assert unserved in client.get(f"/personalize/{path}", headers=ANN).text


def test_a_cookbook_that_cannot_be_read_is_said_so(
    client: TestClient, code: str, personalizer: Personalizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(code: str) -> None:
        raise StoreError

    monkeypatch.setattr(personalizer.house.cookbook, "by_code", locked)
    answer = client.get(f"/personalize/why?lang=en&code={code}", headers=ANN)
    assert (answer.status_code, "cannot be shown at this moment" in answer.text) == (503, True)
    assert NOTHING not in answer.text


@pytest.mark.parametrize("who", [{}, BOB])
def test_nobody_else_does_and_an_unknown_code_sounds_the_same(
    client: TestClient, code: str, who: dict[str, str]
) -> None:
    foreign, unknown = page(client, code, **who), page(client, "00000000", **who)
    assert NOTHING in foreign
    assert foreign.replace(code, "00000000") == unknown


def test_an_erased_person_s_code_sounds_the_same_and_erasure_is_spoken_of_to_everybody(
    client: TestClient, code: str, personalizer: Personalizer
) -> None:
    house = personalizer.house
    house.rights.erase(house.subject_of("customer_number:4711"))
    erased, unknown = page(client, code, **ANN), page(client, "00000000", **ANN)
    assert "If your data was erased, what was recorded of you can no longer be shown." in erased
    assert erased.replace(code, "00000000") == unknown


def test_a_code_is_escaped_and_the_page_without_one_asks_for_it(client: TestClient) -> None:
    assert "<b>" not in page(client, "%3Cb%3E", **ANN)
    assert NOTHING not in page(client, "", **ANN)


def test_the_page_about_choices_leads_there(client: TestClient) -> None:
    assert "why?lang=nl" in client.get("/personalize/me?lang=nl").text


def test_how_sure_we_were_stands_once_above_all_places_of_a_page(client: TestClient, code: str) -> None:
    text = page(client, code, **ANN)
    assert '<p class="lead">You were logged in.</p>' in text
    assert text.index("You were logged in.") < text.index("we showed")
