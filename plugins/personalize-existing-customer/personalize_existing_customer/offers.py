"""The short form: which product each offer sells, and which attribute tells what a person owns."""

from collections.abc import Iterator

from personalize.hooks import PluginConfig, Suppressor
from personalize_existing_customer.options import Table

SHORT = ("customer", "owned", "offers", "slot", "slots", "order", "on_unknown", "titles", "whether")
TITLES = {
    "nl": "u hebt dit product al",
    "nb": "du har allerede dette produktet",
    "en": "you already have this product",
}
WHETHER = {
    "nl": "of u dit product al hebt",
    "nb": "om du allerede har dette produktet",
    "en": "whether you already have this product",
}
"""The titles as they follow "we did not know", for when the rule could not look."""


def owned_offers(config: PluginConfig) -> Iterator[Suppressor]:
    """Yield one rule per product, for all the variants that offer it."""
    table = Table(f"[plugins.{config.name}]", config.options, (*SHORT, "rules"))
    offers = table.mapping("offers", '{ internet = "internet" }')
    if not offers:
        _refuse_leftovers(table)
        return
    owned = table.attribute("owned", config, ("set of text",), '"products"')
    customer = table.attribute("customer", config, ("yes/no",), '"active"') if "customer" in table.options else ""
    titles, whether = spoken(table)
    for product in sorted(set(offers.values())):
        yield Suppressor(
            name=f"has-{product}",
            when=_condition(customer, owned, product),
            order=table.number("order", 100),
            slots=table.slots(config),
            variants=tuple(sorted(name for name, sells in offers.items() if sells == product)),
            on_unknown=table.one_of("on_unknown", ("show", "suppress")),
            titles=titles,
            whether=whether,
        )


def spoken(table: Table) -> tuple[dict[str, str], dict[str, str]]:
    """Return a rule's titles in both forms; where a site gives its own, ours do not stand beside them."""
    titles = table.mapping("titles", '{ en = "you already have this product" }')
    whether = table.mapping("whether", '{ en = "whether you already have this product" }')
    return titles or TITLES, whether or ({} if titles else WHETHER)


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
