"""Double opt-in against a real mail server: only a person's POST confirms, and nobody is known before it."""

import json
import re
from collections.abc import Callable
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest

from personalize.errors import NotFound
from personalize.model.consent import Action
from personalize.model.people import Assurance
from tests.unit.web.consent.conftest import HERE, URL, Mailbox, Site, link_in, post

Mail = Callable[[], EmailMessage]
SCANNER = {"user-agent": "Mozilla/5.0 (compatible; MailScanner/5)", "sec-fetch-mode": "navigate"}


def confirm(site: Site, mail: EmailMessage) -> object:
    return post(site.browser(), link_in(mail, "confirm"), answer="yes")


def test_a_sign_up_leads_to_a_mail_with_the_exact_text_and_to_nobody_being_known(site: Site, mail: Mail) -> None:
    letter = mail()
    assert letter["To"] == "ann@example.org"
    assert letter["Subject"] == "Please confirm: The letter"
    assert "Yes, send me the letter.\n\nI can end it at any time." in letter.get_content()
    assert site.subjects() == []
    assert site.house.store.people.all("SELECT 1 FROM consent_events") == []


def test_only_the_button_makes_it_a_consent(site: Site, mail: Mail) -> None:
    letter = mail()
    path, browser = link_in(letter, "confirm"), site.browser()
    page = browser.open(path)
    assert page.status == 200
    assert "Yes, send me the letter." in page.text
    assert site.subjects() == []
    done = post(browser, path, answer="yes")
    assert "Thank you, that is confirmed" in done.text
    (subject,) = site.subjects()
    assert site.status(subject) == "given"
    events = site.house.ledger.events(subject)
    assert [(event.action, event.assurance) for event in events] == [
        (Action.requested, Assurance.none),
        (Action.confirmed, Assurance.mailbox),
    ]
    assert site.house.subject_of("email:ann@example.org") == subject


def scan(site: Site, mail: EmailMessage, times: int) -> None:
    paths = [link_in(mail, "confirm"), link_in(mail, "unsubscribe")]
    scanner = site.browser()
    for n in range(times):
        scanner.request("HEAD" if n % 3 else "GET", paths[n % 2], SCANNER)
    foreign = {**HERE, "sec-fetch-site": "cross-site"}
    assert scanner.request("POST", paths[0], foreign, b"answer=yes").status == 403
    assert scanner.request("POST", paths[0], HERE, b"").status == 400
    assert not scanner.cookies


def test_scanners_change_nothing(site: Site, mail: Mail) -> None:
    letter = mail()
    scan(site, letter, 50)
    assert site.subjects() == []
    confirm(site, letter)
    assert site.status(site.subjects()[0]) == "given"
    scan(site, letter, 20)
    assert site.status(site.subjects()[0]) == "given"


@pytest.mark.soak
def test_a_thousand_scanners_change_nothing(site: Site, mail: Mail) -> None:
    letter = mail()
    scan(site, letter, 1000)
    assert site.subjects() == []


def test_the_browser_that_confirms_is_known_by_the_mailbox(site: Site, mail: Mail) -> None:
    browser = site.browser()
    post(browser, link_in(mail(), "confirm"), answer="yes")
    assert browser.open("/seen").text == f"{site.subjects()[0]} mailbox"


def test_who_is_logged_in_stays_who_they_are(site: Site, mail: Mail) -> None:
    site.house.store.profiles.create(site.house.digests("customer_number:1"), site.clock.now())
    browser = site.browser("customer_number:1")
    post(browser, link_in(mail(), "confirm"), answer="yes")
    assert not browser.cookies
    assert browser.open("/seen").text.endswith("login")


def test_a_link_confirms_once_and_then_recognises_nobody(site: Site, mail: Mail) -> None:
    letter = mail()
    confirm(site, letter)
    again = site.browser()
    done = post(again, link_in(letter, "confirm"), answer="yes")
    assert "This is confirmed already" in done.text
    assert not again.cookies
    assert len(site.house.ledger.events(site.subjects()[0])) == 2


def test_a_known_person_keeps_being_one_person(site: Site, mail: Mail) -> None:
    known = site.house.store.profiles.create(site.house.digests("email:ann@example.org"), site.clock.now())
    confirm(site, mail())
    assert site.subjects() == [known]
    assert site.status(known) == "given"


