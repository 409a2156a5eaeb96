"""Staff sign in at an identity provider: its groups are their roles, and the rules of a session are the same."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from httpx2 import Response as HttpResponse
from starlette.testclient import TestClient

from personalize.errors import StoreError
from personalize.model.staff import Account, Role
from personalize.personalizer import Personalizer
from personalize.recognition.keys import KeyRing
from personalize.web.oidc.refusals import Cause, LoginRefused
from tests.identity_provider import OLD_WAYS, IdentityProvider, Lie, with_claims

from .conftest import DESK, TOML, Hands, sign_in, token_in

pytestmark = OLD_WAYS
HERE = {"sec-fetch-site": "same-origin"}
STAFF = """
[staff.oidc]
issuer = "{issuer}"
client_id = "desk"
title = "Kantoor"
claim = "office.groups"

[staff.oidc.roles]
service = "callers"
supervisor = ["leads", "bosses"]
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    with IdentityProvider().serving() as running:
        running.knows("bea", preferred_username="bea@office", office={"groups": ["leads", "callers", "unheard-of"]})
        yield running


@pytest.fixture
def desk(
    tmp_path: Path, clock: Hands, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestClient]:
    monkeypatch.setenv("PERSONALIZE_STAFF_OIDC_SECRET", "told to the desk alone")
    (tmp_path / "content").mkdir()
    (tmp_path / "personalize.toml").write_text(TOML + STAFF.format(issuer=provider.issuer), encoding="utf-8")
    KeyRing.new(clock.now()).save(tmp_path / "personalize.keys")
    personalizer = Personalizer.from_toml(tmp_path / "personalize.toml", clock=clock)
    personalizer.open()
    with TestClient(personalizer.staff_app, base_url=DESK, follow_redirects=False) as client:
        client.app.state.personalizer = personalizer
        yield client
    personalizer.close()


def house_of(desk: TestClient) -> Personalizer:
    found: Personalizer = desk.app.state.personalizer
    return found


def begin(desk: TestClient, wanted: str = "") -> str:
    answer = desk.get(f"/sign-in/provider?next={wanted}", headers=HERE)
    assert answer.status_code == 303
    return answer.headers["location"]


def come_back(desk: TestClient, location: str) -> HttpResponse:
    assert location.startswith(f"{DESK}/sign-in/provider/callback?")
    return desk.get(location.removeprefix(DESK), headers={"sec-fetch-site": "cross-site"})


def enter(desk: TestClient, provider: IdentityProvider, lie: Lie | None = None, wanted: str = "") -> HttpResponse:
    provider.lie = lie
    return come_back(desk, provider.log_in(begin(desk, wanted), "bea"))


def is_in(desk: TestClient) -> bool:
    return desk.get("/trail").status_code == 200


def test_the_provider_s_groups_are_the_roles(desk: TestClient, provider: IdentityProvider) -> None:
    answer = enter(desk, provider, wanted="/trail?staff=anna")
    assert answer.status_code == 200
    assert '<meta http-equiv="refresh" content="0; url=/trail?staff=anna">' in answer.text
    assert re.fullmatch(
        r"pz-staff-dev=[\w.-]{87}; Path=/; HttpOnly; SameSite=Strict", answer.headers.get_list("set-cookie")[0]
    )
    assert "bea@office" in desk.get("/trail").text
    rows = house_of(desk).house.store.people.all("SELECT name, roles FROM staff_sessions")
    assert rows == [("bea@office", "service supervisor")]


def test_the_way_there_has_pkce_and_the_exact_address_back(desk: TestClient) -> None:
    asked = parse_qs(urlsplit(begin(desk)).query)
    assert asked["redirect_uri"] == [f"{DESK}/sign-in/provider/callback"]
    assert asked["code_challenge_method"] == ["S256"]
    assert (len(asked["state"][0]), len(asked["nonce"][0])) == (43, 43)


@pytest.mark.parametrize("lang", ["nl", "nb", "en"])
def test_the_page_leads_there_in_each_language(desk: TestClient, lang: str) -> None:
    page = desk.get(f"/sign-in?lang={lang}&next=/trail").text
    assert f'<html lang="{lang}">' in page
    assert {"nl": "Inloggen bij Kantoor", "nb": "Logg inn hos Kantoor", "en": "Sign in at Kantoor"}[lang] in page
    assert 'href="sign-in/provider?next=/trail"' in page
    assert 'type="password"' not in page


