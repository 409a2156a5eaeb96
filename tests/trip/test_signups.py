"""The newspaper's own form for its letter: others are served while a sign-up waits for the store."""

import asyncio
import shutil
import tomllib
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

from personalize import Assurance, Visitor
from personalize.explain.language import language
from personalize.testing import TrialSite
from tests.faults.site.browser import write_locked

NEWSPAPER = Path(__file__).resolve().parents[2] / "examples" / "02-newspaper"
READER = Visitor(assurance=Assurance.login, identifier="customer_number:4711")


def test_nobody_waits_with_a_reader_whose_sign_up_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(NEWSPAPER, tmp_path / "paper", ignore=shutil.ignore_patterns("store", "*.keys"))
    monkeypatch.syspath_prepend(str(NEWSPAPER))
    signups, pages = import_module("signups"), import_module("pages")
    request = SimpleNamespace(state=SimpleNamespace(personalize=SimpleNamespace(visitor=READER)))
    with TrialSite(tmp_path / "paper" / "personalize.toml") as site:
        people = site.house.store.people.path
        text = site.personalizer.settings.notices["climate_letter"].texts["en"]
        signup = pages.Signup(customer_number="4711", consent_text=text, form="our form", lang="en")

        async def sign_up() -> bool:
            with write_locked(people):
                waiting = asyncio.create_task(signups.Signups(site.personalizer).record(request, signup))
                await asyncio.sleep(0.2)
                waits = not waiting.done()
            await waiting
            return waits

        assert asyncio.run(sign_up())
        said = site.house.ledger.receipts(site.house.subject_of(str(READER.identifier)))
        assert [(each.purpose, each.method, each.evidence["act"]) for each in said] == [
            ("climate_letter", "our form", "box")
        ]


@pytest.mark.parametrize("lang", ["nl", "nb", "en"])
def test_the_visitor_s_page_is_called_there_as_it_calls_itself(lang: str) -> None:
    texts = tomllib.loads((NEWSPAPER / "texts" / f"{lang}.toml").read_text(encoding="utf-8"))
    assert language(lang).say("Your data, your choice").startswith(texts["footer"]["privacy"])
