"""What `import personalize` offers."""

import subprocess
import sys

import pytest

import personalize


def test_there_are_at_most_twenty_five_names_and_each_can_be_had() -> None:
    assert len(personalize.__all__) <= 25
    assert all(getattr(personalize, name).__name__ == name for name in personalize.__all__ if name != "hookimpl")
    assert sorted(personalize.__all__) == personalize.__all__


def test_the_names_are_listed_before_they_are_loaded() -> None:
    assert set(personalize.__all__) <= set(dir(personalize))


def test_another_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="Personaliser"):
        personalize.Personaliser  # noqa: B018


def test_a_value_is_had_without_its_neighbours() -> None:
    program = (
        "import sys; from personalize import Decision, Assurance, hookimpl;"
        "print(*sorted({'jinja2', 'sqlite3', 'starlette'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert done.stdout.split() == []
