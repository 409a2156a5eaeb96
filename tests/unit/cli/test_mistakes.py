"""What a command says to somebody who got it wrong: where, what, and what to do."""

import socket
from pathlib import Path

import pytest

from .conftest import Run

MISTAKES = [
    (("init", "personalize.toml"), "personalize.toml is a file. Name the site's folder."),
    (("serve", "--host", "nowhere.invalid"), "Name an address of this machine"),
    (("restrict", "customer_number:C1", "--attribute", "actve"), "Did you mean `active`?"),
    (("correct", "1", "--outcome", "right"), "(choose from 'corrected', 'kept')"),
    (("import", "customers.csv", "--source", "crm", "--lang", "fr"), "(choose from 'nl', 'nb', 'en')"),
    (("export", "customer_number:C1", "--output", "gone/x.json"), "gone/x.json cannot be written: No such file"),
    (("recall", "--batch", "1"), "Nothing was decided here yet: start the site first."),
]


@pytest.mark.parametrize(("words", "said"), MISTAKES)
def test_a_mistake_is_answered_with_what_to_do(run: Run, site: Path, words: tuple[str, ...], said: str) -> None:
    result = run(*words)
    assert result.code in (1, 2)
    assert said in result.err


def test_a_port_that_is_taken_is_told_so_and_no_other_host_is_proposed(run: Run, site: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        said = run("serve", "--port", str(port)).err
    assert said.endswith(
        f"127.0.0.1 port {port} cannot be listened on (Address already in use). Take another --port.\n"
    )


def test_status_says_what_is_wrong_with_the_key_file(run: Run, site: Path) -> None:
    keys = site / "personalize.keys"
    keys.chmod(0o644)
    assert f"{keys}: others may use it (mode 0644). Run `chmod 600" in run("status").out
