"""The short form: which product each offer sells, and which attribute tells what a person owns."""

from collections.abc import Iterator

from personalize.hooks import PluginConfig, Suppressor
from personalize_existing_customer.options import Table

SHORT = ("customer", "owned", "offers", "slot", "slots", "order", "on_unknown", "titles")
TITLES = {
    "nl": "u hebt dit product al",
    "nb": "du har allerede dette produktet",
    "en": "you already have this product",
}


def owned_offers(config: PluginConfig) -> Iterator[Suppressor]:
    """Yield one rule per product, for all the variants that offer it."""
    table = Table(f"[plugins.{config.name}]", config.options, (*SHORT, "rules"))
    offers = table.mapping("offers", '{ internet = "internet" }')
    if not offers:
        _refuse_leftovers(table)
        return
    owned = table.attribute("owned", config, ("set of text",), '"products"')
    customer = table.attribute("customer", config, ("yes/no",), '"active"') if "customer" in table.options else ""
    for product in sorted(set(offers.values())):
        yield Suppressor(
            name=f"has-{product}",
            when=_condition(customer, owned, product),
            order=table.number("order", 100),
            slots=table.slots(config),
            variants=tuple(sorted(name for name, sells in offers.items() if sells == product)),
            on_unknown=table.one_of("on_unknown", ("show", "suppress")),
            titles=table.mapping("titles", '{ en = "you already have this product" }') or TITLES,
        )


def _condition(customer: str, owned: str, product: str) -> str:
    has = f"{product!r} in {owned}"
    return f"{customer} and {has}" if customer else has


def _refuse_leftovers(table: Table) -> None:
    """Complain about options of the short form that would have no effect without `offers`."""
    for option in SHORT:
        if option in table.options:
            raise table.error(
                option,
                "has no effect without offers",
                'Add a table offers with variant and product, as in offers = { internet = "internet" }',
            )
