"""Steps at random: which actions, how often, and with what."""

import random
from collections.abc import Callable

from tests.property.reference import ATTRIBUTES, DAY, PURPOSES, SECOND
from tests.property.walk import BROWSERS, CUSTOMERS, Walk

OWN_BROWSERS = 3
"""On a random walk nobody logs in on the others: they know links only."""


def random_walk(walk: Walk, steps: int) -> None:
    """Take this many random steps, each an action and a look."""
    actions = list(ACTIONS)
    weights = [ACTIONS[action] for action in actions]
    for _ in range(steps):
        (action,) = walk.random.choices(actions, weights)
        action(walk, walk.random)
        walk.look(walk.random.randrange(BROWSERS), again=walk.random.random() < 0.5)
        walk.counts["steps"] += 1


def _who(chance: random.Random) -> str:
    return chance.choice(CUSTOMERS)


def _chosen(chance: random.Random) -> dict[str, int]:
    return {name: chance.randrange(9) for name in ATTRIBUTES if chance.random() < 0.7}


def _age(chance: random.Random) -> int:
    return chance.choice((0, 0, 60 * SECOND, DAY, 6 * DAY, 40 * DAY, -3600 * SECOND, -12 * 3600 * SECOND))


def _values(walk: Walk, chance: random.Random) -> None:
    rows = {who: _chosen(chance) for who in chance.sample(CUSTOMERS[:3], chance.randint(1, 3))}
    walk.import_values(chance.choice(("crm", "post")), rows, _age(chance), then=chance.random() < 0.3)


def _words(walk: Walk, chance: random.Random) -> None:
    kind = chance.choice(("objections", "consents", "consents", "consents"))
    purposes = [name for name, it in PURPOSES.items() if kind == "objections" or it.term is not None]
    words = {(_who(chance), chance.choice(purposes)) for _ in range(chance.randint(1, 3))}
    walk.import_words(kind, sorted(words), _age(chance))


def _says(walk: Walk, chance: random.Random) -> None:
    word = chance.choice(("yes", "yes", "yes", "no", "objection", "lifted", "lifted"))
    purpose = chance.choice([*PURPOSES, "recognition"])
    walk.say(chance.randrange(BROWSERS), purpose, word)


def _second_thoughts(walk: Walk, chance: random.Random) -> None:
    browser, purpose = chance.randrange(OWN_BROWSERS), chance.choice(list(PURPOSES))
    first, then = chance.choice((("yes", "no"), ("lifted", "objection")))
    walk.say(browser, purpose, first)
    walk.move_clock(chance.choice((SECOND, -1, -SECOND, -300 * SECOND)))
    walk.say(browser, purpose, then)


def _mail(walk: Walk, chance: random.Random) -> None:
    who = _who(chance)
    walk.send_link(who)
    walk.move_clock(chance.choice((0, SECOND, 3600 * SECOND)))
    if who in walk.known:
        walk.click(chance.randrange(OWN_BROWSERS - 1, BROWSERS), -1)


def _some_time(walk: Walk, chance: random.Random) -> None:
    walk.move_clock(chance.choice((1, SECOND, 60 * SECOND, 3600 * SECOND, 8 * 3600 * SECOND, DAY)))


def _back_in_time(walk: Walk, chance: random.Random) -> None:
    walk.move_clock(-chance.choice((1, 1000, SECOND, 90 * SECOND, 300 * SECOND, 3600 * SECOND)))


def _end_of_a_consent(walk: Walk, chance: random.Random) -> None:
    walk.reach_the_end_of_a_consent(_who(chance), chance.choice(list(PURPOSES)), chance.choice((-1, 0, 1, SECOND)))


def _end_of_a_value(walk: Walk, chance: random.Random) -> None:
    who = _who(chance)
    perishable = [name for name, it in ATTRIBUTES.items() if it.life and it.life <= 5 * DAY]
    held = [name for name in perishable if who in walk.known and walk.known[who].stored(name)]
    if held:
        walk.reach_the_end_of_a_value(who, chance.choice(held), chance.choice((-1, 0, 1)))


ACTIONS: dict[Callable[[Walk, random.Random], None], float] = {
    _says: 34,
    lambda walk, chance: walk.log_in(chance.randrange(OWN_BROWSERS), _who(chance)): 12,
    lambda walk, chance: walk.log_out(chance.randrange(OWN_BROWSERS)): 4,
    _second_thoughts: 2,
    _mail: 22,
    lambda walk, chance: walk.send_link(_who(chance)): 2,
    lambda walk, chance: walk.click(chance.randrange(BROWSERS), -chance.randint(1, 6)): 4,
    lambda walk, chance: walk.forget_cookie(chance.randrange(BROWSERS)): 2,
    _values: 6,
    _words: 4,
    lambda walk, chance: walk.tell_the_site(
        chance.randrange(BROWSERS), chance.choice(("crm", "post")), _chosen(chance)
    ): 5,
    _some_time: 8,
    _back_in_time: 5,
    _end_of_a_consent: 1.5,
    _end_of_a_value: 5,
    lambda walk, chance: walk.restart(): 0.3,
}
