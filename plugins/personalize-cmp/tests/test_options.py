"""Mistakes in `[plugins.cmp]` are told with their place and remedy."""

from pathlib import Path
from typing import Any

import pytest

from personalize.cli.main import main
from personalize.hooks import PluginError
from personalize_cmp import personalize_consent_sources

from .samples import COOKIECONSENT, KLARO, TCF, config_of, source_of

STATS = {"stats": ["matomo"]}


def test_an_unconfigured_plugin_yields_nothing() -> None:
    assert list(personalize_consent_sources(config=config_of({}))) == []


def test_all_three_banners_stand_side_by_side() -> None:
    found = list(personalize_consent_sources(config=config_of({**KLARO, **COOKIECONSENT, **TCF})))
    assert [each.name for each in found] == ["klaro", "cookieconsent", "tcf"]


def test_the_cookie_may_have_another_name() -> None:
    read = source_of({"klaro": {"cookie": "consent", "purposes": STATS}}).read
    assert read([(b"cookie", b"consent=%7B%22matomo%22%3Afalse%7D")], {}) == {"stats": False}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"klaroo": {}}, r"\[plugins\.cmp\] klaroo: there is no such option\. Did you mean `klaro`\?"),
        ({"klaro": True}, r"\[plugins\.cmp\] klaro: True is not a table\. Begin one with \[plugins\.cmp\.klaro\]\."),
        ({"klaro": {}}, r"\[plugins\.cmp\.klaro\] purposes: is missing\. Write purposes = \{ offers = "),
        ({"klaro": {"purposes": {}}}, r"purposes: \{\} maps no purpose\. Write purposes = "),
        (
            {"klaro": {"purposes": {"stat": ["a"]}}},
            r"purposes\.stat: there is no purpose 'stat'\. Did you mean `stats`\?",
        ),
        ({"klaro": {"purposes": {"stats": "matomo"}}}, r"purposes\.stats: 'matomo' is not a list of texts\. Write"),
        ({"klaro": {"purposes": {"stats": []}}}, r"purposes\.stats: \[\] is not a list of texts\."),
        (
            {"klaro": {"purposes": STATS, "revision": 1}},
            r"\] revision: there is no such option\. Did you mean `version`\?",
        ),
        ({"klaro": {"purposes": STATS, "cookie": "a b"}}, r"cookie: 'a b' is no name of a cookie\. Write cookie = "),
        ({"klaro": {"purposes": STATS, "cookie": ""}}, r"cookie: '' is not a text\."),
        ({"klaro": {"purposes": STATS, "version": 3}}, r'version: 3 is not a text\. Write version = "1"\.'),
        ({"cookieconsent": {"purposes": STATS, "revision": -1}}, r"revision: -1 is not a whole number from 0\."),
        ({"cookieconsent": {"purposes": STATS, "revision": True}}, r"revision: True is not a whole number"),
        ({"tcf": {"purposes": {"stats": [0]}}}, r"purposes\.stats: \[0\] is not a list of numbers\."),
        ({"tcf": {"purposes": {"stats": [25]}}}, r"purposes\.stats: 25 is no purpose of TCF\. Write numbers from 1 to"),
        ({"tcf": {"purposes": {"stats": ["1"]}}}, r"purposes\.stats: \['1'\] is not a list of numbers\."),
        (
            {"tcf": {"purposes": {"stats": [1]}, "vendor": 65_536}},
            r"vendor: 65536 is on no list of vendors\. Write the",
        ),
        ({"tcf": {"purposes": {"stats": [1]}, "vendor": 0}}, r"vendor: 0 is not a whole number from 1\."),
    ],
)
def test_a_mistake_is_named_with_its_remedy(options: dict[str, Any], message: str) -> None:
    with pytest.raises(PluginError, match=message):
        list(personalize_consent_sources(config=config_of(options)))


SITE = """
[site]
url = "http://127.0.0.1:8000"
timezone = "Europe/Amsterdam"
languages = ["en"]
[purposes.stats]
basis = "consent"
notice = "stats"
titles.en = "statistics"
[notices.stats]
version = 1
texts.en = "May we count?"
[plugins.cmp.klaro]
purposes.stat = ["matomo"]
"""


def test_check_names_file_and_line_of_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "personalize.toml").write_text(SITE, "utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["check", "--config", "personalize.toml"]) == 1
    line = SITE.splitlines().index('purposes.stat = ["matomo"]') + 1
    assert (
        f"personalize.toml:{line}:17: [plugins.cmp.klaro] purposes.stat: there is no purpose" in capsys.readouterr().out
    )
