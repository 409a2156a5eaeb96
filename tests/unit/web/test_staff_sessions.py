"""Signing in to the staff pages, staying signed in, and getting out."""

import re

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from personalize.errors import StoreError
from personalize.model.staff import Account
from personalize.personalizer import Personalizer
from personalize.web.shell.attempts import Attempts
from personalize.web.shell.known import KnownBrowsers
from personalize.web.shell.sessions import case_cookie
from personalize.web.shell.signin import where_to

from .conftest import PASSWORD, Hands, sign_in, token_in

HERE = {"sec-fetch-site": "same-origin"}


def is_in(desk: TestClient) -> bool:
    return desk.get("/trail").status_code != 303


def test_nobody_gets_anywhere_without_signing_in(desk: TestClient) -> None:
    for path in ("/", "/trail", "/nothing-here"):
        answer = desk.get(path)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "sign-in")
    assert desk.get("/entry/abc").headers["location"] == "../sign-in?next=%2Fentry%2Fabc"
    assert desk.post("/trail", headers={**HERE, "content-type": "application/x-www-form-urlencoded"}).status_code == 303


@pytest.mark.parametrize("lang", ["nl", "nb", "en"])
def test_the_form_is_there_in_each_language_without_scripts(desk: TestClient, lang: str) -> None:
    text = desk.get(f"/sign-in?lang={lang}").text
    assert f'<html lang="{lang}">' in text
    assert {"nl": "Inloggen", "nb": "Logg inn", "en": "Sign in"}[lang] in text
    assert "<script" not in text
    assert f'<html lang="{lang}">' in desk.get("/sign-in").text


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        ("de, no;q=0.5, en;q=0.4", "nb"),
        ("en;q=0.7,nl-BE;q=0.8", "nl"),
        ("en", "en"),
        ("en;q=0, nb;q=x", "nl"),
        ("", "nl"),
    ],
)
def test_until_a_language_is_chosen_it_is_the_browser_s(desk: TestClient, header: str, lang: str) -> None:
    asking = {"accept-language": header}
    assert f'<html lang="{lang}">' in desk.get("/sign-in", headers=asking).text
    desk.get("/sign-in?lang=en", headers=asking)
    assert '<html lang="en">' in desk.get("/sign-in", headers=asking).text


def test_the_keyboard_starts_in_the_first_empty_field(desk: TestClient) -> None:
    assert re.findall(r'<input id="(\w+)"[^>]* autofocus', desk.get("/sign-in").text) == ["name"]
    assert re.findall(r'<input id="(\w+)"[^>]* autofocus', sign_in(desk, password="wrong").text) == ["password"]


def test_the_right_password_signs_in_and_leads_back(desk: TestClient) -> None:
    answer = sign_in(desk, "Bea ", next="/trail?staff=anna")
    assert (answer.status_code, answer.headers["location"]) == (303, "/trail?staff=anna")
    assert "bea" in desk.get("/trail").text
    assert desk.get("/sign-in").status_code == 303


@pytest.mark.parametrize(
    ("name", "password"), [("anna", "wrong"), ("nobody", PASSWORD), ("", ""), ("anna\0", PASSWORD)]
)
def test_anything_else_does_not_and_says_the_same(desk: TestClient, name: str, password: str) -> None:
    answer = sign_in(desk, name, password)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert "horen niet bij elkaar" in answer.text
    assert not is_in(desk)


def test_the_cookie_is_strict_and_hidden_from_scripts(desk: TestClient) -> None:
    cookie, mark = sign_in(desk).headers.get_list("set-cookie")
    assert re.fullmatch(r"pz-staff-dev=[\w.-]{87}; Path=/; HttpOnly; SameSite=Strict", cookie)
    assert re.fullmatch(r"pz-staff-known=[\w.-]+; Path=/; HttpOnly; SameSite=Lax; Max-Age=7776000", mark)


def test_over_https_the_cookie_is_the_host_s_own(personalizer: Personalizer, clock: Hands) -> None:
    from personalize.web.shell.sessions import Sessions

    personalizer.open()
    _, cookie = Sessions(lambda: personalizer.house, "https://www.example.org", "https://desk.example.org").begin(
        "anna"
    )
    personalizer.close()
    assert re.fullmatch(rb"__Host-pz-staff=[\w.-]{87}; Path=/; Secure; HttpOnly; SameSite=Strict", cookie)


