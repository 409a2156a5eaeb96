"""Chooses the renewal variant when a contract nears its end."""

from collections.abc import Iterator

from personalize.hooks import Chooser, PluginConfig, hookimpl
from personalize_renewal_window.options import Options
from personalize_renewal_window.window import Window

__version__ = "0.1.0"
__all__ = ["personalize_choosers"]


@hookimpl
def personalize_choosers(config: PluginConfig) -> Iterator[Chooser]:
    """Yield the one rule that shows the renewal variants inside the window, and only there.

    An unconfigured plugin yields nothing. Raises PluginError naming the option to mend.
    """
    if not config.options:
        return
    options = Options(config)
    window = Window(options.attribute(), options.kind(), *options.within())
    yield Chooser(
        name="renewal-window",
        when=window.condition(options.only()),
        order=options.order(),
        slots=options.slots(),
        variants=options.variants(),
        titles=options.titles() or window.titles(),
    )
