"""Whatever is tampered with: a friendly page, nobody logged in, and a counter that says what it was."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import anyio
import httpx2
import pytest
from joserfc.jwk import RSAKey

from personalize.web.oidc.provider import Provider
from personalize.web.oidc.refusals import Cause, LoginRefused
from tests.identity_provider import OLD_WAYS, Answer, IdentityProvider, Lie, claims_of, with_claims

from .conftest import HERE, SITE, Site

pytestmark = OLD_WAYS
HOUR = 3600
STRANGER = RSAKey.generate_key(2048, auto_kid=True)


def now_and(seconds: int) -> int:
    from personalize.ports import SystemClock

    return SystemClock().now() // 1_000_000 + seconds


def unsigned(provider: IdentityProvider, answer: Answer) -> None:
    head = "eyJhbGciOiJub25lIn0"  # {"alg":"none"}
    answer["id_token"] = f"{head}.{answer['id_token'].split('.')[1]}."


def with_public_key_as_secret(provider: IdentityProvider, answer: Answer) -> None:
    head = urlsafe_b64encode(b'{"alg":"HS256"}').decode()
    signed = f"{head}.{answer['id_token'].split('.')[1]}"
    signature = hmac.digest(provider.key.as_pem(private=False), signed.encode(), "sha256")
    answer["id_token"] = f"{signed}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def flipped(provider: IdentityProvider, answer: Answer) -> None:
    head, body, signature = answer["id_token"].split(".")
    sign = "A" if signature[20] != "A" else "B"
    answer["id_token"] = f"{head}.{body}.{signature[:20]}{sign}{signature[21:]}"


def with_other_claims_under_the_signature(provider: IdentityProvider, answer: Answer) -> None:
    other = provider.signed({**claims_of(answer["id_token"]), "customer_number": "1"})
    head, _, signature = answer["id_token"].split(".")
    answer["id_token"] = f"{head}.{other.split('.')[1]}.{signature}"


def by_a_stranger(provider: IdentityProvider, answer: Answer) -> None:
    answer["id_token"] = provider.signed(claims_of(answer["id_token"]), {"kid": STRANGER.kid}, STRANGER)


def by_a_stranger_under_our_name(provider: IdentityProvider, answer: Answer) -> None:
    answer["id_token"] = provider.signed(claims_of(answer["id_token"]), key=STRANGER)


def without_id_token(provider: IdentityProvider, answer: Answer) -> None:
    del answer["id_token"]


def with_rubbish(provider: IdentityProvider, answer: Answer) -> None:
    answer["id_token"] = "rubbish"


def with_another_access_token(provider: IdentityProvider, answer: Answer) -> None:
    answer["access_token"] = "another"


LIES: dict[str, tuple[Lie, str]] = {
    "nonce other": (with_claims(nonce="another"), "nonce"),
    "nonce missing": (with_claims(nonce=None), "nonce"),
    "issuer other": (with_claims(iss="https://id.example.org"), "issuer"),
    "issuer missing": (with_claims(iss=None), "issuer"),
    "audience other": (with_claims(aud=["another"]), "audience"),
    "audience missing": (with_claims(aud=None), "audience"),
    "several audiences, for another": (with_claims(aud=["nieuwsblad", "another"], azp="another"), "audience"),
    "several audiences, for nobody": (with_claims(aud=["nieuwsblad", "another"]), "audience"),
    "expired": (with_claims(exp=now_and(-HOUR)), "expired"),
    "never expires": (with_claims(exp=None), "token"),
    "expiry no number": (with_claims(exp="tomorrow"), "token"),
    "issued in the future": (with_claims(iat=now_and(HOUR)), "future"),
    "not valid yet": (with_claims(nbf=now_and(HOUR)), "future"),
    "subject missing": (with_claims(sub=None), "token"),
    "subject a list": (with_claims(sub=["bea"]), "token"),
    "algorithm none": (unsigned, "algorithm"),
    "public key as secret": (with_public_key_as_secret, "algorithm"),
    "signature flipped": (flipped, "signature"),
    "claims swapped": (with_other_claims_under_the_signature, "signature"),
    "unknown key": (by_a_stranger, "key"),
    "known name, other key": (by_a_stranger_under_our_name, "signature"),
    "no id token": (without_id_token, "token"),
    "rubbish": (with_rubbish, "token"),
    "another access token": (with_another_access_token, "token"),
}


def assert_refused(site: Site, answer: httpx2.Response, cause: str) -> None:
    assert site.refusals == {cause: 1}
    assert answer.status_code in (200, 400, 403, 502, 503)
    known = cause not in ("state", "reused")  # in which language it began
    assert ("You are not logged in" if known else "U bent niet ingelogd") in answer.text
    assert ("Start again" if known else "Opnieuw beginnen") in answer.text
    assert "Traceback" not in answer.text
    assert not any("pz-login" in each for each in answer.headers.get_list("set-cookie"))
    assert site.who == "nobody none"
    assert site.personalizer.house.store.people.one("SELECT count(*) FROM logins") == (0,)


@pytest.mark.parametrize("what", LIES)
def test_a_token_that_was_tampered_with_is_refused(site: Site, what: str) -> None:
    site.provider.lie, cause = LIES[what]
    assert_refused(site, site.log_in(), cause)


@pytest.mark.parametrize(("seconds", "logged_in"), [(-100, True), (-140, False)])
def test_clocks_may_be_two_minutes_apart(site: Site, seconds: int, logged_in: bool) -> None:
    site.provider.lie = with_claims(exp=now_and(seconds))
    assert (site.log_in().status_code == 303) is logged_in


def changed(location: str, **changes: str | None) -> str:
    parts = urlsplit(location)
    query = {**dict(parse_qsl(parts.query)), **changes}
    return urlunsplit(parts._replace(query=urlencode({name: value for name, value in query.items() if value})))


Change = Callable[[str], str]
ANSWERS: dict[str, tuple[Change, str]] = {
    "state missing": (lambda location: changed(location, state=None), "state"),
    "state other": (lambda location: changed(location, state="A" * 43), "state"),
    "state no ascii": (lambda location: changed(location, state="é"), "state"),
    "state twice": (lambda location: location + "&state=again", "state"),
    "code twice": (lambda location: location + "&code=again", "state"),
    "code too long": (lambda location: changed(location, code="x" * 5000), "state"),
    "code missing": (lambda location: changed(location, code=None), "code"),
    "code guessed": (lambda location: changed(location, code="guessed"), "code"),
    "issuer other": (lambda location: changed(location, iss="https://id.example.org"), "issuer"),
    "person said no": (lambda location: changed(location, code=None, error="access_denied"), "cancelled"),
    "provider failed": (lambda location: changed(location, code=None, error="server_error"), "provider"),
}
DAMAGE: dict[str, Change] = {
    "cut": lambda text: text[:-1],
    "other key": lambda text: "2" + text[1:],
    "longer": lambda text: text + ".",
    "other spelling": lambda text: "0" + text,
}


@pytest.mark.parametrize("what", ANSWERS)
def test_an_answer_that_was_tampered_with_is_refused(site: Site, what: str) -> None:
    change, cause = ANSWERS[what]
    location = site.provider.log_in(site.begin(), "bea")
    assert_refused(site, site.come_back(change(location)), cause)


AGAIN = 'href="./?lang=nb&amp;next=/articles%3Fpage%3D2%26sort%3Dnew"'


def test_starting_again_leads_to_what_was_wanted_in_the_same_language(site: Site) -> None:
    location = site.provider.log_in(site.begin(lang="nb", next="/articles?page=2&sort=new"), "bea")
    answer = site.come_back(changed(location, code=None, error="access_denied"))
    assert '<html lang="nb">' in answer.text
    assert AGAIN in answer.text
    again = site.client.get("/login/?lang=nb&next=/articles%3Fpage%3D2%26sort%3Dnew").text
    assert 'name="next" value="/articles?page=2&amp;sort=new"' in again


def test_a_provider_that_cannot_be_asked_does_not_lose_what_was_wanted(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise LoginRefused(Cause.unreachable)

    monkeypatch.setattr("personalize_oidc.pages.Provider.metadata", away)
    wanted = "/articles?page=2&sort=new"
    asked = site.client.get("/login/", params={"lang": "nb", "next": wanted})
    begun = site.client.post("/login/?lang=nb", data={"next": wanted}, headers=HERE)
    for answer in (asked, begun):
        assert answer.status_code == 503
        assert AGAIN in answer.text
    elsewhere = site.client.get("/login/", params={"lang": "nb", "next": "//evil.example"})
    assert "evil.example" not in elsewhere.text


def test_a_login_is_used_once(site: Site) -> None:
    location = site.provider.log_in(site.begin(), "bea")
    flight = dict(site.client.cookies)
    assert site.come_back(location).status_code == 303
    site.client.post("/login/logout", headers=HERE)
    site.client.cookies.update(flight)
    assert_refused(site, site.come_back(location), "reused")


def test_a_code_is_used_once(site: Site) -> None:
    first = site.provider.log_in(site.begin(), "bea")
    code = dict(parse_qsl(urlsplit(first).query))["code"]
    assert site.come_back(first).status_code == 303
    site.client.post("/login/logout", headers=HERE)
    second = site.provider.log_in(site.begin(), "bea")
    assert_refused(site, site.come_back(changed(second, code=code)), "code")


def test_a_code_of_another_browser_does_not_fit_this_one_s_verifier(site: Site) -> None:
    theirs = dict(parse_qsl(urlsplit(site.provider.log_in(site.begin(), "mallory")).query))["code"]
    site.client.cookies.clear()
    ours = site.provider.log_in(site.begin(), "bea")
    assert_refused(site, site.come_back(changed(ours, code=theirs)), "code")


def test_a_login_begun_in_another_browser_is_refused(site: Site) -> None:
    location = site.provider.log_in(site.begin(), "mallory")
    site.client.cookies.clear()
    assert_refused(site, site.come_back(location), "state")


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_cookie_is_none(site: Site, what: str) -> None:
    location = site.provider.log_in(site.begin(), "bea")
    text = site.client.cookies["pz-oidc-dev"]
    site.client.cookies.clear()
    site.client.cookies.set("pz-oidc-dev", DAMAGE[what](text))
    assert_refused(site, site.come_back(location), "state")


def test_a_login_takes_ten_minutes_at_most(site: Site) -> None:
    location = site.provider.log_in(site.begin(), "bea")
    site.clock.move(seconds=601)
    assert_refused(site, site.come_back(location), "state")


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/%0d%0a",
    ],
)
def test_nobody_is_led_to_another_site(site: Site, wanted: str) -> None:
    answer = site.log_in(next=wanted)
    assert (answer.status_code, urlsplit(answer.headers["location"]).netloc) == (303, "")
    assert answer.headers["location"] == "/" or answer.headers["location"].startswith("/%0d")


@pytest.mark.parametrize("options", ["userinfo = true"])
def test_the_userinfo_of_somebody_else_is_refused(site: Site) -> None:
    site.provider.lie = with_claims(sub="somebody else")
    assert_refused(site, site.log_in(), "subject")


def test_a_form_of_another_site_begins_nothing(site: Site) -> None:
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {}):
        answer = site.client.post("/login/", data={"next": ""}, headers=headers)
        assert (answer.status_code, answer.headers.get("set-cookie")) == (403, None)


def test_looking_ahead_at_the_answer_uses_nothing_up(site: Site) -> None:
    location = site.provider.log_in(site.begin(), "bea")
    assert site.client.head(location.removeprefix(SITE)).status_code == 400
    assert site.come_back(location).status_code == 303


def test_a_provider_that_is_away_is_told_kindly(site: Site) -> None:
    location = site.provider.log_in(site.begin(), "bea")

    def gone(provider: IdentityProvider, answer: Answer) -> None:
        raise RuntimeError("the provider fails")

    site.provider.lie = gone
    assert_refused(site, site.come_back(location), "unreachable")


def test_metadata_of_another_issuer_is_not_believed(running: IdentityProvider) -> None:
    elsewhere = Provider(f"{running.issuer}/", "site")
    with pytest.raises(LoginRefused, match="the metadata is that of") as refused:
        anyio.run(elsewhere.metadata)
    assert refused.value.cause is Cause.issuer
