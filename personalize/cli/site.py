"""The options that commands share, and the site they speak of."""

import argparse
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from personalize.content.recipe import recipe_digest
from personalize.decisions.compiled import CompiledRecipe
from personalize.decisions.compiler import compile_recipe
from personalize.errors import StoreError
from personalize.explain.language import LANGUAGES
from personalize.house import House
from personalize.model.content import Recipe
from personalize.personalizer import Personalizer
from personalize.ports import Clock, ContentStore
from personalize.publishing import Publisher
from personalize.settings import Settings, load_settings

CONFIG = "personalize.toml"


def config_option(parser: argparse.ArgumentParser) -> None:
    """Add `--config`."""
    parser.add_argument("--config", type=Path, default=Path(CONFIG), metavar="FILE", help=f"default: {CONFIG} here")


def json_option(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def language_option(parser: argparse.ArgumentParser) -> None:
    """Add `--lang`."""
    parser.add_argument("--lang", default="", choices=LANGUAGES, help="default: the site's first language")


def settings_of(args: argparse.Namespace) -> Settings:
    """Return the settings of the file that `--config` names. Raises ManyErrors."""
    return load_settings(args.config, os.environ)


def personalizer_of(args: argparse.Namespace) -> Personalizer:
    """Return the site's personalizer, not opened. Raises ManyErrors, ConfigError, PluginError."""
    return Personalizer.from_toml(args.config)


@contextmanager
def open_house(args: argparse.Namespace) -> Iterator[House]:
    """Open the site's store for reading, without indexing; close it in any case."""
    personalizer = personalizer_of(args)
    try:
        yield personalizer.open()
    finally:
        personalizer.close()


@contextmanager
def open_books(args: argparse.Namespace) -> Iterator[House]:
    """Open the site's store for looking things up: a mistake in today's content is then no hindrance.

    Raises StoreError where there is no store: looking makes none.
    """
    personalizer = personalizer_of(args)
    folder = personalizer.settings.site.store
    if not (folder / "people.sqlite").is_file():
        raise StoreError(
            f"There is no store in {folder}: start the site once, put a backup back with `personalize restore`,"
            " or correct `[site] store`."
        )
    personalizer.publisher = NoContent(personalizer.settings, personalizer.installed)
    try:
        yield personalizer.open()
    finally:
        personalizer.close()


@contextmanager
def open_to_change(args: argparse.Namespace) -> Iterator[House]:
    """Open the site's store as `open_books` does, for a command that records something.

    Raises StoreError, which says that nothing was recorded where the store cannot be opened.
    """
    with ExitStack() as held:
        try:
            house = held.enter_context(open_books(args))
        except StoreError as error:
            raise type(error)(f"Nothing was recorded. {error}") from error
        yield house


class NoContent(Publisher):
    """Publishes nothing: what was recorded is told from the recipes of then."""

    def edited(self) -> bool:
        """Say that there is nothing to follow."""
        return False

    def publish(self, store: ContentStore, clock: Clock, *, wait: float = 0.0) -> CompiledRecipe:
        """Return a recipe without slots, and keep none."""
        recipe = Recipe(timezone="UTC", languages=("en",))
        return compile_recipe(recipe, recipe_digest(recipe), {})
