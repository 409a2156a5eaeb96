"""`Sec-GPC: 1`: what a purpose does with third parties is off while a browser sends it, and the site says so."""

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from personalize.asgi.contract import RawHeaders
from personalize.builtin.gpc import personalize_consent_sources
from personalize.hooks import PluginConfig
from personalize.model.people import Assurance, Visitor
from personalize.recognition.recognise import Credentials
from tests.unit.web.consent.conftest import Site

GPC = [(b"sec-gpc", b"1")]


def granted(site: Site, headers: RawHeaders) -> set[str]:
    prepared = site.house.pipeline.prepare(Credentials(login="customer_number:1"), headers)
    return set(prepared.hot.admitted.grants.in_force)


def agree(site: Site, *purposes: str) -> None:
    visitor = Visitor(assurance=Assurance.login, identifier="customer_number:1")
    for purpose in purposes:
        digest = site.personalizer.settings.notices[purpose].digests["en"]
        event = site.personalizer.ledger.give(visitor, purpose, "en", digest)
        visitor = visitor.known_as(event.subject)


def test_the_signal_switches_third_parties_off_and_nothing_else(site: Site) -> None:
    agree(site, "reading", "partners")
    assert granted(site, []) == {"reading", "partners", "service"}
    assert granted(site, GPC) == {"reading", "service"}
    assert granted(site, []) == {"reading", "partners", "service"}


def test_only_a_one_is_the_signal(site: Site) -> None:
    agree(site, "partners")
    for value in (b"0", b"", b"true", b"1 "):
        assert "partners" in granted(site, [(b"sec-gpc", value)])


def test_an_objection_is_stronger_than_all(site: Site) -> None:
    agree(site, "partners")
    subject = site.house.subject_of("customer_number:1")
    site.house.ledger.stop(subject, "service", actor="anna", evidence={"case": "1"})
    assert granted(site, []) == {"partners"}


def test_without_third_parties_nobody_listens(site: Site) -> None:
    some = {name: each for name, each in site.personalizer.settings.purposes.items() if name != "partners"}
    config = PluginConfig(name="gpc", options={}, attributes={}, slots={}, purposes=some)
    assert list(personalize_consent_sources(config)) == []


def test_the_site_says_that_it_heeds_the_signal(site: Site) -> None:
    app = Starlette(routes=[Route("/.well-known/gpc.json", site.personalizer.gpc)])
    client = TestClient(app)
    answer = client.get("/.well-known/gpc.json")
    assert (answer.json(), answer.headers["content-type"]) == ({"gpc": True}, "application/json")
    assert client.post("/.well-known/gpc.json").status_code == 405
