"""The plugin's two handles: what `login=` asks on each request, and the app with the pages of logging in and out."""

import os
from typing import TYPE_CHECKING

from starlette.applications import Starlette

from personalize.asgi.contract import Scope
from personalize.errors import PluginError
from personalize.personalizer import Personalizer
from personalize_oidc.options import NAME, read_options

if TYPE_CHECKING:
    from personalize_oidc.sessions import Sessions

SECRET = "PERSONALIZE_OIDC_SECRET"
"""The environment variable with what the provider gave this site to prove itself; none for a public client."""


class OidcLogin:
    """Logs visitors in at the identity provider of `[plugins.oidc]`.

    Give `login` to the Personalizer, then mount `app(personalizer)` where the option `at` says:

        oidc = OidcLogin()
        personalizer = Personalizer.from_toml("personalize.toml", login=oidc.login)
        routes = [Mount("/login", app=oidc.app(personalizer)), ...]
    """

    def __init__(self) -> None:
        self._sessions: Sessions | None = None
        self._name = b"\0"

    def login(self, scope: Scope) -> str | None:
        """Return who is logged in, as `login=` does: `customer_number:4711`, or None.

        Costs a stranger a look at their cookies. Raises StoreError where it cannot be looked up.
        """
        for name, value in scope["headers"]:
            if name == b"cookie" and self._name in value and self._sessions is not None:
                person = self._sessions.find(scope["headers"])
                return person.text if person else None
        return None

    def app(self, personalizer: Personalizer) -> Starlette:
        """Return the app to be mounted where the option `at` says.

        Raises PluginError for a mistake in the options, ConfigError where authlib is not installed.
        """
        # Each start of a site loads each plugin that is installed: one without logins is spared their pages.
        from personalize.web.oidc.provider import Provider
        from personalize_oidc.pages import LoginPages
        from personalize_oidc.sessions import Sessions

        settings = personalizer.settings
        table = settings.plugins.get(NAME)
        if table is None:
            raise PluginError(f"personalize-oidc is not configured: add [plugins.{NAME}] to {settings.file}.")
        options = read_options(table, settings.purposes)
        sessions = Sessions(lambda: personalizer.house, settings.site.url, options)
        pages = LoginPages(
            settings=settings,
            options=options,
            house=lambda: personalizer.house,
            sessions=sessions,
            provider=Provider(options.issuer, options.client_id, os.environ.get(SECRET, "")),
        )
        self._sessions, self._name = sessions, sessions.cookie.encode() + b"="
        return pages.app()
