"""Law 2 through the whole trip: an entry read back lists the cells in the mask, and decides the same again."""

import random
from pathlib import Path
from typing import Any

import pytest

from personalize.cookbook.codes import code_of
from personalize.model.cookbook import CookbookEntry
from personalize.profile.view import Moment, ProfileView
from tests.property.little_site import variant
from tests.property.reference import ATTRIBUTES, DAY, SECOND
from tests.property.walk import CUSTOMERS, Walk

SITES, PAGES = 20, 10
LEAVES = (
    "active",
    "first_name == 'Anna'",
    "months_left < 3",
    "theme == 'dark'",
    "visits >= 1",
    "known(nickname)",
    "mood != 'Bo'",
    "'climate' in letters",
    "any_of(products, {'tv', 'phone'})",
    "contract_end <= today + days(90)",
    "last_visit > now - days(1)",
    "segment('readers')",
    "visit > 3",
)


def clause(chance: random.Random, depth: int = 2) -> str:
    """Return a random condition over the little site's dictionary."""
    if depth == 0 or chance.random() < 0.3:
        leaf = chance.choice(LEAVES)
        return leaf if chance.random() < 0.7 else f"not ({leaf})"
    joined = chance.choice((" and ", " or ")).join(clause(chance, depth - 1) for _ in range(2))
    return f"not ({joined})" if chance.random() < 0.2 else f"({joined})"


def content(chance: random.Random) -> str:
    texts = ("Hello", "Hello {first_name}", "{nickname}, at {months_left}")
    return variant("asks", "plain") + "".join(
        variant("page", f"v{place}", clause(chance), chance.choice(texts)) for place in range(chance.randint(1, 5))
    )


def people_a_site(walk: Walk, chance: random.Random) -> None:
    """Let files, people and the site itself say this and that."""
    for source in ("crm", "post"):
        rows = {who: {name: chance.randrange(9) for name in ATTRIBUTES if chance.random() < 0.8} for who in CUSTOMERS}
        walk.import_values(source, rows, chance.choice((0, 3 * DAY, 6 * DAY)), then=chance.random() < 0.2)
    consents = [(who, purpose) for who in CUSTOMERS for purpose in ("letter", "offers") if chance.random() < 0.7]
    walk.import_words("consents", consents, 60 * SECOND)
    walk.import_words("objections", [(chance.choice(CUSTOMERS), chance.choice(("care", "service")))], 0)
    for browser, who in enumerate(CUSTOMERS):
        walk.log_in(browser, who)
        walk.say(browser, "recognition", "yes")
    walk.send_link("c1")
    walk.click(len(CUSTOMERS), -1)
    walk.tell_the_site(0, "crm", {"last_visit": 0, "nickname": 1})


def visit(walk: Walk, chance: random.Random) -> dict[bytes, set[str]]:
    """Decide random pages, and return for each entry the names in the mask of its decision."""
    pipeline, read = walk.house.pipeline, {}
    for number in range(PAGES):
        walk.move_clock(chance.choice((0, SECOND, 3600 * SECOND)))
        prepared = walk.prepare(chance.choice(walk.browsers))
        facts = {"visit": chance.randrange(6)}
        decision = pipeline.decide(prepared, "page", facts, code=number)
        slot = pipeline.serving.recipe.slots["page"]
        cells = prepared.hot.admitted.cells + pipeline.serving.readers["page"](facts)
        view = ProfileView(cells, Moment(prepared.moment.at, prepared.moment.calendar))
        slot.decide(view)
        names = (*(attribute.name for attribute in pipeline.serving.recipe.recipe.attributes), "visit")
        read[decision.entry_id] = {name for place, name in enumerate(names) if view.mask >> place & 1}
        assert decision.code == code_of(number)
    return read


def listed(entry: CookbookEntry) -> set[str]:
    values = [item.attribute for item in entry.ingredients]
    absences = [item.attribute for item in entry.absences]
    names = [*values, *absences, *entry.context]
    assert len(names) == len(set(names)), "nothing is listed twice"
    return set(names)


def entries(walk: Walk) -> dict[bytes, CookbookEntry]:
    found = [walk.house.cookbook.by_code(code_of(number)) for number in range(PAGES)]
    return {entry.entry_id: entry for each in found for entry in each}


def check(walk: Walk, read: dict[bytes, set[str]]) -> dict[bytes, CookbookEntry]:
    """Hold the entries against the masks, and decide them again."""
    found = entries(walk)
    assert {entry_id: listed(entry) for entry_id, entry in found.items()} == read
    report = walk.house.replay().report(found.values())
    assert (report.entries, report.differences, report.not_replayable) == (len(read), (), ())
    return found


@pytest.mark.parametrize("seed", range(SITES))
def test_an_entry_lists_the_mask_and_replays_after_a_restart_and_another_import(tmp_path: Path, seed: int):
    chance = random.Random(seed)
    with Walk(tmp_path / "site", content=content(chance)) as walk:
        people_a_site(walk, chance)
        read = visit(walk, chance)
        first: Any = check(walk, read)
        walk.restart()
        assert check(walk, read) == first
        people_a_site(walk, chance)
        walk.house.indexer.drain()
        assert check(walk, read) == first
        assert any(read.values()), "the conditions read something"
        walk.expected = dict.fromkeys(read)


def test_a_machine_so_slow_that_every_rule_overruns_replays_without_a_difference(tmp_path: Path, monkeypatch):
    with Walk(tmp_path / "site") as walk:
        people_a_site(walk, random.Random(1))
        for _ in range(6):
            walk.look(0, again=False)
        with monkeypatch.context() as patch:  # undone before the walk's own
            patch.setattr("personalize.hooks.breaker.SLOW_NS", -1)
            report = walk.house.replay().report(walk.house.cookbook.by_time(0, 1 << 62))
        assert (report.entries, report.differences) == (len(walk.expected), ())
