"""`personalize plugins`: each plugin that is present, its version, its rules and its consent sources."""

import argparse
from collections.abc import Iterator

from personalize.cli.output import columns, print_json, tell
from personalize.cli.site import config_option, json_option, personalizer_of
from personalize.hooks.manager import Installed, Plugin
from personalize.hooks.records import ConsentSource
from personalize.model.content import Rule


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    config_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """List the plugins; 1 where one could not be loaded."""
    installed = personalizer_of(args).installed
    if args.json:
        print_json(
            {"plugins": [_plain(plugin, installed) for plugin in installed.plugins], "problems": installed.problems}
        )
    else:
        tell("\n".join(_lines(installed)))
    return 1 if installed.problems else 0


def _rules(plugin: Plugin, installed: Installed) -> list[Rule]:
    return [rule for rule in installed.rules if rule.plugin == plugin.name]


def _sources(plugin: Plugin, installed: Installed) -> list[ConsentSource]:
    return [source for name, source in installed.sources if name == plugin.name]


def _plain(plugin: Plugin, installed: Installed) -> dict[str, object]:
    rules = [
        {
            "kind": rule.kind.value,
            "name": rule.name,
            "order": rule.order,
            "slots": rule.slots,
            "variants": rule.variants,
            "when": rule.when,
            "reads": rule.reads,
            "on_unknown": rule.on_unknown,
            "titles": rule.titles,
        }
        for rule in _rules(plugin, installed)
    ]
    sources = [
        {"name": source.name, "version": source.version, "purposes": source.purposes}
        for source in _sources(plugin, installed)
    ]
    return {"name": plugin.name, "version": plugin.version, "rules": rules, "consent_sources": sources}


def _lines(installed: Installed) -> Iterator[str]:
    for plugin in installed.plugins:
        yield f"{plugin.name} {plugin.version}"
        rules, sources = _rules(plugin, installed), _sources(plugin, installed)
        yield from (f"  {line}" for line in columns(map(_cells, rules)))
        yield from (
            f"  consent  {each.name}  version {each.version}  {', '.join(each.purposes) or 'every purpose'}"
            for each in sources
        )
        if not rules and not sources:
            yield "  no rules: nothing is configured for it"
    yield from installed.problems


def _cells(rule: Rule) -> tuple[str, ...]:
    concerns = " ".join(
        f"{what} {', '.join(names)}" for what, names in (("slot", rule.slots), ("variant", rule.variants)) if names
    )
    return rule.kind.value, rule.name, f"order {rule.order}", concerns or "every variant", _decides(rule)


def _decides(rule: Rule) -> str:
    if rule.when:
        return f"when {rule.when}"
    return f"a function that reads {', '.join(rule.reads) or 'nothing'}" if rule.callable else "always"
