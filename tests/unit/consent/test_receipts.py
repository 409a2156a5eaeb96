"""Receipts: to which text, how, when, and how it ended."""

from hashlib import sha256

import pytest
from msgspec.structs import replace

from personalize.consent.receipts import receipts_of
from personalize.model.consent import Action, Basis, ConsentEvent, Notice, Purpose
from personalize.model.people import Assurance

DAY = 86_400 * 1_000_000
NOW = 1_000 * DAY
TEXTS = {2: "Yes, weekly and by phone.", 1: "Yes, weekly."}


def notice(version, material=True, earlier=()):
    digests = {"en": sha256(TEXTS[version].encode()).hexdigest()}
    return Notice(
        name="letter",
        version=version,
        texts={"en": TEXTS[version]},
        digests=digests,
        material=material,
        earlier=earlier,
    )


NOTICE = notice(2, earlier=(notice(1),))
LETTER = Purpose(
    name="letter",
    basis=Basis.consent,
    notice="letter",
    asked_since=2,
    recipients=("Post (NL)",),
    dpv="dpv:DirectMarketing",
)

SHORT = replace(LETTER, valid=7 * 86_400)
STORY = ((Action.given, 3), (Action.objected, 2), (Action.objection_lifted, 1))


def event(action, at, version=2, **more):
    return ConsentEvent(
        event_id=at.to_bytes(16, "big"),
        subject=7,
        purpose="letter",
        action=action,
        basis=Basis.consent,
        method="page",
        actor="visitor",
        assurance=Assurance.login,
        occurred_at=at,
        recorded_at=at,
        valid_until=at + 700 * DAY,
        notice=f"letter@{version}",
        notice_lang="en",
        notice_sha256=sha256(TEXTS[version].encode()).hexdigest(),
        **more,
    )


def receipts(*events, now=NOW):
    return receipts_of(events, {"letter": LETTER}, {"letter": NOTICE}, now)


def test_a_receipt_says_to_which_very_text_for_what_and_to_whom():
    (one,) = receipts(event(Action.given, NOW - DAY))
    assert (one.text, one.notice, one.notice_lang) == (TEXTS[2], "letter@2", "en")
    assert (one.recipients, one.dpv, one.assurance) == (("Post (NL)",), "dpv:DirectMarketing", "login")
    assert (one.ended_at, one.ended_by, one.supersedes) == (None, "", "")


def test_an_earlier_text_is_quoted_and_its_consent_has_ended():
    (one,) = receipts(event(Action.given, NOW - DAY, version=1))
    assert (one.text, one.ended_by) == (TEXTS[1], "outdated")


def test_the_text_is_quoted_though_the_purpose_asks_by_another_notice_today():
    (one,) = receipts_of(
        [event(Action.given, NOW - DAY)],
        {"letter": Purpose(name="letter", basis=Basis.consent)},
        {"letter": NOTICE},
        NOW,
    )
    assert one.text == TEXTS[2]


@pytest.mark.parametrize(
    ("then", "by"),
    [
        (Action.withdrawn, "withdrawn"),
        (Action.objected, "objected"),
        (Action.refused, "refused"),
        (Action.given, "replaced"),
    ],
)
def test_a_receipt_says_when_and_how_it_ended(then, by):
    first, second = receipts(event(Action.given, NOW - 2 * DAY), event(then, NOW - DAY))
    assert (first.ended_at, first.ended_by) == (NOW - DAY, by)
    assert second.supersedes == first.receipt


def test_an_objection_ends_when_it_is_lifted():
    first, _ = receipts(event(Action.objected, NOW - 2 * DAY), event(Action.objection_lifted, NOW - DAY))
    assert (first.ended_at, first.ended_by) == (NOW - DAY, "objection_lifted")


def test_a_consent_ends_by_itself():
    (one,) = receipts(event(Action.given, NOW - 701 * DAY))
    assert (one.ended_by, one.ended_at) == ("expired", NOW - DAY)


def test_a_confirmed_wish_is_one_receipt_with_both_times():
    proof = {"request": "ab", "act": "button"}
    _, one = receipts(
        event(Action.refused, NOW - 3 * DAY),
        event(Action.requested, NOW - 2 * DAY, evidence=proof),
        event(Action.confirmed, NOW - DAY, evidence=proof),
    )
    assert (one.requested_at, one.occurred_at, one.action) == (NOW - 2 * DAY, NOW - DAY, Action.confirmed)


def test_what_was_imported_without_text_or_means_is_weak():
    strong = event(Action.given, NOW - DAY, batch=3, evidence={"means": "paper form"})
    assert [each.weak for each in receipts(strong)] == [False]
    assert [each.weak for each in receipts(event(Action.given, NOW - DAY, batch=3))] == [True]
    assert [each.weak for each in receipts(event(Action.given, NOW - DAY))] == [False]


def test_an_objection_that_was_taken_back_ended_no_consent():
    said = [event(action, NOW - days * DAY) for action, days in STORY]
    assert [each.ended_by for each in receipts(*said)] == ["", "objection_lifted", ""]


def test_an_objection_that_stands_is_stronger_than_what_was_agreed_to_after_it():
    objected, agreed = receipts(event(Action.objected, NOW - 2 * DAY), event(Action.given, NOW - DAY))
    assert (objected.ended_by, objected.ended_at) == ("", None)
    assert (agreed.ended_by, agreed.ended_at) == ("objected", NOW - DAY)


def test_a_term_that_was_shortened_since_ends_a_consent_as_it_does_at_the_gate():
    (one,) = receipts_of([event(Action.given, NOW - 9 * DAY)], {"letter": SHORT}, {"letter": NOTICE}, NOW)
    assert (one.ended_by, one.ended_at) == ("expired", NOW - 2 * DAY)


def test_each_of_ten_thousand_receipts_looks_at_no_other_choice_again() -> None:
    looked = []

    class Evidence(dict[str, str]):
        def get(self, key: str, default: str = "") -> str:  # type: ignore[override]  # as it is called
            looked.append(key)
            return super().get(key, default)

    count = 10_000
    said = [event(Action.given, at, evidence=Evidence(request=str(at // 2))) for at in range(count)]
    found = receipts(*said)
    assert [each.requested_at for each in found[:4]] == [None, 0, None, 2]
    assert found[-1].supersedes == found[-2].receipt
    assert len(looked) <= 3 * count
