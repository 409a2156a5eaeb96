"""Decide recorded entries again, with the recipe of then and the values they list (law 4)."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct

from personalize.cookbook.codes import show_code
from personalize.decisions.compiled import CompiledRecipe, CompiledSlot
from personalize.decisions.compiler import RuleKey, compile_recipe
from personalize.errors import NotReplayable, PersonalizeError
from personalize.explain.recorded import recorded_view
from personalize.hooks.breaker import Patience
from personalize.hooks.records import Callee
from personalize.model.content import Recipe
from personalize.model.cookbook import CookbookEntry
from personalize.model.decisions import Outcome


class Difference(Struct, frozen=True, kw_only=True):
    """One entry that would be decided otherwise: what was recorded, what comes out now, and in what.

    `code` is as people see it, here and below.
    """

    entry_id: str
    code: str
    slot: str
    what: str
    recorded: str
    now: str


class Unreplayable(Struct, frozen=True, kw_only=True):
    """One entry that cannot be decided again, and the reason."""

    entry_id: str
    code: str
    slot: str
    why: str


class Report(Struct, frozen=True, kw_only=True):
    """What a replay found. `entries` counts all that were looked at, `erased` those of people who were erased."""

    entries: int
    erased: int = 0
    differences: tuple[Difference, ...]
    not_replayable: tuple[Unreplayable, ...]


class PastRecipes:
    """Compiles the recipes of then, each once. `recipe` gives a kept one by hash, `callees` today's callables."""

    def __init__(self, recipe: Callable[[str], Recipe | None], callees: Mapping[RuleKey, Callee]) -> None:
        self._recipe, self._callees = recipe, callees
        self._compiled: dict[str, CompiledRecipe] = {}

    def of(self, digest: str) -> CompiledRecipe:
        """Return a recipe ready to decide. Raises NotReplayable where it is not kept."""
        if digest not in self._compiled:
            recipe = self._recipe(digest)
            if recipe is None:
                raise NotReplayable(f"The recipe {digest[:12]} is not kept.")
            self._compiled[digest] = compile_recipe(recipe, digest, self._callees, breaker=Patience())
        return self._compiled[digest]


class Replay:
    """Replays entries. `recipe` gives a kept recipe by hash, `callees` the plugins' callables of today."""

    def __init__(self, recipe: Callable[[str], Recipe | None], callees: Mapping[RuleKey, Callee]) -> None:
        self._recipes = PastRecipes(recipe, callees)

    def report(self, entries: Iterable[CookbookEntry], progress: Callable[[int], None] = lambda n: None) -> Report:
        """Decide every entry again; `progress` is told the count as it grows."""
        count = erased = 0
        differences: list[Difference] = []
        impossible: list[Unreplayable] = []
        for count, entry in enumerate(entries, start=1):  # read after the loop
            progress(count)
            if entry.erased:
                erased += 1
                continue
            try:
                differences += self.differences(entry)
            except PersonalizeError as error:
                impossible.append(
                    Unreplayable(
                        entry_id=entry.entry_id.hex(), code=show_code(entry.code), slot=entry.slot, why=str(error)
                    )
                )
        return Report(entries=count, erased=erased, differences=tuple(differences), not_replayable=tuple(impossible))

    def differences(self, entry: CookbookEntry) -> Iterator[Difference]:
        """Return how an entry differs when decided again. Raises NotReplayable with the plugin's name."""
        if entry.erased:
            raise NotReplayable("The person's data has been erased.")
        compiled = self._recipes.of(entry.recipe)
        slot = compiled.slots.get(entry.slot)
        if slot is None:
            raise NotReplayable(f"The recipe of then has no slot '{entry.slot}'.")
        if slot.missing:
            raise NotReplayable(f"Not installed in the version that took part: {', '.join(slot.missing)}.")
        return self._compared(entry, compiled.recipe, slot)

    def _compared(self, entry: CookbookEntry, recipe: Recipe, slot: CompiledSlot) -> Iterator[Difference]:
        view = recorded_view(entry, recipe)
        verdict = slot.decide(view, failing=frozenset(entry.failed))
        variant = slot.names[verdict.winner] if verdict.winner >= 0 else None
        names = (*(attribute.name for attribute in recipe.attributes), *slot.slot.context)
        listed, read = _listed(entry), {name for index, name in enumerate(names) if verdict.mask >> index & 1}
        read |= {name for rule in entry.failed for name in recipe.rules[rule].reads} & listed  # read before it failed
        for what, recorded, now in (
            ("variant", entry.variant or "default", variant or "default"),
            ("reason", entry.reason.name, verdict.reason.name),
            ("outcomes", _told(entry.outcomes), _told(slot.outcomes(verdict.codes))),
            ("reads", ", ".join(sorted(listed)), ", ".join(sorted(read))),
        ):
            if recorded != now:
                yield Difference(
                    entry_id=entry.entry_id.hex(),
                    code=show_code(entry.code),
                    slot=entry.slot,
                    what=what,
                    recorded=recorded,
                    now=now,
                )


def _listed(entry: CookbookEntry) -> set[str]:
    values = {item.attribute for item in entry.ingredients} | {item.attribute for item in entry.absences}
    return values | set(entry.context)


def _told(outcomes: tuple[Outcome, ...]) -> str:
    return ", ".join(
        f"{o.variant}: {o.reason.name}{f' ({o.cause.name})' if o.cause else ''} {o.rule}" for o in outcomes
    )
