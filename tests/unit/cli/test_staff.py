"""Accounts of staff, reasons on the command line, and serving their pages."""

import io
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from personalize.cookbook.codes import code_of, show_code
from personalize.model.staff import Account, Look
from personalize.storage.open import open_store
from personalize.web.shell.passwords import fits

from .conftest import Run, Visit, edit

NUMBER = 123_456_789
CODE = show_code(code_of(NUMBER))
PASSWORD = "correct horse battery"
WHY = ("--reason", "caller asks")


def accounts(site: Path) -> list[Account]:
    store = open_store(site / "store")
    try:
        return store.accounts.accounts()
    finally:
        store.close()


def trail(site: Path) -> list[Look]:
    store = open_store(site / "store")
    try:
        return store.staff.looks(since=0, until=2**60)
    finally:
        store.close()


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))


@pytest.fixture
def live(site: Path) -> Path:
    """The site with an address that is not a developer's."""
    edit(site / "personalize.toml", 'url = "http://127.0.0.1:8000"', 'url = "https://www.telecom.example"')
    return site


@pytest.mark.usefixtures("typed")
def test_an_account_is_added_from_a_pipe_and_its_password_kept_as_a_hash(run: Run, site: Path) -> None:
    told = run("staff", "add", "Anna", "--role", "service", "--role", "supervisor")
    assert (told.code, told.out.split()[:3]) == (0, ["anna", "service", "supervisor"])
    (anna,) = accounts(site)
    assert anna.password.startswith("$argon2id$")
    assert fits(PASSWORD, anna.password)
    assert not fits("guess", anna.password)
    assert PASSWORD.encode() not in (site / "store" / "people.sqlite").read_bytes()


def test_the_password_may_stand_in_the_environment(run: Run, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERSONALIZE_STAFF_PASSWORD", PASSWORD)
    assert run("staff", "add", "anna", "--role", "service").code == 0
    assert [account["name"] for account in run("staff", "--json").json["accounts"]] == ["anna"]


@pytest.mark.usefixtures("typed")
def test_an_account_is_removed_once(run: Run, site: Path) -> None:
    run("staff", "add", "anna", "--role", "service")
    assert run("staff", "remove", "anna").code == 0
    assert accounts(site) == []
    assert run("staff", "remove", "anna").code == 1
    assert "no accounts" in run("staff", "list").out


@pytest.mark.parametrize(
    "words",
    [
        ("add",),
        ("add", "anna"),
        ("add", "an na", "--role", "service"),
        ("add", "anna", "--role", "king"),
        ("list", "anna"),
        ("remove", "anna", "--role", "service"),
        ("remove",),
    ],
)
@pytest.mark.usefixtures("typed")
def test_anything_else_is_refused_with_advice(run: Run, site: Path, words: tuple[str, ...]) -> None:
    told = run("staff", *words)
    assert (told.code, told.out) == (2, "")
    assert told.err
    assert accounts(site) == []


def test_a_short_password_is_refused(run: Run, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERSONALIZE_STAFF_PASSWORD", "short")
    told = run("staff", "add", "anna", "--role", "service")
    assert (told.code, "Take 10 or more" in told.err) == (2, True)
    assert "short" not in told.err


@pytest.mark.parametrize("words", [("explain", CODE), ("explain", CODE, "--json"), ("find", "customer_number:C1")])
def test_beyond_loopback_a_look_up_demands_a_reason(run: Run, visit: Visit, live: Path, words: tuple[str, ...]) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    told = run(*words)
    assert (told.code, told.out) == (2, "")
    assert "--reason" in told.err
    assert trail(live) == []
    assert run(*words, "--reason", "  ").code == 2
    assert run(*words, *WHY).code == 0


def test_a_look_up_stands_in_the_trail(run: Run, visit: Visit, live: Path) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    run("explain", CODE, *WHY, "--case", "T-1")
    run("find", "email:ann@example.org", *WHY)
    found, explained = trail(live)
    assert (explained.what, explained.reason, explained.case) == ("cli:explain", "caller asks", "T-1")
    assert explained.query == f"code:{CODE}"
    assert explained.staff.startswith("shell:")
    assert found.what == "cli:find"
    assert explained.subject == found.subject != 0
    assert found.query.startswith("email:")
    assert "ann" not in found.query.removeprefix("email:")


def test_looking_for_nobody_stands_there_too(run: Run, live: Path) -> None:
    assert run("find", "email:nobody@example.org", *WHY).code == 1
    assert run("find", "nonsense", *WHY).code == 1
    assert run("explain", CODE, *WHY).code == 1
    assert [(look.what, look.subject) for look in trail(live)] == [("cli:explain", 0), ("cli:find", 0), ("cli:find", 0)]
    assert "nobody" not in str(trail(live))


@pytest.mark.parametrize("words", [("explain", CODE), ("find", "customer_number:C1")])
def test_without_the_trail_nothing_is_printed(
    run: Run, visit: Visit, live: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    from personalize.errors import StoreError
    from personalize.storage.sqlite.staff import SqliteStaff

    def fail(*_: object) -> int:
        raise StoreError

    visit("customer_number:C1", "offer", NUMBER)
    monkeypatch.setattr(SqliteStaff, "note", fail)
    told = run(*words, *WHY)
    assert (told.code, told.out) == (2, "")


def test_on_a_developer_s_own_site_no_reason_is_needed(run: Run, visit: Visit, site: Path) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    assert run("explain", CODE).code == 0
    assert trail(site) == []
    assert run("explain", CODE, *WHY).code == 0
    assert len(trail(site)) == 1


def test_serving_without_uvicorn_says_what_to_install(run: Run, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("personalize.cli.serve.find_spec", lambda name: None)
    told = run("serve")
    assert (told.code, "personalize[staff]" in told.err) == (2, True)


def test_a_port_that_is_taken_is_said(run: Run, site: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = run("serve", "--port", str(port))
    assert told.code == 2
    assert f"port {port}" in told.err


@pytest.mark.server
def test_the_pages_are_served_on_this_machine_until_stopped(site: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (site / "content" / "broken.toml").write_text("this is no TOML")
    command = [sys.executable, "-m", "personalize.cli.main", "serve", "--port", str(port)]
    server = subprocess.Popen(
        command, cwd=site, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    try:
        assert server.stdout
        assert server.stdout.readline() == f"Staff pages: http://127.0.0.1:{port}/\n"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
            assert answer.url == f"http://127.0.0.1:{port}/sign-in"
            assert b'name="password"' in answer.read()
    finally:
        server.send_signal(signal.SIGTERM)
        _, told = server.communicate(timeout=20)
    assert "The content files are refused, every slot shows its default" in told
    assert "Nobody can sign in yet" in told
    assert not (site / "store" / "people.sqlite-wal").exists()
