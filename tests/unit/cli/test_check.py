import sys
from pathlib import Path

import pytest

from .conftest import Run, edit


def test_a_sound_site_has_no_findings_and_nothing_is_written(run: Run, folder: Path) -> None:
    run("keys", "new")
    before = sorted(folder.rglob("*"))
    assert run("check").out == "Nothing is wrong.\n"
    assert run("check", "--json").json == {"findings": []}
    assert sorted(folder.rglob("*")) == before


def test_a_mistyped_attribute_is_named_with_file_line_column_and_remedy(run: Run, folder: Path) -> None:
    run("keys", "new")
    edit(folder / "content" / "offer.toml", 'name = "internet"', 'name = "internet"\nwhen = "actve"')
    shown = run("check")
    assert shown.code == 1
    assert shown.out.startswith("content/offer.toml:4:9: ")
    assert "`active`" in shown.out


MISTAKES = [
    # what is replaced in personalize.toml, by what, where it is found, a word of the message
    ('timezone = "Europe/Amsterdam"', 'timezone = "Mars"', 'timezone = "Mars"', "not a time zone"),
    ('customer = "active"', 'customer = "actve"', 'customer = "actve"', "actve"),
    ("[plugins.renewal-window]", "[plugins.renewal-windw]", "[plugins.renewal-windw]", "renewal-window"),
    ("[slots.offer]", '[segments.s]\nwhen = "actve"\n[slots.offer]', 'when = "actve"', "`active`"),
    ("[site]\n", "[site\n", "[site", "not TOML"),
]


@pytest.mark.parametrize(("old", "new", "place", "word"), MISTAKES)
def test_a_mistake_in_the_settings_is_found_in_its_line(
    run: Run, folder: Path, old: str, new: str, place: str, word: str
) -> None:
    run("keys", "new")
    edit(folder / "personalize.toml", old, new)
    lines = (folder / "personalize.toml").read_text("utf-8").splitlines()
    line = 1 + next(number for number, text in enumerate(lines) if text.startswith(place))
    shown = run("check", "--json")
    (found,) = [each for each in shown.json["findings"] if each["level"] == "error"]
    assert shown.code == 1
    assert (found["file"], found["line"]) == ("personalize.toml", line)
    assert word in found["message"]


def test_a_broken_plugin_does_not_hide_mistakes_in_content(run: Run, folder: Path) -> None:
    run("keys", "new")
    edit(folder / "personalize.toml", 'customer = "active"', 'customer = "actve"')
    edit(folder / "content" / "offer.toml", 'slot = "offer"', 'slot = "ofer"')
    assert {each["file"] for each in run("check", "--json").json["findings"]} == {
        "personalize.toml",
        "content/offer.toml",
    }


def test_mistakes_in_texts_and_in_conditions_are_found_in_one_go(run: Run, folder: Path) -> None:
    run("keys", "new")
    offer = folder / "content" / "offer.toml"
    edit(offer, 'name = "internet"', 'name = "internet"\nwhen = "actve"')
    edit(offer, "\n[variant.fields]", "ordr = 3\n\n[variant.fields]")
    edit(offer, "headline", "hedline")
    shown = run("check").out
    for word in ("`actve`", "`ordr`", "`hedline`", "`headline` is missing"):
        assert word in shown


def test_what_waits_for_the_settings_is_said(run: Run, folder: Path) -> None:
    edit(folder / "personalize.toml", 'timezone = "Europe/Amsterdam"', 'timezone = "Mars"')
    assert "note: content files, conditions and plugins are checked once this file is mended." in run("check").out
    (folder / "personalize.toml").unlink()
    assert "note:" not in run("check").out


def test_a_missing_key_file_is_a_finding(run: Run, folder: Path) -> None:
    shown = run("check")
    assert shown.code == 1
    assert shown.out.startswith("personalize.keys:1:1: there is no key file.")


def test_a_content_file_that_is_not_read_is_advice_with_the_reason(run: Run, folder: Path) -> None:
    run("keys", "new")
    (folder / "content" / "banner.TOML").write_text("[[variant]]")
    shown = run("check")
    assert shown.code == 0
    assert shown.out == (
        "content/banner.TOML:1:1: advice: this file is not read: the name of a content file ends in `.toml`, in small"
        " letters. If it holds variants, rename it to content/NAME.toml.\n1 piece of advice.\n"
    )


@pytest.mark.parametrize(("kind", "library"), [("email", "email_validator"), ("phone", "phonenumbers")])
def test_identifiers_that_cannot_be_read_here_are_advice_with_what_to_install(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, kind: str, library: str
) -> None:
    run("keys", "new")
    monkeypatch.setitem(sys.modules, library, None)
    shown = run("check")
    assert f"advice: sources.crm.identifiers.{kind}: " in shown.out
    assert f"cannot be read without {library}. Run `pip install 'personalize[crm]'`." in shown.out


def test_a_slot_without_titles_is_advice_and_no_error(run: Run, folder: Path) -> None:
    run("keys", "new")
    edit(folder / "personalize.toml", 'titles = { nl = "de aanbieding"', "# ")
    shown = run("check")
    assert shown.code == 0
    assert "advice: the slot `offer` has no titles" in shown.out


def test_page_facts_and_choices_without_titles_are_advice_with_what_to_write(run: Run, folder: Path) -> None:
    run("keys", "new")
    edit(folder / "personalize.toml", "[slots.offer]", '[slots.offer]\ncontext = { topic = "text" }')
    edit(folder / "personalize.toml", 'choices = ["Month', 'choices = ["Three year", "Month')
    shown = run("check")
    assert "the page fact `topic` of the slot `offer` has no titles" in shown.out
    assert 'Write topic = { type = "text", titles.nl = "…" }.' in shown.out
    assert "the choice `Three year` of `contract` has no titles" in shown.out
    assert 'Add values."Three year".nl = "…".' in shown.out


