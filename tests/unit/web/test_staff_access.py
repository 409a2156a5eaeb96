"""Who may see what, from which page, and never before it stands in the trail."""

import pytest
from httpx2 import Response
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from personalize.errors import StoreError
from personalize.model.staff import Look, Role, Staff
from personalize.personalizer import Personalizer
from personalize.web.shell.access import HIDDEN, form_of, look, masked, require
from tests.house import request

from .conftest import DESK, ROLES, Hands, sign_in, token_in

HERE = {"sec-fetch-site": "same-origin"}
ORIGINS: list[tuple[dict[str, str], bool]] = [
    ({"sec-fetch-site": "same-origin"}, True),
    ({"sec-fetch-site": "same-origin", "origin": DESK}, True),
    ({"origin": DESK}, True),
    ({"sec-fetch-site": "same-site"}, False),
    ({"sec-fetch-site": "cross-site"}, False),
    ({"sec-fetch-site": "none"}, False),
    ({"sec-fetch-site": "cross-site", "origin": DESK}, False),
    ({"origin": "http://evil.example"}, False),
    ({"origin": "null"}, False),
    ({"origin": "http://127.0.0.1:9999"}, False),
    ({"origin": "https://127.0.0.1:8001"}, False),
    ({}, False),
]
"""Twelve origins a POST may come with, and whether it is taken (T29)."""


def person(request: Request) -> PlainTextResponse:
    """A page about somebody, as the desk's are."""
    require(request, Role.service, Role.data_officer)
    number = int(request.path_params["number"])
    look(request, what="timeline", subject=number, reason=request.query_params.get("why", ""), case="C-7")
    return PlainTextResponse(f"planted secret of {number}")


def change(request: Request) -> PlainTextResponse:
    require(request, Role.service)
    return PlainTextResponse(str(sorted(form_of(request).items())))


