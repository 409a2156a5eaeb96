"""Everything a plugin author needs: the hook specifications and the records that hooks yield."""

import pluggy

from personalize.errors import PluginError
from personalize.hooks.options import Options
from personalize.hooks.records import (
    Agreed,
    Candidate,
    Chooser,
    ConsentSource,
    Context,
    PluginConfig,
    Suppressor,
    View,
)

hookimpl = pluggy.HookimplMarker("personalize")
"""Marks a function as an implementation of one of our hooks."""

__all__ = [
    "Agreed",
    "Candidate",
    "Chooser",
    "ConsentSource",
    "Context",
    "Options",
    "PluginConfig",
    "PluginError",
    "Suppressor",
    "View",
    "hookimpl",
]
