"""What each banner's cookie says of the purposes."""

import pytest

from personalize.hooks import Agreed

from .samples import (
    ALL,
    COOKIECONSENT,
    KLARO,
    NONE,
    PUBLISHER,
    PURPOSES,
    RESTRICTED,
    SOME,
    TCF,
    UNDISCLOSED,
    UPDATED,
    cc_cookie,
    field,
    klaro_cookie,
    ranges,
    said,
    source_of,
    tc_string,
    written,
)

NO = {"stats": False, "offers": False}
YES = {"stats": True, "offers": True}
STATS = {"stats": True, "offers": False}


@pytest.mark.parametrize(
    ("services", "words"),
    [
        ({"matomo": True, "crm": True, "mail": True}, YES),
        ({"matomo": False, "crm": False, "mail": False}, NO),
        ({"matomo": True, "crm": True, "mail": False}, STATS),
        ({"matomo": True, "crm": False}, STATS),
        ({"matomo": True, "crm": True, "other": False}, {"stats": True, "offers": None}),
        ({"other": True}, {"stats": None, "offers": None}),
    ],
)
def test_klaro_needs_every_service_and_one_refused_is_a_no(
    services: dict[str, bool], words: dict[str, bool | None]
) -> None:
    assert said(KLARO, klaro_cookie(**services)) == words


@pytest.mark.parametrize("value", [{}, [], None, "yes", {"matomo": 1}, {"matomo": "true"}, {"matomo": None}, {"a": {}}])
def test_what_klaro_does_not_write_is_a_no(value: object) -> None:
    assert said(KLARO, f"klaro={written(value)}".encode()) == NO


@pytest.mark.parametrize(
    ("categories", "words"),
    [
        (("necessary", "analytics", "marketing", "crm"), YES),
        (("necessary",), NO),
        (("necessary", "analytics", "marketing"), STATS),
        (("necessary", "marketing", "crm"), {"stats": False, "offers": True}),
    ],
)
def test_cookieconsent_lists_what_was_accepted(categories: tuple[str, ...], words: dict[str, bool]) -> None:
    assert said(COOKIECONSENT, cc_cookie(*categories)) == words


def test_a_refused_service_of_an_accepted_category_is_a_no() -> None:
    services = {"analytics": [], "marketing": []}
    assert said(COOKIECONSENT, cc_cookie("analytics", "marketing", "crm", services=services))["stats"] is False


def test_a_yes_to_another_revision_says_nothing_and_a_no_stays_a_no() -> None:
    assert said(COOKIECONSENT, cc_cookie("analytics", revision=1)) == {"stats": None, "offers": False}


def test_cookieconsent_dates_its_yes_and_ends_it() -> None:
    word = source_of(COOKIECONSENT).read([(b"cookie", cc_cookie("analytics"))], PURPOSES)["stats"]
    assert isinstance(word, Agreed)
    assert (word.at, word.until) == (1_790_933_400_250_000, 1_806_000_000_000_000)
    assert word.evidence == cc_cookie("analytics").partition(b"=")[2]


@pytest.mark.parametrize(
    "changed",
    [
        {name: "gone"}
        for name in (
            "categories",
            "revision",
            "consentTimestamp",
            "consentId",
            "lastConsentTimestamp",
            "expirationTime",
        )
    ]
    + [
        {"categories": "analytics"},
        {"categories": [1]},
        {"services": ["matomo"]},
        {"services": {"analytics": "matomo"}},
        {"revision": "2"},
        {"revision": True},
        {"consentId": 7},
        {"lastConsentTimestamp": "yesterday"},
        {"lastConsentTimestamp": "2026-10-02T09:30:00"},
        {"lastConsentTimestamp": 1_790_933_400},
        {"expirationTime": "2027"},
        {"expirationTime": 1.5},
    ],
)
def test_what_cookieconsent_does_not_write_is_a_no(changed: dict[str, object]) -> None:
    assert said(COOKIECONSENT, cc_cookie("analytics", "marketing", "crm", **changed)) == NO


@pytest.mark.parametrize(
    ("text", "words"), [(ALL, YES), (NONE, NO), (SOME, STATS), (UNDISCLOSED, NO), (RESTRICTED, STATS)]
)
def test_a_tc_string_by_the_reference_encoder_is_read_for_a_vendor(text: str, words: dict[str, bool]) -> None:
    assert said(TCF, f"euconsent-v2={text}".encode()) == words


@pytest.mark.parametrize(("text", "words"), [(ALL, STATS), (NONE, NO), (SOME, NO), (UNDISCLOSED, NO)])
def test_without_a_vendor_the_publishers_own_segment_counts(text: str, words: dict[str, bool]) -> None:
    assert said(PUBLISHER, f"euconsent-v2={text}".encode()) == words


def test_a_tc_string_is_dated_by_its_last_update() -> None:
    word = source_of(TCF).read([(b"cookie", f"euconsent-v2={ALL}".encode())], PURPOSES)["stats"]
    assert isinstance(word, Agreed)
    assert word.at == UPDATED


def tcf(**parts: object) -> bool:
    text = tc_string(**{"vendors": field(755), "disclosed": field(755), **parts})
    (word,) = {said(TCF, f"euconsent-v2={text}".encode())[name] for name in PURPOSES}
    return word is True


@pytest.mark.parametrize("listed", [field(1, 755), ranges((755, 755)), ranges((2, 8), (700, 800))])
def test_a_vendor_is_found_in_fields_and_ranges(listed: str) -> None:
    assert tcf(vendors=listed)
    assert tcf(disclosed=listed)


@pytest.mark.parametrize("listed", [field(), field(1, 756), ranges(), ranges((756, 800)), ranges((800, 700))])
def test_a_vendor_that_is_not_listed_is_not_agreed_to(listed: str) -> None:
    assert not tcf(vendors=listed)
    assert not tcf(disclosed=listed)


def test_without_the_segment_of_disclosed_vendors_there_is_no_consent() -> None:
    assert not tcf(disclosed=None)


@pytest.mark.parametrize(("kind", "agreed"), [(0, False), (1, True), (2, False), (3, True)])
def test_a_restriction_by_the_publisher_counts_for_its_vendor(kind: int, agreed: bool) -> None:
    one = f"{1:012b}{1:06b}{kind:02b}{ranges((755, 755))[17:]}"
    assert tcf(purposes=range(1, 25), restrictions=one) is agreed
    other = f"{1:012b}{1:06b}{kind:02b}{ranges((754, 754))[17:]}"
    assert tcf(purposes=range(1, 25), restrictions=other)


@pytest.mark.parametrize("version", [0, 1, 3, 63])
def test_another_version_of_the_string_is_no_consent(version: int) -> None:
    assert not tcf(version=version)


def test_two_segments_of_one_kind_are_no_consent() -> None:
    core, told = tc_string(vendors=field(755), disclosed=field(755)).split(".")
    assert said(TCF, f"euconsent-v2={core}.{told}.{told}".encode()) == NO


def test_what_follows_the_last_bit_is_no_consent() -> None:
    assert not tcf(disclosed=field(755) + "00000001")


def test_several_banners_are_several_sources() -> None:
    assert source_of({"klaro": KLARO["klaro"]}).version == "3"
    assert source_of(COOKIECONSENT).version == "2"
    assert source_of(TCF).purposes == ("stats", "offers")
