"""The long form: rules with a condition of their own."""

from collections.abc import Iterator

from personalize.hooks import Options, Suppressor
from personalize_existing_customer.offers import spoken

RULE = ("name", "when", "slot", "slots", "variants", "order", "on_unknown", "titles", "whether")


def written_rules(options: Options, taken: set[str]) -> Iterator[Suppressor]:
    """Yield the rules of `[[plugins.existing-customer.rules]]` as they stand; none may have a taken name."""
    for table in options.tables("rules", RULE):
        rule = _rule(table)
        if rule.name in taken:
            raise table.error("name", f"{rule.name!r} is taken", "Give each rule its own name")
        taken.add(rule.name)
        yield rule


def _rule(table: Options) -> Suppressor:
    titles, whether = spoken(table)
    return Suppressor(
        name=table.text("name", example="has-internet"),
        when=table.text("when", example="active and 'internet' in products"),
        order=table.whole("order", 100),
        slots=table.slots(),
        variants=table.names("variants", example=["internet"]),
        on_unknown=table.one_of("on_unknown", ("show", "suppress")),
        titles=titles,
        whether=whether,
    )
