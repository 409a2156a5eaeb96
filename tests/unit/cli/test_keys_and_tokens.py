import json
import stat
from pathlib import Path

from .conftest import Run, edit

LETTER = """
[purposes.letter]
basis = "consent"
notice = "letter"
recognise = true
titles = { nl = "De brief", nb = "Brevet", en = "The letter" }
[notices.letter]
version = 1
texts = { nl = "Ja", nb = "Ja", en = "Yes" }
"""


def secrets_of(path: Path) -> list[str]:
    document = json.loads(path.read_text())
    return [document["identifiers"], *(key["key"] for key in document["ring"])]


def test_a_new_key_file_is_for_its_owner_alone_and_never_replaced(run: Run, folder: Path) -> None:
    assert run("keys", "new").code == 0
    path = folder / "personalize.keys"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    assert run("keys", "new").code == 2
    assert path.read_bytes() == before


def test_the_newest_key_signs_and_a_retired_one_verifies_no_more(run: Run, folder: Path) -> None:
    run("keys", "new")
    run("keys", "rotate")
    assert [key["state"] for key in run("keys", "--json").json["keys"]] == ["verifies", "signs"]
    run("keys", "retire", "1")
    assert [key["state"] for key in run("keys", "--json").json["keys"]] == ["retired", "signs"]
    assert run("keys", "retire", "2").code == 2
    assert run("keys", "retire").code == 2


def test_no_secret_is_ever_shown(run: Run, folder: Path) -> None:
    shown = run("keys", "new").out + run("keys", "rotate").out + run("keys").out + run("keys", "--json").out
    assert not [secret for secret in secrets_of(folder / "personalize.keys") if secret in shown]


def test_a_key_file_that_others_may_read_is_refused_with_the_remedy(run: Run, folder: Path) -> None:
    run("keys", "new")
    (folder / "personalize.keys").chmod(0o644)
    shown = run("keys")
    assert shown.code == 2
    assert "chmod 600" in shown.err


def test_a_link_leads_to_the_page_and_says_when_it_will_not_recognise(run: Run, site: Path) -> None:
    shown = run("token", "--identifier", "customer_number:C1", "--mailing", "weekly", "--url", "/news?x=1")
    assert shown.code == 0
    page, _, token = shown.out.strip().partition("&pzt=")
    assert (page, len(token)) == ("http://127.0.0.1:8000/news?x=1", 87)
    assert "recognise = true" in shown.err


def test_a_person_who_has_not_agreed_is_not_recognised_until_they_do(run: Run, site: Path) -> None:
    edit(site / "personalize.toml", "\n[sources.crm]\n", f"{LETTER}[sources.crm]\n")
    shown = run("token", "--identifier", "customer_number:C1", "--mailing", "weekly")
    assert shown.code == 0
    assert "until they agree" in shown.err
    assert "(letter)" in shown.err


def test_no_link_for_an_unknown_person_or_another_site(run: Run, site: Path) -> None:
    unknown = run("token", "--identifier", "customer_number:C9", "--mailing", "weekly")
    assert (unknown.code, unknown.out) == (1, "")
    away = run("token", "--identifier", "customer_number:C1", "--mailing", "weekly", "--url", "https://example.org/")
    assert (away.code, away.out) == (2, "")
