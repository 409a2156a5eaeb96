"""What comes from others is what they published, and its licence stands beside it."""

import re
from hashlib import sha256

from personalize.web.shell.pages import WEB
from tests.unit.web.desk.conftest import Counter

VENDOR = WEB / "shell" / "vendor"


def test_each_file_from_others_has_its_hash_and_licence() -> None:
    listed = re.findall(
        r"^\| `([^`]+)` .*\(`([^`]+)`\).* `([0-9a-f]{64})` \|$", (VENDOR / "README.md").read_text(), re.M
    )
    for name, licence, digest in listed:
        assert sha256((VENDOR / name).read_bytes()).hexdigest() == digest
        assert (VENDOR / licence).stat().st_size > 100
    assert {name for name, _, _ in listed} == {path.name for path in VENDOR.glob("*.*s")}


def test_the_pages_bring_no_script_or_style_of_their_own(desk: Counter, code: str) -> None:
    page = desk.look_up(code).text
    assert "<style" not in page
    assert " style=" not in page
    assert page.count("<script") == page.count("<script src=") == 1
    assert desk.get("/assets/desk/htmx.min.js").headers["content-type"].startswith("text/javascript")
