import subprocess
import sys
from pathlib import Path

import pytest

import personalize
from personalize.cli.main import COMMANDS

from .conftest import Run


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