def value(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{masked(request, 'Ann', 'first_name')} {masked(request, 'yes', 'active')}")


@pytest.fixture
def pages(desk: TestClient, personalizer: Personalizer) -> TestClient:
    """The staff app with three pages more."""
    personalizer.staff_app.router.routes[:0] = [
        Route("/test/{number:int}", person),
        Route("/test/change", change, methods=["POST", "PUT", "PATCH", "DELETE"]),
        Route("/test/value", value),
    ]
    return desk


def trail(personalizer: Personalizer) -> list[Look]:
    return personalizer.house.staff.looks(since=0, until=2**60, limit=1000)


def token(pages: TestClient) -> str:
    return token_in(pages.get("/nothing-here").text)


def see(pages: TestClient, number: int, why: str = "caller") -> Response:
    return pages.get(f"/test/{number}?why={why}")


@pytest.mark.parametrize("role", Role)
def test_only_the_roles_of_a_page_see_it(pages: TestClient, personalizer: Personalizer, role: Role) -> None:
    sign_in(pages, next(name for name, roles in ROLES.items() if role in roles))
    allowed = role in (Role.service, Role.data_officer)
    answer = see(pages, 7)
    assert answer.status_code == (200 if allowed else 403)
    assert ("secret" in answer.text) is allowed
    assert [entry.role for entry in trail(personalizer)] == ([role] if allowed else [])


def test_the_look_is_written_before_anything_is_shown(
    pages: TestClient, personalizer: Personalizer, clock: Hands
) -> None:
    sign_in(pages)
    assert "secret of 7" in see(pages, 7, "caller%0Aasks%1B[2J").text
    (entry,) = trail(personalizer)
    assert entry == Look(
        at=clock.now(),
        staff="anna",
        role="service",
        what="timeline",
        reason="caller asks [2J",
        case="C-7",
        subject=7,
    )


def test_without_a_reason_nothing_is_shown(pages: TestClient, personalizer: Personalizer) -> None:
    sign_in(pages)
    answer = see(pages, 7, "%20")
    assert (answer.status_code, trail(personalizer)) == (400, [])
    assert "secret" not in answer.text


@pytest.mark.parametrize("call", ["note_within"])
def test_with_the_trail_away_nothing_is_shown(
    pages: TestClient, personalizer: Personalizer, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise StoreError

    sign_in(pages)
    monkeypatch.setattr(personalizer.house.staff, call, fail)
    answer = see(pages, 7)
    assert answer.status_code == 503
    assert "secret" not in answer.text


def test_the_101st_person_within_an_hour_is_refused_and_reported(
    pages: TestClient, personalizer: Personalizer, clock: Hands, caplog: pytest.LogCaptureFixture
) -> None:
    sign_in(pages)
    clock.move(minutes=1)
    assert {see(pages, number).status_code for number in range(1, 101)} == {200}
    answer = see(pages, 101)
    assert (answer.status_code, "secret" in answer.text) == (429, False)
    assert "refused" in caplog.records[-1].message
    assert (trail(personalizer)[0].what, trail(personalizer)[0].subject) == ("refused", 101)
    assert see(pages, 50).status_code == 200, "somebody looked up already stays visible"
    assert see(pages, 101).status_code == 429


def test_after_an_hour_there_is_room_again(pages: TestClient, personalizer: Personalizer, clock: Hands) -> None:
    sign_in(pages)
    for number in range(1, 101):
        personalizer.house.staff.note(
            Look(at=clock.now(), staff="anna", role="service", what="code", reason="x", subject=number)
        )
    assert see(pages, 101).status_code == 429
    clock.move(minutes=25)
    see(pages, 1)
    clock.move(minutes=29)
    see(pages, 1)
    clock.move(minutes=7)
    assert see(pages, 101).status_code == 200


def test_from_the_31st_on_there_is_a_warning(
    pages: TestClient, personalizer: Personalizer, caplog: pytest.LogCaptureFixture
) -> None:
    sign_in(pages)
    assert {see(pages, number).status_code for number in range(1, 31)} == {200}
    assert "within an hour" not in caplog.text
    see(pages, 31)
    assert "anna has looked up 31 people within an hour." in caplog.text


def test_the_warning_stands_on_the_page(pages: TestClient, personalizer: Personalizer, clock: Hands) -> None:
    for number in range(1, 32):
        entry = Look(at=clock.now(), staff="bea", role="supervisor", what="code", reason="x", subject=number)
        personalizer.house.staff.note(entry)
    sign_in(pages, "bea")
    assert "You have looked up 31 people within an hour" in pages.get("/trail?lang=en").text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(("headers", "taken"), ORIGINS)
def test_an_unsafe_request_comes_from_a_page_of_ours(
    pages: TestClient, method: str, headers: dict[str, str], taken: bool
) -> None:
    sign_in(pages)
    form = {"token": token(pages), "a": "1"}
    answer = pages.request(method, "/test/change", data=form, headers=headers)
    assert answer.status_code == (200 if taken else 403)
    assert (answer.text == "[('a', '1')]") is taken


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/trail", "/", "/nothing-here"])
@pytest.mark.parametrize("headers", [headers for headers, taken in ORIGINS if not taken])
def test_no_route_takes_one_from_elsewhere(desk: TestClient, path: str, headers: dict[str, str]) -> None:
    form = {"name": "anna", "password": "x", "next": ""}
    assert desk.post(path, data=form, headers=headers).status_code == 403


def test_a_token_of_another_session_is_refused(pages: TestClient, personalizer: Personalizer) -> None:
    sign_in(pages)
    old = token(pages)
    assert pages.post("/test/change", data={"token": old}, headers=HERE).status_code == 200
    for name in ("anna", "bea"):
        sign_in(pages, name)
        assert pages.post("/test/change", data={"token": old}, headers=HERE).status_code == 403
    assert pages.post("/test/change", data={"a": "1"}, headers=HERE).status_code == 403


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "application/json", ""])
def test_only_small_urlencoded_forms_are_read(pages: TestClient, kind: str) -> None:
    sign_in(pages)
    body = f"token={token(pages)}".encode()
    assert pages.post("/test/change", content=body, headers={**HERE, "content-type": kind}).status_code == 400
    urlencoded = {**HERE, "content-type": "application/x-www-form-urlencoded"}
    assert pages.post("/test/change", content=body + b"&a=" + b"x" * 17_000, headers=urlencoded).status_code == 400


