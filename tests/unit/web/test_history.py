"""What somebody said over time tells where and how they said it."""

from pathlib import Path

import pytest

from personalize.explain.language import LANGUAGES, language
from personalize.model.consent import Action, Basis, ConsentEvent
from personalize.model.people import Assurance
from personalize.settings import Settings, Site
from personalize.web.privacy.history import history

SETTINGS = Settings(file=Path("personalize.toml"), root=Path(), site=Site(url="https://site.example"))
WAYS = ("page", "consent form", "consent banner", "mail", "unsubscribe", "desk", "oidc", "our own form")


def proof(method: str, lang: str = "en", act: str = "button", batch: int = 0) -> tuple[str, ...]:
    event = ConsentEvent(
        event_id=bytes(16),
        subject=7,
        purpose="reading",
        action=Action.given,
        basis=Basis.consent,
        method=method,
        actor="visitor",
        assurance=Assurance.login,
        occurred_at=0,
        recorded_at=0,
        batch=batch,
        evidence={"act": act},
    )
    (told,) = history(SETTINGS, [event], language(lang), 1)
    return told.proof


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_way_to_say_it_has_its_sentence(lang: str) -> None:
    told = [proof(way, lang) for way in WAYS]
    assert all(len(each) == 1 and each[0].endswith(".") and "{" not in each[0] for each in told)
    assert len(set(told)) == len(WAYS)
    raw = [way for way, (said,) in zip(WAYS, told, strict=True) if language(lang).quote(way) in said]
    assert raw == ["our own form"]


def test_a_page_of_ours_is_told_by_its_title_and_a_way_of_the_site_s_own_by_its_name() -> None:
    assert proof("page") == ("It was said on the page “Your data, your choice”.",)
    assert proof("our\nown form") == ("How it was said: “our own form”.",)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_was_done_to_agree_is_told_where_it_was_no_button(lang: str) -> None:
    told = {act: proof("our own form", lang, act) for act in ("box", "choice", "spoken", "paper")}
    assert len({each[1] for each in told.values()}) == len(told)
    assert all(len(each) == 2 for each in told.values())


def test_of_an_import_its_source_is_told_instead() -> None:
    first, *_ = proof("import", batch=3)
    assert "imported on" in first
