"""Recall and insight at the desk: for data officers alone, in the trail first, with counts, people and files."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from personalize import hookimpl
from personalize.errors import StoreError
from personalize.hooks import Suppressor
from personalize.model.attributes import Cause
from personalize.model.staff import Look, Role
from personalize.onboarding.importing import import_file
from personalize.testing import TrialSite
from personalize.web.desk import recalls
from personalize.web.desk.used import HOW
from personalize.web.privacy.copies import Copies
from tests.unit.web.desk.conftest import ANNA, BEN, CONTENT, SECRET, TOML, Counter, decide, edit, plain, visit

PAGES = {
    "recall": "/recall?thing=attribute&name=interest",
    "recall file": "/recall.csv?thing=attribute&name=interest",
    "export": "/person/{subject}/export",
    "export as JSON": "/person/{subject}/export?format=json",
}


def path_of(site: TrialSite, page: str) -> str:
    return PAGES[page].format(subject=site.house.subject_of(ANNA))


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("page", PAGES)
def test_only_a_data_officer_gets_it_and_the_look_is_written_down(
    told: Counter, site: TrialSite, page: str, role: Role
) -> None:
    told.roles, before = [role], len(told.trail())
    answer = told.get(path_of(site, page))
    officer = role is Role.data_officer
    assert answer.status_code == (200 if officer else 403)
    looks = told.trail()[: len(told.trail()) - before]
    assert [(look.what, look.role) for look in looks] == (
        [("recall" if page == "recall" else "export", "data_officer")] if officer else []
    )


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_shown_while_the_trail_is_away(
    told: Counter, site: TrialSite, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(look: Look, *_: int) -> int:
        raise StoreError("away")

    told.roles = ["data_officer"]
    monkeypatch.setattr(site.house.staff, "note_within", away)
    answer = told.get(path_of(site, page))
    assert answer.status_code == 503
    assert [word for word in ("climate", SECRET, "renewal") if word in answer.text] == []


def test_a_recall_counts_decisions_and_people(told: Counter, site: TrialSite) -> None:
    visit(site, BEN)
    told.roles = ["data_officer"]
    found = told.get("/recall?thing=attribute&name=interest&format=json").json()
    assert (found["decisions"], found["people"], found["all"]) == (2, 2, True)
    assert sorted(row["how"] for row in found["first"]) == ["no_consent", "value"]
    page = told.text("/recall?thing=attribute&name=interest")
    assert "It played a part in 2 decisions. 2 people are concerned." in page
    rows = list(csv.reader(io.StringIO(told.get("/recall.csv?thing=attribute&name=interest").text)))
    assert rows[0][:4] == ["time", "code", "slot", "variant"]
    assert {row[2] for row in rows[1:]} == {"hero"}


@pytest.mark.usefixtures("edits_at_once")
def test_what_was_shown_is_called_what_it_was_called_though_it_bears_another_name_now(
    told: Counter, site: TrialSite
) -> None:
    edit(site, 'name = "climate"', 'name = "weather"')
    told.roles = ["data_officer"]
    assert "The front page: “The climate now” 1 time" in told.text("/recall?thing=attribute&name=interest")


@pytest.mark.usefixtures("waited")
def test_what_was_not_put_on_the_page_is_counted_apart(told: Counter, site: TrialSite) -> None:
    site.house.recorder.keep_served()
    decide(site, ANNA, "hero")
    told.roles = ["data_officer"]
    found = told.get("/recall?thing=attribute&name=interest&format=json").json()
    shown = sum(each["decisions"] for each in found["shown"])
    assert (found["decisions"], shown, found["unserved"]) == (2, 1, 1)
    page = told.text("/recall?thing=attribute&name=interest")
    assert "1 of them was decided, but as far as we know not put on the page." in page
    assert page.count(" not put on the page") == 2


def test_a_recall_that_takes_too_long_says_so_and_is_whole_where_few_are_looked_at(
    told: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.roles = ["data_officer"]
    monkeypatch.setattr(recalls, "PATIENCE", 0.0)
    whole = told.get("/recall?thing=attribute&name=interest&format=json").json()
    assert (whole["looked_at"], whole["all"]) == (2, True)
    monkeypatch.setattr(recalls, "AT_LEAST", 1)
    part = told.get("/recall?thing=attribute&name=interest&format=json").json()
    assert (part["looked_at"], part["all"]) == (1, False)
    page = told.text("/recall?thing=attribute&name=interest")
    assert "It played a part in 1 decision. 1 person is concerned. 1 was looked at. There is more" in page


def test_a_consent_text_leads_to_what_was_read_under_it(told: Counter, site: TrialSite) -> None:
    visit(site, BEN)
    told.roles = ["data_officer"]
    found = told.get("/recall?thing=notice&name=reading@2&format=json").json()
    assert [(row["slot"], row["how"]) for row in found["first"]] == [("hero", "interest")]
    assert told.get("/recall?thing=notice&name=reading@1").status_code == 400


def test_decisions_about_the_erased_are_counted_apart(told: Counter, site: TrialSite) -> None:
    visit(site, BEN)
    site.house.rights.erase(site.house.subject_of(ANNA))
    told.roles = ["data_officer"]
    found = told.get("/recall?thing=attribute&name=interest&format=json").json()
    assert (found["decisions"], found["erased"]) == (1, 2)


def test_the_form_leads_to_what_was_asked_for(desk: Counter, code: str) -> None:
    desk.roles = ["data_officer"]
    page = desk.post("/recall", thing="attribute", name="interest", reason="check")
    assert (page.status_code, str(page.url).partition("?")[2]) == (200, "thing=attribute&name=interest")
    assert desk.trail()[0].query == "attribute:interest"
    assert desk.post("/recall", thing="attribute", name="interest").status_code == 400


def test_what_was_never_there_is_said(told: Counter) -> None:
    told.roles = ["data_officer"]
    page = told.get("/recall?thing=batch&name=99")
    assert page.status_code == 400
    assert "That was never there" in plain(page)


def test_what_is_there_but_was_never_read_is_not_called_unknown(tmp_path: Path) -> None:
    noes = '[sources.noes]\nkind = "objections"\ncountry = "NL"\nkey = "customer_number"\n'
    noes += 'identifiers = { customer_number = "number" }\npurposes = ["subscription"]\n'
    (tmp_path / "personalize.toml").write_text(TOML + noes, encoding="utf-8")
    with TrialSite(tmp_path / "personalize.toml", content=CONTENT) as site:
        desk, house, file = Counter(site), site.house, tmp_path / "noes.csv"
        file.write_text("number\n1001\n", "utf-8")
        site.knows(ANNA, subscriber=True)
        summary = import_file(
            file, "noes", house.settings, house.store, house.ring, house.clock, noes=house.rights.noes
        )
        desk.look_up(visit(site, ANNA))
        desk.roles = ["data_officer"]
        assert "brought no values that a decision could read" in desk.text(f"/recall?thing=batch&name={summary.batch}")
        assert "Nobody who is known agreed to that text" in desk.text("/recall?thing=notice&name=reading@2")
        assert "That was never there" in desk.text("/recall?thing=notice&name=reading@3")


def test_insight_tells_values_consents_looks_and_decisions(told: Counter, site: TrialSite) -> None:
    told.roles = ["data_officer"]
    path = f"/person/{site.house.subject_of(ANNA)}/export"
    text = told.get(path).text
    words = (SECRET, "climate", "Reading history", "Keep reading", "The data officer")
    assert [word for word in words if word not in text] == []
    body = json.loads(told.get(f"{path}?format=json").text)
    assert {each["attribute"] for each in body["values"]} == {"subscriber", "contract_end", "interest"}
    assert len(body["decisions"]) == 2
    assert body["identifiers_kept_as_hashes"] == ["customer_number"]


def test_a_second_file_of_a_person_waits_for_the_first_once_it_is_in_the_trail(
    told: Counter, site: TrialSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def make(self: Copies, subject: int, copy: object) -> None:
        newest, *_ = site.house.store.staff.looks(since=0, until=1 << 62, subject=subject)
        assert newest.what == "export"

    monkeypatch.setattr(Copies, "make", make)
    told.roles = ["data_officer"]
    answer = told.get(f"/person/{site.house.subject_of(ANNA)}/export")
    assert (answer.status_code, "Please try again in half a minute." in answer.text) == (503, True)


@pytest.mark.parametrize(
    ("lang", "what", "words"),
    [("nl", "inzage", "Wat wij over u bewaren"), ("nb", "innsyn", "Hva vi har lagret om deg")],
)
def test_insight_is_in_the_reader_s_language(told: Counter, site: TrialSite, lang: str, what: str, words: str) -> None:
    told.roles = ["data_officer"]
    file = told.get(f"/person/{site.house.subject_of(ANNA)}/export?lang={lang}")
    assert words in file.text
    assert f'"127-0-0-1-{what}-' in file.headers["content-disposition"]


def test_the_newest_imports_are_listed_by_the_title_of_their_source(told: Counter, site: TrialSite) -> None:
    house, file = site.house, site.folder / "people.csv"
    file.write_text("number,email,phone,postcode,house,subscriber,contract_end\n1003,,,,,yes,2029-12-31\n", "utf-8")
    import_file(file, "crm", house.settings, house.store, house.ring, house.clock, noes=house.rights.noes)
    told.roles = ["data_officer"]
    assert "onze administratie, people.csv, " in told.text("/recall?lang=nl")


def test_attributes_are_offered_by_their_title(told: Counter) -> None:
    told.roles = ["data_officer"]
    assert '<option value="contract_end">einde van het contract</option>' in told.get("/recall?lang=nl").text


def test_the_list_says_whether_it_is_all_of_them(
    told: Counter, site: TrialSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit(site, ANNA)
    told.roles = ["data_officer"]
    monkeypatch.setattr(recalls, "LISTED", 2)
    page = told.get("/recall?thing=attribute&name=interest")
    assert (page.text.count('class="when"'), "All of them, the oldest first" in page.text) == (2, True)
    visit(site, ANNA)
    page = told.get("/recall?thing=attribute&name=interest")
    assert (page.text.count('class="when"'), "The oldest 2 of them" in page.text) == (2, True)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("thing=attribute&name=interest", ("Een gegeven: interest Interesse", "De voorpagina: “Het klimaat nu”")),
        ("thing=attribute&name=interest", ("De voorpagina “Het klimaat nu” waarde gelezen", "niet gelezen: geen toe")),
        (
            "thing=notice&name=reading@2",
            ("Een toestemmingstekst: reading@2 Leesgeschiedenis", "De voorpagina “Het klimaat nu” interesse"),
        ),
        ("thing=plugin&name=builtin@1", ("geraadpleegd, gaf niet de doorslag",)),
    ],
)
def test_a_recall_is_told_in_words_and_given_to_programs_as_recorded(
    told: Counter, site: TrialSite, query: str, words: tuple[str, ...]
) -> None:
    visit(site, BEN)
    told.roles = ["data_officer"]
    page = told.text(f"/recall?{query}&lang=nl")
    assert [each for each in words if each not in page] == []
    assert "climate" not in page
    row, *_ = told.get(f"/recall?{query}&lang=nl&format=json").json()["first"]
    assert (row["slot"], row["variant"]) in {("hero", "climate"), ("offer", "renewal")}


def test_a_rule_is_recalled_by_its_words_and_offered_under_its_name(tmp_path: Path) -> None:
    def rules(config: object) -> Iterator[Suppressor]:
        has = {"en": "you have this already", "nl": "u hebt dit al", "nb": "du har dette fra før"}
        yield Suppressor(name="has-it", variants=("renewal",), when="subscriber", titles=has)

    plugin = SimpleNamespace(__name__="ours", personalize_suppressors=hookimpl(rules))
    (tmp_path / "personalize.toml").write_text(TOML, encoding="utf-8")
    with TrialSite(tmp_path / "personalize.toml", content=CONTENT, plugins=[plugin]) as site:
        site.knows(ANNA, subscriber=True)
        desk = Counter(site)
        desk.look_up(visit(site, ANNA))
        desk.roles = ["data_officer"]
        assert "Een regel: ours/has-it U hebt dit al" in desk.text("/recall?thing=rule&name=ours/has-it&lang=nl")
        form = desk.get("/recall?lang=nb").text
    for name, title in (
        ("ours/has-it", "du har dette fra før"),
        ("reading@2", "Lesehistorikk"),
        ("interest", "interesse"),
    ):
        assert f'<option value="{name}">{title}</option>' in form


def test_an_attribute_that_is_gone_keeps_its_title(
    told: Counter, site: TrialSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = site.house.pipeline.serving.recipe
    told.roles = ["data_officer"]
    monkeypatch.setattr(recipe, "recipe", replace(recipe.recipe, attributes=()))
    assert "Een gegeven: subscriber Abonnee" in told.text("/recall?thing=attribute&name=subscriber&lang=nl")


def test_every_use_has_words() -> None:
    assert {"decided", "asked", "value", *(cause.name for cause in Cause)} == HOW.keys()
