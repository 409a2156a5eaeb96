"""Logs visitors in at an OpenID Connect identity provider, with the data they chose to share."""

from collections.abc import Iterator

from personalize.hooks import ConsentSource, PluginConfig, hookimpl
from personalize_oidc.door import OidcLogin
from personalize_oidc.options import NAME, read_options

__version__ = "0.1.0"
__all__ = ["OidcLogin", "personalize_consent_sources"]


@hookimpl
def personalize_consent_sources(config: PluginConfig) -> Iterator[ConsentSource]:
    """Check the options when the site starts and at `personalize check`; the browser itself says nothing here.

    Raises PluginError naming the option to mend.
    """
    if config.options:
        read_options(config.options, config.purposes, name=config.name or NAME)
    yield from ()
