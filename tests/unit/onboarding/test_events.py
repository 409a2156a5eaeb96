"""Importing objections and consents."""

from collections.abc import Callable
from hashlib import sha256

import pytest

from personalize.consent.receipts import is_weak
from personalize.model.consent import Action, Basis, ConsentEvent
from personalize.model.people import Assurance
from personalize.onboarding.summary import ImportSummary
from personalize.recognition.keys import KeyRing
from personalize.rights.rights import follow_list
from personalize.settings import Settings
from personalize.storage.open import Store

NOW = 1_800_000_000_000_000
CUSTOMERS = "id,email,postcode,number,active,months,city,internet,tv\n1,ann@a.nl,,,,,,,\n2,bob@b.nl,,,,,,,\n"
Import = Callable[..., ImportSummary]


def events(store: Store, ring: KeyRing, number: str) -> list[ConsentEvent]:
    subject = store.profiles.subject_of(ring.identifier_digest("customer_number", number))
    return store.consents.events_of(subject) if subject else []


def test_an_objection_becomes_an_event_and_raises_the_epoch(load: Import, store: Store, ring: KeyRing) -> None:
    load(CUSTOMERS)
    summary = load("id\n1\n", "stop")
    (event,) = events(store, ring, "1")
    assert (event.action, event.purpose, event.basis) == (Action.objected, "offers", Basis.legitimate_interest)
    assert (event.method, event.actor, event.assurance) == ("import", "import", Assurance.none)
    assert (event.batch, event.source, event.occurred_at) == (summary.batch, "stop", NOW)
    person = store.profiles.load(event.subject)
    assert person is not None
    assert person.epoch == 1
    assert events(store, ring, "2") == []


def test_the_same_list_again_adds_nothing(load: Import, store: Store, ring: KeyRing) -> None:
    load(CUSTOMERS)
    first, again = load("id\n1\n2\n", "stop"), load("id\n1\n2\n", "stop")
    assert (first.new, again.new) == (2, 0)
    assert len(events(store, ring, "1")) == 1


def test_a_person_nobody_knows_is_rejected_and_taken_once_known(load: Import, store: Store, ring: KeyRing) -> None:
    unknown = load("id\n1\n", "stop")
    assert (unknown.accepted, unknown.rejected) == (0, 1)
    assert "import the customers first" in unknown.left_out[0].reason
    assert list(store.profiles.subjects()) == []
    load(CUSTOMERS)
    assert load("id\n1\n", "stop").new == 1


def test_a_consent_has_its_own_date_and_term_and_is_the_same_in_every_file(
    load: Import, store: Store, ring: KeyRing
) -> None:
    load(CUSTOMERS)
    head, ann = "email,purpose,given\n", "ann@a.nl,newsletter,2026-11-01T12:00\n"
    load(head + ann, "yes")
    load(head + ann + "bob@b.nl,newsletter,2026-11-02\n", "yes")
    (event,) = events(store, ring, "1")
    assert (event.action, event.notice, event.notice_sha256) == (Action.given, "mail@1", "")
    assert event.occurred_at == 1_793_530_800_000_000
    assert event.valid_until == event.occurred_at + 730 * 86_400_000_000
    assert event.event_id[6] >> 4 == 7


@pytest.mark.parametrize("dry_run", [True, False])
def test_consents_that_have_run_out_are_counted_apart(load: Import, dry_run: bool) -> None:
    load(CUSTOMERS)
    summary = load("email,purpose,given\nann@a.nl,newsletter,2020-01-01\nbob@b.nl,newsletter,2026-11-01\n", "yes",
                   dry_run=dry_run)  # fmt: skip
    assert (summary.accepted, summary.new, summary.over) == (2, 2, 1)
    assert "  1 × consent that has run out already: nothing may be used on the strength of it" in summary.lines()
    assert load("id\n1\n", "stop").over == 0


@pytest.mark.parametrize(
    ("lang", "words"),
    [("nl", "Toestemmingen uit {} vastgelegd als import "), ("nb", "Samtykker i {} registrert som import ")],
)
def test_consents_and_imports_are_called_what_the_desk_calls_them(load: Import, lang: str, words: str) -> None:
    load(CUSTOMERS)
    summary = load("email,purpose,given\nann@a.nl,newsletter,2026-11-01\n", "yes")
    assert summary.lines(lang)[0].startswith(words.format(summary.file))


