"""One-click unsubscribe (RFC 8058): one POST without cookies, from a mail program or by a button."""

from collections.abc import Callable
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import pytest

from personalize.consent.repeats import MOST_A_DAY
from personalize.errors import NotFound
from personalize.model.consent import Action
from tests.unit.web.consent.conftest import Site, link_in, post

Mail = Callable[[], EmailMessage]
FORM = {"content-type": "application/x-www-form-urlencoded"}
PARTS = {"content-type": "multipart/form-data; boundary=x"}
MULTIPART = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'


@pytest.fixture
def subscribed(site: Site, mail: Mail) -> tuple[int, str]:
    """Ann, who confirmed, and the path that her mail program unsubscribes at."""
    letter = mail()
    post(site.browser(), link_in(letter, "confirm"), answer="yes")
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return site.subjects()[0], urlsplit(letter["List-Unsubscribe"].strip("<>")).path


@pytest.mark.parametrize(("headers", "body"), [(FORM, b"List-Unsubscribe=One-Click"), (PARTS, MULTIPART)])
def test_a_mail_program_unsubscribes_without_cookies_or_origin(
    site: Site, subscribed: tuple[int, str], headers: dict[str, str], body: bytes
) -> None:
    subject, path = subscribed
    answer = site.browser().request("POST", path, headers, body)
    assert (answer.status, "location" in answer.headers, "set-cookie" in answer.headers) == (200, False, False)
    assert site.status(subject) == "not_given"
    last = site.house.ledger.events(subject)[-1]
    assert (last.action, last.method) == (Action.withdrawn, "unsubscribe")


def test_again_and_again_is_recorded_so_many_times_a_day(site: Site, subscribed: tuple[int, str]) -> None:
    subject, path = subscribed
    for _ in range(2 * MOST_A_DAY + 3):
        assert site.browser().request("POST", path, FORM, b"List-Unsubscribe=One-Click").status == 200
    assert len(site.house.ledger.events(subject)) == 2 + 2 * MOST_A_DAY


def test_a_get_shows_a_button_and_changes_nothing(site: Site, subscribed: tuple[int, str]) -> None:
    subject, path = subscribed
    page = site.browser().open(path)
    assert '<button name="List-Unsubscribe" value="One-Click">' in page.text
    assert site.status(subject) == "given"
    assert post(site.browser(), path, **{"List-Unsubscribe": "One-Click"}).status == 200
    assert site.status(subject) == "not_given"


def test_a_body_that_says_something_else_changes_nothing(site: Site, subscribed: tuple[int, str]) -> None:
    subject, path = subscribed
    assert site.browser().request("POST", path, FORM, b"").status == 400
    assert site.browser().request("POST", path, FORM, b"List-Unsubscribe=One-Click" + b"x" * 9000).status == 400
    assert site.status(subject) == "given"


def test_who_never_confirmed_is_not_written_to_again(site: Site, mail: Mail) -> None:
    path = link_in(mail(), "unsubscribe")
    assert site.browser().request("POST", path, FORM, b"List-Unsubscribe=One-Click").status == 200
    assert site.house.store.people.all("SELECT address FROM opt_ins") == [("",)]
    assert post(site.browser(), path.replace("unsubscribe", "confirm"), answer="yes").status == 404
    assert site.subjects() == []


def test_who_unsubscribes_while_the_confirmation_waits_for_the_store_is_not_written_to(
    site: Site, mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter, create = mail(), site.house.store.profiles.create
    path, said = link_in(letter, "unsubscribe"), list[int]()

    def late(*parts: Any) -> int:
        said.append(site.browser().request("POST", path, FORM, b"List-Unsubscribe=One-Click").status)
        return create(*parts)

    monkeypatch.setattr(site.house.store.profiles, "create", late)
    assert post(site.browser(), link_in(letter, "confirm"), answer="yes").status == 404
    assert (said, site.told) == ([200], [])
    assert {site.status(subject) for subject in site.subjects()} <= {"not_given"}


def test_who_unsubscribes_just_when_it_was_confirmed_is_not_written_to(
    site: Site, mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter, cancel = mail(), site.house.opt_ins._store.cancel

    def late(handle: bytes) -> bool:
        post(site.browser(), link_in(letter, "confirm"), answer="yes")
        return cancel(handle)

    monkeypatch.setattr(site.house.opt_ins._store, "cancel", late)
    path = link_in(letter, "unsubscribe")
    assert site.browser().request("POST", path, FORM, b"List-Unsubscribe=One-Click").status == 200
    assert site.status(*site.subjects()) == "not_given"


def test_a_newsletter_has_a_link_for_every_reader(site: Site, subscribed: tuple[int, str]) -> None:
    subject, _ = subscribed
    headers = site.personalizer.unsubscribe_headers(subject, "letter")
    path = urlsplit(headers["List-Unsubscribe"][1:-1]).path
    site.clock.move(minutes=400 * 1440)
    assert site.browser().request("POST", path, FORM, headers["List-Unsubscribe-Post"].encode()).status == 200
    assert site.status(subject) == "not_given"
    assert site.personalizer.unsubscribe_headers(subject, "letter") != headers


def test_a_newsletter_names_its_readers_by_identifier(site: Site, subscribed: tuple[int, str]) -> None:
    subject, _ = subscribed
    headers = site.personalizer.unsubscribe_headers("email:ann@example.org", "letter")
    path = urlsplit(headers["List-Unsubscribe"][1:-1]).path
    assert site.browser().request("POST", path, FORM, headers["List-Unsubscribe-Post"].encode()).status == 200
    assert site.status(subject) == "not_given"
    with pytest.raises(NotFound):
        site.personalizer.unsubscribe_headers("email:nobody@example.org", "letter")


def test_what_rests_on_legitimate_interest_is_objected_to(site: Site, subscribed: tuple[int, str]) -> None:
    subject, _ = subscribed
    assert site.house.opt_ins.unsubscribe(site.house.opt_ins.unsubscribe_token(subject, "service"))
    assert site.status(subject, "service") == "objected"
