"""Advice about variants and conditions: what nobody will see as it was meant."""

from pathlib import Path

import pytest

from .conftest import Run, edit

PAGE_FACT = """
[slots.offer.context.topic]
type = "choice"
titles = { nl = "onderwerp", nb = "emne", en = "topic" }
values.sport = { nl = "sport", nb = "sport", en = "sport" }

[slots.renewal]"""


def advice(run: Run) -> list[str]:
    run("keys", "new")
    found = run("check", "--json").json["findings"]
    return [f"{each['file']}:{each['line']}:{each['column']} {each['message']}" for each in found]


def test_a_slot_without_a_variant_is_advice(run: Run, folder: Path) -> None:
    (folder / "content" / "offer.toml").write_text("")
    line, _ = place_of(folder / "personalize.toml", "[slots.offer]")
    found = advice(run)
    told = "the slot `offer` has no variant, so everybody sees its default. Write one in content/*.toml."
    assert f"personalize.toml:{line}:1 {told}" in found
    (folder / "content" / "offer.toml").unlink()
    assert advice(run) == found


def test_a_missing_content_folder_is_a_mistake_where_there_are_slots(run: Run, folder: Path) -> None:
    (folder / "content").rename(folder / "gone")
    (found,) = advice(run)
    assert found.startswith("content:1:1 the folder of the content files cannot be read (No such file or directory).")
    assert run("check").code == 1


def test_markup_in_a_text_is_advice_and_a_sum_is_none(run: Run, folder: Path) -> None:
    offer = folder / "content" / "offer.toml"
    edit(offer, "Fibre at home, no fuss", "<b>Fibre</b> at home")
    edit(offer, "Half price", "3 < 4 & 5 > 4: half price")
    (found,) = advice(run)
    line, column = place_of(offer, "<b>Fibre")
    assert found.startswith(f"content/offer.toml:{line}:{column} visitors will read `<b>` as it stands.")


@pytest.mark.parametrize("placeholder", ["{{ tenure }}", "{{tenure}}", "[tenure]", "%tenure%", "«tenure»"])
def test_a_placeholder_of_another_program_is_advice(run: Run, folder: Path, placeholder: str) -> None:
    offer = folder / "content" / "offer.toml"
    edit(offer, "Half price", f"[hier] {{{{korting}}}} 5%: {placeholder} months")
    (found,) = advice(run)
    line, column = place_of(offer, "[hier]")
    assert found.startswith(f"content/offer.toml:{line}:{column} visitors will read `{placeholder}` without its value.")
    assert found.endswith("Write {tenure} for it.")


@pytest.mark.parametrize(("sign", "called"), [("\u200b", "a zero width space"), ("\xa0", "a no-break space")])
def test_a_condition_with_an_unseen_sign_in_its_text_is_advice(run: Run, folder: Path, sign: str, called: str) -> None:
    offer = folder / "content" / "offer.toml"
    edit(offer, 'name = "internet"', f'name = "internet"\nwhen = "\'fi{sign}bre\' in products"')
    found = [each for each in advice(run) if "is compared" in each]
    (told,) = found
    assert f"`products` is compared with a text in which stands {called}. Write the text anew, by hand." in told
    line, column = place_of(offer, sign)
    assert told.startswith(f"content/offer.toml:{line}:{column} ")


def test_two_variants_of_one_title_in_a_slot_are_advice(run: Run, folder: Path) -> None:
    offer = folder / "content" / "offer.toml"
    text = offer.read_text("utf-8")
    copied = text[text.index("[[variant]]") : text.index("[[variant]]", text.index("[[variant]]") + 1)]
    copied = copied.replace('name = "internet"', 'name = "copy"\norder = 1\nwhen = "active"')
    offer.write_text(f"{text}\n{copied}", "utf-8")
    (found,) = advice(run)
    assert "the variants `internet` and `copy` have the same title, so nobody can tell them apart." in found
    assert found.startswith(
        f"content/offer.toml:{text.count(chr(10)) + copied[: copied.index('titles')].count(chr(10)) + 2}:"
    )


def test_one_text_for_all_languages_is_advised_on_once(run: Run, folder: Path) -> None:
    offer = folder / "content" / "offer.toml"
    headline = next(line for line in offer.read_text("utf-8").splitlines() if line.startswith("headline"))
    edit(offer, headline, 'headline = "a&nbsp;b"')
    (found,) = advice(run)
    assert "`&nbsp;`" in found


@pytest.mark.parametrize(
    ("address", "remedy"),
    [("foto.jpg", "Begin with a slash: /foto.jpg."), ("./offers", "Begin with a slash: /offers.")],
)
def test_an_address_that_hangs_on_the_page_is_advice(run: Run, folder: Path, address: str, remedy: str) -> None:
    offer = folder / "content" / "offer.toml"
    edit(
        folder / "personalize.toml", '"slots/offer.html"\nfields = {', '"slots/offer.html"\nfields = { photo = "image",'
    )
    edit(offer, "[variant.fields]", f'[variant.fields]\nphoto = "{address}"')
    (found,) = advice(run)
    line, column = place_of(offer, address)
    assert found.startswith(f"content/offer.toml:{line}:{column} `{address}` is looked for beside the page")
    assert found.endswith(remedy)
    for anywhere in ("/offers", "?page=2", "#top", "https://127.0.0.1:8000/x", "mailto:a@example.org"):
        edit(offer, f'photo = "{address}"', f'photo = "{anywhere}"')
        assert advice(run) == []
        edit(offer, f'photo = "{anywhere}"', f'photo = "{address}"')


