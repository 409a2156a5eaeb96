"""Commands that look at a store leave it as it is, also where there is none."""

from pathlib import Path

from tests.unit.cli.conftest import Run


def test_looking_makes_no_store_where_there_is_none(site: Path, run: Run) -> None:
    (site / "store").rename(site / "moved")
    done = run("verify")
    assert done.code != 0
    assert "personalize restore" in done.out + done.err
    assert not (site / "store").exists()
