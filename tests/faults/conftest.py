"""A site of its own for each test, copied from one that is made once."""

import shutil
from pathlib import Path

import pytest

from tests.faults.site.files import build


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("faults") / "site").parent


@pytest.fixture
def settings(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path / "site")
    return tmp_path / "site" / "personalize.toml"