def test_a_variant_that_is_over_is_advice_with_its_place(run: Run, folder: Path) -> None:
    offer = folder / "content" / "offer.toml"
    edit(offer, 'name = "internet"', 'name = "internet"\nstarts = 2020-01-01\nends = 2020-01-31')
    (found,) = advice(run)
    assert found.startswith("content/offer.toml:5:8 the variant `internet` is over")
    edit(offer, "ends = 2020-01-31", "ends = 2999-01-31")
    assert advice(run) == []


@pytest.mark.parametrize(
    ("when", "name", "meant"),
    [
        ("'internt' in products", "products", "internet"),
        ("any_of(products, {'internt', 'phone'})", "products", "internet"),
        ("not (active and topic in {'sprt', 'sport'})", "topic", "sport"),
        ("'sprt' == topic", "topic", "sport"),
    ],
)
def test_a_value_that_no_declaration_names_is_advice_with_the_nearest(
    run: Run, folder: Path, when: str, name: str, meant: str
) -> None:
    edit(folder / "personalize.toml", "\n[slots.renewal]", PAGE_FACT)
    offer = folder / "content" / "offer.toml"
    edit(offer, 'name = "internet"', f'name = "internet"\nwhen = "{when}"')
    (found,) = advice(run)
    wrong = "internt" if "internt" in when else "sprt"
    line, column = place_of(offer, wrong)
    assert found.startswith(f"content/offer.toml:{line}:{column} when: `{name}` is compared with '{wrong}'")
    assert found.endswith(f"Did you mean `{meant}`?")


@pytest.mark.parametrize(("kind", "found"), [("choice", 1), ("text", 0)])
def test_only_of_a_closed_list_a_value_is_advised_on_that_is_near_none(
    run: Run, folder: Path, kind: str, found: int
) -> None:
    fact = PAGE_FACT.replace('"choice"', f'"{kind}"')
    edit(folder / "personalize.toml", "\n[slots.renewal]", fact)
    edit(folder / "content" / "offer.toml", 'name = "internet"', 'name = "internet"\nwhen = "topic != \'xyz\'"')
    assert len(advice(run)) == found


def test_a_segment_is_advised_on_where_it_stands_and_not_where_it_is_named(run: Run, folder: Path) -> None:
    segment = '[segments.s]\nwhen = "\'internt\' in products"\ntitles = { nl = "s", nb = "s", en = "s" }\n'
    edit(folder / "personalize.toml", "[slots.offer]", f"{segment}[slots.offer]")
    edit(folder / "content" / "offer.toml", 'name = "internet"', 'name = "internet"\nwhen = "segment(\'s\')"')
    (found,) = advice(run)
    assert found.startswith("personalize.toml:")


@pytest.mark.parametrize(
    ("when", "parts"),
    [
        ("active and not active", "Look at `active` and `not active`."),
        ("months_to_renewal < 3 and (active or topic == 'a') and 5 < months_to_renewal", "`5 < months_to_renewal`"),
        ("active and (topic == 'a' or topic == 'b') and topic != 'a' and topic != 'b'", "Look which parts exclude"),
    ],
)
def test_a_condition_that_nobody_can_meet_is_advice_and_no_error(run: Run, folder: Path, when: str, parts: str) -> None:
    edit(folder / "personalize.toml", "\n[slots.renewal]", PAGE_FACT.replace('"choice"', '"text"'))
    offer = folder / "content" / "offer.toml"
    edit(offer, 'name = "internet"', f'name = "internet"\nwhen = "{when.replace(chr(34), chr(39))}"')
    line, column = place_of(offer, when)
    found = [each for each in advice(run) if "compared with" not in each]
    assert [each.partition(". ")[0] for each in found] == [
        f"content/offer.toml:{line}:{column} when: nobody can meet this condition"
    ]
    assert parts in found[0]
    assert run("check").code == 0


EVERYBODY = """[[variant]]
slot = "offer"
name = "aaa"
MORE
fields = { headline = "a", text = "b" }

"""


@pytest.mark.parametrize(
    ("more", "offers", "name"),
    [
        ("", "internet", "internet"),
        ("order = 99", "internet", "internet"),
        ("order = 101", "aaa", "aaa"),
        ("order = 101", "internet", ""),
        ("ends = 2999-01-01", "internet", ""),
        ("when = 'active'", "internet", ""),
    ],
    ids=["first by name", "first by order", "last", "last, the other suppressed", "for some time", "for some"],
)
def test_a_variant_after_one_for_everybody_is_advice(run: Run, folder: Path, more: str, offers: str, name: str) -> None:
    edit(folder / "personalize.toml", "offers = { internet =", f"offers = {{ {offers} =")
    offer = folder / "content" / "offer.toml"
    offer.write_text(EVERYBODY.replace("MORE", more) + offer.read_text("utf-8"), "utf-8")
    found = [each for each in advice(run) if "nobody sees" in each]
    assert [f"the variant `{name}`" in each for each in found] == ([True] if name else [])


def place_of(file: Path, text: str) -> tuple[int, int]:
    for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
        if text in line:
            return number, line.index(text) + 1
    raise AssertionError(text)
