"""Notices version by version, double opt-in and the mail it takes: what is refused at `check`, and why."""

from pathlib import Path

import pytest

from personalize.errors import ManyErrors
from personalize.settings import Settings, load_settings

SITE = '[site]\nurl = "{url}"\nlanguages = ["nl", "en"]\n'
LETTER = """
[purposes.letter]
basis = "consent"
notice = "letter"
titles = {{ nl = "Brief", en = "Letter" }}
{purpose}
[notices.letter]
version = {version}
{notice}
texts = {texts}
"""
BOTH = '{ nl = "Ja.", en = "Yes." }'
FIRST = '[[notices.letter.earlier]]\nversion = 1\ntexts = { nl = "Ja, ja.", en = "Yes, yes." }\n'
FROM = '[mail]\nfrom = "Krant <brief@example.org>"\n'


def load(
    folder: Path,
    after: str = "",
    *,
    url: str = "http://127.0.0.1",
    version: int = 1,
    purpose: str = "",
    notice: str = "",
    texts: str = BOTH,
) -> Settings:
    letter = LETTER.format(version=version, purpose=purpose, notice=notice, texts=texts)
    path = folder / "personalize.toml"
    path.write_text(SITE.format(url=url) + letter + after, encoding="utf-8")
    return load_settings(path)


def refusal(folder: Path, *after: str, **parts: object) -> str:
    with pytest.raises(ManyErrors) as refused:
        load(folder, *after, **parts)
    return str(refused.value)


def test_a_text_that_is_missing_in_a_language_is_refused(tmp_path: Path) -> None:
    assert "the text in en is missing" in refusal(tmp_path, texts='{ nl = "Ja." }')
    assert "the text in nl is empty. Write it" in refusal(tmp_path, texts='{ nl = " ", en = "Yes." }')


def test_a_newer_version_asks_anew_unless_told(tmp_path: Path) -> None:
    assert load(tmp_path, version=3).purposes["letter"].asked_since == 3


def test_an_immaterial_version_goes_on_where_the_material_one_stood(tmp_path: Path) -> None:
    settings = load(tmp_path, FIRST, version=2, notice="material = false")
    assert settings.purposes["letter"].asked_since == 1
    assert settings.notices["letter"].earlier[0].texts["en"] == "Yes, yes."
    assert settings.notices["letter"].earlier[0].digests["en"] != settings.notices["letter"].digests["en"]


def test_an_immaterial_version_must_tell_what_it_goes_on_from(tmp_path: Path) -> None:
    assert "version 1 is not told" in refusal(tmp_path, version=2, notice="material = false")
    assert "version 2 is not told" in refusal(tmp_path, FIRST, version=3, notice="material = false")


@pytest.mark.parametrize(
    ("earlier", "wrong"),
    [
        (FIRST.replace("version = 1", "version = 2"), "does not come before"),
        ("[[notices.letter.earlier]]\nversion = 1\n", "proves nothing"),
        (FIRST + "mateial = true\n", "is not a key of this table"),
    ],
)
def test_an_earlier_version_is_checked(tmp_path: Path, earlier: str, wrong: str) -> None:
    assert wrong in refusal(tmp_path, earlier, version=2)


def test_double_opt_in_takes_a_sender_and_off_loopback_a_server(tmp_path: Path) -> None:
    asked = "double_opt_in = true"
    assert "needs a sender" in refusal(tmp_path, purpose=asked)
    assert load(tmp_path, FROM, purpose=asked).purposes["letter"].double_opt_in
    assert "needs a mail server" in refusal(tmp_path, FROM, purpose=asked, url="https://example.org")
    server = f'{FROM}host = "smtp.example.org"\n'
    mail = load(tmp_path, server, purpose=asked, url="https://example.org").mail
    assert (mail.host, mail.port, mail.security) == ("smtp.example.org", 587, "starttls")


@pytest.mark.parametrize(
    ("mail", "wrong"),
    [
        ('from = "nobody"', "is not a mail address"),
        ('from = "a@b.nl\\nBcc: c@d.nl"', "is not a mail address"),
        ('host = "smtp.example.org"\nsecurity = "none"', "in clear"),
        ('password = "secret"', "is not a key"),
        ("port = 0", "out of bounds"),
    ],
)
def test_the_mail_table_is_checked(tmp_path: Path, mail: str, wrong: str) -> None:
    assert wrong in refusal(tmp_path, f"[mail]\n{mail}\n")


def test_only_a_consent_can_be_confirmed(tmp_path: Path) -> None:
    purpose = '[purposes.x]\nbasis = "legitimate_interest"\ndouble_opt_in = true\ntitles = { nl = "X", en = "X" }\n'
    assert "only a consent can be confirmed" in refusal(tmp_path, purpose)


def test_third_parties_recipients_and_terms_are_read(tmp_path: Path) -> None:
    told = 'third_party = true\nrecipients = ["Post (NL)"]\ndpv = "dpv:Marketing"'
    purpose = load(tmp_path, purpose=told).purposes["letter"]
    assert (purpose.third_party, purpose.recipients, purpose.dpv) == (True, ("Post (NL)",), "dpv:Marketing")
    assert "is not a term" in refusal(tmp_path, purpose='dpv = "marketing"')
