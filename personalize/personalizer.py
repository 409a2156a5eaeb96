"""The composition root: everything a site needs, built from its settings."""

import logging
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from personalize.asgi.browsing import Browsing
from personalize.asgi.contract import App, Login
from personalize.asgi.rendering import Renderer
from personalize.builtin import gpc, priority
from personalize.consent.ledger import Ledger
from personalize.consent.opt_ins import Tell
from personalize.contexts import Contexts
from personalize.discreet import Discreet
from personalize.errors import (
    ConfigError,
    ErasureListError,
    ErasureListMissing,
    KeyFileError,
    ManyErrors,
    PersonalizeError,
    StoreError,
)
from personalize.health.condition import advice_of
from personalize.health.findings import Finding
from personalize.health.watch import Measures
from personalize.hooks.manager import Installed, Plugin, gather, installed_plugins, own_plugin, site_plugins
from personalize.house import House
from personalize.model.attributes import Value
from personalize.model.content import ENGINE
from personalize.model.people import Visitor
from personalize.pipeline import Pipeline
from personalize.ports import Clock, SystemClock
from personalize.publishing import Publisher
from personalize.recognition.keys import KeyRing
from personalize.repeats import Repeats
from personalize.settings import Settings, load_settings

if TYPE_CHECKING:
    from jinja2 import Environment
    from starlette.routing import Route

    from personalize.campaigns.mailing import Mailing
    from personalize.consent.postman import Postman
    from personalize.web.shell.staff_login import StaffLogin

log = logging.getLogger("personalize")
FAULTS: Mapping[type[PersonalizeError], str] = {
    KeyFileError: "keys",
    ManyErrors: "content",
    ErasureListError: "erasures",
    ErasureListMissing: "erasures",
}
"""What a finding is called where the store could not be opened; `store` for any other error."""


