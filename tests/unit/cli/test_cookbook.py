import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from personalize.cookbook import served
from personalize.cookbook.codes import code_of, show_code

from .conftest import Run, Visit, edit

NUMBER = 123_456_789
CODE = show_code(code_of(NUMBER))


def test_a_code_is_told_in_each_language(run: Run, visit: Visit) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    for lang, words in (("nl", "u hebt"), ("nb", "du har"), ("en", "you")):
        told = run("explain", CODE, "--lang", lang)
        assert told.code == 0
        assert told.out.startswith(CODE)
        assert words in told.out.lower()
    assert "crm.csv" in told.out or "our customer records" in told.out


def test_a_code_is_read_tolerantly_and_told_shortly(run: Run, visit: Visit) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    typed = CODE.lower().replace("0", "O").replace("1", "l").replace("-", " ")
    short, full = run("explain", typed, "--short", "--lang", "en"), run("explain", typed, "--lang", "en")
    assert short.code == full.code == 0
    assert len(short.out) < len(full.out)


def test_json_has_every_entry_under_the_code(run: Run, visit: Visit) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    visit("customer_number:C1", "renewal", NUMBER)
    told = run("explain", CODE, "--json").json
    assert told["code"] == CODE
    assert [(entry["slot"], entry["code"]) for entry in told["entries"]] == [("offer", CODE), ("renewal", CODE)]
    read = {line["attribute"] for line in told["entries"][0]["ingredients"]}
    assert read == {"active", "products"}


def test_two_page_views_under_one_code_are_told_with_their_times(run: Run, visit: Visit) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    visit("customer_number:C2", "offer", NUMBER)
    headings = [line for line in run("explain", CODE).out.splitlines() if line.startswith(f"{CODE} (")]
    assert len(headings) == 2


def test_a_near_miss_is_answered_with_the_code_that_was_meant(run: Run, visit: Visit) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    wrong = ("Z" if CODE[0] != "Z" else "Y") + CODE[1:]
    told = run("explain", wrong)
    assert (told.code, told.out) == (1, "")
    assert f"Did you mean {CODE}?" in told.err
    assert run("explain", wrong, "--json").json["suggestions"] == [CODE]


def test_an_unknown_code_gets_a_friendly_answer(run: Run, site: Path) -> None:
    told = run("explain", CODE)
    assert told.code == 1
    assert f"Nothing is recorded under {CODE}." in told.err
    assert "8 characters" not in told.err


def test_a_mistake_in_the_content_does_not_keep_anybody_from_looking_things_up(
    run: Run, visit: Visit, site: Path
) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    edit(site / "content" / "offer.toml", 'name = "internet"', 'name = "internet"\nwhen = "actve"')
    assert run("simulate", "offer").code == 2
    assert run("explain", CODE).code == 0
    assert run("find", "customer_number:C1").code == 0
    assert run("replay").code == 0
    assert run("token", "--identifier", "customer_number:C1", "--mailing", "weekly").code == 0


def test_find_lists_the_newest_first(run: Run, visit: Visit) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    visit("customer_number:C1", "renewal", NUMBER + 1)
    found = run("find", "email:ann@example.org", "--json").json["entries"]
    assert [entry["slot"] for entry in found] == ["renewal", "offer"]
    assert found[1]["code"] == CODE
    (line,) = run("find", "customer_number:C1", "--limit", "1").out.splitlines()
    assert "renewal-banner" in line


def test_find_lists_those_of_a_day(run: Run, visit: Visit) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    assert run("find", "customer_number:C1", "--from", "yesterday", "--to", "today").out
    found = run("find", "customer_number:C1", "--from", "yesterday", "--to", "yesterday")
    assert (found.code, found.out) == (0, "Nothing was decided for this person in that period.\n")


def test_find_says_so_where_nobody_or_nothing_is_known(run: Run, site: Path) -> None:
    assert run("find", "customer_number:C9").code == 1
    assert "kind is missing" in run("find", "C1").err
    assert "nothing has been decided" in run("find", "customer_number:C1").out


def test_replay_finds_no_difference_also_after_indexing(run: Run, visit: Visit) -> None:
    for place, person in enumerate(("C1", "C2", "C3")):
        visit(f"customer_number:{person}", "offer", NUMBER + place)
    for _ in range(2):
        told = run("replay", "--json")
        assert told.code == 0
        assert {key: told.json[key] for key in ("entries", "differences", "not_replayable")} == {
            "entries": 3,
            "differences": 0,
            "not_replayable": 0,
        }
        assert run("index", "--once").code == 0


