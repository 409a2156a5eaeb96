"""Mail servers that refuse, hang or are not there: the wish is kept and tried again, and whoever asked is told."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from personalize.consent.postman import LEASE
from tests.unit.web.consent.conftest import TOML, Mailbox, Site, link_in, post

Told = Callable[[], str]


@pytest.fixture
def told(site: Site) -> Told:
    """Sign Ann up and return what she is told of her mail just now."""
    answer = site.sign_up()
    return lambda: site.browser().open(f"/personalize/consent/{answer.headers['location']}").text


def waiting(site: Site) -> list[tuple[str, bool]]:
    """What the server said last of each mail, and whether it is tried again."""
    rows = site.house.store.people.all("SELECT problem, due FROM opt_ins")
    return [(problem, due is not None) for problem, due in rows]


def test_a_server_that_is_busy_gets_the_mail_later(site: Site, mailbox: Mailbox, told: Told) -> None:
    mailbox.answer = "451 try again later"
    assert "Look into your mailbox in a moment" in told()
    site.postman.round()
    assert "could not be delivered yet" in told()
    assert waiting(site) == [("waits", True)]
    assert site.postman.round() == 0
    mailbox.answer = ""
    site.clock.move(minutes=2)
    site.postman.round()
    assert "Look into your mailbox in a moment" in told()
    assert post(site.browser(), link_in(mailbox.mails[0], "confirm"), answer="yes").status == 200


def test_a_mailbox_that_is_refused_for_good_is_given_up(site: Site, mailbox: Mailbox, told: Told) -> None:
    mailbox.answer = "550 no such mailbox"
    for _ in range(3):
        site.postman.round()
        site.clock.move(minutes=20)
    assert waiting(site) == [("refused", False)]
    assert "Is the address right?" in told()
    assert mailbox.mails == []


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes connections and never says anything."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_server_that_hangs_holds_nothing_up_for_long(tmp_path: Path, silent: int) -> None:
    site = Site(tmp_path, silent)
    site.sign_up()
    site.postman.round()
    assert waiting(site) == [("waits", True)]
    site.personalizer.close()


def test_a_wish_survives_a_restart_and_a_server_that_was_not_there(
    tmp_path: Path, mailbox: Mailbox, smtp: tuple[Mailbox, int]
) -> None:
    site = Site(tmp_path, 1)
    site.sign_up()
    site.postman.round()
    site.personalizer.close()
    again = Site(tmp_path, smtp[1])
    again.clock.move(minutes=10)
    again.postman.round()
    assert [mail["To"] for mail in mailbox.mails] == ["ann@example.org"]
    again.personalizer.close()


def test_a_mail_is_one_process_s_at_a_time(site: Site) -> None:
    site.sign_up()
    assert len(site.house.opt_ins.due(LEASE)) == 1
    assert site.house.opt_ins.due(LEASE) == []
    site.clock.move(minutes=11)
    assert len(site.house.opt_ins.due(LEASE)) == 1


def test_a_developer_without_a_mail_server_reads_it_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    site = Site(tmp_path, 1, TOML.replace('host = "127.0.0.1"\n', ""))
    site.sign_up()
    site.postman.round()
    assert "/personalize/confirm/" in caplog.text
    assert waiting(site) == [("", False)]
    site.personalizer.close()


def test_the_postman_wakes_for_a_new_wish_and_stops_when_told(site: Site, mailbox: Mailbox) -> None:
    site.postman.start()
    site.sign_up()
    assert mailbox.came.wait(10)
    site.postman.stop()
    assert len(mailbox.mails) == 1
