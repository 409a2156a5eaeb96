"""Plugins, asked once at start-up: each hook implementation by itself, so that every record has an author."""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import pluggy
from msgspec import Struct
from msgspec.structs import replace

from personalize.errors import ConfigError, PluginError
from personalize.hooks import spec
from personalize.hooks.asked import AskedTable
from personalize.hooks.fields import check_rule, check_source
from personalize.hooks.loading import FAILURES, load_module, remedy_of, told
from personalize.hooks.marks import GROUP, check_hooks
from personalize.hooks.records import Callee, Chooser, ConsentSource, PluginConfig, Suppressor
from personalize.model.attributes import Attribute
from personalize.model.consent import Purpose
from personalize.model.content import Rule, RuleKind, Slot

MOST_RULES = 255
"""An entry names the rule that decided in one byte."""
Record = Suppressor | Chooser
SOURCES = "personalize_consent_sources"
KINDS: dict[str, type[Record]] = {
    "personalize_suppressors": Suppressor,
    "personalize_choosers": Chooser,
}
Some = TypeVar("Some")
NONE: Mapping[str, Purpose] = MappingProxyType({})


class Plugin(Struct, frozen=True, kw_only=True):
    """One plugin that is present: its name, its version, and the object with its hooks."""

    name: str
    version: str
    module: Any


class Installed(Struct, frozen=True):
    """What the plugins brought: rules for the recipe, and the callables behind some of them.

    `callees` is keyed by kind, plugin, version and record name. `problems` are plugins that
    could not be loaded and that nothing configures. `sources`, each behind its plugin's name,
    hear the browser's word on purposes. `options` are the plugins' tables, by plugin.
    """

    plugins: tuple[Plugin, ...]
    rules: tuple[Rule, ...]
    callees: dict[tuple[str, str, str, str], Callee]
    problems: tuple[str, ...] = ()
    sources: tuple[tuple[str, ConsentSource], ...] = ()
    options: Mapping[str, AskedTable] = MappingProxyType({})


def own_plugin(module: Any) -> Plugin:
    """Return a plugin that the site hands over itself; `plugin_name` and `__version__` name it.

    Raises PluginError for one without hooks.
    """
    name = getattr(module, "plugin_name", None) or getattr(module, "__name__", type(module).__name__)
    return _present(str(name).rpartition(".")[2], module)


def site_plugins(tables: Mapping[str, Mapping[str, Any]], folder: Path) -> list[Plugin]:
    """Return the site's own plugins: tables that say `module`, a file in `folder` or an importable name.

    Raises PluginError for one that cannot be loaded or has no hooks.
    """
    named = {name: table["module"] for name, table in tables.items() if "module" in table}
    return [_present(name, load_module(name, module, folder)) for name, module in named.items()]


def _present(name: str, module: Any, version: str = "") -> Plugin:
    check_hooks(name, module)
    return Plugin(name=name, version=version or str(getattr(module, "__version__", "0")), module=module)


def installed_plugins(configured: Iterable[str]) -> tuple[list[Plugin], list[str]]:
    """Return the plugins of the entry-point group, and what is wrong with those that nobody configured.

    Raises PluginError for a configured plugin that cannot be loaded or has no hooks.
    """
    found: list[Plugin] = []
    problems: list[str] = []
    wanted = set(configured)
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            found.append(_load(entry))
        except PluginError as error:
            if entry.name in wanted:
                raise
            problems.append(str(error))
    return found, problems


def _load(entry: EntryPoint) -> Plugin:
    try:
        module = entry.load()
    except FAILURES as error:
        remedy = "Install it anew, or take it away"
        raise PluginError(f"The plugin '{entry.name}' could not be loaded: {told(error)}. {remedy}.") from error
    return _present(entry.name, module, entry.dist.version if entry.dist else "0")


def gather(
    plugins: Sequence[Plugin],
    tables: Mapping[str, Mapping[str, Any]],
    attributes: Sequence[Attribute],
    slots: Mapping[str, Slot],
    problems: Sequence[str] = (),
    purposes: Mapping[str, Purpose] = NONE,
) -> Installed:
    """Ask every plugin for its records and return its rules, in a fixed order, and its consent sources.

    Raises ConfigError for a `[plugins.NAME]` that nothing answers to, PluginError for a plugin
    that raises or yields rubbish.
    """
    _refuse_unknown(tables, plugins)
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(spec)
    rules: list[Rule] = []
    callees: dict[tuple[str, str, str, str], Callee] = {}
    sources: list[tuple[str, ConsentSource]] = []
    options = {plugin.name: AskedTable(tables.get(plugin.name, {})) for plugin in plugins}
    for plugin in plugins:
        _register(manager, plugin)
        config = PluginConfig(
            name=plugin.name,
            options=options[plugin.name],
            attributes=_lent({attribute.name: attribute for attribute in attributes}),
            slots=_lent(slots),
            purposes=_lent(purposes),
        )
        sources.extend((plugin.name, source) for source in _sources(manager, plugin, config))
        for record in _records(manager, plugin, config):
            rule, callee = _rule(plugin, record)
            rules.append(rule)
            if callee is not None:
                callees[(rule.kind.value, rule.plugin, rule.version, rule.name)] = callee
    _refuse_unusable(rules)
    _refuse_alike(sources)
    rules.sort(key=lambda rule: (rule.kind, rule.order, rule.plugin, rule.name))
    return Installed(tuple(plugins), tuple(rules), callees, tuple(problems), tuple(sources), options)


def _lent(table: Mapping[str, Some]) -> Mapping[str, Some]:
    """Return a table as a plugin may have it: whatever it does to what is in there, ours stays as it is."""
    return MappingProxyType(deepcopy(dict(table)))


