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


def test_a_missing_key_file_is_a_finding(run: Run, folder: Path) -> None:
    shown = run("check")
    assert shown.code == 1
    assert shown.out.startswith("personalize.keys:1:1: there is no key file.")


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


def test_a_rule_for_a_variant_that_no_file_has_is_advice_with_the_nearest_name(run: Run, folder: Path) -> None:
    run("keys", "new")
    edit(folder / "content" / "offer.toml", 'name = "internet"', 'name = "internets"')
    shown = run("check")
    assert shown.code == 0
    assert "names the variant `internet`, which no content file has there. Did you mean `internets`?" in shown.out


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