def test_a_moment_may_have_the_order_that_its_column_says(load: Import, store: Store, ring: KeyRing) -> None:
    load(CUSTOMERS)
    summary = load("email,given\nann@a.nl,1-11-2026 12:00\nbob@b.nl,2026-11-01\n", "shop")
    (event,) = events(store, ring, "1")
    assert event.occurred_at == 1_793_530_800_000_000
    assert [each.reason for each in summary.left_out] == ["column `given`: not a date written d-m-y"]
    assert load("id,seen\n1,1-11-2026 12:00\n", "lists").observed_at == 1_793_530_800_000_000


def test_a_consent_without_known_purpose_or_date_is_rejected(load: Import) -> None:
    load(CUSTOMERS)
    summary = load(
        "email,purpose,given\nann@a.nl,news,2026-11-01\nann@a.nl,newsletter,\nann@a.nl,newsletter,2099-01-01\n", "yes"
    )
    assert summary.accepted == 0
    assert {each.reason for each in summary.left_out} == {
        "column `purpose`: not a purpose, such as `offers`, `newsletter`",
        "column `given`: not a moment such as 2026-11-23 or 2026-11-23T14:05",
        "column `given`: the row is from the future",
    }


def test_a_shared_identifier_objects_for_both_and_consents_for_neither(
    load: Import, store: Store, ring: KeyRing
) -> None:
    load(CUSTOMERS.replace("bob@b.nl", "ann@a.nl"))
    summary = load("email,purpose,given\nann@a.nl,newsletter,2026-11-01\n", "yes")
    assert (summary.accepted, summary.rejected) == (0, 1)
    with store.people.write() as people:
        digest = ring.identifier_digest("customer_number", "1")
        second = store.profiles.subject_of(ring.identifier_digest("customer_number", "2"))
        people.execute("INSERT INTO identifiers VALUES (?, ?, 'customer_number', 0)", (digest, second))
    assert load("id\n1\n", "stop").new == 2


def test_a_dry_run_records_nothing(load: Import, store: Store, ring: KeyRing) -> None:
    load(CUSTOMERS)
    trial = load("id\n1\n", "stop", dry_run=True)
    assert (trial.accepted, trial.new, trial.batch) == (1, 1, 0)
    assert events(store, ring, "1") == []
    assert store.batches.newest("stop") is None


ASKED = sha256(b"May we?").hexdigest()
TILL = "email,given,version,hash,means\n"


def test_a_consent_from_the_till_brings_its_evidence(load: Import, store: Store, ring: KeyRing) -> None:
    load(CUSTOMERS)
    load(f"{TILL}ann@a.nl,2026-11-01,1,{ASKED},paper form 17\nbob@b.nl,2026-11-01,1,,\n", "till")
    (strong,) = events(store, ring, "1")
    assert (strong.notice, strong.notice_lang, strong.notice_sha256) == ("mail@1", "en", ASKED)
    assert strong.evidence == {"means": "paper form 17"}
    assert not is_weak(strong)
    (weak,) = events(store, ring, "2")
    assert (weak.notice, weak.notice_sha256, weak.evidence) == ("mail@1", "", {})
    assert is_weak(weak)


@pytest.mark.parametrize(("version", "digest"), [("2", ""), ("", "ab" * 32), ("1", "ab" * 32)])
def test_a_consent_to_a_text_that_nobody_knows_is_left_out(
    load: Import, store: Store, ring: KeyRing, version: str, digest: str
) -> None:
    load(CUSTOMERS)
    summary = load(f"{TILL}ann@a.nl,2026-11-01,{version},{digest},by phone\n", "till")
    assert (summary.accepted, summary.rejected) == (0, 1)
    assert "no version of the consent text" in summary.left_out[0].reason
    assert events(store, ring, "1") == []


def test_objections_are_on_the_list_once_and_come_back_into_an_older_store(
    load: Import, store: Store, settings: Settings, ring: KeyRing
) -> None:
    load(CUSTOMERS)
    load("id\n1\n", "stop", dry_run=True)
    assert not settings.site.erasures.exists()
    load("id\n1\n", "stop")
    listed, said = settings.site.erasures.read_bytes(), events(store, ring, "1")
    load("id\n1\n", "stop")
    assert settings.site.erasures.read_bytes() == listed
    assert listed.count(b"\n") == len(said) == 1
    with store.people.write() as people:
        people.execute("DELETE FROM consent_events")
        people.execute("DELETE FROM erasure_list")
    follow_list(settings, store, ring, NOW)
    assert (events(store, ring, "1"), events(store, ring, "2")) == (said, [])
