"""Variants from files."""

import re
from collections.abc import Callable

import pytest
from msgspec import structs

from personalize.content.files import Content, FilePlace, read_content, unread_files
from personalize.errors import ConfigError
from personalize.model.content import Variant
from personalize.settings import Settings
from personalize.settings.toml_file import Table, TomlFile

Read = Callable[..., Content]
Errors = Callable[[str], list[ConfigError]]

GOOD = """\
[[variant]]
slot = "hero"
name = "summer"
when = "known(first_name)"
order = 20
starts = 2029-07-01T08:00:00
ends = 2029-07-31
titles = { nl = "zomer", en = "summer" }
tags = { product = "internet" }

[variant.fields]
headline = { nl = "Dag {first_name}", en = "Hello {first_name}" }
link = "/summer"
"""


def test_a_variant_arrives_with_all_it_says(read: Read, settings: Settings) -> None:
    content = read(GOOD)
    assert content.variants == (
        Variant(
            slot="hero",
            name="summer",
            when="known(first_name)",
            order=20,
            starts=1_877_580_000_000_000,
            ends=1_880_229_600_000_000,
            titles={"nl": "zomer", "en": "summer"},
            tags={"product": "internet"},
            fields={
                "headline": {"nl": "Dag {first_name}", "en": "Hello {first_name}"},
                "link": {"nl": "/summer", "en": "/summer"},
            },
        ),
    )
    summer = content.places["hero/summer"]
    assert summer.at("when") == FilePlace(str(settings.content / "a.toml"), 4, 9)
    assert summer.at("fields", "headline", "en") == FilePlace(str(settings.content / "a.toml"), 12, 45)


def test_a_folder_that_cannot_be_read_is_a_mistake_where_there_are_slots(settings: Settings) -> None:
    assert "No such file" in str(read_content(settings).errors)
    settings.content.write_text("")
    assert "Not a directory" in str(read_content(settings).errors)
    assert read_content(structs.replace(settings, slots={})).errors == ()


def test_a_page_fact_may_stand_in_a_text(read: Read) -> None:
    assert read(GOOD.replace("{first_name}", "{topic}")).variants[0].fields["headline"]["en"] == "Hello {topic}"


@pytest.mark.parametrize(
    ("right", "wrong", "field", "words"),
    [
        ('"hero"', '"heroo"', "variant[1].slot", "Did you mean `hero`?"),
        ('slot = "hero"', "", "variant[1].slot", "`slot` is missing"),
        ('name = "summer"', "", "variant[1].name", "`name` is missing"),
        ('"summer"', '"default"', "variant[1].name", "the slot's own content"),
        ('"summer"', '"sum mer"', "variant[1].name", "cannot be the name"),
        ("when =", "wen =", "variant[1].wen", "Did you mean `when`?"),
        ("ends =", "end =", "variant[1].end", "Did you mean `ends`?"),
        ("[[variant]]", "[[variants]]", "variants", "Did you mean `variant`?"),
        ("order = 20", 'order = "20"', "variant[1].order", "not a whole number"),
        ("2029-07-31", "2029-06-30", "variant[1].ends", "before it starts"),
        ("2029-07-31", "9999-12-31", "variant[1].ends", "leave it out where there is none"),
        ("2029-07-31", "08:00:00", "variant[1].ends", "08:00:00 is a time of day without its date"),
        ("2029-07-31", '"31 juli"', "variant[1].ends", "is not a time"),
        ("2029-07-01T08:00:00", "2029-03-25T02:30:00", "variant[1].starts", "starts = 2029-03-25T03:30:00"),
        ("[variant.fields]", "[variant.fields]\nwhen = 'x'", "variant[1].fields.when", "above [variant.fields]"),
        ("order = 20", "headline = 'x'", "variant[1].headline", "Write it below [variant.fields]"),
        ("[variant.fields]", "[fields]", "fields", "Write [variant.fields]"),
        ("[[variant]]", "order = 3\n[[variant]]", "order", "Write order below [[variant]]"),
        ("[variant.fields]", "[[variant.fields]]", "variant[1].fields[1]", "Write [variant.fields], in single"),
        ("headline = {", "kop = {", "variant[1].fields.kop", "not a field of the slot `hero`"),
        ("headline = {", "kop = {", "variant[1].fields.headline", "`headline` is missing"),
        (', en = "Hello {first_name}"', "", "variant[1].fields.headline.en", "the text in en is missing"),
        (', en = "summer"', "", "variant[1].titles.en", "the text in en is missing"),
        ("{first_name}", "{first-name}", "variant[1].fields.headline.nl", "single brace at character 5"),
        ("{first_name}", "{firstname}", "variant[1].fields.headline.nl", "Did you mean `first_name`?"),
        ('"/summer"', '"javascript:alert(1)"', "variant[1].fields.link", "scheme `javascript`"),
        ('"/summer"', '"/x?n={first_name}"', "variant[1].fields.link", "cannot hold a placeholder"),
        ('"/summer"', '{ nl = "/z", en = "//evil.example" }', "variant[1].fields.link.en", "another site"),
        ('{ nl = "Dag {first_name}", en = "Hello {first_name}" }', '" "', "variant[1].fields.headline", "is empty"),
        ("tags = {", "tags = { depth = 3,", "variant[1].tags.depth", "not text"),
    ],
)
def test_a_mistake_is_named_with_field_line_and_remedy(
    errors: Errors, right: str, wrong: str, field: str, words: str
) -> None:
    assert right in GOOD
    found = {error.field: error for error in errors(GOOD.replace(right, wrong))}
    assert field in found
    assert words in str(found[field])
    assert found[field].remedy
    assert found[field].file.endswith("a.toml")
    assert found[field].line >= 1