def test_over_https_so_is_the_mark_of_a_known_browser(personalizer: Personalizer, clock: Hands) -> None:
    personalizer.open()
    _, mark = KnownBrowsers(lambda: personalizer.house, "https://x.example", "https://desk.example").mark("anna")
    personalizer.close()
    assert mark.startswith(b"__Host-pz-staff-known=")
    assert b"; Path=/; Secure; HttpOnly; SameSite=Lax;" in mark


def test_half_an_hour_without_use_ends_it(desk: TestClient, clock: Hands) -> None:
    sign_in(desk, "bea")
    for _ in range(3):
        clock.move(minutes=29)
        assert is_in(desk)
    clock.move(minutes=31)
    assert not is_in(desk)


def test_twelve_hours_end_it_whatever_the_use(desk: TestClient, clock: Hands) -> None:
    sign_in(desk, "bea")
    for _ in range(28):
        clock.move(minutes=25)
        assert is_in(desk)
    clock.move(minutes=21)
    assert not is_in(desk)


def test_signing_out_ends_it_for_a_copy_of_the_cookie_too(desk: TestClient) -> None:
    sign_in(desk, "bea")
    copy = dict(desk.cookies)
    answer = desk.post("/sign-out", data={"token": token_in(desk.get("/trail").text)}, headers=HERE)
    assert (answer.status_code, answer.headers["location"]) == (303, "./sign-in")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    desk.cookies.update(copy)
    assert not is_in(desk)


def test_a_removed_account_and_a_new_password_end_it(desk: TestClient, personalizer: Personalizer) -> None:
    sign_in(desk, "bea")
    account = personalizer.house.accounts.account("bea")
    assert account
    personalizer.house.accounts.put(account)
    assert not is_in(desk)
    sign_in(desk, "bea")
    assert is_in(desk)
    assert personalizer.house.accounts.remove("bea", 0)
    assert not is_in(desk)


def test_roles_are_those_of_now(desk: TestClient, personalizer: Personalizer) -> None:
    sign_in(desk, "bea")
    assert desk.get("/trail").status_code == 200
    with personalizer.house.store.people.write() as people:
        people.execute("UPDATE staff_accounts SET roles = 'editor' WHERE name = 'bea'")
    assert desk.get("/trail").status_code == 403


def test_a_retired_key_signs_everybody_out(desk: TestClient, personalizer: Personalizer, clock: Hands) -> None:
    sign_in(desk, "bea")
    house = personalizer.house
    house.ring = house.ring.rotate(clock.now())
    assert is_in(desk)
    house.ring = house.ring.retire(1, clock.now())
    assert not is_in(desk)


@pytest.mark.parametrize("name", ["pz-dev", "pz-staff-dev"])
def test_a_visitor_s_cookie_is_no_session(
    desk: TestClient, personalizer: Personalizer, clock: Hands, name: str
) -> None:
    from personalize.recognition.tokens import TokenKind, issue

    site, now = personalizer.settings.site.url, clock.now()
    cookie = issue(personalizer.house.ring, site, TokenKind.cookie, bytes(16), now, now + 10**9, bytes(6))
    desk.cookies.set(name, cookie)
    assert not is_in(desk)


