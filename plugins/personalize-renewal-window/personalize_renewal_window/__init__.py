"""Chooses the renewal variant when a contract nears its end."""

from collections.abc import Iterator

from personalize.hooks import Chooser, Options, PluginConfig, hookimpl
from personalize_renewal_window.window import read_window

__version__ = "0.1.0"
__all__ = ["personalize_choosers"]
KNOWN = ("attribute", "within", "only", "slot", "slots", "variants", "order", "titles")


@hookimpl
def personalize_choosers(config: PluginConfig) -> Iterator[Chooser]:
    """Yield the one rule that shows the renewal variants inside the window, and only there.

    An unconfigured plugin yields nothing. Raises PluginError naming the option to mend.
    """
    if not config.options:
        return
    options = Options(config, KNOWN)
    window = read_window(options)
    variants = options.names("variants", example=["renewal-banner"])
    if not variants:
        remedy = 'Name the variants meant for the window, as in variants = ["renewal-banner"]'
        raise options.error("variants", "is missing", remedy)
    yield Chooser(
        name="renewal-window",
        when=window.condition(options.text("only", "", example="active")),
        order=options.whole("order", 100),
        slots=options.slots(),
        variants=variants,
        titles=options.texts("titles", example={"en": "your contract ends soon"}) or window.titles(),
    )
