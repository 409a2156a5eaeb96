"""Contexts: the few groups of visitors whose pages a cache in front of the site may share.

A page for a context is made from a request without any credentials, over a recipe in which the
context's segments are all that is known: nothing of a person can be in it.
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from itertools import product

from personalize.admission import Prepared
from personalize.decisions.compiled import CompiledRecipe
from personalize.decisions.compiler import RuleKey, compile_recipe
from personalize.decisions.contexts import KNOWN, States, more_than, states_of, world_of
from personalize.hooks.records import Callee
from personalize.model.attributes import Stored
from personalize.model.consent import Basis, Grant, Grants
from personalize.model.decisions import Decision
from personalize.model.people import Assurance, Visitor
from personalize.pipeline import Pipeline
from personalize.ports import Clock
from personalize.profile.admitted import Dictionary
from personalize.profile.hot import Hot
from personalize.profile.view import Calendar, Moment

OWN = "own"
"""What stands for a visitor whose pages nobody shares."""
SOMEBODY = Visitor(assurance=Assurance.click, problem="context: the page is made for several people")
"""Whoever is in a context: one of those who came by a link, and were no device of their own."""
STATES = (True, False, None)


class World:
    """The contexts of one recipe: their names, and the trip that decides for them."""

    def __init__(self, compiled: CompiledRecipe, trip: Pipeline, names: Mapping[States, str]) -> None:
        self.trip, self.names = trip, names
        self.compiled, self._more = compiled, more_than(compiled.recipe)
        dictionary = Dictionary(trip.serving.recipe.recipe.attributes)
        self.hots = {name: _hot(dictionary, states) for states, name in names.items()}

    def suits(self, decisions: Sequence[Decision]) -> bool:
        """Say whether everybody in a context gets these decisions: no more was read than it tells."""
        return not any(decision.mask & self._more for decision in decisions)


class Contexts:
    """The contexts of a site, under the recipe in force.

    `serving` gives that recipe, `trip` makes a trip under another one. Names are keyed, so that
    nobody can make one up, and others under each recipe, so that an edit is seen at once.
    """

    def __init__(
        self,
        segments: Sequence[str],
        *,
        key: bytes,
        serving: Callable[[], CompiledRecipe],
        trip: Callable[[CompiledRecipe], Pipeline],
        callees: Mapping[RuleKey, Callee],
        calendar: Calendar,
        clock: Clock,
    ) -> None:
        self.segments, self._key = tuple(segments), key
        self._serving, self._trip, self._callees = serving, trip, callees
        self._calendar, self._clock = calendar, clock
        self._world: World | None = None

    def world(self) -> World:
        """Return the contexts of the recipe in force; made anew when that has changed."""
        compiled, world = self._serving(), self._world
        if world is None or world.compiled is not compiled:
            recipe = world_of(compiled.recipe, self.segments)
            trip = self._trip(compile_recipe(recipe, compiled.digest, self._callees))
            each = product(STATES, repeat=len(self.segments))
            world = World(compiled, trip, {states: self._name(compiled, states) for states in each})
            self._world = world
        return world

    def name_of(self, decision: Decision) -> str:
        """Return the name of the context that a decision of the slot `segments` puts somebody in, or nothing."""
        states = states_of(decision, self.segments)
        return "" if states is None else self.world().names[states]

    def prepare(self, world: World, name: str) -> Prepared | None:
        """Return what stands for the first three stops of a request for a context; None for a name that is none."""
        hot = world.hots.get(name)
        return None if hot is None else Prepared(SOMEBODY, hot, Moment(self._clock.now(), self._calendar), 0)

    def _name(self, compiled: CompiledRecipe, states: States) -> str:
        told = f"{compiled.digest} {self.segments} {states}".encode()
        return blake2b(told, key=self._key, digest_size=8).hexdigest()


def _hot(dictionary: Dictionary, states: States) -> Hot:
    """Return the profile of a context: its segments' values, under a grant that covers nothing else."""
    granted = {"": Grant(purpose="", basis=Basis.legitimate_interest)}
    grants = Grants(subject=0, assurance=Assurance.none, epoch=0, in_force=granted)
    known = {f"{KNOWN}{place}": Stored(state, 0, 0) for place, state in enumerate(states) if state is not None}
    return Hot(0, Assurance.none, 0, dictionary.admit(known, grants, 0), None)
