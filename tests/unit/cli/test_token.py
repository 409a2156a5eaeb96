"""`personalize token` for a whole mailing: files, newsletters, the end of links, and the count."""

import csv
import io
import json
from pathlib import Path

import pytest

from .conftest import Run

HERE = "http://127.0.0.1:8000"


@pytest.fixture
def recipients(site: Path) -> Path:
    text = 'name;customer;note\r\n"Ann; A.";C1;é\r\nBen;C2;\r\nZoë;C9;"two\r\nlines"\r\nNobody;;x\r\n'
    (site / "list.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    return site


def linked(run: Run, *words: str) -> str:
    shown = run("token", "list.csv", "--mailing", "weekly", "--column", "customer", "--kind", "customer_number", *words)
    assert shown.code == 0
    return shown.err


def test_a_file_comes_back_with_a_column_of_links(run: Run, recipients: Path) -> None:
    told = linked(run, "--url", "/news?x=1", "--out", "out.csv")
    raw = Path("out.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfname;customer;note;link\r\n")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert [row[:3] for row in rows[1:3]] == [["Ann; A.", "C1", "é"], ["Ben", "C2", ""]]
    assert [(row[3][:-87], len(row[3].partition("pzt=")[2])) for row in rows[1:3]] == [
        (f"{HERE}/news?x=1&pzt=", 87)
    ] * 2
    assert [row[3] for row in rows[3:]] == [f"{HERE}/news?x=1"] * 2
    assert "2 people got a link of their own" in told
    assert "1 whom nobody knows and 1 without" in told
    assert "row 6: there is no identifier" in told


def test_the_file_is_for_its_owner_alone_and_appears_only_complete(run: Run, recipients: Path) -> None:
    linked(run, "--out", "out.csv")
    assert Path("out.csv").stat().st_mode & 0o777 == 0o600
    assert not list(Path().glob(".out.csv*"))


def test_bare_tokens_are_for_merge_fields(run: Run, recipients: Path) -> None:
    linked(run, "--bare", "--add", "PZT", "--out", "out.csv")
    rows = list(
        csv.DictReader(io.StringIO(Path("out.csv").read_bytes().decode("utf-8-sig"), newline=""), delimiter=";")
    )
    assert [len(row["PZT"]) for row in rows] == [87, 87, 0, 0]


def test_json_lines_keep_their_fields(run: Run, site: Path) -> None:
    lines = ['{"id": "customer_number:C1", "n": {"x": [1, null]}}', "", "not json", '{"id": 5}', '{"other": 1}']
    Path("list.jsonl").write_text("\n".join(lines), "utf-8")
    shown = run("token", "list.jsonl", "--mailing", "weekly", "--column", "id")
    rows = [json.loads(line) for line in shown.out.splitlines()]
    assert shown.code == 1
    assert (rows[0]["n"], len(rows[0]["link"])) == ({"x": [1, None]}, len(f"{HERE}/?pzt=") + 87)
    assert [row["link"] for row in rows[1:]] == [f"{HERE}/"] * 2
    assert "row 3: the line is not JSON" in shown.err
    assert "1 row could not be read and was left out" in shown.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("list.csv", "--mailing", "m", "--column", "custmer"), "(did you mean `customer`?). Name"),
        (("list.csv", "--mailing", "m", "--column", "customer", "--add", "note"), "already"),
        (("list.csv", "--mailing", "m"), "--column is missing"),
        (("list.csv", "--column", "customer"), "--mailing is missing"),
        (("nowhere.csv", "--mailing", "m", "--column", "customer"), "nowhere.csv"),
        (("nowhere.jsonl", "--mailing", "m", "--column", "customer"), "nowhere.jsonl"),
        (("list.csv", "--mailing", "m", "--column", "customer", "--url", "https://evil.example/"), "leads away"),
        (("list.csv", "--mailing", " ", "--column", "customer", "--kind", "customer_number"), "no name"),
        (("--mailing", "m"), "--identifier is missing"),
        (("--decorate", "list.csv"), "--merge-field"),
        (("--revoke",), "Which links"),
        (("--revoke", "--all", "--mailing", "m"), "Which links"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_written(
    run: Run, recipients: Path, words: tuple[str, ...], told: str
) -> None:
    shown = run("token", *words, "--out", "out.csv")
    assert (shown.code, shown.out) == (2, "")
    assert told in shown.err
    assert not Path("out.csv").exists()


def test_a_file_that_cannot_be_made_is_named_as_it_was_typed(run: Run, recipients: Path) -> None:
    words = ("--mailing", "m", "--column", "customer", "--kind", "customer_number", "--out", "nowhere/out.csv")
    shown = run("token", "list.csv", *words)
    assert (shown.code, shown.out) == (2, "")
    assert shown.err.startswith("nowhere/out.csv cannot be written: No such file or directory.")


def test_a_newsletter_gets_a_merge_field_without_a_store(run: Run, folder: Path) -> None:
    html = f'<a href="{HERE}/a">x</a>\n<a href="mailto:a@b.nl">y</a><a href="{HERE}{{{{ p }}}}">z</a>'
    Path("letter.html").write_text(html, "utf-8")
    shown = run("token", "--decorate", "letter.html", "--merge-field", "*|PZT|*")
    assert shown.out == html.replace('/a"', '/a?pzt=*|PZT|*"', 1)
    assert "1 link of the site got the token" in shown.err
    assert "line 2: " + HERE + "{{ p }}: a merge field leaves open where it leads" in shown.err


def test_a_newsletter_for_one_person_bears_one_token(run: Run, site: Path) -> None:
    Path("letter.html").write_text(f'<a href="{HERE}/a">x</a><a href="{HERE}/b">x</a>', "utf-8")
    words = ("--identifier", "customer_number:C1", "--mailing", "weekly", "--out", "mine.html")
    assert run("token", "--decorate", "letter.html", *words).code == 0
    tokens = [part[:87] for part in Path("mine.html").read_text("utf-8").split("pzt=")[1:]]
    assert (len(tokens), len(set(tokens))) == (2, 1)


def test_links_end_per_person_per_mailing_and_all_at_once(run: Run, site: Path) -> None:
    for person, mailing in (("C1", "a"), ("C1", "b"), ("C2", "a"), ("C2", "b"), ("C3", "b")):
        run("token", "--identifier", f"customer_number:{person}", "--mailing", mailing)
    revoke = ("token", "--revoke", "--json")
    assert run(*revoke, "--identifier", "customer_number:C1", "--mailing", "a").json == {"revoked": 1}
    assert run(*revoke, "--identifier", "customer_number:C1").json == {"revoked": 1}
    assert run(*revoke, "--mailing", "b").json == {"revoked": 2}
    assert run(*revoke, "--all").json == {"revoked": 1}
    assert run(*revoke, "--all").json == {"revoked": 0}
    assert run(*revoke, "--mailing", "c").code == 1


def test_mailings_are_listed_with_people_and_links(run: Run, site: Path) -> None:
    assert "No mailing" in run("token", "--report").out
    for mailing in ("a", "a", " cafe\u0301 "):
        run("token", "--identifier", "customer_number:C1", "--mailing", mailing)
    run("token", "--revoke", "--mailing", "a")
    found = {each["mailing"]: each for each in run("token", "--report", "--json").json["mailings"]}
    assert sorted(found) == ["a", "caf\u00e9"]
    assert [found["a"][name] for name in ("people", "visitors", "links", "revoked")] == [1, 0, 2, 2]
    shown = run("token", "--report", "--mailing", "caf\u00e9")
    assert shown.code == 0
    assert "0.0%" in shown.out
    assert run("token", "--report", "--mailing", "b").code == 1
