"""Suppresses offers of products the visitor already has."""

from collections.abc import Iterator

from personalize.hooks import Options, PluginConfig, Suppressor, hookimpl
from personalize_existing_customer.offers import SHORT, owned_offers
from personalize_existing_customer.rules import written_rules

__version__ = "0.1.0"
__all__ = ["personalize_suppressors"]


@hookimpl
def personalize_suppressors(config: PluginConfig) -> Iterator[Suppressor]:
    """Yield a rule per product of `offers`, then the rules written out under `rules`.

    An unconfigured plugin yields nothing. Raises PluginError naming the option to mend.
    """
    options = Options(config, (*SHORT, "rules"))
    short = list(owned_offers(options))
    yield from short
    yield from written_rules(options, taken={rule.name for rule in short})
