"""The provider ends logins by itself (OpenID Connect Back-Channel Logout 1.0)."""

from typing import Any

import pytest

from personalize.ports import SystemClock
from tests.identity_provider import OLD_WAYS, with_claims

from .conftest import HERE, Site

pytestmark = OLD_WAYS
EVENT = {"http://schemas.openid.net/event/backchannel-logout": {}}


def token(site: Site, **changes: Any) -> str:
    now = SystemClock().now() // 1_000_000
    claims = {
        "iss": site.provider.issuer,
        "aud": "nieuwsblad",
        "iat": now,
        "exp": now + 60,
        "jti": "1",
        "events": EVENT,
    }
    given = {**claims, "sub": "bea", **changes}
    return site.provider.signed({name: value for name, value in given.items() if value is not None})


def send(site: Site, text: str) -> int:
    return site.client.post("/login/back-channel", data={"logout_token": text}).status_code


def test_a_logout_there_is_a_logout_here(site: Site) -> None:
    site.log_in()
    assert send(site, token(site, sub="somebody else")) == 200
    assert site.who == "customer_number:4711 login"
    assert send(site, token(site)) == 200
    assert site.who == "nobody none"


def test_a_logout_of_one_session_leaves_the_others(site: Site) -> None:
    site.provider.lie = with_claims(sid="first")
    site.log_in()
    assert send(site, token(site, sid="second")) == 200
    assert site.who == "customer_number:4711 login"
    assert send(site, token(site, sub=None, sid="first")) == 200
    assert site.who == "nobody none"


@pytest.mark.parametrize(
    "changes",
    [
        {"events": None},
        {"events": {"another": {}}},
        {"events": "logout"},
        {"nonce": "n"},
        {"sub": None},
        {"aud": "another"},
        {"iss": "https://id.example.org"},
        {"exp": 1},
        {"jti": None},
    ],
)
def test_anything_else_ends_nothing(site: Site, changes: dict[str, Any]) -> None:
    site.log_in()
    assert send(site, token(site, **changes)) == 400
    assert site.who == "customer_number:4711 login"


def test_rubbish_is_refused_and_the_keys_are_not_fetched_each_time(site: Site) -> None:
    site.log_in()
    site.provider.fetched.clear()
    for text in ("", "rubbish", site.provider.signed({}, {"kid": "unknown"}), site.provider.signed({}, {"kid": "2"})):
        assert send(site, text) == 400
    assert "/jwks" not in site.provider.fetched
    assert site.client.post("/login/back-channel", content=b"x" * 100_000, headers=HERE).status_code == 400