def test_replay_of_a_period_takes_its_entries_alone(run: Run, visit: Visit) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    assert run("replay", "--since", "1d", "--json").json["entries"] == 1
    assert run("replay", "--from", "2020-01-01", "--to", "2020-12-31", "--json").json["entries"] == 0
    assert run("replay", "--since", "soon").code == 2


def test_entries_are_replayed_with_the_recipe_of_then(run: Run, visit: Visit, site: Path) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    edit(site / "personalize.toml", 'offers = { internet = "internet" }', 'offers = { internet = "tv" }')
    assert run("simulate", "offer", "--as", "customer_number:C1", "--json").json["variant"] == "internet"
    assert run("replay", "--json").json["differences"] == 0


def test_a_decision_that_comes_out_otherwise_is_a_finding(run: Run, visit: Visit, site: Path) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    with closing(sqlite3.connect(site / "store" / "people.sqlite")) as people, people:
        people.execute("UPDATE recipes SET body = CAST(replace(body, ?, ?) AS BLOB)", ("'internet' in", "'tv' in"))
    told = run("replay", "--json")
    assert told.code == 1
    assert told.json["differences"] > 0
    assert {each["code"] for each in told.json["differing"]} == {CODE}
    assert "variant was default, now internet" in run("replay").out


def test_entries_of_an_erased_person_count_apart_and_are_no_finding(run: Run, visit: Visit, site: Path) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    with closing(sqlite3.connect(site / "store" / "keys.sqlite")) as keys, keys:
        keys.execute("DELETE FROM subject_keys")
    told = run("replay", "--json")
    assert (told.code, told.json["erased"], told.json["not_replayable"]) == (0, 1, 0)
    assert "1 erased" in run("replay").out


def test_a_damaged_entry_is_counted_and_the_rest_told(run: Run, visit: Visit, site: Path) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    visit("customer_number:C2", "offer", NUMBER + 1)
    run("index", "--once")
    with closing(sqlite3.connect(site / "store" / "cookbook.sqlite")) as cookbook, cookbook:
        cookbook.execute("UPDATE entries SET rest = zeroblob(length(rest)) WHERE id = (SELECT min(id) FROM entries)")
    told = run("replay", "--json")
    assert told.code == 1
    assert (told.json["entries"], told.json["damaged"]) == (1, 1)


def test_what_if_is_told_in_words_and_as_json(run: Run, visit: Visit) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    told = run("explain", CODE, "--what-if", "--lang", "en")
    assert "This is how it could have been different:\n- " in told.out
    (entry,) = run("explain", CODE, "--what-if", "--json", "--lang", "en").json["entries"]
    first = entry["what_if"][0]
    assert first["sentence"] in told.out
    assert {"kind", "name", "to", "variant", "differs", "today", "certain"} <= set(first)
    assert first["sentence"] in run("explain", CODE, "--what-if", "--short", "--lang", "en").out
    assert "what_if" not in run("explain", CODE, "--json").json["entries"][0]


def test_a_sound_cookbook_is_verified(run: Run, visit: Visit) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    run("index", "--once")
    visit("customer_number:C2", "offer", NUMBER + 1)
    told = run("verify", "--json")
    assert (told.code, told.json["entries"], told.json["found"]) == (0, 2, [])
    assert "2 entries looked through: nothing is wrong." in run("verify").out


def test_the_first_bad_entry_is_named_with_time_and_code(run: Run, visit: Visit, site: Path) -> None:
    entry_id = visit("customer_number:C1", "offer", NUMBER).entry_id.hex()
    run("index", "--once")
    with closing(sqlite3.connect(site / "store" / "cookbook.sqlite")) as cookbook, cookbook:
        cookbook.execute("UPDATE entries SET at = at + 1")
    told = run("verify", "--json")
    assert told.code == 1
    first = told.json["found"][0]
    assert (first["entry"], first["code"], first["where"]) == (entry_id, CODE, "batch 1")
    assert f"{entry_id} {first['at'].replace('T', ' ')} {CODE}: is not as it was written" in run("verify").out


def test_an_entry_tells_whether_it_was_put_on_the_page(run: Run, visit: Visit) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    (entry,) = run("explain", CODE, "--json").json["entries"]
    assert (entry["served"], entry["unserved"]) == (False, "")  # that may still come to be known
    assert run("find", "customer_number:C1", "--json").json["entries"][0]["served"] is False
    assert "not put on the page" not in run("find", "customer_number:C1").out


def test_find_says_of_an_entry_that_it_was_not_put_on_the_page(
    run: Run, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    monkeypatch.setattr(served, "KNOWN_AFTER", 0)
    assert run("find", "customer_number:C1").out.rstrip().endswith("not put on the page")
    assert "not put on the page" in run("explain", CODE, "--lang", "en").out
