"""What a request says of purposes, and what that does to the grants."""

import time
from asyncio import CancelledError
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize.consent.gate import LEEWAY, admit
from personalize.consent.signals import Heard, Signals, heed, signals_of
from personalize.hooks import Agreed, ConsentSource
from personalize.hooks.breaker import OUT_SECONDS
from personalize.hooks.records import Headers
from personalize.hooks.records import Signals as Words
from personalize.model.banner import BannerYes, read_banner
from personalize.model.consent import Action, Basis, ConsentEvent, Grants, Purpose
from personalize.model.people import Assurance

NOW, DAY = 1_790_000_000_000_000, 86_400_000_000
PURPOSES = {
    "news": Purpose(name="news", basis=Basis.consent, valid=30 * 86_400),
    "mail": Purpose(name="mail", basis=Basis.consent, double_opt_in=True),
    "offers": Purpose(name="offers", basis=Basis.legitimate_interest),
}


def yes(at: int | None = NOW - DAY, until: int | None = None) -> BannerYes:
    return BannerYes.of(b"cookie", "klaro@2", at, until)


def event(action: Action, at: int, purpose: str = "news") -> ConsentEvent:
    return ConsentEvent(
        event_id=b"0123456789abcdef",
        subject=7,
        purpose=purpose,
        action=action,
        basis=PURPOSES[purpose].basis,
        method="page",
        actor="visitor",
        assurance=Assurance.login,
        occurred_at=at,
        recorded_at=at,
    )


def heeded(said: Mapping[str, BannerYes | None], *events: ConsentEvent, own: bool = True, now: int = NOW) -> Grants:
    grants = admit(7, Assurance.login, 1, events, PURPOSES, now)
    return heed(grants, Heard(tuple(said.items()), own), events, PURPOSES, now)


def test_a_yes_becomes_a_grant_with_its_proof_and_its_end() -> None:
    grant = heeded({"news": yes()}).in_force["news"]
    assert (grant.record, grant.notice, grant.given_at) == (yes().record, "klaro@2", NOW - DAY)
    assert grant.valid_until == NOW + 29 * DAY


def test_the_grants_change_when_a_yes_ends() -> None:
    assert heeded({"news": yes(until=NOW + 5)}).valid_until == NOW + 5
    assert "news" not in heeded({"news": yes(until=NOW)}).in_force


def test_a_no_takes_away_consent_and_legitimate_interest_alike() -> None:
    given = event(Action.given, NOW - DAY)
    assert set(heeded({}, given).in_force) == {"news", "offers"}
    assert not heeded({"news": None, "offers": None}, given).in_force


def test_what_is_not_the_persons_own_yes_grants_nothing_and_their_no_counts_all_the_same() -> None:
    assert "news" not in heeded({"news": yes()}, own=False).in_force
    assert "offers" not in heeded({"offers": None}, own=False).in_force


def test_a_yes_is_no_word_from_a_mailbox() -> None:
    assert "mail" not in heeded({"mail": yes()}).in_force


def test_a_yes_from_ahead_of_the_clock_waits_for_it() -> None:
    assert "news" not in heeded({"news": yes(NOW + LEEWAY + 1)}).in_force
    assert "news" in heeded({"news": yes(NOW + LEEWAY)}).in_force


def test_nothing_new_leaves_the_very_grants() -> None:
    grants = admit(7, Assurance.login, 1, [], PURPOSES, NOW)
    assert heed(grants, Heard((("offers", yes()), ("news", None)), True), [], PURPOSES, NOW) is grants


@given(
    st.lists(st.tuples(st.sampled_from(list(Action)), st.integers(-10, 1)), max_size=6),
    st.one_of(st.none(), st.integers(-10, 1)),
)
def test_a_yes_counts_only_without_a_later_no_and_never_against_an_objection(
    said: list[tuple[Action, int]], day: int | None
) -> None:
    events = [event(action, NOW + at * DAY) for action, at in said]
    plain = admit(7, Assurance.login, 1, events, PURPOSES, NOW)
    found = heeded({"news": yes(None if day is None else NOW + day * DAY)}, *events)
    if "news" in found.in_force and "news" not in plain.in_force:
        assert "news" not in plain.objected
        noes = [at for action, at in said if action in (Action.withdrawn, Action.refused, Action.expired)]
        assert not noes or (day is not None and day > max(noes))


@given(st.binary(max_size=64), st.text(min_size=1, max_size=20), st.one_of(st.none(), st.integers(1, 1 << 62)))
def test_a_record_is_read_back(evidence: bytes, notice: str, at: int | None) -> None:
    proof = BannerYes.of(evidence, notice.encode("utf-8", "ignore").decode() or "n", at)
    assert read_banner(proof.record) == proof
    assert len(proof.record) != 16


def test_a_record_of_the_ledger_is_no_banners() -> None:
    assert read_banner(b"") is None
    assert read_banner(bytes(16)) is None