def test_the_site_is_told_the_address_and_we_forget_it(site: Site, mail: Mail) -> None:
    confirm(site, mail())
    (told,) = site.told
    assert (told.address, told.purpose, told.visitor.subject) == ("ann@example.org", "letter", site.subjects()[0])
    assert site.house.store.people.all("SELECT address, network FROM opt_ins") == [("", b"")]


def test_a_site_that_fails_is_told_again(site: Site, mail: Mail) -> None:
    def broken(_: object) -> None:
        raise OSError("away")

    site.house.opt_ins.tell = broken
    confirm(site, mail())
    assert site.told == []
    site.house.opt_ins.tell = site.told.append
    site.postman.round()
    assert [told.address for told in site.told] == ["ann@example.org"]


def test_who_is_erased_is_gone_from_the_outbox_too(site: Site, mail: Mail) -> None:
    confirm(site, mail())
    (subject,) = site.subjects()
    site.house.opt_ins.unsubscribe_token(subject, "letter")
    site.sign_up()
    site.house.rights.erase(subject)
    for table in ("opt_ins", "unsubscribes", "consent_events", "identifiers"):
        assert site.house.store.people.all(f"SELECT 1 FROM {table}") == []


def test_a_mailing_at_work_names_nobody_again_who_is_erased_meanwhile(site: Site, mail: Mail) -> None:
    confirm(site, mail())
    (subject,) = site.subjects()
    site.house.rights.erase(subject)
    with pytest.raises(NotFound, match="no mail to end"):
        site.house.opt_ins.unsubscribe_token(subject, "letter")
    assert site.house.store.people.all("SELECT 1 FROM unsubscribes") == []


def test_of_two_at_one_address_who_stays_keeps_what_they_confirmed_and_no_more(site: Site, mail: Mail) -> None:
    letter = mail()
    confirm(site, letter)
    ((_, address),) = site.house.digests("email:ann@example.org")
    (ann,) = site.subjects()
    ben = site.house.store.profiles.create([("customer_number", b"ben")], site.clock.now())
    with site.house.store.people.write() as people:
        people.execute("INSERT INTO identifiers VALUES (?, ?, 'email', 0)", (address, ben))
    site.sign_up()
    site.house.rights.erase(ben)
    assert site.house.store.people.all("SELECT subject FROM opt_ins") == [(ann,)]
    assert post(site.browser(), link_in(letter, "unsubscribe"), **{"List-Unsubscribe": "One-Click"}).status == 200
    assert site.status(ann) == "not_given"


def test_a_no_on_the_page_of_the_mail_ends_what_was_asked(site: Site, mail: Mail) -> None:
    link = link_in(mail(), "confirm")
    assert "You said no." in post(site.browser(), link, answer="no").text
    assert site.house.store.people.all("SELECT address FROM opt_ins") == [("",)]
    assert post(site.browser(), link, answer="yes").status == 404
    assert site.subjects() == []


def test_the_form_takes_back_in_one_press_what_a_mailbox_confirmed(site: Site, mail: Mail) -> None:
    browser = site.browser()
    post(browser, link_in(mail(), "confirm"), answer="yes")
    card = browser.open("/personalize/consent?lang=en").text.partition("</section>")[0]
    assert "You said yes." in card
    assert "Send me that mail" not in card
    assert 'value="yes"' not in card
    (texts,) = re.findall(r'name="texts" value="([^"]*)"', card)
    fields = {"texts": texts, "lang": "en", "from": "form", "back": ""}
    assert post(browser, "/personalize/consent?lang=en", answer="yes", **fields).status == 409
    assert post(browser, "/personalize/consent?lang=en", answer="no", **fields).status == 303
    assert site.status(site.subjects()[0]) == "not_given"


def test_an_old_link_confirms_nothing_and_its_address_is_forgotten(site: Site, mail: Mail) -> None:
    letter = mail()
    site.clock.move(minutes=8 * 1440)
    assert "no longer works" in site.browser().open(link_in(letter, "confirm")).text
    confirm(site, letter)
    site.postman.round()
    assert site.subjects() == []
    assert site.house.store.people.all("SELECT address FROM opt_ins") == []


def test_a_changed_link_is_worth_nothing(site: Site, mail: Mail) -> None:
    token = urlsplit(link_in(mail(), "confirm")).path.rpartition("/")[2]
    for changed in (token[:-1], token + "A", token.swapcase(), "A" * 87, "A" * 100_000):
        assert post(site.browser(), f"/personalize/confirm/{changed}", answer="yes").status == 404
    assert site.subjects() == []


