"""Global Privacy Control: `Sec-GPC: 1` switches off whatever a purpose does with third parties.

The rule, from strongest to weakest: an objection, this signal, the site's own cookie banner, the ledger. So
the signal also stops what was agreed to before or is agreed to meanwhile, for as long as the browser sends it.
"""

from collections.abc import Iterable, Mapping

from personalize.hooks import ConsentSource, PluginConfig, hookimpl

SIGNAL = (b"sec-gpc", b"1")


@hookimpl
def personalize_consent_sources(config: PluginConfig) -> Iterable[ConsentSource]:
    """Yield what hears the signal, where a purpose shares data at all: else no request is slowed by it."""
    names = tuple(name for name, purpose in config.purposes.items() if purpose.third_party)
    if names:
        off = dict.fromkeys(names, False)
        nothing: Mapping[str, bool] = {}
        yield ConsentSource(
            name="gpc", read=lambda headers, purposes: off if SIGNAL in headers else nothing, purposes=names
        )
