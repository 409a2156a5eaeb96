"""Banner and form: nothing chosen beforehand, yes and no alike, and nobody known before a yes."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment
from starlette.applications import Starlette
from starlette.routing import Mount

from personalize.errors import ConsentRefused
from personalize.model.consent import Action
from personalize.model.people import Assurance, Visitor
from personalize.testing.browser import Browser
from personalize.web.consent.answers import SAID
from tests.full_store import taking_no_more
from tests.unit.web.consent.conftest import HERE, TOML, URL, Mailbox, Site, post

BANNER = "/personalize/consent/banner?lang=en&back=/seen"
FORM = "/personalize/consent?lang=en"


def fields(page: str, nth: int = 0) -> dict[str, str]:
    """The hidden fields of a form, as a browser would send them."""
    form = page.split("<form")[nth + 1].partition("</form>")[0]
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)}


@pytest.fixture
def clicked(site: Site) -> Browser:
    """The browser of Ann, who agreed to being recognised and opened a newsletter link."""
    house, notice = site.house, site.personalizer.settings.notices["letter"]
    ann = house.store.profiles.create(house.digests("customer_number:1"), site.clock.now())
    proven = Visitor(subject=ann, assurance=Assurance.mailbox)
    house.ledger.give(proven, "letter", "en", notice.digests["en"])
    browser = site.browser()
    browser.open(house.mailing("weekly").link("customer_number:1", "/seen"))
    return browser


def press(browser: Browser, answer: str, page: str = BANNER, nth: int = 0) -> Any:
    """Open a page and press one of the two buttons."""
    return post(browser, FORM, answer=answer, **fields(browser.open(page).text, nth))


def test_a_stranger_reads_every_text_in_full_and_finds_nothing_chosen(site: Site) -> None:
    browser = site.browser()
    page = browser.open(BANNER).text
    assert "Yes, remember what I read." in page
    assert "Yes, share it." in page
    assert "send me the letter" not in page  # that one takes a mailbox
    assert not re.search(r"checked|selected|<script", page)
    assert not browser.cookies
    assert site.subjects() == []


def test_in_a_mounted_site_the_banner_leads_to_where_the_site_is(site: Site) -> None:
    page = Browser(Starlette(routes=[Mount("/shop", app=site.app)]), URL).open(f"/shop{BANNER}").text
    paths = re.findall(r'(?:href|action)="([^"?]*)', page)
    assert paths == ["/shop/personalize/assets/consent.css", "/shop/personalize/consent", "/shop/personalize/consent"]


def test_yes_and_no_are_the_same_kind_of_button(site: Site) -> None:
    buttons = re.findall(r"<button ([^>]*)>", site.browser().open(BANNER).text)
    assert [button.replace('"yes"', '"no"') for button in buttons] == ['name="answer" value="no"'] * 2


def test_a_strangers_yes_makes_the_device_subject_and_leads_back(site: Site) -> None:
    browser = site.browser()
    answer = press(browser, "yes")
    assert (answer.status, answer.headers["location"]) == (303, "/seen")
    (device,) = site.subjects()
    assert browser.open("/seen").text == f"{device} click"
    events = site.house.ledger.events(device)
    assert [(event.purpose, event.action, event.method) for event in events] == [
        ("reading", Action.given, "consent banner"),
        ("partners", Action.given, "consent banner"),
    ]
    assert events[0].notice_sha256 == site.personalizer.settings.notices["reading"].digests["en"]
    assert browser.open(BANNER).text == ""


def test_a_network_makes_so_many_devices_in_an_hour_and_nobody_is_told_of_it(
    tmp_path: Path, smtp: tuple[Mailbox, int]
) -> None:
    site = Site(tmp_path, smtp[1], f"{TOML}\n[sessions]\ndevices_an_hour = 2\n")
    browsers = [site.browser() for _ in range(4)]
    assert {(page.status, page.headers["location"]) for page in (press(each, "yes") for each in browsers)} == {
        (303, "/seen")
    }
    assert [bool(each.cookies) for each in browsers] == [True, True, False, False]
    assert len(site.subjects()) == 2
    assert site.house.counters["devices_refused"] == 2
    assert "Yes, remember what I read." in browsers[3].open(BANNER).text
    site.clock.move(minutes=60)
    press(browsers[3], "yes")
    assert len(site.subjects()) == 3
    site.personalizer.close()


def test_the_same_yes_again_is_recorded_once_and_a_flood_of_answers_ends_with_a_no(site: Site) -> None:
    browser = site.browser()
    press(browser, "yes")
    (device,) = site.subjects()
    pressed = [press(browser, said, FORM, nth=1).status for said in ("yes", "no", "no", "no", "no")]
    assert pressed == [303] * 5
    given, *said = [event.action for event in site.house.ledger.events(device) if event.purpose == "reading"]
    assert (given, said) == (Action.given, [Action.withdrawn, *[Action.refused] * 3])
    answers = []
    for answer in ("yes", "no") * 20:
        site.clock.move(minutes=1)
        answers.append(press(browser, answer, FORM, nth=1))
    assert {each.status for each in answers[1::2]} == {303}
    assert [each.status for each in answers[::2]] == [303] * 8 + [429] * 12
    assert "You can say no at any time." in answers[-2].text
    assert len(site.house.ledger.events(device)) == 1 + 33
    assert site.house.ledger.state(device)["reading"].status == "not_given"


@pytest.mark.parametrize("said", ["yes", "no"])
def test_an_answer_to_several_texts_is_recorded_in_full_or_not_at_all(site: Site, said: str) -> None:
    browser = site.browser("customer_number:1")
    press(browser, "no" if said == "yes" else "yes")
    (person,) = site.subjects()
    before = site.house.ledger.events(person)
    page = browser.open(FORM).text
    texts = " ".join(fields(page, nth)["texts"] for nth in (1, 2))
    with taking_no_more(site.house, "", "partners"):
        answer = post(browser, FORM, answer=said, **{**fields(page, 1), "texts": texts})
    assert answer.status == 503
    assert "nothing has changed" in answer.text
    assert site.house.ledger.events(person) == before


def test_who_came_by_a_link_stays_recognised_by_it_and_answers_for_the_device(site: Site, clicked: Browser) -> None:
    (ann,) = site.subjects()
    assert clicked.open("/seen").text == f"{ann} click"
    assert press(clicked, "yes").status == 303
    (device,) = set(site.subjects()) - {ann}
    assert clicked.open("/seen").text == f"{ann} click"
    assert site.status(device, "reading") == "given"
    assert site.status(ann, "reading") == "not_given"
    assert clicked.open(BANNER).text == ""


def test_a_strangers_no_leaves_no_trace_but_in_their_own_browser(site: Site) -> None:
    browser, other = site.browser(), site.browser()
    press(browser, "no")
    press(other, "no")
    assert site.subjects() == []
    assert browser.cookies == other.cookies
    assert list(browser.cookies) == ["banner-no"]
    assert browser.open(BANNER).text == ""
    assert browser.open("/seen").text == "None none"


UNPRESSED = ({"answer": ""}, {"answer": "on"}, {"texts": ""}, {"texts": "reading"}, {"from": "else"}, {"more": "1"})


def test_an_answer_that_was_not_pressed_is_none(site: Site) -> None:
    browser = site.browser()
    sent = fields(browser.open(BANNER).text)
    assert post(browser, FORM, **sent).status == 400
    for changed in UNPRESSED:
        assert post(browser, FORM, **{**sent, "answer": "yes", **changed}).status == 400
    assert site.subjects() == []


def test_another_text_than_the_one_in_force_is_refused_whole(site: Site) -> None:
    browser = site.browser()
    sent = fields(browser.open(BANNER).text)
    sent["texts"] = sent["texts"][:-1] + "x"
    assert post(browser, FORM, answer="yes", **sent).status == 409
    assert site.subjects() == []
    assert not browser.cookies


def test_a_form_of_another_site_is_refused(site: Site) -> None:
    browser = site.browser()
    sent = {**fields(browser.open(BANNER).text), "answer": "yes"}
    body = "&".join(f"{name}={value}" for name, value in sent.items()).encode()
    assert browser.request("POST", FORM, {**HERE, "sec-fetch-site": "cross-site"}, body).status == 403
    assert site.subjects() == []


def test_an_answer_leads_back_to_the_page_that_bore_the_banner(site: Site) -> None:
    browser = site.browser()
    sent = "&".join(f"{k}={v}" for k, v in {**fields(browser.open(BANNER).text), "back": "", "answer": "no"}.items())
    for referer, back in ((f"{URL}/seen?a=1", "/seen?a=1"), ("https://evil.example/x", "/"), ("", "/")):
        answer = browser.request("POST", FORM, {**HERE, "referer": referer}, sent.replace(" ", "+").encode())
        assert answer.headers["location"] == back


def test_no_answer_leads_to_another_site(site: Site) -> None:
    browser = site.browser()
    sent = fields(browser.open(BANNER).text)
    for back in ("//evil.example", "https://evil.example/", "/\\evil.example", "javascript:1"):
        location = post(browser, FORM, answer="no", **{**sent, "back": back}).headers["location"]
        assert re.fullmatch(r"/(?![/\\]).*", location)


def test_withdrawing_takes_as_many_steps_as_giving(site: Site) -> None:
    browser = site.browser()
    steps = {}
    for answer, status in (("yes", "given"), ("no", "not_given")):
        steps[answer] = [browser.open(FORM).status, press(browser, answer, FORM, nth=1).status]
        assert site.status(site.subjects()[0], "reading") == status
    assert steps["yes"] == steps["no"] == [200, 303]
    assert site.house.ledger.events(site.subjects()[0])[-1].action is Action.withdrawn


def test_the_form_says_what_was_said(site: Site) -> None:
    browser = site.browser()
    assert "You said" not in browser.open(FORM).text
    press(browser, "yes", FORM, nth=1)
    assert "You said yes." in browser.open(FORM).text
    press(browser, "no", FORM, nth=1)
    assert "You said no." in browser.open(FORM).text


def test_who_took_an_objection_back_without_having_answered_is_asked_and_did_not_say_no(site: Site) -> None:
    browser, ledger = site.browser("customer_number:1"), site.house.ledger
    ann = site.house.store.profiles.create(site.house.digests("customer_number:1"), site.clock.now())
    person = Visitor(subject=ann, assurance=Assurance.login)
    ledger.object(person, "reading")
    assert "Yes, remember what I read." not in browser.open(BANNER).text
    site.clock.at += 1
    ledger.lift(person, "reading")
    assert "You said" not in browser.open(FORM).text
    assert "Yes, remember what I read." in browser.open(BANNER).text


def test_every_answer_is_told_in_a_whole_sentence() -> None:
    assert [each for each in SAID.values() if not each.endswith(".")] == []


def test_a_person_who_logs_in_answers_for_themselves(site: Site) -> None:
    browser = site.browser("customer_number:1")
    press(browser, "yes")
    (person,) = site.subjects()
    assert site.house.subject_of("customer_number:1") == person
    assert not browser.cookies
    press(browser, "no", FORM, nth=1)
    assert site.status(person, "reading") == "not_given"


def test_a_signal_is_kept_with_the_yes_and_told(site: Site) -> None:
    browser = site.browser()
    sent = "&".join(f"{k}={v.replace(' ', '+')}" for k, v in fields(browser.open(BANNER).text).items())
    browser.request("POST", FORM, {**HERE, "sec-gpc": "1"}, f"{sent}&answer=yes".encode())
    (device,) = site.subjects()
    assert {event.evidence["signals"] for event in site.house.ledger.events(device)} == {"gpc"}
    assert "Global Privacy Control" in browser.request("GET", FORM, {"sec-gpc": "1"}).text
    assert "Global Privacy Control" not in browser.request("GET", FORM).text


def test_only_an_act_is_a_consent(site: Site) -> None:
    visitor = Visitor(assurance=Assurance.login, identifier="customer_number:1")
    digest = site.personalizer.settings.notices["reading"].digests["en"]
    for act in ("preticked", "scrolled", ""):
        with pytest.raises(ConsentRefused, match="nothing that a person does"):
            site.personalizer.ledger.give(visitor, "reading", "en", digest, act=act)
    assert site.subjects() == []


def test_what_takes_a_mailbox_is_not_given_by_a_login(site: Site) -> None:
    visitor = Visitor(assurance=Assurance.login, identifier="customer_number:1")
    digest = site.personalizer.settings.notices["letter"].digests["en"]
    with pytest.raises(ConsentRefused, match="mailbox"):
        site.personalizer.ledger.give(visitor, "letter", "en", digest)


def test_in_development_a_purpose_that_no_banner_asks_about_is_named_once(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    env = Environment(autoescape=True)
    site.personalizer.install(env)
    for _ in range(2):
        assert env.from_string('{% consent_banner "readng", lang="en" %}').render() == ""
    told = [record.message for record in caplog.records]
    assert told == ["the consent banner cannot ask about the purpose 'readng'. Did you mean `reading`?"]


def test_the_tag_asks_about_what_it_names(site: Site) -> None:
    env = Environment(autoescape=True)
    site.personalizer.install(env)
    page = env.from_string('{% consent_banner "reading", lang="nb", back="/seen" %}').render()
    assert "Ja, husk det jeg leser." in page
    assert "Ja, del det." not in page
    assert fields(page)["back"] == "/seen"
