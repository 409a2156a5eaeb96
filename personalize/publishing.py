"""Publishing: settings, content files and plugins become one recipe, compiled and kept under its hash."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

from msgspec import structs

from personalize.content.files import Content, read_content, unread_files
from personalize.content.recipe import build_recipe, recipe_digest
from personalize.content.watch import ContentWatch
from personalize.decisions.compiled import CompiledRecipe
from personalize.decisions.compiler import Places, RuleKey, compile_recipe
from personalize.decisions.conditions.scope import Place
from personalize.decisions.contexts import refusals
from personalize.errors import ConfigError, ManyErrors, PersonalizeError, StoreError, StoreLocked
from personalize.hooks.breaker import Breaker
from personalize.hooks.manager import Installed
from personalize.hooks.records import Callee, ConsentSource
from personalize.model.content import Variant, decode_recipe, encode_recipe
from personalize.ports import Clock, ContentStore
from personalize.settings import Settings
from personalize.settings.load import setting_places
from personalize.settings.places import Path as Key
from personalize.settings.places import Place as Spot
from personalize.settings.places import nearest

log = logging.getLogger("personalize")
HELD_UP_SECONDS = 0.02
"""How long publishing an edit may wait for another writer, while the site serves."""
MOST_READS = 3
"""How often content files are read that somebody writes meanwhile."""
EMPTIED = "There is no variant in %s any more: every slot shows its default"


class Publisher:
    """Makes recipes from the files as they are now, and notices when they are edited.

    `refused` says what is wrong with the files as they are now; it is empty where they are in force.
    """

    def __init__(self, settings: Settings, installed: Installed, counters: Counter[str] | None = None) -> None:
        self._settings, self._installed = settings, installed
        self._breaker = Breaker(counters)
        self.watch = ContentWatch(settings)
        self.refused = ""

    @property
    def callees(self) -> Mapping[RuleKey, Callee]:
        """Return the plugins' own functions, by the rule they stand behind."""
        return self._installed.callees

    @property
    def sources(self) -> Sequence[ConsentSource]:
        """Return what hears the browser's own word about purposes."""
        return [source for _, source in self._installed.sources]

    @property
    def heard(self) -> frozenset[str]:
        """Return the purposes about which the browser's own word is heard."""
        return frozenset(name for source in self.sources for name in source.purposes or self._settings.purposes)

    def read(self) -> CompiledRecipe:
        """Return the recipe that the files and plugins make. Raises ManyErrors with every mistake."""
        content = self._content()
        if content.errors:
            raise ManyErrors((*content.errors, *self._mistaken_conditions(content)))
        compiled = self._compiled(content)
        self._check_contexts(compiled)
        return compiled

    def _content(self) -> Content:
        """Return what the files say, read again where one was written meanwhile."""
        reads = 0
        while True:
            self.watch.begin()
            content, reads = read_content(self._settings), reads + 1
            if reads == MOST_READS or self.watch.held_still():
                return content

    def places(self, content: Content) -> Places:
        """Return what tells where each condition stands, for what is said about it."""
        return partial(self._place, content, setting_places(self._settings.file))

    def _mistaken_conditions(self, content: Content) -> tuple[ConfigError, ...]:
        """Return what is wrong with conditions, where the rest of the variants cannot be used either."""
        bare = tuple(structs.replace(variant, fields={}) for variant in content.variants)
        try:
            self._compiled(structs.replace(content, variants=bare))
        except ManyErrors as error:
            return error.errors
        return ()

    def _compiled(self, content: Content) -> CompiledRecipe:
        recipe = build_recipe(self._settings, content.variants, self._installed.rules)
        return compile_recipe(
            recipe,
            recipe_digest(recipe),
            self._installed.callees,
            places=self.places(content),
            breaker=self._breaker,
        )

    def _check_contexts(self, compiled: CompiledRecipe) -> None:
        """Refuse contexts that would tell more of a visitor than a cache may know. Raises ManyErrors."""
        segments = self._settings.contexts
        if not segments:
            return
        spot = nearest(setting_places(self._settings.file), ("contexts", "segments")) or Spot(1, 1)
        errors = tuple(refusals(compiled, segments, str(self._settings.file), spot.line, spot.column))
        if errors:
            raise ManyErrors(errors)

    def _place(self, content: Content, settings: dict[Key, Spot], kind: str, name: str) -> Place:
        """Return where a condition stands, for what is said about it."""
        written = content.places.get(name) if kind == "variant" else None
        if written is not None:
            found = written.at("when")
            return Place(file=found.file, line=found.line, column=found.column)
        table, (name, _, rule) = "segments" if kind == "segment" else "plugins", name.partition("/")
        spot = nearest(settings, (table, name, "when")) or Spot(1, 1)
        field = f"{table}.{name}, the rule {rule}'s when" if rule else f"{table}.{name} when"
        return Place(file=str(self._settings.file), line=spot.line, column=spot.column, field=field)

    def publish(self, store: ContentStore, clock: Clock, *, wait: float = 5.0) -> CompiledRecipe:
        """Read, then keep the recipe for as long as an entry refers to it; `wait` (s) for another writer.

        What looks like a content file and is not read is named in the log.
        """
        compiled = self.read()
        for unread in unread_files(self._settings):
            log.warning("%s", unread)
        store.save_recipe(compiled.digest, encode_recipe(compiled.recipe), clock.now(), wait=wait)
        return compiled

    def _serve(self, store: ContentStore, clock: Clock, *, wait: float = 5.0) -> CompiledRecipe:
        """Publish what visitors are to see from now on."""
        compiled = self.publish(store, clock, wait=wait)
        if not compiled.recipe.variants and _has_variants(store):
            log.warning(EMPTIED, self._settings.content)
        with suppress(StoreLocked):  # then the next start notes it
            store.put_in_force(compiled.digest, wait=HELD_UP_SECONDS)
        self.refused = ""
        return compiled

    def start(self, store: ContentStore, clock: Clock) -> CompiledRecipe:
        """Publish for visitors; where the content files are refused, go on with what they were when they last were not.

        So a site starts with a mistake in a text as it runs on with one. Raises ManyErrors where no content
        could be used, for the mistake is in the settings or plugins.
        """
        try:
            return self._serve(store, clock)
        except StoreError:
            raise
        except Exception as error:
            kept = self._kept(store, error)
            store.save_recipe(kept.digest, encode_recipe(kept.recipe), clock.now())
            self.refused = str(error) or type(error).__name__
            stays = "those of before stay" if kept.recipe.variants else "every slot shows its default"
            log.error("The content files are refused, %s:\n%s", stays, error)
            return kept

    def _kept(self, store: ContentStore, refusal: Exception) -> CompiledRecipe:
        """Return the variants in force before, under the settings and plugins of now.

        None of them where the slots or languages are others by now: nobody has checked them against those.
        """
        try:
            empty = self._usable(())
        except ManyErrors:
            raise refusal from None
        body = store.recipe(store.in_force())
        if body is None:
            return empty
        before, now = decode_recipe(body), empty.recipe
        if (before.slots, before.languages) != (now.slots, now.languages):
            return empty
        try:
            return self._usable(before.variants)
        except ManyErrors:
            return empty

    def _usable(self, variants: tuple[Variant, ...]) -> CompiledRecipe:
        compiled = self._compiled(Content(variants=variants, places={}))
        self._check_contexts(compiled)
        return compiled

    def republish(self, store: ContentStore, clock: Clock) -> CompiledRecipe | None:
        """Publish the edited files, or say in the log what is wrong with them and return None.

        A store that is held up is tried again at the next look: a visitor is waiting.
        """
        try:
            return self._serve(store, clock, wait=HELD_UP_SECONDS)
        except StoreError as error:
            self.watch.again()
            log.warning("The edited content waits: %s", error)
            return None
        except PersonalizeError as error:
            self.refused = str(error)
            log.error("The edited content is refused, the old one stays:\n%s", error)
            return None
        except Exception as error:
            self.refused = str(error) or type(error).__name__
            log.exception("The edited content could not be read, the old one stays.")
            return None


def _has_variants(store: ContentStore) -> bool:
    """Say whether what is in force has a variant."""
    body = store.recipe(store.in_force())
    return body is not None and bool(decode_recipe(body).variants)
