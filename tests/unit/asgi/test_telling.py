"""Law 8 for every member of the visit: what tells something about the visitor makes the page depend on them."""

from typing import Any

import pytest

from personalize.asgi.caching import header
from personalize.asgi.door import Door
from personalize.asgi.facts import Facts
from personalize.asgi.respond import marked
from personalize.asgi.visit import Visit
from personalize.model.decisions import Decision, Reason
from personalize.model.people import LOGIN, STRANGER, Assurance, Visitor
from tests.house import House, Prepared

DECISION = Decision.of("hero", "hero-variant", Reason.TARGETING_MATCH, fields={"headline": "For you"})
CALLS: dict[str, tuple[object, ...]] = {
    "absent": (DECISION,),
    "content": (DECISION,),
    "decide": ("hero",),
    "decide_all": ("hero", "offer"),
    "decide_each": ("nl", ("hero",)),
    "peek": ("hero",),
    "public": ("hero",),
    "recipe_of": (DECISION,),
    "render": ("hero",),
}
ACTS = {"abandon", "login", "logout", "observe", "put_on_the_page", "stand_for"}
"""They change or note something, and what they answer is for the site's code, or is of a visit that changed."""
WORLDS = {
    "by login": Visitor(subject=1, assurance=Assurance.login, identifier="customer_number:1"),
    "by a click": Visitor(subject=1, assurance=Assurance.click),
    "nobody's login": Visitor(identifier="customer_number:2"),
    "an unreadable login": Visitor(problem=f"{LOGIN}no kind of that name"),
    "in doubt": STRANGER,
}
MEMBERS = sorted({name for kind in Visit.__mro__[:-2] for name in vars(kind) if not name.startswith("_")} - ACTS)


def visit_in(world: str) -> Visit:
    house = House()
    trip = None if world == "off" else house.pipeline
    door = Door(trip, house.renderer, Facts(house.settings), house.counters, Reason.ERROR)
    visitor = WORLDS.get(world)
    if visitor is None:
        return Visit(door)
    return Visit(door, Prepared(visitor=visitor, problem="no store" if world == "in doubt" else ""))


def told(visit: Visit, name: str) -> str:
    """Return what a page gets to see of this member."""
    member: Any = getattr(visit, name)
    answer = member(*CALLS[name]) if callable(member) else member
    return repr(answer)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("name", MEMBERS)
def test_what_tells_something_about_the_visitor_makes_the_page_depend_on_them(name: str, world: str) -> None:
    visit = visit_in(world)
    same = told(visit, name) == told(visit_in("stranger"), name)
    assert same or visit.touched


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("name", sorted({*MEMBERS} - {"public"}))
def test_once_the_headers_are_out_nothing_is_told_that_they_did_not_say(name: str, world: str) -> None:
    visit, stranger = visit_in(world), visit_in("stranger")
    visit.late = stranger.late = True
    assert told(visit, name) == told(stranger, name)
    assert not visit.touched


@pytest.mark.parametrize("world", ["nobody's login", "an unreadable login", "in doubt", "off"])
@pytest.mark.parametrize("name", ["visitor", "is_known", "asker", "in_doubt"])
def test_a_page_with_slots_that_caches_may_keep_names_nobody_once_its_headers_are_out(name: str, world: str) -> None:
    visit, stranger = visit_in(world), visit_in("stranger")
    for each in (visit, stranger):
        each.decide("hero")
        each.late = True
    assert told(visit, name) == told(stranger, name)


@pytest.mark.parametrize("name", ["visitor", "in_doubt"])
def test_a_page_that_no_cache_keeps_may_name_whoever_it_is_until_its_end(name: str) -> None:
    visit = visit_in("nobody's login")
    before = told(visit, name), visit.visitor
    visit.late = True
    assert (told(visit, name), visit.visitor) == before


@pytest.mark.parametrize(
    ("name", "world"),
    [
        ("login_problem", "nobody's login"),
        ("login_problem", "an unreadable login"),
        ("in_doubt", "in doubt"),
        ("in_doubt", "off"),
        ("is_private", "by a click"),
        ("is_known", "by login"),
    ],
)
def test_no_cache_keeps_a_page_that_says_so(name: str, world: str) -> None:
    visit = visit_in(world)
    told(visit, name)
    assert visit.touched
    assert header(marked(visit, {"headers": []})["headers"], b"cache-control") == b"private, no-store"


def test_a_page_that_asks_for_nobody_in_particular_stays_as_it_was() -> None:
    visit = visit_in("by login")
    for name in ("decisions", "headers", "pages", "unshown"):
        told(visit, name)
    assert not visit.touched
