"""The long form: rules with a condition of their own."""

from collections.abc import Iterator

from personalize.hooks import PluginConfig, Suppressor
from personalize_existing_customer.offers import spoken
from personalize_existing_customer.options import Table

RULE = ("name", "when", "slot", "slots", "variants", "order", "on_unknown", "titles", "whether")


def written_rules(config: PluginConfig, taken: set[str]) -> Iterator[Suppressor]:
    """Yield the rules of `[[plugins.existing-customer.rules]]` as they stand; none may have a taken name."""
    place = f"[plugins.{config.name}]"
    rules = config.options.get("rules", [])
    whole = Table(place, {}, ())
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise whole.error("rules", "is not a list of tables", f"Begin each with [[plugins.{config.name}.rules]]")
    for number, options in enumerate(rules, start=1):
        table = Table(f"[[plugins.{config.name}.rules]] number {number}", options, RULE)
        rule = _rule(table, config)
        if rule.name in taken:
            raise table.error("name", f"{rule.name!r} is taken", "Give each rule its own name")
        taken.add(rule.name)
        yield rule


def _rule(table: Table, config: PluginConfig) -> Suppressor:
    titles, whether = spoken(table)
    return Suppressor(
        name=table.text("name", '"has-internet"'),
        when=table.text("when", "\"active and 'internet' in products\""),
        order=table.number("order", 100),
        slots=table.slots(config),
        variants=table.texts("variants", '["internet"]'),
        on_unknown=table.one_of("on_unknown", ("show", "suppress")),
        titles=titles,
        whether=whether,
    )
