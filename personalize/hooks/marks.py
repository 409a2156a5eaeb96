"""Tell a plugin's hooks from functions that were meant for one, and would silently never be asked."""

import difflib
import inspect
from typing import Any

import pluggy

from personalize.errors import PluginError
from personalize.hooks import spec
from personalize.settings.toml_file import listed

GROUP = "personalize"
PREFIX = f"{GROUP}_"
HOOKS = tuple(name for name in vars(spec) if name.startswith(PREFIX))


def check_hooks(plugin: str, module: Any) -> None:
    """Refuse a plugin without any hook, or with a function that looks like one and is none. Raises PluginError."""
    manager = pluggy.PluginManager(GROUP)
    marked = False
    for name in dir(module):
        options = manager.parse_hookimpl_opts(module, name)
        if options is not None:
            marked = True
            if not options.get("optionalhook"):
                _check_marked(plugin, module, name, options.get("specname") or name)
        elif name.startswith(PREFIX) and inspect.isroutine(inspect.getattr_static(module, name)):
            _refuse_unmarked(plugin, module, name)
    if not marked:
        raise PluginError(
            f"The plugin '{plugin}' has no hook, so it does nothing. Mark a function with @hookimpl: {listed(HOOKS)}."
        )


def _check_marked(plugin: str, module: Any, name: str, hook: str) -> None:
    function = getattr(module, name)
    if hook not in HOOKS:
        raise PluginError(
            f"{_who(plugin, function, name)} is marked with @hookimpl, but no hook is called so. {_near(hook)}"
        )
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise PluginError(f"{_who(plugin, function, name)} is async, but a hook is asked once, at start. Write `def`.")
    odd = [each.name for each in inspect.signature(function).parameters.values() if not _is_given(each)]
    if odd:
        whole = odd[0] == "self" and inspect.isclass(module)
        remedy = "Hand over an object, not its class" if whole else f"Write `def {name}(config):`, or leave it out"
        raise PluginError(f"{_who(plugin, function, name)} takes `{odd[0]}`, but a hook gets `config` alone. {remedy}.")


def _is_given(parameter: inspect.Parameter) -> bool:
    """Say whether a hook's parameter gets something: ours by its name, others by what they are."""
    several = parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return several or parameter.name == "config" or parameter.default is not inspect.Parameter.empty


def _refuse_unmarked(plugin: str, module: Any, name: str) -> None:
    who = _who(plugin, getattr(module, name), name)
    if name in HOOKS:
        raise PluginError(f"{who} is not marked, so it is never asked. Write @hookimpl above it.")
    remedy = f"{_near(name)} Names that begin with {PREFIX} are for hooks, each marked with @hookimpl: rename it."
    raise PluginError(f"{who} is no hook. {remedy}")


def _who(plugin: str, function: Any, name: str) -> str:
    code = getattr(inspect.unwrap(function), "__code__", None)
    place = f" ({code.co_filename}, line {code.co_firstlineno})" if code else ""
    return f"The plugin '{plugin}': {name}{place}"


def _near(name: str) -> str:
    """Return the advice that names the hook that was probably meant; the prefix is alike in all of them."""
    ours = [hook.removeprefix(PREFIX) for hook in HOOKS]
    near = difflib.get_close_matches(name.removeprefix(PREFIX), ours, 1)
    return f"Did you mean `{PREFIX}{near[0]}`?" if near else f"Known: {listed(HOOKS)}."
