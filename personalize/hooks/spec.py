"""The hooks. Each runs once, at start-up, and yields records; none runs while a page is served."""

from collections.abc import Iterable

import pluggy

from personalize.hooks.records import Chooser, ConsentSource, PluginConfig, Suppressor

hookspec = pluggy.HookspecMarker("personalize")


@hookspec
def personalize_suppressors(config: PluginConfig) -> Iterable[Suppressor]:
    """Yield the rules that keep candidates away.

    Example:

        @hookimpl
        def personalize_suppressors(config):
            yield Suppressor(
                name="no-offers-during-outage",
                when="outage",
                slots=("offer",),
                titles={"en": "there is an outage at your address"},
            )
    """
    return ()


@hookspec
def personalize_choosers(config: PluginConfig) -> Iterable[Chooser]:
    """Yield the rules that have the say over candidates.

    Example:

        @hookimpl
        def personalize_choosers(config):
            yield Chooser(
                name="even-hours",
                choose=lambda view, candidate, context: context.now.hour % 2 == 0,
                reads=("now",),
                variants=("night-sky",),
                titles={"en": "it is an even hour"},
            )
    """
    return ()


@hookspec
def personalize_consent_sources(config: PluginConfig) -> Iterable[ConsentSource]:
    """Yield what hears the browser's own word about purposes.

    Example:

        def read(headers, purposes):
            return {"analytics": False} if (b"dnt", b"1") in headers else {}

        @hookimpl
        def personalize_consent_sources(config):
            yield ConsentSource(name="do-not-track", read=read, purposes=("analytics",))
    """
    return ()
