"""The catalogue: every purpose, source and term."""

from html import unescape

import pytest
from starlette.testclient import TestClient

from personalize.explain.language import LANGUAGES, language
from personalize.web.privacy.terms import SENTENCES


def test_the_catalogue_names_every_purpose_source_and_term(nobody: TestClient) -> None:
    text = unescape(nobody.get("/personalize/purposes?lang=en").text)
    assert "Your consent. It ends after 2 years by itself." in text
    assert "from our subscriber records · used for 30 days · kept until a newer one replaces it" in text
    assert "dpv:" not in text
    answer = nobody.get("/personalize/api/purposes")
    assert answer.headers["content-type"] == "application/ld+json"
    told = answer.json()
    assert told["@context"]["dpv"] == "https://w3id.org/dpv#"
    processes = {each["@id"].partition("#")[2]: each for each in told["dpv:hasProcess"]}
    assert processes["climate_letter"]["dpv:hasLegalBasis"] == {"@id": "dpv:Consent"}
    assert processes["climate_letter"]["dpv:hasNotice"]["sha256"].keys() == {"nl", "nb", "en"}
    assert processes["subscription"]["dpv:hasStorageCondition"]["duration"] == "P400D"


def test_the_catalogue_says_until_when_the_rest_is_kept(nobody: TestClient) -> None:
    told = nobody.get("/personalize/api/purposes").json()
    kept = {each["dct:identifier"]: each for each in told["dpv:hasStorageCondition"]}
    assert kept["links"]["duration"] == "P44D"
    assert kept["consents"]["dpv:hasDuration"]["@type"] == "dpv:UntilEventDuration"
    data = [each for process in told["dpv:hasProcess"] for each in process["dpv:hasPersonalData"]]
    assert [each for each in data if "dpv:hasStorageCondition" not in each] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_term_of_the_catalogue_is_said(nobody: TestClient, lang: str) -> None:
    text = unescape(nobody.get(f"/personalize/purposes?lang={lang}").text)
    told = nobody.get("/personalize/api/purposes").json()["dpv:hasStorageCondition"]
    assert {each["dct:identifier"] for each in told} <= SENTENCES.keys()
    lines = [language(lang).say(SENTENCES[each["dct:identifier"]], length="…").partition("…")[0] for each in told]
    assert [line for line in lines if line not in text] == []
