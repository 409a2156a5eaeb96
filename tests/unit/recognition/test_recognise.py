"""Who is behind a request."""

from typing import Any

import msgspec
import pytest

from personalize.model.people import STRANGER, Assurance, Visitor
from personalize.ports import Handle
from personalize.recognition.cookies import CookieFault
from personalize.recognition.keys import KeyRing
from personalize.recognition.recognise import Arrival, Credentials, Recogniser, handle_digest
from personalize.recognition.tokens import CLICK_LIFE, COOKIE_LIFE, LEEWAY, TokenKind, issue

NOW = 1_800_000_000_000_000
SECOND = 1_000_000
SITE = "https://example.org"
HANDLE = bytes(range(16))
ROW = Handle(subject=7, mailing="weekly", campaign=b"weekly", issued=NOW, expires=NOW + CLICK_LIFE)


def signed(ring: KeyRing, kind: TokenKind, site: str = SITE) -> bytes:
    return issue(ring, site, kind, HANDLE, NOW, NOW + CLICK_LIFE, b"weekly").encode()


@pytest.fixture
def known(ring: KeyRing, people: Any) -> Any:
    """Subject 4 under customer number 4711, and a handle of subject 7."""
    people.subjects[ring.identifier_digest("customer_number", "4711")] = 4
    people.rows[handle_digest(HANDLE)] = ROW
    return people


@pytest.fixture
def cookie(ring: KeyRing) -> Credentials:
    return Credentials(cookie=signed(ring, TokenKind.cookie))


def test_who_brings_nothing_is_a_stranger(recogniser: Recogniser, people: Any) -> None:
    assert recogniser.recognise(Credentials(), NOW) is STRANGER
    assert people.reads == 0


def test_a_known_login_is_its_subject(recogniser: Recogniser, known: Any) -> None:
    expected = Visitor(subject=4, assurance=Assurance.login, identifier="customer_number:4711")
    assert recogniser.recognise(Credentials(login="customer_number: 4711 "), NOW) == expected


def test_an_unknown_login_is_a_stranger_with_an_identifier(recogniser: Recogniser, known: Any) -> None:
    visitor = recogniser.recognise(Credentials(login="customer_number:5"), NOW)
    assert visitor.is_stranger
    assert visitor.identifier == "customer_number:5"


@pytest.mark.parametrize("login", ["4711", "", "shoe_size:42", "email:not an address", "customer_number:"])
def test_a_login_of_no_known_shape_is_a_stranger_with_a_problem(recogniser: Recogniser, login: str) -> None:
    visitor = recogniser.recognise(Credentials(login=login), NOW)
    assert visitor.is_stranger
    assert visitor.assurance is Assurance.none
    assert visitor.problem.startswith("login: ")


def test_a_login_is_never_replaced_by_a_click(recogniser: Recogniser, known: Any, cookie: Credentials) -> None:
    for login, subject in (("customer_number:4711", 4), ("customer_number:5", None), ("nonsense", None)):
        both = msgspec.structs.replace(cookie, login=login)
        assert recogniser.recognise(both, NOW).subject == subject


def test_a_login_is_looked_up_once_until_forgotten(ring: KeyRing, recogniser: Recogniser, known: Any) -> None:
    login = Credentials(login="customer_number:4711")
    recogniser.recognise(login, NOW)
    known.subjects[ring.identifier_digest("customer_number", "4711")] = 5
    assert recogniser.recognise(login, NOW).subject == 4
    assert known.reads == 1
    recogniser.forget()
    assert recogniser.recognise(login, NOW).subject == 5