OWN = """
from personalize.hooks import Options, PluginError, Suppressor, hookimpl


@hookimpl
def personalize_suppressors(config):
"""


def own(folder: Path, body: str, options: str = "") -> int:
    """Add a plugin of the site's own, and return the line of its table."""
    (folder / "own.py").write_text(OWN + f"    {body}\n")
    before = (folder / "personalize.toml").read_text("utf-8")
    (folder / "personalize.toml").write_text(
        f'{before}\n[plugins.own]\nlimit = "x"\nmodule = "own.py"\n{options}', "utf-8"
    )
    return before.count("\n") + 2


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("slots='offer'", "slots='offer' is a text. Write a tuple: slots=('offer',)."),
        ("slots=('ofer',)", "slots names 'ofer', no slot of the site. Did you mean `offer`?"),
        ("on_unknown='hide'", 'on_unknown=\'hide\' is not known. Write on_unknown="show" or on_unknown="suppress".'),
        ("reads=('tenur',)", "reads names 'tenur', neither an attribute nor a page fact of its slots."),
        ("titles='x'", "titles='x' is no sentence per language."),
    ],
)
def test_a_record_that_would_fail_open_is_found(run: Run, folder: Path, field: str, message: str) -> None:
    run("keys", "new")
    line = own(folder, f"yield Suppressor(name='quiet', when='active', {field})")
    shown = run("check")
    assert shown.code == 1
    assert f"personalize.toml:{line}:1: The rule 'quiet' of 'own': {message}" in shown.out


def test_of_several_rules_the_one_with_the_mistake_is_named(run: Run, folder: Path) -> None:
    run("keys", "new")
    line = own(folder, "yield from [Suppressor(name=n, when=n) for n in ('active', 'actve')]")
    assert f"personalize.toml:{line}:1: plugins.own, the rule actve's when: `actve` is unknown" in run("check").out


def test_a_plugins_own_complaint_is_found_at_the_option_it_names(run: Run, folder: Path) -> None:
    run("keys", "new")
    line = own(folder, "raise PluginError('limit: write a number')")
    assert f"personalize.toml:{line + 1}:10: [plugins.own] limit: write a number" in run("check").out


def test_a_mistake_in_a_list_of_tables_is_found_in_the_table_that_has_it(run: Run, folder: Path) -> None:
    run("keys", "new")
    line = own(
        folder,
        "yield from [table.text('at') for table in Options(config).tables('in')]",
        "[[plugins.own.in]]\nat = 'x'\n[[plugins.own.in]]\nat = 1\n",
    )
    assert f"personalize.toml:{line + 6}:6: [[plugins.own.in]] number 2 at: 1 is not a text" in run("check").out


def test_a_rule_without_a_title_in_a_language_of_the_site_is_advice(run: Run, folder: Path) -> None:
    run("keys", "new")
    line = own(folder, "yield Suppressor(name='quiet', when='active', titles={'en': 'it is quiet'})")
    shown = run("check")
    assert shown.code == 0
    assert f"toml:{line}:1: advice: the rule `quiet` of the plugin own has no title in nl, nb, so" in shown.out
    assert 'Add "nl" to its titles.' in shown.out


def test_a_public_site_that_tells_too_little_of_who_it_is_is_advised(run: Run, folder: Path) -> None:
    run("keys", "new")
    assert "visitors are not told" not in run("check").out
    edit(folder / "personalize.toml", 'url = "http://127.0.0.1:8000"', 'url = "https://shop.example"')
    shown = run("check")
    assert shown.code == 0
    assert "site.authority: visitors are not told which supervisory authority they may complain to" in shown.out
    assert shown.out.count("visitors are not told") == 2


def test_the_words_of_the_example_are_advised_against_on_a_public_site(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run("init")
    assert "text of the example" not in run("check").out
    edit(tmp_path / "personalize.toml", 'url = "http://127.0.0.1:8000"', 'url = "https://shop.example"')
    shown = run("check")
    assert 'site.controller: "My company" is the text of the example, and visitors read it.' in shown.out
    assert shown.out.count("is the text of the example") == 3


def test_a_public_address_without_https_and_a_file_for_a_store_are_found(run: Run, site: Path) -> None:
    edit(site / "personalize.toml", 'url = "http://127.0.0.1:8000"', 'url = "http://shop.example"\nstore = "crm.csv"')
    shown = run("check")
    assert shown.code == 1
    assert "personalize.toml:5:8: advice: site.url" in shown.out
    assert "personalize.toml:6:10: site.store" in shown.out


def test_contexts_are_counted(run: Run, folder: Path) -> None:
    run("keys", "new")
    titles = 'titles = { nl = "a", nb = "a", en = "a" }'
    segments = "".join(f'[segments.{name}]\nwhen = "today > today"\n{titles}\n' for name in "ab")
    edit(folder / "personalize.toml", "[slots.offer]", f'{segments}[contexts]\nsegments = ["a", "b"]\n[slots.offer]')
    shown = run("check")
    assert shown.code == 0
    assert "note: 2 segments make 9 contexts: a cache keeps each page up to 9 times" in shown.out


def test_a_site_below_a_path_is_told_of_the_cookie_it_shares(run: Run, folder: Path) -> None:
    run("keys", "new")
    url = "https://www.example.org"
    edit(folder / "personalize.toml", "http://127.0.0.1:8000", url)
    assert "cookie" not in run("check").out
    edit(folder / "personalize.toml", url, f"{url}/shop")
    assert "note: site.url: another site of personalize on www.example.org shares this one's cookie" in run("check").out