def _register(manager: pluggy.PluginManager, plugin: Plugin) -> None:
    try:
        manager.register(plugin.module, name=plugin.name)
    except ValueError as error:
        there = f"The plugin '{plugin.name}' is there twice, or its module under another name too"
        raise PluginError(f"{there}. Take one away, or rename its table.") from error
    except pluggy.PluginValidationError as error:
        raise PluginError(f"The plugin '{plugin.name}' has a hook that cannot be asked: {error}.") from error


def _refuse_unusable(rules: Sequence[Rule]) -> None:
    """Refuse rules that could not be told apart in an entry, and more than it can name."""
    seen: set[tuple[str, str, str]] = set()
    for rule in rules:
        key = (rule.kind.value, rule.plugin, rule.name)
        if key in seen:
            raise PluginError(f"The plugin '{rule.plugin}' yielded two {rule.kind}s '{rule.name}': rename one.")
        seen.add(key)
    if len(rules) > MOST_RULES:
        counts = Counter(rule.plugin for rule in rules)
        name, most = counts.most_common(1)[0]
        raise PluginError(
            f"The plugins yielded {len(rules)} rules, {most} of them '{name}': {MOST_RULES} are the most."
            " Let one rule serve several variants, or configure fewer."
        )


def _refuse_alike(sources: Sequence[tuple[str, ConsentSource]]) -> None:
    """Refuse two sources of one name: records and the breaker know them by it."""
    owners: dict[str, str] = {}
    for plugin, source in sources:
        if source.name in owners:
            who = f"'{owners[source.name]}' and '{plugin}'" if owners[source.name] != plugin else f"'{plugin}' alone"
            raise PluginError(f"Two consent sources are called '{source.name}', of {who}: rename one, or leave it out.")
        owners[source.name] = plugin


def _refuse_unknown(tables: Mapping[str, Any], plugins: Sequence[Plugin]) -> None:
    names = [plugin.name for plugin in plugins]
    for table in tables:
        if table not in names:
            near = difflib.get_close_matches(table, names, 1)
            raise ConfigError(
                f"no plugin named '{table}' is installed",
                remedy=f"Did you mean '{near[0]}'?" if near else f'Install it, or name its file: module = "{table}.py"',
                field=f"plugins.{table}",
            )


def _records(manager: pluggy.PluginManager, plugin: Plugin, config: PluginConfig) -> list[Record]:
    return [
        record
        for hook, kind in KINDS.items()
        for record in _checked(_yielded(manager, plugin, config, hook, kind), config)
    ]


def _sources(manager: pluggy.PluginManager, plugin: Plugin, config: PluginConfig) -> list[ConsentSource]:
    found = _yielded(manager, plugin, config, SOURCES, ConsentSource)
    for source in found:
        check_source(source, config)
    return [replace(source, version=source.version or plugin.version) for source in found]


def _yielded(
    manager: pluggy.PluginManager, plugin: Plugin, config: PluginConfig, hook: str, kind: type[Some]
) -> list[Some]:
    """Return what one plugin yields from one hook. Raises PluginError where it fails or yields rubbish."""
    found: list[Some] = []
    for implementation in getattr(manager.hook, hook).get_hookimpls():
        if implementation.plugin_name != plugin.name:
            continue
        arguments = [config][: len(implementation.argnames)]
        try:
            answer = implementation.function(*arguments)
            records = list(answer) if isinstance(answer, Iterable) else [answer]
        except (ConfigError, PluginError) as error:
            if _is_placed(plugin, error):
                raise
            raise PluginError(f"[plugins.{plugin.name}] {error}") from error
        except FAILURES as error:
            what = f"The plugin '{plugin.name}' failed in {hook}: {told(error)}"
            raise PluginError(f"{what}. {remedy_of(error)}") from error
        for record in records:
            if not isinstance(record, kind):
                raise PluginError(
                    f"The plugin '{plugin.name}' yielded {type(record).__name__} from {hook}: yield {kind.__name__}."
                )
            found.append(record)
    return found


def _is_placed(plugin: Plugin, error: ConfigError | PluginError) -> bool:
    """Say whether a hook's own complaint tells its place, or at least the plugin's table."""
    if isinstance(error, ConfigError) and (error.file or error.field):
        return True
    return re.search(rf"plugins\.{re.escape(plugin.name)}(?![\w-])", str(error)) is not None


def _checked(records: Sequence[Record], config: PluginConfig) -> Sequence[Record]:
    for record in records:
        check_rule(record, config)
        callee = _callee(record)
        if record.when and callee is not None:
            raise PluginError(f"The rule '{record.name}' of '{config.name}' has both `when` and a function: give one.")
        if isinstance(record, Suppressor) and not record.when and callee is None:
            raise PluginError(
                f"The suppressor '{record.name}' of '{config.name}' has neither `when` nor `suppress`: give one."
            )
    return records


def _callee(record: Record) -> Callee | None:
    return record.suppress if isinstance(record, Suppressor) else record.choose


def _rule(plugin: Plugin, record: Record) -> tuple[Rule, Callee | None]:
    callee = _callee(record)
    suppressor = isinstance(record, Suppressor)
    return Rule(
        kind=RuleKind.suppressor if suppressor else RuleKind.chooser,
        plugin=plugin.name,
        version=plugin.version,
        name=record.name,
        order=record.order,
        slots=tuple(record.slots),
        variants=tuple(record.variants),
        when=record.when,
        reads=tuple(record.reads),
        on_unknown=record.on_unknown if isinstance(record, Suppressor) else "show",
        titles=dict(record.titles),
        whether=dict(record.whether) if isinstance(record, Suppressor) else {},
        callable=callee is not None,
    ), callee
