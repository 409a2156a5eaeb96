"""A store in a temporary folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from personalize.storage.open import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "store")
    yield opened
    opened.close()
