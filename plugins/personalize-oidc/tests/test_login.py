"""Logging in and out at a real provider."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from tests.identity_provider import OLD_WAYS, IdentityProvider, claims_of, with_claims

from .conftest import HERE, SITE, Site, make, onwards

pytestmark = OLD_WAYS
COOKIE = r"pz-login-dev=[\w.-]{87}; Path=/; HttpOnly; SameSite=Lax"


def test_somebody_logs_in_and_is_who_the_provider_says(site: Site) -> None:
    assert site.who == "nobody none"
    answer = site.log_in(next="/articles?page=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/articles?page=2")
    assert site.who == "customer_number:4711 login"
    assert site.personalizer.counters["oidc_logins"] == 1


def test_the_way_there_has_pkce_state_nonce_and_the_exact_address_back(site: Site) -> None:
    asked = parse_qs(urlsplit(site.begin()).query)
    assert asked["redirect_uri"] == ["http://127.0.0.1:8000/login/callback"]
    assert (asked["response_type"], asked["code_challenge_method"]) == (["code"], ["S256"])
    assert asked["scope"] == ["openid profile"]
    drawn = [asked[name][0] for name in ("code_challenge", "state", "nonce")]
    assert all(len(each) == 43 for each in drawn)
    assert len(set(drawn)) == 3
    assert site.client.cookies["pz-oidc-dev"].find(drawn[1]) == -1


def test_a_site_below_a_path_is_come_back_to(
    running: IdentityProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERSONALIZE_OIDC_SECRET", "told to the site alone")
    app, personalizer = make(tmp_path, running, "", url=f"{SITE}/shop")
    personalizer.open()
    with TestClient(Starlette(routes=[Mount("/shop", app)]), base_url=SITE, follow_redirects=False) as client:
        begun = client.post("/shop/login/?lang=en", data={"next": ""}, headers=HERE)
        back = running.log_in(onwards(begun), "bea")
        assert back.startswith(f"{SITE}/shop/login/callback?")
        assert client.get(back, headers={"sec-fetch-site": "cross-site"}).headers["location"] == "/shop/"
    personalizer.close()


def test_each_login_has_secrets_of_its_own(site: Site) -> None:
    first, second = (parse_qs(urlsplit(site.begin()).query) for _ in range(2))
    assert all(first[name] != second[name] for name in ("code_challenge", "state", "nonce"))


def test_the_cookie_is_a_reference_and_the_store_holds_nobody_in_clear(site: Site) -> None:
    answer = site.log_in()
    cookies = answer.headers.get_list("set-cookie")
    assert re.fullmatch(COOKIE, cookies[0])
    assert "Max-Age=0" in cookies[1]
    rows = site.personalizer.house.store.people.all("SELECT * FROM logins")
    assert len(rows) == 1
    held = b"".join(bytes(str(part), "utf-8") if not isinstance(part, bytes) else part for part in rows[0])
    assert not any(secret in held for secret in (b"4711", b"bea", b"eyJ"))


def test_over_https_the_cookie_is_the_host_s_own(site: Site) -> None:
    from personalize_oidc.options import read_options
    from personalize_oidc.sessions import Person, Sessions

    options = read_options(site.personalizer.settings.plugins["oidc"], site.personalizer.settings.purposes)
    sessions = Sessions(lambda: site.personalizer.house, "https://www.example.org", options)
    _, cookie = sessions.begin(Person(identifier="customer_number:1", assurance=3, id_token=""), {"sub": "x"}, [])
    assert re.fullmatch(rb"__Host-pz-login=[\w.-]{87}; Path=/; Secure; HttpOnly; SameSite=Lax", cookie)


def test_logging_out_ends_it_here_for_a_copy_of_the_cookie_too_and_there(site: Site) -> None:
    site.log_in()
    copy = dict(site.client.cookies)
    answer = site.client.post("/login/logout", headers=HERE)
    assert "Max-Age=0" in answer.headers["set-cookie"]
    there = urlsplit(onwards(answer))
    asked = parse_qs(there.query)
    assert there.path == "/oauth2/end_session"
    assert asked["post_logout_redirect_uri"] == ["http://127.0.0.1:8000/login/out"]
    assert claims_of(asked["id_token_hint"][0])["sub"] == "bea"
    site.client.cookies.update(copy)
    assert site.who == "nobody none"
    assert "You are logged out" in site.client.get("/login/out?lang=en").text


@pytest.mark.parametrize("lang", ["nl", "nb", "en"])
def test_logging_out_keeps_the_language_there_and_back(site: Site, lang: str) -> None:
    site.log_in()
    form = re.search(r'<form method="post" action="([^"]+)"', site.client.get(f"/login/?lang={lang}").text)
    assert form
    answer = site.client.post(f"/login/{form[1]}", headers=HERE)
    assert f'<html lang="{lang}">' in answer.text
    asked = parse_qs(urlsplit(onwards(answer)).query)
    assert asked["post_logout_redirect_uri"] == ["http://127.0.0.1:8000/login/out"]
    assert (asked["state"], asked["ui_locales"]) == ([lang], [lang])
    assert f'<html lang="{lang}">' in site.client.get(f"/login/out?state={asked['state'][0]}").text
    nobody = site.client.post(f"/login/{form[1]}", headers=HERE)
    assert (nobody.status_code, nobody.headers["location"]) == (303, f"out?lang={lang}")


def test_the_language_that_comes_back_is_one_of_the_site_s(site: Site) -> None:
    for query in ("", "?state=xx", "?state=", "?state=%22%3E%3Cscript%3E", "?state=en&lang=nl"):
        assert '<html lang="nl">' in site.client.get(f"/login/out{query}").text


def test_the_pages_of_who_is_in_and_who_is_out_offer_each_language(site: Site) -> None:
    out = site.client.get("/login/out?state=en").text
    assert all(f'href="?lang={lang}"' in out for lang in ("nl", "nb", "en"))
    site.log_in()
    inside = site.client.get("/login/?lang=en&next=/articles").text
    assert "You are logged in" in inside
    assert all(f'href="?next=%2Farticles&amp;lang={lang}"' in inside for lang in ("nl", "nb", "en"))


def test_logging_out_takes_a_form_of_this_site(site: Site) -> None:
    site.log_in()
    assert site.client.post("/login/logout", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert site.client.get("/login/logout").status_code == 405
    assert site.who == "customer_number:4711 login"


def test_a_second_login_gets_a_new_reference_and_ends_the_first(site: Site) -> None:
    site.log_in()
    first = site.client.cookies["pz-login-dev"]
    site.provider.knows("cas", customer_number=12)
    location = site.provider.log_in(_begun_logged_in(site), "cas")
    site.come_back(location)
    assert site.who == "customer_number:12 login"
    assert site.client.cookies["pz-login-dev"] != first
    assert site.personalizer.house.store.people.one("SELECT count(*) FROM logins") == (1,)


def _begun_logged_in(site: Site) -> str:
    return onwards(site.client.post("/login/?lang=en", data={"next": ""}, headers=HERE))


def test_idle_and_old_logins_end(site: Site) -> None:
    site.log_in()
    site.clock.move(seconds=11 * 3600)
    assert site.who == "customer_number:4711 login"
    site.clock.move(seconds=13 * 3600)
    assert site.who == "nobody none"


def test_keys_are_fetched_once_more_for_a_name_not_seen_before(site: Site) -> None:
    site.provider.lie = with_claims()
    assert site.log_in().status_code == 303
    site.client.post("/login/logout", headers=HERE)
    site.provider.rotate()
    site.provider.fetched.clear()
    site.provider.lie = with_claims()
    assert site.log_in().status_code == 303
    assert site.provider.fetched.count("/jwks") == 1


def test_an_e_mail_address_counts_only_where_it_is_verified(site: Site) -> None:
    site.provider.knows("dia", email="dia@nieuwsblad.example", email_verified=True)
    site.provider.knows("eva", email="eva@nieuwsblad.example")
    site.provider.lie = with_claims(email="dia@nieuwsblad.example", email_verified=True)
    site.log_in("dia")
    assert site.who == "email:dia@nieuwsblad.example login"
    site.client.cookies.clear()
    site.provider.lie = with_claims(email="eva@nieuwsblad.example", email_verified="true")
    answer = site.log_in("eva")
    assert (answer.status_code, site.refusals) == (403, {"nobody": 1})


@pytest.mark.parametrize("options", ['assurance = { weak = "mailbox", strong = "login" }'])
@pytest.mark.parametrize(
    ("acr", "who"),
    [("strong", "customer_number:4711 login"), ("weak", "customer_number:4711 mailbox"), (None, "nobody none")],
)
def test_the_way_of_authentication_says_how_sure_we_are(site: Site, acr: str | None, who: str) -> None:
    assert parse_qs(urlsplit(site.begin()).query)["acr_values"] == ["weak strong"]
    site.provider.lie = with_claims(acr=acr)
    answer = site.log_in()
    assert (answer.status_code, site.who) == (303 if acr else 403, who)


@pytest.mark.parametrize("options", ["userinfo = true"])
def test_userinfo_tells_more_of_the_same_person(site: Site) -> None:
    site.provider.lie = with_claims(customer_number=None)
    assert site.log_in().status_code == 303
    assert site.who == "customer_number:4711 login"


@pytest.mark.parametrize("lang", ["nl", "nb", "en"])
def test_the_pages_are_there_in_each_language_without_scripts(site: Site, lang: str) -> None:
    for path in ("", "out"):
        answer = site.client.get(f"/login/{path}?lang={lang}")
        assert f'<html lang="{lang}">' in answer.text
        assert "<script" not in answer.text
        assert answer.headers["cache-control"] == "private, no-store"
    assert {"nl": "Inloggen bij", "nb": "Logg inn hos", "en": "Log in at"}[lang] in site.client.get(
        f"/login/?lang={lang}"
    ).text
    assert site.client.get("/login/assets/page.css").status_code == 200


def test_insight_tells_since_when_somebody_is_logged_in(site: Site) -> None:
    from personalize.storage.sqlite.holdings import SqliteHoldings

    site.log_in(level="low")
    house = site.personalizer.house
    (visit,) = SqliteHoldings(house.store.people).visits(house.subject_of("customer_number:4711"))
    assert (visit.seen_at, visit.ended_at) == (visit.began_at, None)


def test_erasing_somebody_logs_them_out(site: Site) -> None:
    site.log_in(level="low")
    house = site.personalizer.house
    house.rights.erase(house.subject_of("customer_number:4711"))
    assert site.who == "nobody none"
    assert house.store.people.one("SELECT count(*) FROM logins") == (0,)
