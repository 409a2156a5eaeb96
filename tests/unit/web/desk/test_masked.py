"""What is masked for a reader is told by no sentence: neither the value nor what a condition asked of it."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from personalize.explain.language import LANGUAGES
from personalize.testing import TrialSite
from personalize.web.desk import told as told_module
from tests.unit.web.desk.conftest import ANNA, TOML, Counter
from tests.unit.web.settings import attribute

MASKED = ("interest", "subscriber", "contract_end", "visits", "letters", "first_name")
MORE = (
    attribute("visits", "number", en="number of visits", nl="aantal bezoeken", nb="antall besøk")
    + attribute("letters", "set of text", en="letters", nl="brieven", nb="brev")
    + attribute("first_name", "text", en="first name", nl="voornaam", nb="fornavn")
)
COLUMNS = (
    'contract_end = "contract_end" }',
    'contract_end = "contract_end", visits = "visits", first_name = "first_name",'
    ' letters = { column = "letters", separator = "," } }',
)
WHENS = {
    "one": "interest == 'quokka' or interest == 'zebra'",
    "two": "interest in {'quokka', 'zebra'} and subscriber",
    "three": "subscriber and contract_end == date('2029-12-31') and visits >= 8765",
    "four": "'axolotl' in letters",
    "five": "segment('fond') and not interest == 'narwhal'",
    "six": "visits < 4321",
    "seven": "interest == 'narwhal'",
    "eight": "contract_end < date('2027-08-19')",
    "nine": "'narwhal' in letters",
    "ten": "not subscriber",
}
PLANTED = (
    *("quokka", "zebra", "narwhal", "axolotl", "Wilhelmina"),
    *("8765", "8.765", "8,765", "8 765", "9876", "9.876", "9,876", "9 876", "4321", "4.321", "4,321", "4 321"),
    *("2029", "2027"),
    *("subscriber is", "abonnee is", "abonnent er", "subscriber: yes", "abonnee: ja", "abonnent: ja"),
    *("been yes", "been no", "instead of yes", "instead of no"),
)
SEGMENT = """
[segments.fond]
when = "interest == 'quokka'"
titles = { en = "Fond", nl = "Dol", nb = "Glad" }
"""
FITTED = {
    "en": ("“interest” fitted", "“interest” did not fit"),
    "nl": ("“interesse” paste", "“interesse” paste niet"),
    "nb": ("«interesse» passet", "«interesse» passet ikke"),
}


def content(first: str) -> str:
    """Every condition as a variant of one slot, this one before all others, and one that greets by name."""
    order = [first, *(name for name in WHENS if name != first)]
    variants = [
        f'[[variant]]\nslot = "offer"\nname = "{name}"\nwhen = "{WHENS[name]}"\norder = {place}\n'
        f'[variant.fields]\nheadline = {{ en = "{name}", nl = "{name}", nb = "{name}" }}\n'
        for place, name in enumerate(order, start=1)
    ]
    greeting = (
        '[[variant]]\nslot = "hero"\nname = "greeting"\n[variant.fields]\n'
        'headline = { en = "Hi {first_name}", nl = "Dag {first_name}", nb = "Hei {first_name}" }\n'
    )
    return "\n".join([*variants, greeting])


@pytest.fixture(params=WHENS)
def first(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def site(tmp_path: Path, first: str) -> Iterator[TrialSite]:
    masked = ", ".join(f'"{name}"' for name in MASKED)
    toml = TOML.replace('masked = ["contract_end"]', f"masked = [{masked}]").replace(*COLUMNS) + MORE + SEGMENT
    (tmp_path / "personalize.toml").write_text(toml, encoding="utf-8")
    with TrialSite(tmp_path / "personalize.toml", content=content(first)) as site:
        site.knows(
            ANNA,
            subscriber=True,
            contract_end=date(2029, 12, 31),
            interest="quokka",
            visits=9876,
            letters=frozenset({"axolotl"}),
            first_name="Wilhelmina",
        )
        site.gives(ANNA, "reading")
        yield site


def pages(site: TrialSite, code: str) -> list[str]:
    """Every address that tells of this person."""
    entries = [f"/entry/{entry.entry_id.hex()}" for entry in site.entries(ANNA)]
    return [f"/code/{code}", *entries, f"/person/{site.house.subject_of(ANNA)}"]


def told_by(desk: Counter, site: TrialSite, code: str, lang: str) -> dict[str, str]:
    """What each page and its JSON say."""
    return {
        address: desk.get(address).text
        for page in pages(site, code)
        for address in (f"{page}?lang={lang}&aloud={lang}", f"{page}?lang={lang}&aloud={lang}&format=json")
    }


def tells(text: str, planted: str) -> bool:
    """Say whether a page tells this, not merely as digits of a code or a reference."""
    return re.search(rf"(?<![\w-]){re.escape(planted)}(?!\w)", text) is not None


def test_no_page_tells_what_is_masked(told: Counter, site: TrialSite, code: str) -> None:
    for lang in LANGUAGES:
        said = told_by(told, site, code, lang)
        assert [(page, each) for page, text in said.items() for each in PLANTED if tells(text, each)] == []


@pytest.mark.parametrize("first", ["one"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_fitted_is_told_by_its_title(told: Counter, site: TrialSite, code: str, lang: str) -> None:
    fitted, unfit = FITTED[lang]
    said = told_by(told, site, code, lang)
    assert [page for page, text in said.items() if "/entry/" not in page and fitted not in text] == []
    assert unfit not in said[f"/person/{site.house.subject_of(ANNA)}?lang={lang}&aloud={lang}"]


@pytest.mark.parametrize("first", ["seven"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_did_not_fit_is_told_by_its_title(told: Counter, site: TrialSite, code: str, lang: str) -> None:
    said = told_by(told, site, code, lang)
    assert FITTED[lang][1] in said[f"/code/{code}?lang={lang}&aloud={lang}"]
    assert FITTED[lang][1] in said[f"/code/{code}?lang={lang}&aloud={lang}&format=json"]


@pytest.mark.parametrize("first", ["one"])
def test_a_data_officer_reads_it_all(told: Counter, code: str) -> None:
    told.roles = ["data_officer"]
    assert "interest is “quokka”" in told.text(f"/code/{code}")


@pytest.mark.parametrize("first", ["one"])
def test_what_the_settings_no_longer_have_is_masked(
    told: Counter, site: TrialSite, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = site.house.settings
    monkeypatch.setattr(site.house, "settings", replace(settings, attributes=()))
    monkeypatch.setattr(told_module, "is_masked", lambda visit, name: False)
    for lang in LANGUAGES:
        said = told_by(told, site, code, lang)
        assert [(page, each) for page, text in said.items() for each in PLANTED if tells(text, each)] == []
    told.roles = ["data_officer"]
    assert "quokka" in told.text(f"/code/{code}")


@pytest.mark.parametrize("first", ["one"])
def test_unmasking_one_tells_what_its_condition_asked(told: Counter, site: TrialSite, code: str) -> None:
    offer = next(entry for entry in site.entries(ANNA) if entry.slot == "offer")
    shown = told.post(f"/entry/{offer.entry_id.hex()}", attribute="interest", why="she asks").text
    assert "interest is “quokka”" in shown