LIES = {
    "no group": (with_claims(office=None), "roles"),
    "unknown group": (with_claims(office={"groups": ["unheard-of"]}), "roles"),
    "our word for a role": (with_claims(office={"groups": ["supervisor"]}), "roles"),
    "groups as a table": (with_claims(office={"groups": {"leads": True}}), "roles"),
    "no name": (with_claims(preferred_username=None), "nobody"),
    "name of two lines": (with_claims(preferred_username="bea\nanna"), "nobody"),
    "nonce other": (with_claims(nonce="another"), "nonce"),
    "audience other": (with_claims(aud="another"), "audience"),
    "issuer other": (with_claims(iss="https://id.example.org"), "issuer"),
    "expired": (with_claims(exp=1), "expired"),
}


@pytest.mark.parametrize("what", LIES)
def test_whatever_does_not_hold_is_refused_and_counted(desk: TestClient, provider: IdentityProvider, what: str) -> None:
    lie, cause = LIES[what]
    answer = enter(desk, provider, lie)
    assert answer.status_code in (400, 403)
    assert not any("pz-staff-dev" in each for each in answer.headers.get_list("set-cookie"))
    assert house_of(desk).counters[f"staff_oidc_refused_{cause}"] == 1
    assert not is_in(desk)


TITLES = {"nl": "Inloggen bij Kantoor", "nb": "Logg inn hos Kantoor", "en": "Sign in at Kantoor"}


def come_back_without_strict_cookies(desk: TestClient, location: str) -> HttpResponse:
    """Come back as browsers do: what is Strict does not travel with the provider's redirect."""
    desk.cookies.delete("pz-staff-lang")
    return come_back(desk, location)


def assert_way_back(answer: HttpResponse, lang: str) -> None:
    assert f'<html lang="{lang}">' in answer.text
    assert TITLES[lang] in answer.text
    assert 'href="sign-in/provider?next=/trail%3Fstaff%3Danna%26page%3D2"' in answer.text.replace("../", "")


def begin_in(desk: TestClient, lang: str) -> str:
    desk.get(f"/sign-in?lang={lang}")
    return begin(desk, "/trail%3Fstaff%3Danna%26page%3D2")


@pytest.mark.parametrize("lang", ["nl", "nb", "en"])
def test_a_refusal_speaks_the_language_it_began_in_and_leads_to_what_was_wanted(
    desk: TestClient, provider: IdentityProvider, lang: str
) -> None:
    told = {"nl": "bij de identiteitsprovider", "nb": "hos identitetsleverandøren", "en": "at the identity provider"}
    state = parse_qs(urlsplit(begin_in(desk, lang)).query)["state"][0]
    back = f"{DESK}/sign-in/provider/callback?state={state}&error=access_denied"
    answer = come_back_without_strict_cookies(desk, back)
    assert told[lang] in answer.text
    assert_way_back(answer, lang)
    provider.lie = with_claims(office=None)
    answer = come_back_without_strict_cookies(desk, provider.log_in(begin_in(desk, lang), "bea"))
    assert answer.status_code == 403
    assert_way_back(answer, lang)


def test_the_languages_of_a_refusal_lead_to_the_way_in(desk: TestClient, provider: IdentityProvider) -> None:
    refused = enter(desk, provider, with_claims(office=None), wanted="/trail").text
    assert re.findall(r'href="([^"]+)" lang="nb" hreflang', refused) == ["../../sign-in?next=%2Ftrail&amp;lang=nb"]
    page = desk.get("/sign-in?next=%2Ftrail&lang=nb").text
    assert 'href="sign-in/provider?next=/trail">Logg inn hos Kantoor' in page


