"""Priority order: of the candidates that no other chooser names, the first in order is shown."""

from collections.abc import Iterable

from personalize.hooks import Chooser, PluginConfig, hookimpl

LAST = 1_000_000


@hookimpl
def personalize_choosers(config: PluginConfig) -> Iterable[Chooser]:
    """Yield the chooser that takes whatever is left, in the variants' own order."""
    yield Chooser(
        name="priority-order",
        order=LAST,
        titles={
            "nl": "van wat paste, kwam deze als eerste",
            "nb": "av det som passet, kom denne først",
            "en": "of those that fitted, this one came first",
        },
    )
