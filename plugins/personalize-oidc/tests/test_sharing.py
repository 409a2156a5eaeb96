"""What somebody chose to share becomes consents, with the text they read, the term and the proof."""

from hashlib import sha256

import pytest

from personalize.model.consent import Action, ConsentEvent
from tests.full_store import taking_no_more
from tests.identity_provider import OLD_WAYS, with_claims

from .conftest import HERE, Site

pytestmark = OLD_WAYS
DAY = 86_400 * 1_000_000


def events(site: Site) -> list[ConsentEvent]:
    house = site.personalizer.house
    (digest,) = (digest for _, digest in house.digests("customer_number:4711"))
    subject = house.store.profiles.subject_of(digest)
    return house.ledger.events(subject) if subject else []


def given(site: Site) -> set[str]:
    house = site.personalizer.house
    state = house.ledger.state(house.subject_of("customer_number:4711"))
    return {name for name, each in state.items() if each.status == "given"}


def again(site: Site, level: str, **form: str) -> None:
    site.client.cookies.clear()
    assert site.log_in(level=level, **form).status_code == 303


def test_a_login_alone_agrees_to_nothing_and_makes_nobody_known(site: Site) -> None:
    site.log_in()
    again(site, "nothing")
    assert events(site) == []
    assert list(site.personalizer.house.store.profiles.subjects()) == []


def test_a_level_is_a_consent_for_each_of_its_purposes(site: Site) -> None:
    again(site, "high")
    first, second = events(site)
    assert [each.purpose for each in (first, second)] == ["newsletter", "reading"]
    for event in (first, second):
        notice = site.personalizer.settings.notices[event.purpose]
        assert (event.action, event.method, event.notice_lang) == (Action.given, "oidc", "en")
        assert event.notice_sha256 == notice.digests["en"]
        assert event.valid_until == event.occurred_at + 30 * DAY
    assert given(site) == {"newsletter", "reading"}


def test_the_proof_is_a_hash_of_who_when_and_which_scopes(site: Site) -> None:
    seen: dict[str, object] = {}

    def keep(provider: object, answer: dict[str, str]) -> None:
        from tests.identity_provider import claims_of

        seen.update(claims_of(answer["id_token"]), scope=answer["scope"])

    site.provider.lie = keep
    again(site, "low")
    scopes = " ".join(sorted(str(seen["scope"]).split()))
    text = f"{site.provider.issuer}\nbea\n{seen['iat']}\n{scopes}"
    assert events(site)[0].evidence["oidc"] == sha256(text.encode()).hexdigest()
    assert scopes == "email openid profile"


def test_choosing_less_ends_what_an_earlier_login_agreed_to(site: Site) -> None:
    again(site, "high")
    again(site, "low")
    assert given(site) == {"newsletter"}
    again(site, "")
    assert given(site) == {"newsletter"}
    again(site, "nothing")
    assert given(site) == set()


def test_a_choice_of_several_purposes_is_recorded_in_full_or_not_at_all(site: Site) -> None:
    again(site, "low")
    before = events(site)
    site.client.cookies.clear()
    with taking_no_more(site.personalizer.house, "given", "reading"):
        assert site.log_in(level="high").status_code == 503
    assert events(site) == before


def test_what_was_agreed_to_elsewhere_is_left_alone(site: Site) -> None:
    from personalize.model.people import Assurance, Visitor

    notice = site.personalizer.settings.notices["reading"]
    who = Visitor(assurance=Assurance.login, identifier="customer_number:4711")
    site.personalizer.ledger.give(who, "reading", "nl", notice.digests["nl"])
    again(site, "low")
    again(site, "nothing")
    assert given(site) == {"reading"}


def test_scopes_that_were_not_granted_agree_to_nothing(site: Site) -> None:
    again(site, "low")
    site.provider.lie = lambda provider, answer: answer.update(scope="openid profile")
    again(site, "high")
    assert given(site) == set()


@pytest.mark.parametrize("options", ['term_claim = "allowed"'])
@pytest.mark.parametrize(
    ("told", "days"), [("10d", 10), (86_400, 1), ("900d", 90), (True, 90), (-5, 90), ("rubbish", 90), (None, 90)]
)
def test_a_shorter_term_that_the_provider_tells_holds(site: Site, told: object, days: int) -> None:
    site.provider.lie = with_claims(allowed=told)
    again(site, "low")
    assert events(site)[0].valid_until == events(site)[0].occurred_at + days * DAY


@pytest.mark.parametrize("options", ['ask = "provider"'])
@pytest.mark.parametrize(
    ("scope", "purposes"),
    [
        ("openid email address", {"newsletter", "reading"}),
        ("openid email", {"newsletter"}),
        ("openid", set()),
        (None, set()),
    ],
)
def test_where_the_provider_asks_its_scopes_tell_the_level(site: Site, scope: str | None, purposes: set[str]) -> None:
    def lie(provider: object, answer: dict[str, object]) -> None:
        answer["scope"] = scope
        if scope is None:
            del answer["scope"]

    site.provider.lie = lie
    again(site, "provider")
    assert {event.purpose for event in events(site)} == purposes


@pytest.mark.parametrize(
    "form",
    [
        {"level": "low"},
        {"level": "low", "shown": "0" * 32},
        {"level": "highest", "shown": ""},
        {"level": "provider", "shown": ""},
        {"purpose": "reading"},
    ],
)
def test_a_choice_without_the_text_in_force_begins_nothing(site: Site, form: dict[str, str]) -> None:
    answer = site.client.post("/login/?lang=en", data={"next": "", **form}, headers=HERE)
    assert (answer.status_code, answer.headers.get("set-cookie")) == (400, None)
    assert "Please read it again" in answer.text


def test_the_page_shows_every_text_and_nothing_is_chosen_beforehand(site: Site) -> None:
    page = site.client.get("/login/?lang=en").text
    assert "Yes, mail me." in page
    assert "Yes, remember what I read." in page
    assert "For 90 days at most." in page
    assert page.count('type="radio"') == 3
    assert "checked" not in page


def test_a_link_from_elsewhere_cannot_choose(site: Site) -> None:
    page = site.client.get("/login/?lang=en&level=high")
    assert "checked" not in page.text
    assert site.client.get("/login/begin?level=high").status_code == 404