@pytest.mark.parametrize("path", ["/", "/sign-in", "/trail", "/nothing-here", "/test/1"])
def test_every_page_is_private_and_unframed(pages: TestClient, path: str) -> None:
    for answer in (pages.get(path), sign_in(pages, "bea"), pages.get(path)):
        headers = answer.headers
        assert headers["cache-control"] == "private, no-store"
        assert headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:9999", "127.0.0.1", ""])
def test_another_host_is_refused(desk: TestClient, host: str) -> None:
    answer = desk.get("/sign-in", headers={"host": host})
    assert (answer.status_code, "Staff pages are at" in answer.text) == (421, True)


def test_values_are_masked_by_role(pages: TestClient, personalizer: Personalizer) -> None:
    seen = {}
    for name in ROLES:
        sign_in(pages, name)
        seen[name] = pages.get("/test/value").text
    shown, hidden = "Ann yes", f"{HIDDEN} {HIDDEN}"
    assert seen == {"anna": shown, "bea": shown, "cas": shown, "dia": hidden, "eva": hidden}


class TestTheSitesOwnLogin:
    """`staff=`: the site signs its staff in, and there are no accounts of ours."""

    @pytest.fixture
    def answers(self) -> list[object]:
        return [("anna", ["service", "supervisor"])]

    @pytest.fixture
    def desk(self, personalizer: Personalizer, answers: list[object]) -> TestClient:
        async def ask(scope: object) -> object:
            found = answers[-1]
            if isinstance(found, Exception):
                raise found
            return found

        personalizer.staff = ask
        personalizer.open()
        return TestClient(personalizer.staff_app, base_url=DESK, follow_redirects=False)

    def test_it_gives_name_and_roles(self, desk: TestClient, answers: list[object]) -> None:
        assert "anna" in desk.get("/trail").text
        answers.append(Staff(name="bea", roles=frozenset({Role.editor})))
        assert desk.get("/trail").status_code == 403

    @pytest.mark.parametrize(
        "answer",
        [
            None,
            "anna",
            ("", ["service"]),
            ("anna", "service"),
            ("anna\nroot", ["service"]),
            Staff(name="\x1b[2J", roles=frozenset(Role)),
            7,
            ValueError("down"),
        ],
    )
    def test_anything_else_is_nobody(self, desk: TestClient, answers: list[object], answer: object) -> None:
        answers.append(answer)
        assert desk.get("/trail").status_code == 401

    def test_nobody_signs_in_here(self, desk: TestClient, answers: list[object]) -> None:
        answers.append(None)
        assert desk.get("/sign-in").status_code == 401
        assert sign_in(desk).status_code == 401

    def test_an_unknown_role_is_none_and_said(
        self, desk: TestClient, answers: list[object], caplog: pytest.LogCaptureFixture
    ) -> None:
        answers.append(("anna", ["king"]))
        assert desk.get("/trail").status_code == 403
        assert "'king'" in caplog.text

    def test_forms_are_bound_to_the_name(self, desk: TestClient, answers: list[object]) -> None:
        mine = token_in(desk.get("/trail").text)
        assert desk.post("/nothing-here", data={"token": mine}, headers=HERE).status_code == 404
        answers.append(("bea", ["supervisor"]))
        assert desk.post("/nothing-here", data={"token": mine}, headers=HERE).status_code == 403


@pytest.mark.parametrize("path", ["/", "/sign-in", "/sign-out", "/nothing-here"])
async def test_whoever_hangs_up_in_the_middle_of_a_form_is_no_error(personalizer: Personalizer, path: str) -> None:
    personalizer.open()
    kind = (b"content-type", b"application/x-www-form-urlencoded")
    scope = request(path, "POST", [(b"sec-fetch-site", b"same-origin"), kind])
    scope["headers"][0] = (b"host", DESK.removeprefix("http://").encode())
    messages = [{"type": "http.disconnect"}, {"type": "http.request", "body": b"name=", "more_body": True}]
    statuses: list[int] = []

    async def receive() -> dict[str, object]:
        return messages.pop()

    async def send(message: dict[str, object]) -> None:
        statuses.append(message.get("status", 0))

    await personalizer.staff_app(scope, receive, send)
    personalizer.close()
    assert statuses[0] == 400