@pytest.mark.parametrize(("key", "written"), [("nl", "NL"), ("en", "En")])
def test_a_language_in_capitals_is_one_mistake(errors: Errors, key: str, written: str) -> None:
    (error,) = errors(GOOD.replace(f' {key} = "', f' {written} = "', 1))
    assert error.cause == f"`{written}` is not a language of the site"
    assert error.remedy == f"Write {key}"


def test_a_language_that_the_site_has_not_is_told_all_that_it_has(errors: Errors) -> None:
    (error,) = errors(GOOD.replace('nl = "', 'fr = "", nl = "', 1))
    assert error.remedy == "Known: `nl`, `en`"


def test_norwegian_is_called_nb(settings: Settings, errors: Errors) -> None:
    file = TomlFile(settings.file)
    file.content = {"titles": {"nl": "a", "no": "b"}}
    Table(file, (), file.content).titles("titles", ("nl", "nb"), required=True)
    assert [error.remedy for error in file.errors[1:]] == ["Write nb"]


def test_the_line_is_that_of_the_wrong_text(errors: Errors) -> None:
    (error,) = errors(GOOD.replace("Dag {first_name}", "Dag {"))
    assert (error.line, error.field) == (12, "variant[1].fields.headline.nl")


def test_the_same_name_twice_names_both_places(read: Read) -> None:
    read(GOOD)
    (twice,) = read(GOOD, "b.toml").errors
    assert re.search(r"b.toml:3:9: .*two variants `hero/summer`. It stands in a.toml, line 3, already", str(twice))


def test_an_empty_text_is_told_once_and_not_called_missing(errors: Errors) -> None:
    (error,) = errors(GOOD.replace("Dag {first_name}", " "))
    assert str(error).endswith("variant[1].fields.headline.nl: the text in nl is empty. Write it.")


def test_a_title_for_all_languages_is_told_how_to_write_one_for_each(errors: Errors) -> None:
    (error,) = errors(re.sub("titles = .*", 'titles = "Zomer"', GOOD))
    assert (error.field, error.remedy) == ("variant[1].titles", 'Write titles = { nl = "…", en = "…" }')


def test_a_yes_for_everybody_is_answered_with_a_condition(errors: Errors) -> None:
    (error,) = errors(re.sub("when = .*", "when = true", GOOD))
    assert str(error).endswith('when: True is not text. For example when = "customer".')


def test_mistakes_of_all_files_are_reported_at_once(read: Read, errors: Errors) -> None:
    read("variant = 3", "b.toml")
    assert [error.file[-6:] for error in errors(GOOD.replace("20", '"x"'))] == ["a.toml", "b.toml"]


def test_a_plural_that_clashes_further_down_is_named(errors: Errors) -> None:
    text = GOOD.replace("[[variant]]", "[[variants]]")
    plural, *_ = errors(text + text.replace("summer", "winter"))
    assert "[[variant]], not [[variants]]" in str(plural)
    assert (plural.line, plural.remedy) == (1, "Write [[variant]]")


@pytest.mark.parametrize("name", ["banner.tml", "banner.TOML", "banner.toml.txt", "sub/banner.toml", "sub/banner.TML"])
def test_what_looks_like_a_content_file_and_is_not_read_is_named(read: Read, settings: Settings, name: str) -> None:
    (settings.content / "sub").mkdir(parents=True)
    (settings.content / name).write_text(GOOD)
    assert [variant.name for variant in read(GOOD.replace("summer", "winter")).variants] == ["winter"]
    (unread,) = map(str, unread_files(settings))
    assert unread.startswith(f"{settings.content / name}: this file is not read: ")
    assert ("not in a folder there" if name.endswith("b/banner.toml") else "ends in `.toml`") in unread
    assert ("move" if "sub" in name else "rename") in unread


@pytest.mark.parametrize(
    "name",
    [
        ".#a.toml",
        ".a.toml.swp",
        "._a.toml",
        ".git/a.toml",
        "a.toml~",
        "#a.toml#",
        "a.toml.bak",
        "README.md",
        "hero.html",
    ],
)
def test_hidden_files_backups_and_others_are_passed_over(read: Read, settings: Settings, name: str) -> None:
    (settings.content / name).parent.mkdir(parents=True)
    (settings.content / name).write_text("no TOML")
    assert len(read(GOOD).variants) == 1
    assert unread_files(settings) == []


@pytest.mark.parametrize("text", ["[[variant]]", "[variant]", "x", "[[variant]]\nfields = 3", "a=" + "[" * 5000])
def test_rubbish_gives_errors_and_no_traceback(errors: Errors, text: str) -> None:
    assert errors(text)
