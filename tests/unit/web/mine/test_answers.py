"""What somebody agreed or objected to a hundred times over: the newest and what is in force, and all of it on pages."""

import os
import re
from html import unescape

import pytest
from msgspec import structs
from starlette.testclient import TestClient

from personalize.consent.receipts import show_receipt
from personalize.model.consent import Action
from personalize.testing import TrialSite
from tests.unit.web.mine.visiting import ANNA, page

MORE = 228


@pytest.fixture
def said(site: TrialSite) -> list[str]:
    """The receipts of all that Anna said, newest first: after two things she wavered about a third."""
    store, subject = site.house.store.consents, site.house.subject_of(ANNA)
    agreed = store.events_of(subject)
    actions = (Action.given, Action.withdrawn) * (MORE // 2)
    wavered = [
        structs.replace(
            agreed[0],
            event_id=os.urandom(16),
            purpose="reading",
            action=action,
            occurred_at=agreed[-1].occurred_at + 1 + number,
        )
        for number, action in enumerate(actions)
    ]
    store.append(wavered)
    return [show_receipt(event.event_id) for event in reversed([*agreed, *wavered])]


def receipts(text: str) -> list[str]:
    return re.findall(r"Receipt number: <code>([^<]*)</code>", text)


def all_of(client: TestClient, number: object) -> str:
    return unescape(client.get(f"/personalize/me/agreed?lang=en&page={number}").text)


def test_the_page_tells_the_newest_and_what_is_in_force_and_leads_to_the_rest(
    anna: TestClient, said: list[str]
) -> None:
    text = page(anna)
    newest, standing = text.split("Still in force, from earlier")
    assert receipts(newest) == said[:20]
    assert receipts(standing) == said[-2:]
    assert '<a class="button quiet" href="me/agreed?lang=en">Show all 230</a>' in standing


def test_who_said_little_reads_all_of_it_there(anna: TestClient) -> None:
    text = page(anna)
    assert (len(receipts(text)), "Still in force" in text, "me/agreed" in text) == (2, False, False)


def test_the_further_pages_tell_each_answer_once(anna: TestClient, said: list[str]) -> None:
    first, second, third = (all_of(anna, number) for number in (1, 2, 3))
    assert receipts(first) + receipts(second) + receipts(third) == said
    assert "101 to 200 of 230, newest first." in second
    ways = [re.findall(r"&page=(\d)\">Show (newer|older)", text) for text in (first, second, third)]
    assert ways == [[("2", "older")], [("1", "newer"), ("3", "older")], [("2", "newer")]]


@pytest.mark.parametrize(("asked", "told"), [("", 1), ("0", 1), ("x", 1), ("²", 1), ("4", 3), ("9" * 5000, 1)])
def test_a_page_that_is_none_is_the_nearest(anna: TestClient, said: list[str], asked: str, told: int) -> None:
    assert receipts(all_of(anna, asked)) == said[told * 100 - 100 : told * 100]


def test_whoever_came_by_a_link_is_told_nothing(clicked: TestClient, nobody: TestClient, said: list[str]) -> None:
    for client in (clicked, nobody):
        answer = client.get("/personalize/me/agreed?lang=en")
        assert (answer.status_code, receipts(answer.text)) == (403, [])