def test_five_attempts_at_a_name_then_a_pause(desk: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    assert [sign_in(desk, password="guess").status_code for _ in range(6)] == [403] * 5 + [429]
    assert sign_in(desk).status_code == 429
    assert sign_in(desk, "bea").status_code == 303
    assert "Too many attempts" in caplog.text
    assert "guess" not in caplog.text


def test_attempts_that_succeed_are_not_counted(desk: TestClient) -> None:
    assert {sign_in(desk).status_code for _ in range(8)} == {303}


def test_guessing_from_everywhere_or_at_everybody_is_slowed_too() -> None:
    attempts = Attempts()
    assert sum(bool(attempts.admit("anna", f"10.0.0.{number}")) for number in range(99)) == 30
    assert sum(bool(attempts.admit(f"name{number}", "10.0.1.1")) for number in range(99)) == 50
    assert attempts.admit("bea", "10.0.1.2")


def test_whoever_signed_in_here_before_is_not_locked_out_by_others(
    desk: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("personalize.web.shell.signin.fits", lambda password, kept: password == PASSWORD)
    sign_in(desk)
    known = {name: value for name, value in desk.cookies.items() if name == "pz-staff-known"}
    desk.cookies.clear()
    for name in ["anna"] * 5 + [f"nobody{number}" for number in range(50)]:
        sign_in(desk, name, password="guess")
    assert [sign_in(desk, name).status_code for name in ("anna", "bea")] == [429, 429]
    desk.cookies.update(known)
    assert sign_in(desk).status_code == 303
    assert sign_in(desk, "bea").status_code == 429, "the browser is known for the name that signed in on it"


def test_a_known_browser_has_a_few_attempts_of_its_own(desk: TestClient) -> None:
    sign_in(desk)
    known = desk.cookies["pz-staff-known"]
    answers = []
    for _ in range(12):
        desk.cookies.clear()
        desk.cookies.set("pz-staff-known", known)
        answers.append(sign_in(desk, password="guess").status_code)
    assert answers == [403] * 10 + [429] * 2, "five of its own, and the five that everybody has"


@pytest.mark.parametrize("made_up", ["", ".", "0.x", "{number}", "{number}.", "1{number}.{token}", "{number}.{token}x"])
def test_a_made_up_mark_opens_nothing(desk: TestClient, made_up: str) -> None:
    sign_in(desk)
    number, _, token = desk.cookies["pz-staff-known"].partition(".")
    desk.cookies.clear()
    desk.cookies.set("pz-staff-known", made_up.format(number=number, token=token))
    assert [sign_in(desk, password="guess").status_code for _ in range(6)] == [403] * 5 + [429]


def test_mounted_in_the_site_on_loopback_it_stays_below_its_path(personalizer: Personalizer, desk: TestClient) -> None:
    site = Starlette(routes=[Mount("/staff", personalizer.staff_app)])
    client = TestClient(site, base_url="http://127.0.0.1:8000", follow_redirects=False)
    assert client.get("/staff/trail").headers["location"] == "sign-in?next=%2Ftrail"
    form = {"name": "bea", "password": PASSWORD, "next": "/trail"}
    assert client.post("/staff/sign-in", data=form, headers=HERE).headers["location"] == "/staff/trail"
    page = client.get("/staff/trail").text
    assert 'href="assets/page.css"' in page
    assert client.get("/staff/assets/page.css").status_code == 200


def test_with_the_store_away_nobody_signs_in(
    desk: TestClient, personalizer: Personalizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(name: str) -> Account:
        raise StoreError

    monkeypatch.setattr(personalizer.house.accounts, "account", fail)
    assert sign_in(desk).status_code == 503


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/\t/evil.example",
        "\\\\x",
        "/a\r\nx: y",
        "x",
        "/?//x",
    ],
)
def test_it_leads_nowhere_else(wanted: str) -> None:
    assert where_to(wanted) == "/"


@pytest.mark.parametrize("wanted", ["/", "/trail", "/entry/0af3?lang=nl", "/person/12/timeline"])
def test_it_leads_to_pages_of_ours(wanted: str) -> None:
    assert where_to(wanted) == wanted


def test_a_case_goes_with_its_session_and_is_of_no_other(desk: TestClient) -> None:
    sign_in(desk)
    form = {"token": token_in(desk.get("/").text), "q": "0000-0000", "reason": "why", "case": "C-77"}
    desk.post("/", data=form, headers={"sec-fetch-site": "same-origin"})
    assert "C-77" in desk.get("/").text
    kept = desk.cookies["pz-case"]
    desk.post("/sign-out", data={"token": form["token"]}, headers={"sec-fetch-site": "same-origin"})
    assert "pz-case" not in desk.cookies
    sign_in(desk, "bea")
    desk.cookies.set("pz-case", kept)
    assert "C-77" not in desk.get("/").text


def test_the_case_is_kept_by_a_secure_name_where_the_pages_are_secure() -> None:
    assert [case_cookie(f"{scheme}://desk.example") for scheme in ("https", "http")] == ["__Host-pz-case", "pz-case"]