def sign_up_often(site: Site, times: int) -> None:
    bodies = {site.sign_up(address).status for address in ["ann@example.org", "ANN@example.org"] * (times // 2)}
    assert bodies == {303}


def test_a_thousand_sign_ups_of_one_address_lead_to_three_mails(site: Site, mailbox: Mailbox) -> None:
    ask, notice = site.house.opt_ins.ask, site.personalizer.settings.notices["letter"].digests["en"]
    for n in range(1000):
        ask("ann@example.org", "letter", "en", notice, f"10.0.{n}.0/24")
    sign_up_often(site, 10)
    while site.postman.round():
        pass
    assert len(mailbox.mails) == 3
    assert site.subjects() == []


@pytest.mark.soak
def test_ten_thousand_sign_ups_of_one_address_lead_to_three_mails(site: Site, mailbox: Mailbox) -> None:
    sign_up_often(site, 10_000)
    while site.postman.round():
        pass
    assert len(mailbox.mails) == 3
    assert site.subjects() == []


def test_one_network_has_so_many_mails_sent_in_a_day(site: Site, mailbox: Mailbox) -> None:
    ask, notice = site.house.opt_ins.ask, site.personalizer.settings.notices["letter"].digests["en"]
    for n in range(210):
        ask(f"a{n}@example.org", "letter", "en", notice, "10.0.0.0/24")
    assert site.house.store.people.all("SELECT count(*) FROM opt_ins") == [(200,)]
    site.clock.move(minutes=1441)
    ask("b@example.org", "letter", "en", notice, "10.0.0.0/24")
    assert site.house.store.people.all("SELECT count(*) FROM opt_ins") == [(201,)]


def test_a_known_address_is_answered_as_an_unknown_one(site: Site) -> None:
    site.house.store.profiles.create(site.house.digests("email:ann@example.org"), site.clock.now())
    pages = []
    for address in ("ann@example.org", "bob@example.org", "ann@example.org", "ann@example.org", "ann@example.org"):
        answer = site.sign_up(address)
        receipt = answer.headers["location"]
        for deliver in (lambda: None, site.postman.round):
            deliver()
            page = site.browser().open(f"/personalize/consent/{receipt}").text.replace(receipt.partition("?")[0], "")
            pages.append((answer.status, len(receipt), page))
    assert len(set(pages)) == 1


def test_no_mail_address_is_refused_in_words(site: Site) -> None:
    answer = site.sign_up("ann at example")
    assert answer.status == 422
    assert "That is no e-mail address" in answer.text
    assert URL not in answer.headers.get("location", "")


def claim(site: Site, identifier: str) -> None:
    """Have two customers bear one identifier, so that it belongs to nobody."""
    for number in ("1", "2"):
        digests = [*site.house.digests(f"customer_number:{identifier}-{number}"), *site.house.digests(identifier)]
        site.house.store.profiles.create(digests, site.clock.now())


@pytest.mark.parametrize(("lang", "words"), [("nl", "meer dan één"), ("nb", "flere enn én"), ("en", "more than one")])
def test_an_address_of_two_people_is_answered_honestly_and_confirmed_once_it_is_ones(
    site: Site, mail: Mail, lang: str, words: str
) -> None:
    claim(site, "email:ann@example.org")
    link = link_in(mail(), "confirm").partition("?")[0]
    done = post(site.browser(), f"{link}?lang={lang}", answer="yes")
    assert done.status == 409
    assert words in done.text
    assert site.house.store.people.all("SELECT 1 FROM consent_events") == []
    one, other = site.subjects()
    with site.house.store.people.write() as people:
        people.execute("DELETE FROM identifiers WHERE subject = ?", (other,))
    assert post(site.browser(), link, answer="yes").status == 200
    assert site.status(one) == "given"


def test_a_choice_of_two_people_who_share_a_login_is_answered_honestly(site: Site) -> None:
    claim(site, "email:ann@example.org")
    notice = site.personalizer.settings.notices["reading"].digests["en"]
    form = {"texts": f"reading:{notice}", "lang": "en", "from": "form", "back": "", "answer": "yes"}
    wish = {"purpose": "reading", "action": "give", "notice": notice, "lang": "en"}
    browser = site.browser("email:ann@example.org")
    plain = {**HERE, "content-type": "application/json"}
    for answer in (
        post(browser, "/personalize/consent", **form),
        post(browser, "/personalize/me/consent", **wish),
        browser.request("POST", "/personalize/api/me/consent", plain, json.dumps(wish).encode()),
    ):
        assert answer.status == 409
        assert re.search("more than one person|meer dan één persoon", answer.text)
