"""A person kept warm: what was worked out before belongs to one recipe."""

from collections.abc import Callable

import pytest

from personalize.model.consent import Grants
from personalize.model.people import Assurance, Visitor
from personalize.profile.admitted import FOREVER, Dictionary
from personalize.profile.hot import MOST_MEMOS, MOST_RECENT, Hot, HotProfiles, LoggedIn, Memo

NOW = 1
VISITOR = Visitor(subject=1, assurance=Assurance.login)


def hot() -> Hot:
    grants = Grants(subject=1, assurance=Assurance.login, epoch=1, in_force={})
    return Hot(1, Assurance.login, 1, Dictionary(()).admit({}, grants, 0), None)


def test_a_memo_is_kept_for_one_recipe() -> None:
    person, old, new = hot(), object(), object()
    person.memo_for(old)["slot"] = "verdict of the old recipe"
    assert person.memo_for(old) == {"slot": "verdict of the old recipe"}
    assert person.memo_for(new) == {}


def test_a_thread_that_still_serves_the_old_recipe_never_gets_a_memo_of_the_new_one() -> None:
    person, old, new = hot(), object(), object()

    class Full(dict[str, int]):
        def __len__(self) -> int:  # the moment at which another thread takes over
            person.memo_for(new)["slot"] = 1
            return 0

    person.memo = Memo(old, Full())
    assert "slot" not in person.memo_for(old)
    assert person.memo_for(new) == {"slot": 1}


def test_a_memo_that_is_full_is_begun_anew() -> None:
    person, recipe = hot(), object()
    person.memo_for(recipe).update({number: number for number in range(MOST_MEMOS + 1)})
    assert person.memo_for(recipe) == {}


def warm(login: str = "anna", profiles: HotProfiles | None = None) -> HotProfiles:
    profiles = profiles or HotProfiles()
    profiles.keep_login(login, VISITOR, hot(), profiles.generation)
    assert profiles.logged_in(login, NOW) is not None
    return profiles


def forget_one(profiles: HotProfiles) -> None:
    profiles.forget((2,))  # an identifier that a second person claims belongs to neither


@pytest.mark.parametrize("forget", [forget_one, HotProfiles.forget_all])
def test_a_login_found_just_now_is_forgotten_with_anybody(forget: Callable[[HotProfiles], None]) -> None:
    profiles = warm()
    forget(profiles)
    assert profiles.logged_in("anna", NOW) is None


def test_a_login_that_is_kept_anew_gives_the_new_profile() -> None:
    profiles = warm()
    profiles.keep_login("anna", VISITOR, newer := hot(), profiles.generation)
    assert profiles.logged_in("anna", NOW) == LoggedIn(VISITOR, newer)


def test_a_login_is_found_no_longer_than_its_profile_holds() -> None:
    profiles = warm()
    assert profiles.logged_in("anna", FOREVER) is None


def test_more_logins_than_are_found_at_once_are_found_all_the_same() -> None:
    profiles = HotProfiles()
    for number in range(MOST_RECENT + 2):
        warm(f"number:{number}", profiles)
    assert profiles.logged_in("number:0", NOW) is not None
    assert len(profiles._recent) <= MOST_RECENT


def with_device(profiles: HotProfiles, subject: int, device: int) -> None:
    """Keep a person warm together with what was observed on a device that is linked to them."""
    grants = Grants(subject=subject, assurance=Assurance.login, epoch=1, in_force={})
    admitted = Dictionary(()).admit({}, grants, 0)
    profiles.keep(Hot(subject, Assurance.login, 1, admitted, None, device), profiles.generation)


def test_what_a_device_said_counts_for_its_person_however_many_devices_came_since(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("personalize.profile.hot.MOST_PROFILES", 4)
    profiles = HotProfiles()
    with_device(profiles, 1, 1001)
    for subject in range(2, 12):
        with_device(profiles, subject, subject + 1000)
        profiles.get(1, Assurance.login, NOW)
    assert profiles.get(1, Assurance.login, NOW) is not None
    profiles.forget((1001,))
    assert profiles.get(1, Assurance.login, NOW) is None


def test_what_a_device_said_counts_for_its_person_though_it_was_read_alone_since() -> None:
    profiles = HotProfiles()
    with_device(profiles, 1, 1001)
    with_device(profiles, 1001, 1001)
    profiles.forget((1001,))
    assert profiles.get(1, Assurance.login, NOW) is None
