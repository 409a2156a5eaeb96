"""The short form: which product each offer sells, and which attribute tells what a person owns."""

from collections.abc import Iterator

from personalize.hooks import Options, Suppressor

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


def owned_offers(options: Options) -> Iterator[Suppressor]:
    """Yield one rule per product, for all the variants that offer it."""
    offers = options.texts("offers", example={"internet": "internet"})
    if not offers:
        _refuse_leftovers(options)
        return
    owned = options.attribute("owned", "set of text", example="products")
    customer = options.attribute("customer", "yes/no", default="", example="active")
    titles, whether = spoken(options)
    for product in sorted(set(offers.values())):
        yield Suppressor(
            name=f"has-{product}",
            when=_condition(customer, owned, product),
            order=options.whole("order", 100),
            slots=options.slots(),
            variants=tuple(sorted(name for name, sells in offers.items() if sells == product)),
            on_unknown=options.one_of("on_unknown", ("show", "suppress")),
            titles=titles,
            whether=whether,
        )


def spoken(options: Options) -> tuple[dict[str, str], dict[str, str]]:
    """Return a rule's titles in both forms; where a site gives its own, ours do not stand beside them."""
    titles = options.texts("titles", example={"en": TITLES["en"]})
    whether = options.texts("whether", example={"en": WHETHER["en"]})
    return titles or TITLES, whether or ({} if titles else WHETHER)


def _condition(customer: str, owned: str, product: str) -> str:
    has = f"{product!r} in {owned}"
    return f"{customer} and {has}" if customer else has


def _refuse_leftovers(options: Options) -> None:
    """Complain about options of the short form that would have no effect without `offers`."""
    for option in SHORT:
        if options.raw(option) is not None:
            raise options.error(
                option,
                "has no effect without offers",
                'Add a table offers with variant and product, as in offers = { internet = "internet" }',
            )
