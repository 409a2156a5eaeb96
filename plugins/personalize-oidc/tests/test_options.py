"""The options of `[plugins.oidc]`: read when the site starts, each mistake with its remedy."""

from typing import Any

import pytest

from personalize.hooks import PluginConfig, PluginError
from personalize.model.consent import Basis, Purpose
from personalize.model.people import Assurance
from personalize_oidc import personalize_consent_sources
from personalize_oidc.options import read_options
from personalize_oidc.people import identifier_of
from personalize_oidc.texts import TEXTS

LEAST = {"issuer": "https://id.example.org", "client_id": "site", "identifiers": {"customer_number": "sub"}}
LOW = {"purposes": ["newsletter"], "term": "90d"}
PURPOSES = {
    "newsletter": Purpose(name="newsletter", basis=Basis.consent, notice="newsletter"),
    "offers": Purpose(name="offers", basis=Basis.legitimate_interest),
    "mail": Purpose(name="mail", basis=Basis.consent, notice="mail", double_opt_in=True),
}


def check(options: dict[str, Any]) -> None:
    config = PluginConfig(name="oidc", options=options, attributes={}, slots={}, purposes=PURPOSES)
    assert list(personalize_consent_sources(config=config)) == []


def test_an_unconfigured_plugin_says_nothing() -> None:
    check({})
    check(LEAST)
    check({**LEAST, "levels": {"low": LOW}})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"client_id": "site"}, "missing required field `issuer`"),
        ({**LEAST, "isuer": "x"}, "unknown field `isuer`"),
        ({**LEAST, "issuer": "http://id.example.org"}, "is not https"),
        ({**LEAST, "issuer": "https://id.example.org/?x=1"}, "is not the address"),
        ({**LEAST, "client_id": ""}, "client_id: is empty"),
        ({**LEAST, "at": "login"}, "'login' is not a path"),
        ({**LEAST, "at": "/a/.."}, "is not a path"),
        ({**LEAST, "identifiers": {}}, "identifiers: is empty"),
        ({**LEAST, "identifiers": {"mail": "email"}}, "Write email"),
        ({**LEAST, "idle": "soon"}, '"soon" is not a duration'),
        ({**LEAST, "lasts": "0d"}, "is not a duration"),
        ({**LEAST, "assurance": {"weak": "click"}}, "Invalid enum value 'click'"),
        ({**LEAST, "levels": {"low": {**LOW, "term": "long"}}}, "levels.low: term"),
        ({**LEAST, "levels": {"low": {**LOW, "purposes": ["newsleter"]}}}, "Write newsletter"),
        ({**LEAST, "levels": {"low": {**LOW, "purposes": ["offers"]}}}, "rests on no consent"),
        ({**LEAST, "levels": {"low": {**LOW, "purposes": ["mail"]}}}, "confirmed by mail"),
        ({**LEAST, "levels": {"low": {**LOW, "purposes": []}}}, "purposes is empty"),
        ({**LEAST, "levels": {"nothing": LOW}}, "cannot be its name"),
        ({**LEAST, "levels": {"Low level": LOW}}, "cannot be its name"),
        ({**LEAST, "ask": "provider"}, "ask: has no effect"),
        ({**LEAST, "ask": "provider", "levels": {"low": LOW}}, "tells them by scopes"),
        ({**LEAST, "term_claim": "term"}, "term_claim: has no effect"),
    ],
)
def test_a_mistake_is_named_with_its_remedy(options: dict[str, Any], message: str) -> None:
    with pytest.raises(PluginError, match=r"\[plugins\.oidc\]") as caught:
        check(options)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("claims", "identifier"),
    [
        ({"nr": "4711"}, "customer_number:4711"),
        ({"nr": 4711}, "customer_number:4711"),
        ({"nr": " "}, None),
        ({"nr": True}, None),
        ({"nr": ["4711"]}, None),
        ({"account": {"mail": "a@b.example"}, "email_verified": True}, "email:a@b.example"),
        ({"account": {"mail": "a@b.example"}, "email_verified": 1}, None),
        ({"account": {"mail": "a@b.example"}}, None),
        ({"nr": "1", "account": {"mail": "a@b.example"}, "email_verified": True}, "customer_number:1"),
    ],
)
def test_the_first_identifier_that_the_claims_hold_is_who_it_is(claims: dict[str, Any], identifier: str | None) -> None:
    options = read_options({**LEAST, "identifiers": {"customer_number": "nr", "email": "account.mail"}}, PURPOSES)
    assert identifier_of(options, claims) == identifier


def test_without_a_table_every_authentication_is_a_login() -> None:
    assert read_options(LEAST, PURPOSES).sure(None) is Assurance.login
    some = read_options({**LEAST, "assurance": {"weak": "mailbox"}}, PURPOSES)
    assert [some.sure(acr) for acr in ("weak", "strong", None, 1)] == [Assurance.mailbox, None, None, None]


def test_every_text_is_there_in_three_languages() -> None:
    assert all(set(texts) == {"nl", "nb", "en"} and all(texts.values()) for texts in TEXTS.values())
