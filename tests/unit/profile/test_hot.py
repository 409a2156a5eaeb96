"""A person kept warm: what was worked out before belongs to one recipe."""

from personalize.model.consent import Grants
from personalize.model.people import Assurance
from personalize.profile.admitted import Dictionary
from personalize.profile.hot import MOST_MEMOS, Hot


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

    person._memo = (old, Full())
    assert "slot" not in person.memo_for(old)
    assert person.memo_for(new) == {"slot": 1}


def test_a_memo_that_is_full_is_begun_anew() -> None:
    person, recipe = hot(), object()
    person.memo_for(recipe).update({number: number for number in range(MOST_MEMOS + 1)})
    assert person.memo_for(recipe) == {}