def source(name: str, words: Mapping[str, Any], *purposes: str) -> ConsentSource:
    return ConsentSource(name=name, read=lambda headers, known: words, purposes=purposes, version="2")


def test_of_two_sources_a_no_wins_and_else_the_first_yes() -> None:
    first = source("first", {"news": True, "offers": Agreed(evidence=b"1")})
    second = source("second", {"news": False, "offers": Agreed(evidence=b"2")})
    for sources in ([first, second], [second, first]):
        said = dict(Signals(sources, PURPOSES, Counter()).hear([(b"cookie", b"a=b")]) or ())
        assert said["news"] is None
    assert said["offers"] == BannerYes.of(b"2", "second@2")


def test_no_source_hears_nothing_at_all() -> None:
    assert signals_of([], PURPOSES, Counter()) is None


def test_a_source_that_speaks_for_others_is_a_no_to_its_own() -> None:
    counters: Counter[str] = Counter()
    heard = Signals([source("odd", {"mail": True}, "news")], PURPOSES, counters).hear([])
    assert heard == (("news", None),)
    assert counters == {"consent_source_failed": 1}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (None, "answered NoneType instead of a mapping by purpose"),
        ([("news", True)], "answered list instead of a mapping by purpose"),
        ({"weather": True}, "answered about a purpose that is none of its `purposes`"),
        ({"news": "yes"}, "answered str about a purpose instead of True, False, Agreed or None"),
        ({"news": Agreed(evidence="a")}, "answered Agreed with str as `evidence`, which are bytes"),
        ({"news": Agreed(evidence=b"a", at=1.0)}, "answered Agreed with float as `at`, which is a whole number of µs"),
        (
            {"news": Agreed(evidence=b"a", until=datetime.now(UTC))},
            "answered Agreed with datetime as `until`, which is",
        ),
    ],
)
def test_what_is_no_answer_is_a_no_and_is_told_in_words(
    words: Any, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    counters: Counter[str] = Counter()
    signals = Signals([source("odd", words, "news")], PURPOSES, counters)
    assert [signals.hear([]), signals.hear([])] == [(("news", None),)] * 2
    (logged,) = caplog.records
    assert f"The consent source 'odd' {told}" in logged.getMessage()
    assert logged.exc_info is None
    assert counters == {"consent_source_failed": 2}


def test_a_source_that_alters_a_purpose_alters_nothing_of_ours() -> None:
    news = Purpose(name="news", basis=Basis.consent, titles={"en": "News"})

    def meddle(headers: Headers, known: Mapping[str, Purpose]) -> Words:
        known["news"].titles.clear()
        return {}

    Signals([ConsentSource(name="own", read=meddle)], {"news": news}, Counter()).hear([])
    assert news.titles == {"en": "News"}


@pytest.mark.parametrize("error", [ValueError, RecursionError, SystemExit, CancelledError, BaseException])
def test_whatever_a_source_raises_is_a_no_and_takes_it_from_nobody_else(error: type[BaseException]) -> None:
    def broken(headers: Headers, known: Mapping[str, Purpose]) -> Words:
        if headers:
            raise error
        return {"news": True}

    counters: Counter[str] = Counter()
    signals = Signals([ConsentSource(name="own", read=broken, purposes=("news",))], PURPOSES, counters)
    assert [signals.hear([(b"cookie", b"hostile")]) for _ in range(5)] == [(("news", None),)] * 5
    assert counters == {"consent_source_failed": 5}
    assert dict(signals.hear([]) or ())["news"] is not None


def test_three_overruns_take_a_source_out_which_is_a_no_and_time_brings_it_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def slow(headers: Headers, known: Mapping[str, Purpose]) -> Words:
        time.sleep(0.006)
        return {"news": True}

    signals = Signals([ConsentSource(name="own", read=slow, purposes=("news",))], PURPOSES, Counter())
    heard = [dict(signals.hear([]) or ())["news"] for _ in range(5)]
    assert [yes is None for yes in heard] == [False, False, False, True, True]
    later = time.monotonic() + OUT_SECONDS
    monkeypatch.setattr("personalize.hooks.breaker.monotonic", lambda: later)
    assert dict(signals.hear([]) or ())["news"] is not None


def test_a_source_cannot_change_what_the_site_and_other_sources_see() -> None:
    def meddling(headers: Any, known: Any) -> Words:
        for change in (lambda: headers.clear(), lambda: headers[0].clear(), lambda: known.clear()):
            with pytest.raises(AttributeError):
                change()
        return {}

    headers: Any = [[b"cookie", b"a=b"]]
    assert Signals([ConsentSource(name="own", read=meddling)], PURPOSES, Counter()).hear(headers) is None
    assert (headers, bool(PURPOSES)) == ([[b"cookie", b"a=b"]], True)
