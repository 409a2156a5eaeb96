"""Heeds the consent banner that a site already has: Klaro, CookieConsent, or one that speaks IAB TCF."""

from collections.abc import Iterator

from personalize.hooks import ConsentSource, Options, PluginConfig, hookimpl
from personalize_cmp.cookieconsent import cookieconsent
from personalize_cmp.klaro import klaro
from personalize_cmp.tcf import tcf

__version__ = "0.1.0"
__all__ = ["personalize_consent_sources"]
BANNERS = {"klaro": klaro, "cookieconsent": cookieconsent, "tcf": tcf}


@hookimpl
def personalize_consent_sources(config: PluginConfig) -> Iterator[ConsentSource]:
    """Yield a source for each banner that is configured, none for an unconfigured plugin.

    Raises PluginError naming the option to mend.
    """
    options = Options(config, BANNERS)
    for name in config.options:
        yield BANNERS[name](options)
