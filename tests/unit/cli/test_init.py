import stat
import subprocess
import sys
from pathlib import Path

import pytest

from personalize.cli.init import FILES

from .conftest import Run, edit


@pytest.fixture
def fresh(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert run("init").code == 0
    return tmp_path


def test_everything_written_is_listed_and_the_keys_are_secret(tmp_path: Path, run: Run) -> None:
    shown = run("init", str(tmp_path)).out
    assert all(name in shown and (tmp_path / name).is_file() for name in (*FILES, "personalize.keys", ".gitignore"))
    assert stat.S_IMODE((tmp_path / "personalize.keys").stat().st_mode) == 0o600
    assert "personalize.keys" in (tmp_path / ".gitignore").read_text().splitlines()
    assert all(f"  {step}. " in shown for step in (1, 2, 3))


def test_what_was_written_passes_every_check(fresh: Path, run: Run) -> None:
    assert run("check").out == "Nothing is wrong.\n"
    shown = run("import", "customers.csv", "--source", "crm")
    assert shown.code == 0
    assert "rejected" not in shown.out
    assert run("simulate", "hero", "--json").json["shown"] == {"welcome": 3}


def test_the_sample_has_six_attributes_two_purposes_and_one_slot_in_three_languages(fresh: Path) -> None:
    from personalize.settings import load_settings

    settings = load_settings(fresh / "personalize.toml")
    assert (len(settings.attributes), len(settings.purposes), len(settings.slots)) == (6, 2, 1)
    assert all(set(notice.texts) == {"nl", "nb", "en"} for notice in settings.notices.values())


def test_the_sample_written_in_comments_works_too(fresh: Path, run: Run) -> None:
    path = fresh / "content" / "hero.toml"
    before, _, sample = path.read_text("utf-8").partition("sees this one instead.\n".replace("sees", "see"))
    sample = "\n".join(line.removeprefix("#").removeprefix(" ") for line in sample.splitlines())
    path.write_text(f"{before}\n{sample}\n", "utf-8")
    edit(fresh / "personalize.toml", "# [plugins.existing-customer] #", "[plugins.existing-customer] #")
    for option in ("customer = ", "owned = ", "offers = "):
        edit(fresh / "personalize.toml", f"# {option}", option)
    assert run("check").out == "Nothing is wrong.\n"
    run("import", "customers.csv", "--source", "crm")
    assert run("simulate", "hero", "--json").json["shown"] == {"renewal": 1, "welcome": 1, "default": 1}


def test_nothing_is_overwritten(fresh: Path, run: Run) -> None:
    (fresh / "personalize.toml").write_text("mine")
    (fresh / "customers.csv").unlink()
    shown = run("init")
    assert shown.code == 2
    assert "personalize.toml" in shown.err
    assert (fresh / "personalize.toml").read_text() == "mine"
    assert not (fresh / "customers.csv").exists()


def test_lines_of_an_existing_gitignore_stay(tmp_path: Path, run: Run) -> None:
    (tmp_path / ".gitignore").write_text("*.pyc\nstore/")
    run("init", str(tmp_path))
    assert (tmp_path / ".gitignore").read_text().splitlines() == [
        "*.pyc",
        "store/",
        "personalize.keys",
        "personalize.erasures",
        "personalize.heads",
    ]


def pytest_in(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "tests"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_tests_it_writes_pass_right_away(fresh: Path) -> None:
    done = pytest_in(fresh)
    assert done.returncode == 0, done.stdout
    assert "5 passed" in done.stdout


@pytest.mark.soak
def test_the_tests_it_writes_can_fail(fresh: Path) -> None:
    edit(fresh / "personalize.toml", 'assurance = "click"', 'assurance = "login"')
    done = pytest_in(fresh)
    assert done.returncode == 1
    assert "test_a_forwarded_link_exposes_nothing" in done.stdout