def test_a_pause_and_a_store_that_is_away_speak_it_too(
    desk: TestClient, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreError("away")

    location = provider.log_in(begin_in(desk, "nb"), "bea")
    with monkeypatch.context() as patch:
        patch.setattr("personalize.web.shell.provided.Sessions.begin", away)
        answer = come_back_without_strict_cookies(desk, location)
    assert answer.status_code == 503
    assert_way_back(answer, "nb")
    begin_in(desk, "nb")
    for _ in range(6):
        answer = come_back_without_strict_cookies(desk, f"{DESK}/sign-in/provider/callback?state=guessed")
    assert answer.status_code == 429
    assert_way_back(answer, "nb")


def test_the_page_in_between_speaks_it_too(desk: TestClient, provider: IdentityProvider) -> None:
    answer = come_back_without_strict_cookies(desk, provider.log_in(begin_in(desk, "nb"), "bea"))
    assert answer.status_code == 200
    assert '<html lang="nb">' in answer.text
    assert "Du er logget inn" in answer.text


def test_a_refusal_in_another_language_can_be_asked_for(desk: TestClient) -> None:
    begin_in(desk, "nb")
    back = f"{DESK}/sign-in/provider/callback?state=guessed"
    assert '<html lang="nb">' in come_back_without_strict_cookies(desk, back).text
    assert '<html lang="en">' in come_back_without_strict_cookies(desk, f"{back}&lang=en").text
    desk.cookies.clear()
    assert '<html lang="nl">' in come_back(desk, back).text


def test_a_provider_that_is_away_does_not_lose_what_was_wanted(
    desk: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise LoginRefused(Cause.unreachable)

    monkeypatch.setattr("personalize.web.shell.provided.Logins.begin", away)
    answer = desk.get("/sign-in/provider?next=/trail%3Fstaff%3Danna%26page%3D2&lang=en", headers=HERE)
    assert answer.status_code == 503
    assert_way_back(answer, "en")


def test_a_state_of_another_browser_and_a_second_use_are_refused(desk: TestClient, provider: IdentityProvider) -> None:
    location = provider.log_in(begin(desk), "bea")
    flight = dict(desk.cookies)
    desk.cookies.clear()
    assert come_back(desk, location).status_code == 400
    desk.cookies.update(flight)
    assert come_back(desk, location).status_code == 200
    desk.cookies.update(flight)
    assert come_back(desk, location).status_code == 400
    assert house_of(desk).counters["staff_oidc_refused_reused"] == 1


def test_a_visitor_s_login_does_not_pass_for_staff(desk: TestClient, provider: IdentityProvider) -> None:
    from personalize.web.oidc.flight import Flights

    house = house_of(desk).house
    location = provider.log_in(begin(desk), "bea")
    desk.cookies.clear()
    _, cookie = Flights(house.settings.site.url, "oidc").begin(house.ring, house.clock.now())
    desk.cookies.set("pz-staff-oidc-dev", cookie[1].decode().partition("=")[2].partition(";")[0])
    assert come_back(desk, location).status_code in (400, 403)
    assert not is_in(desk)


def test_nobody_is_led_away(desk: TestClient, provider: IdentityProvider) -> None:
    assert 'content="0; url=/">' in enter(desk, provider, wanted="//evil.example").text


def test_another_site_cannot_start_it(desk: TestClient) -> None:
    answer = desk.get("/sign-in/provider", headers={"sec-fetch-site": "cross-site"})
    assert (answer.status_code, "pz-staff-oidc-dev" in desk.cookies) == (403, False)


def test_a_session_ends_as_others_do(desk: TestClient, provider: IdentityProvider, clock: Hands) -> None:
    enter(desk, provider)
    assert is_in(desk)
    copy = dict(desk.cookies)
    answer = desk.post("/sign-out", data={"token": token_in(desk.get("/trail").text)}, headers=HERE)
    assert answer.headers["location"] == "./sign-in?left=1"
    assert "Bij Kantoor bent u misschien nog ingelogd" in desk.get("/sign-in?left=1").text
    assert "misschien nog ingelogd" not in desk.get("/sign-in").text
    desk.cookies.update(copy)
    assert not is_in(desk)
    enter(desk, provider)
    clock.move(minutes=31)
    assert not is_in(desk)


def test_local_accounts_do_not_hold_beside_it(desk: TestClient, provider: IdentityProvider) -> None:
    house = house_of(desk).house
    house.accounts.put(Account(name="bea@office", roles=frozenset(Role), password="x", made_at=0))
    assert sign_in(desk, "bea@office").status_code == 405
    from personalize.web.shell.sessions import Sessions

    local = Sessions(lambda: house, house.settings.site.url, house.settings.staff.url)
    desk.cookies.set("pz-staff-dev", local.begin("bea@office")[1].decode().partition("=")[2].partition(";")[0])
    assert not is_in(desk)
    desk.cookies.clear()
    enter(desk, provider)
    assert is_in(desk)
    assert local.find([(b"cookie", f"pz-staff-dev={desk.cookies['pz-staff-dev']}".encode())]) is None


def test_many_attempts_make_a_pause(desk: TestClient) -> None:
    answers = [desk.get("/sign-in/provider/callback?state=guessed").status_code for _ in range(6)]
    assert answers == [400] * 5 + [429]


def test_whoever_signed_in_here_before_is_not_locked_out_by_others(
    desk: TestClient, provider: IdentityProvider
) -> None:
    enter(desk, provider)
    known = {name: value for name, value in desk.cookies.items() if name == "pz-staff-known"}
    desk.cookies.clear()
    for number in range(60):
        desk.get(f"/sign-in/provider/callback?state={number}")
    enter(desk, provider)
    assert not is_in(desk)
    desk.cookies.update(known)
    enter(desk, provider)
    assert is_in(desk)