class Personalizer:
    """One site's personalisation. Hand it to `PersonalizeMiddleware`; that opens and closes it.

    `login(scope)` returns an identifier such as `customer_number:4711`, or None; it may be async.
    `staff(scope)` returns the name and roles of a member of staff, or None; without it staff have
    local accounts. `plugins` are modules or objects with hooks, besides those that are installed.
    `confirmed` is told of each sign-up that was confirmed by mail, at least once, in a thread.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        login: Login | None = None,
        staff: "StaffLogin | None" = None,
        plugins: Sequence[Any] = (),
        confirmed: Tell | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.settings, self.login, self.staff = settings, login, staff
        self.confirmed = confirmed
        self.clock = clock or SystemClock()
        self.counters: Counter[str] = Counter()
        self.renderer = Renderer(settings, self.counters)
        self.installed = _gathered(settings, plugins)
        _check_metrics(settings)
        self.publisher = Publisher(settings, self.installed, self.counters)
        self._house: House | None = None
        self._postman: Postman | None = None
        self._at_work = False
        self._shut, self._fault = "the store is not open", "store"
        self._filters = Discreet(), Repeats()

    @classmethod
    def from_toml(
        cls,
        path: str | Path,
        *,
        login: Login | None = None,
        staff: "StaffLogin | None" = None,
        plugins: Sequence[Any] = (),
        confirmed: Tell | None = None,
        clock: Clock | None = None,
    ) -> Self:
        """Return the personalizer of a `personalize.toml`. Raises ManyErrors, ConfigError, PluginError."""
        settings = load_settings(Path(path), os.environ)
        return cls(settings, login=login, staff=staff, plugins=plugins, confirmed=confirmed, clock=clock)

    @property
    def house(self) -> House:
        """Return what is there while the store is open. Raises StoreError when it is not."""
        if self._house is None:
            raise StoreError("The store is not open yet: call `open()`, or let the middleware do it.")
        return self._house

    @property
    def pipeline(self) -> Pipeline:
        """Return the trip of a request."""
        return self.house.pipeline

    @property
    def refused(self) -> str:
        """Return what is wrong with the content files as they are now; empty where they are in force."""
        return self.publisher.refused

    @property
    def contexts(self) -> Contexts:
        """Return the contexts whose pages a cache in front may keep."""
        return self.house.contexts

    @property
    def browsing(self) -> Browsing:
        """Return what logs in and out at browsers, and observes there."""
        return Browsing(self.house, elsewhere=self.login is not None)

    @property
    def ledger(self) -> Ledger:
        """Return where consent is given, withdrawn and objected to."""
        return self.house.ledger

    def mailing(self, name: str) -> "Mailing":
        """Return a mailing, to make its links with: `personalizer.mailing("weekly").link("email:a@b.nl", "/news")`."""
        return self.house.mailing(name)

    def unsubscribe_headers(self, person: int | str, purpose: str) -> dict[str, str]:
        """Return the headers by which a mail to a person, for a purpose, ends that purpose in one POST (RFC 8058).

        A person is a subject, or identifier text such as `email:a@b.nl`. Raises ConsentRefused for a purpose that
        there is not, NotFound for somebody who is not known or was erased, StoreError.
        """
        from personalize.web.consent.letters import unsubscribe_headers

        subject = self.house.subject_of(person) if isinstance(person, str) else person
        token = self.house.opt_ins.unsubscribe_token(subject, purpose)
        return unsubscribe_headers(self.settings.site.pages, token)

    def remember(self, visitor: Visitor, source: str, values: Mapping[str, Value]) -> None:
        """Keep what the site itself learned of a known visitor: durably, once this returns.

        Waits for the disk, a few ms, and for some 5 s while another program holds the store: call it in a thread from
        an async handler. Raises ValueRefused; StoreError where nothing was kept.
        """
        self.house.observations.remember(visitor, source, values)

    @cached_property
    def visitor_app(self) -> App:
        """Return the app of the visitor's pages, for mounting elsewhere where `[site] path` is off."""
        from personalize.web.visitor import visitor_app

        return visitor_app(
            settings=self.settings,
            house=lambda: self.house,
            monitors=self.monitor_routes(),
        )

    @cached_property
    def staff_app(self) -> App:
        """Return the app of the staff pages, to be served on a host or port of its own."""
        from personalize.web.staff import staff_app

        return staff_app(
            settings=self.settings,
            house=lambda: self.house,
            login=self.staff,
            startup=self.startup,
            shutdown=self.shutdown,
            monitors=self.monitor_routes(),
        )

    def install(self, env: "Environment") -> None:
        """Add the tags `slot`, `visit_code`, `not_you` and `consent_banner` to a site's Jinja environment."""
        from personalize.asgi.templating import install
        from personalize.web.consent.tag import install_banner

        install(env, self.renderer)
        install_banner(env, self.settings, lambda: self.house)

    @property
    def gpc(self) -> App:
        """Return the app for `/.well-known/gpc.json`, where a site says that it heeds `Sec-GPC`; mount it there."""
        from personalize.web.consent.gpc import GpcApp

        return GpcApp()

    def open(self, *, index: bool = False, serving: bool = False) -> House:
        """Open keys and store and publish the content; with `index` also start the indexer and what else runs beside.

        While `serving`, content files that are refused leave in force what was before. Raises KeyFileError,
        StoreError, ManyErrors. A second call starts what does not run yet, and changes nothing else.
        """
        if not self.settings.site.development:
            for each in self._filters:
                log.addFilter(each)
        if self._house is None:
            self._house = House.open(
                self.settings,
                ring=KeyRing.load(self.settings.site.keys),
                publisher=self.publisher,
                clock=self.clock,
                counters=self.counters,
                serving=serving,
            )
            self._house.browsers.logged_in_elsewhere = self.login is not None
            self._house.opt_ins.tell = self.confirmed
        if index and not self._at_work:
            self._begin(self._house)
        return self._house

    def _begin(self, house: House) -> None:
        self._at_work = True
        house.browsers.start()
        house.observations.waiting.start()
        house.indexer.start()
        house.watch.start()
        house.rights.caretaker.start()
        house.mailing_visitors.start()
        self._postman = self._sending(house)

    def close(self) -> None:
        """Close the store; what was recorded is safe before."""
        house, self._house, self._at_work = self._house, None, False
        postman, self._postman = self._postman, None
        if postman is not None:
            postman.stop()
        if house is not None:
            house.close()
        for each in self._filters:
            log.removeFilter(each)

    def _sending(self, house: House) -> "Postman | None":
        """Return what sends the mails of double opt-ins, at work; None where the settings name no sender."""
        if not self.settings.mail.sender:
            return None
        from personalize.consent.postman import Postman
        from personalize.web.consent.letters import Letters

        postman = Postman(house.opt_ins, self.settings.mail, Letters(self.settings, house.opt_ins).compose)
        postman.start()
        return postman

    async def startup(self) -> None:
        """Open the store for serving, with this worker ready to index. Raises what `open` raises."""
        try:
            self.open(index=True, serving=True)
        except PersonalizeError as error:
            self._shut = advice_of(error)
            self._fault = FAULTS.get(type(error), "store")
            raise

    async def shutdown(self) -> None:
        """Close the store."""
        self.close()

    def monitor_routes(self) -> "list[Route]":
        """Return the routes for those who watch the site: health, and metrics where `[site] metrics` asks for them."""
        from personalize.web.api.health import health_route

        site, routes = self.settings.site, [health_route(self.health)]
        if site.metrics:
            from personalize.web.api.metrics import metrics_route  # needs the extra `metrics`

            routes.append(metrics_route(self.measures, site.metrics_from))
        return routes

    def measures(self) -> Measures:
        """Return what a monitor is told: every worker's counts, and the condition of the store."""
        if self._house is None:
            return Measures(findings=(Finding(name=self._fault, sentence="The store is not open.", remedy=self._shut),))
        return self._house.watch.measures()

    def health(self) -> dict[str, object]:
        """Return how this worker fares, without personal data.

        `status` is "ok", "disabled" where the settings switch it off, or says what is wrong.
        """
        if not self.settings.site.enabled:
            return {"status": "disabled", "counters": dict(self.counters)}
        if self._house is None:
            return {"status": self._shut, "counters": dict(self.counters), "findings": self.measures().findings}
        return self._house.health()


def _check_metrics(settings: Settings) -> None:
    if settings.site.metrics and find_spec("prometheus_client") is None:
        raise ConfigError(
            "the package prometheus-client is not there",
            remedy="Run `pip install 'personalize[metrics]'`, or set metrics = false",
            file=str(settings.file),
            field="[site] metrics",
        )


def _gathered(settings: Settings, own: Sequence[Any]) -> Installed:
    builtin = Plugin(name="builtin", version=str(ENGINE), module=priority)
    signal = Plugin(name="gpc", version=str(ENGINE), module=gpc)
    found, problems = installed_plugins(settings.plugins)
    for problem in problems:
        log.warning(problem)
    mine = [*site_plugins(settings.plugins, settings.file.absolute().parent), *(own_plugin(module) for module in own)]
    return gather(
        [builtin, signal, *found, *mine],
        settings.plugins,
        settings.attributes,
        settings.slots,
        problems,
        settings.purposes,
    )
