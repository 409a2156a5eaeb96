"""Counting who came by a mailing: people, each once, and only with a page that a browser opens."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from personalize.ports import FirstVisit, MailingCount, Revocation
from personalize.recognition.recognise import handle_digest
from personalize.recognition.tokens import handle_of
from personalize.storage.open import open_store
from personalize.testing import TrialSite
from personalize.testing.browser import OPENING

CONFIG = Path(__file__).resolve().parents[3] / "personalize" / "cli" / "starter" / "personalize.toml"
ANN, BEN, CAS = "customer_number:1", "customer_number:2", "customer_number:3"


@pytest.fixture(scope="module")
def site() -> Iterator[TrialSite]:
    with TrialSite(CONFIG) as trial:
        for person in (ANN, BEN, CAS):
            trial.knows(person, customer=True)
            trial.gives(person, "newsletter")
        yield trial


@pytest.fixture
def mailing(request: pytest.FixtureRequest) -> str:
    """A mailing of the test's own: they share the site."""
    return str(request.node.name)


def count(site: TrialSite, mailing: str) -> MailingCount:
    site.house.mailing_visitors.write()
    return next(each for each in site.house.store.handles.mailings() if each.mailing == mailing)


def test_the_first_page_after_the_redirect_counts_and_no_other(site: TrialSite, mailing: str) -> None:
    browser, link = site.browser(), site.link(ANN, mailing)
    assert browser.request("GET", link, OPENING).status == 303
    assert count(site, mailing).visitors == 0
    for _ in range(3):
        browser.open("/")
    assert count(site, mailing).visitors == 1


def test_a_person_counts_once_per_mailing_whatever_link_or_browser(site: TrialSite, mailing: str) -> None:
    for link in (
        site.link(ANN, mailing),
        site.link(ANN, mailing),
        site.link(BEN, mailing),
        site.link(ANN, f"{mailing} 2"),
    ):
        site.browser().open(link)
    assert (count(site, mailing).people, count(site, mailing).visitors) == (2, 2)
    assert (count(site, f"{mailing} 2").people, count(site, f"{mailing} 2").visitors) == (1, 1)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
        {"sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"},
        {"sec-fetch-mode": "cors", "sec-fetch-dest": "empty"},
        {**OPENING, "sec-purpose": "prefetch;prerender"},
    ],
)
def test_what_is_no_page_view_does_not_count(site: TrialSite, mailing: str, headers: dict[str, str]) -> None:
    browser = site.browser()
    browser.request("GET", site.link(ANN, mailing), OPENING)
    browser.request("GET", "/", headers)
    assert count(site, mailing).visitors == 0
    browser.open("/")
    assert count(site, mailing).visitors == 1


def test_beside_a_login_nothing_is_counted(site: TrialSite, mailing: str) -> None:
    browser = site.browser()
    browser.request("GET", site.link(ANN, mailing), OPENING)
    browser.login = ANN
    browser.open("/")
    assert count(site, mailing).visitors == 0


def test_the_count_survives_the_person(site: TrialSite, mailing: str) -> None:
    site.browser().open(site.link(CAS, mailing))
    assert count(site, mailing).visitors == 1
    site.house.rights.erase(site.house.subject_of(CAS))
    assert (count(site, mailing).visitors, count(site, mailing).links) == (1, 0)


def test_a_visit_is_kept_to_the_hour_and_told_to_the_person(site: TrialSite, mailing: str) -> None:
    site.browser().open(site.link(ANN, mailing))
    count(site, mailing)
    ((at,),) = site.house.store.people.all("SELECT visited_at FROM handles WHERE mailing = ?", (mailing,))
    assert at % 3_600_000_000 == 0


def test_somebody_elses_handle_is_not_theirs_to_count(site: TrialSite, mailing: str) -> None:
    token = site.link(ANN, mailing).partition("pzt=")[2].encode()
    digest, ben = handle_digest(handle_of(token) or b""), site.house.subject_of(BEN)
    assert site.house.store.handles.count_visits([FirstVisit(digest, ben, 1)]) == 0
    assert count(site, mailing).visitors == 0


def test_links_that_expired_long_ago_are_forgotten_and_their_counts_stay(site: TrialSite, mailing: str) -> None:
    site.browser().open(site.link(ANN, mailing))
    count(site, mailing)
    until = count(site, mailing).until
    site.house.store.handles.sweep(until)
    assert count(site, mailing).links == 1
    assert site.house.store.handles.sweep(until + 1) >= 1
    assert (count(site, mailing).people, count(site, mailing).visitors, count(site, mailing).links) == (1, 1, 0)


def test_counting_makes_no_worker_forget_anybody(site: TrialSite, mailing: str) -> None:
    other = open_store(site.folder / "store")
    site.browser().request("GET", site.link(ANN, mailing), OPENING)
    before = other.changes.poll(0)
    assert before is not None
    site.browser().open(site.link(ANN, mailing))
    assert count(site, mailing).visitors == 1
    assert other.changes.poll(before.seq) is None
    site.house.revoke(mailing=mailing)
    found = other.changes.poll(before.seq)
    assert found is not None
    assert found.everything
    other.close()


def test_a_link_revoked_by_one_process_recognises_nobody_in_another(site: TrialSite, mailing: str) -> None:
    link = site.link(BEN, mailing)
    token = link.partition("pzt=")[2].encode()
    assert site.house.pipeline.click(token)[1] is not None
    other = open_store(site.folder / "store")
    said = Revocation(at=site.house.clock.now(), subject=site.house.subject_of(BEN), mailing=mailing)
    assert other.handles.revoke(said) == 1
    other.close()
    assert site.house.pipeline.click(token) == (False, None)
