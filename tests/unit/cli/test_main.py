import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

import personalize
from personalize.cli.main import COMMANDS

from .conftest import Run, edit


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_tells_its_options(command: str, run: Run) -> None:
    shown = run(command, "--help")
    assert shown.code == 0
    assert shown.out.startswith(f"usage: personalize {command}")


def test_the_overview_names_every_command(run: Run) -> None:
    shown = run("--help")
    assert shown.code == 0
    assert all(f"  {name} " in shown.out for name in COMMANDS)


def test_no_command_at_all_is_wrong_usage(run: Run) -> None:
    assert run().code == 2


def test_a_mistyped_command_is_answered_with_the_nearest(run: Run) -> None:
    shown = run("simulat")
    assert (shown.code, shown.out) == (2, "")
    assert "Did you mean `personalize simulate`?" in shown.err


def test_an_unknown_option_is_wrong_usage(run: Run) -> None:
    shown = run("keys", "--colour")
    assert shown.code == 2
    assert "--colour" in shown.err


def test_a_folder_without_settings_is_told_about_init(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for command in (["plugins"], ["simulate", "offer"], ["explain", "x"], ["find", "x:y"], ["index"], ["keys"]):
        shown = run(*command)
        assert shown.code == 2
        assert "Go to your site's folder, or name the file" in shown.err
        assert "For a new site, `personalize init` writes one" in shown.err


def test_the_demo_of_a_wheel_says_where_it_is(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(personalize, "__file__", str(tmp_path / "personalize" / "__init__.py"))
    shown = run("demo", "--tour")
    assert shown.code == 2
    assert "comes with the source" in shown.err


def test_the_demo_is_given_its_arguments_and_the_same_interpreter(tmp_path: Path) -> None:
    demo = tmp_path / "examples" / "02-newspaper" / "demo.py"
    demo.parent.mkdir(parents=True)
    demo.write_text("import sys; print(sys.executable, sys.argv[1:]); sys.exit(7)")
    program = (
        "import sys, personalize; from personalize.cli.main import main;"
        f"personalize.__file__ = {str(tmp_path / 'personalize' / '__init__.py')!r};"
        "main(['demo', '--tour', '--port', '8123'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (7, f"{sys.executable} ['--tour', '--port', '8123']\n")


def told(*words: str, to: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command as a shell does, its output led to where the shell says."""
    line = f'"$0" -m personalize.cli.main {" ".join(words)} {to}'
    variables = os.environ | environment
    return subprocess.run(["bash", "-c", line, sys.executable], capture_output=True, env=variables, check=False)


def test_output_is_utf_8_where_the_terminal_is_not() -> None:
    shown = told("--help", to="", PYTHONIOENCODING="ascii")
    assert (shown.returncode, shown.stderr) == (0, b"")
    assert shown.stdout.startswith("usage: personalize COMMAND …\n".encode())


@pytest.mark.parametrize(
    ("to", "code", "said"),
    [
        ("| sleep 0; exit ${PIPESTATUS[0]}", 0, b""),
        (">&-", 0, b""),
        ("> /dev/full", 2, b"No space left on device.\n"),
    ],
)
@pytest.mark.parametrize("words", ["--help", "keys"])
def test_output_that_nobody_takes_is_no_traceback(site: Path, words: str, to: str, code: int, said: bytes) -> None:
    shown = told(words, to=to)
    assert (shown.returncode, shown.stderr) == (code, said)


def test_what_the_system_refuses_is_told_with_its_place(run: Run, folder: Path) -> None:
    edit(folder / "personalize.toml", "[site]", f'[site]\nstore = "{"s" * 300}"')
    shown = run("find", "customer_number:C1")
    assert (shown.code, shown.out) == (2, "")
    assert shown.err.endswith("/people.sqlite: File name too long.\n")


def test_what_may_not_be_read_is_the_site_s_users(run: Run, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", refuse)
    assert "/people.sqlite: Permission denied. Run the command as the user" in run("status").err