def test_what_was_read_before_forgetting_is_not_kept(
    ring: KeyRing, recogniser: Recogniser, known: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = Credentials(login="customer_number:4711")
    original = known.subject_of

    def changed_meanwhile(digest: bytes) -> int | None:
        found: int | None = original(digest)
        recogniser.forget()
        return found

    monkeypatch.setattr(known, "subject_of", changed_meanwhile)
    recogniser.recognise(login, NOW)
    monkeypatch.undo()
    known.subjects.clear()
    assert recogniser.recognise(login, NOW).is_stranger


def test_our_cookie_is_a_click(recogniser: Recogniser, known: Any, cookie: Credentials) -> None:
    assert recogniser.recognise(cookie, NOW) == Visitor(subject=7, assurance=Assurance.click)


def test_a_click_names_nobody(recogniser: Recogniser, known: Any, cookie: Credentials) -> None:
    assert recogniser.recognise(cookie, NOW).identifier is None


def test_a_cookie_ends_after_a_day(recogniser: Recogniser, known: Any, cookie: Credentials) -> None:
    end = NOW + COOKIE_LIFE + LEEWAY
    assert recogniser.recognise(cookie, end).subject == 7
    assert recogniser.recognise(cookie, end + SECOND).problem == "cookie: expired"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (None, "cookie: unknown_handle"),
        (msgspec.structs.replace(ROW, revoked_at=NOW - 1), "cookie: revoked"),
        (msgspec.structs.replace(ROW, expires=NOW - LEEWAY - 1), "cookie: expired"),
    ],
)
def test_a_cookie_needs_its_row(
    recogniser: Recogniser, known: Any, cookie: Credentials, row: Handle | None, problem: str
) -> None:
    recogniser.recognise(cookie, NOW)
    known.rows = {handle_digest(HANDLE): row} if row else {}
    assert recogniser.recognise(cookie, NOW) == Visitor(problem=problem)


def test_junk_reads_nothing_from_the_store(ring: KeyRing, recogniser: Recogniser, known: Any) -> None:
    good = signed(ring, TokenKind.cookie)
    junk = [good[:-4] + b"%04d" % number for number in range(1000)] + [b"", b"x" * 87, b"\xff" * 2_000_000]
    junk += [signed(ring, TokenKind.click), signed(ring, TokenKind.cookie, "https://other.org")]
    assert all(recogniser.recognise(Credentials(cookie=each), NOW).problem for each in junk if each != good)
    assert known.reads == 0


def test_a_cookie_fault_is_told_and_recognises_nobody(recogniser: Recogniser) -> None:
    visitor = recogniser.recognise(Credentials(cookie=CookieFault.duplicate), NOW)
    assert visitor == Visitor(problem="cookie: duplicate")


def test_a_link_gives_a_cookie_with_its_own_handle(ring: KeyRing, recogniser: Recogniser, known: Any) -> None:
    for _ in range(20):
        arrival = recogniser.arrive(signed(ring, TokenKind.click), NOW)
    assert isinstance(arrival, Arrival)
    assert arrival.visitor == Visitor(subject=7, assurance=Assurance.click)
    followed = recogniser.recognise(Credentials(cookie=arrival.cookie.encode()), NOW)
    assert followed == arrival.visitor
    assert known.rows == {handle_digest(HANDLE): ROW}


def test_a_cookie_never_outlives_its_link(ring: KeyRing, recogniser: Recogniser, known: Any) -> None:
    late = NOW + CLICK_LIFE - 60 * SECOND
    arrival = recogniser.arrive(signed(ring, TokenKind.click), late)
    assert isinstance(arrival, Arrival)
    later = recogniser.recognise(Credentials(cookie=arrival.cookie.encode()), late + 3600 * SECOND)
    assert later.problem == "cookie: expired"


def test_a_bad_link_is_a_stranger_with_a_problem(ring: KeyRing, recogniser: Recogniser, known: Any) -> None:
    problems = [
        recogniser.arrive(text, moment)
        for text, moment in (
            (b"rubbish", NOW),
            (signed(ring, TokenKind.cookie), NOW),
            (signed(ring, TokenKind.click), NOW + CLICK_LIFE + 2 * LEEWAY),
        )
    ]
    assert problems == [Visitor(problem=f"link: {why}") for why in ("malformed", "wrong_kind", "expired")]
