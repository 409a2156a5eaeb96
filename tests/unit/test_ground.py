"""What holds for the project as a whole: its files, its pins, its import."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PROJECTS = [
    "pyproject.toml",
    *sorted(f"plugins/{path.parent.name}/pyproject.toml" for path in CHECKOUT.glob("plugins/*/pyproject.toml")),
]
LOCK_FILES = {
    "Pipfile.lock",
    "npm-shrinkwrap.json",
    "package-lock.json",
    "pdm.lock",
    "pnpm-lock.yaml",
    "poetry.lock",
    "pylock.toml",
    "uv.lock",
    "yarn.lock",
}
REGISTRY = re.compile(
    rb"pypi\.org|pythonhosted\.org|registry\.npmjs|registry\.yarnpkg|deb\.debian\.org|index-url[ =]+\S+:/"
)
MACHINE_PATH = re.compile(rb"(?<![\w.:-])/(?:work|farm|root|tmp)/[a-z.]|/(?:home|Users)/\w+/")


@pytest.fixture(scope="module")
def files() -> list[Path]:
    """Every file that is tracked, or would be with the next `git add`."""
    if not (CHECKOUT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listing = subprocess.run(command, cwd=CHECKOUT, capture_output=True, check=True, text=True).stdout
    return [path for name in listing.split("\0") if name and (path := CHECKOUT / name).is_file()]


def places(files: list[Path], pattern: re.Pattern[bytes]) -> list[str]:
    return [
        f"{path.relative_to(CHECKOUT)}:{number}: {found[0].decode()}"
        for path in files
        for number, line in enumerate(path.read_bytes().splitlines(), start=1)
        if (found := pattern.search(line))
    ]


def test_no_file_names_a_package_registry(files: list[Path]) -> None:
    assert places(files, REGISTRY) == []


def test_no_file_names_a_path_of_one_machine(files: list[Path]) -> None:
    assert places(files, MACHINE_PATH) == []


def test_no_lock_file_is_kept(files: list[Path]) -> None:
    assert [path for path in files if path.name in LOCK_FILES] == []


@pytest.mark.parametrize("line", ["see https://pypi" + ".org/simple", "--index-url" + " https://mirror/"])
def test_a_registry_address_would_be_found(line: str) -> None:
    assert REGISTRY.search(line.encode())


@pytest.mark.parametrize("line", ["open('/tm" + "p/x')", "cd /wor" + "k/main", "/hom" + "e/ann/site"])
def test_a_machine_path_would_be_found(line: str) -> None:
    assert MACHINE_PATH.search(line.encode())


def test_constraints_are_pins_and_nothing_else() -> None:
    lines = (CHECKOUT / "constraints.txt").read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9.-]+==[\w.+!]+( ; .+)?", line)] == []


@pytest.mark.parametrize("project", PROJECTS)
def test_dependencies_have_no_upper_bound(project: str) -> None:
    table = tomllib.loads((CHECKOUT / project).read_text())["project"]
    groups = [table["dependencies"], *table.get("optional-dependencies", {}).values()]
    assert [name for group in groups for name in group if re.search(r"<|==|~=", name)] == []


def test_importing_the_package_loads_no_framework() -> None:
    program = "import sys, personalize; print(*sorted({'jinja2', 'sqlite3', 'starlette'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert done.stdout.split() == []
