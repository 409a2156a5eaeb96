"""A site for tests: your settings and content, a store of its own that vanishes, one page with every slot."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from jinja2 import DictLoader, Environment
from msgspec import structs
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from personalize.asgi.contract import Scope
from personalize.asgi.middleware import PersonalizeMiddleware
from personalize.explain.explanation import Explanation
from personalize.explain.replay import Report
from personalize.house import House
from personalize.model.attributes import Value
from personalize.model.cookbook import CookbookEntry
from personalize.model.people import Assurance, Visitor
from personalize.ports import Clock
from personalize.recognition.keys import KeyRing
from personalize.recognition.mailing import make_link
from personalize.settings import load_settings
from personalize.testing.browser import LOGIN, Browser
from personalize.testing.still import Still

PAGE = """<!doctype html><html lang="en"><title>Trial</title><body>
{% for name in slots %}<!--begin {{ name }}-->{% slot name %}default of {{ name }}{% endslot %}<!--end {{ name }}-->
{% endfor %}<footer>{% visit_code %}</footer></body></html>"""
PUBLIC = "public, max-age=60"
"""What the trial page says to caches where nothing personal is on it."""


class TrialSite:
    """A site with the settings of a `personalize.toml`, in a folder that goes when it is closed.

    `content` is the text of a content file that stands in for the site's own; `plugins` are those
    it hands to its Personalizer. Slots are rendered plainly, so that no template of the site is needed,
    and a site that is switched off is tested as if it were on.
    """

    def __init__(
        self,
        config: str | Path = "personalize.toml",
        *,
        content: str | None = None,
        plugins: Sequence[Any] = (),
        clock: Clock | None = None,
    ) -> None:
        settings = load_settings(Path(config))
        self.url, self.folder = settings.site.url, Path(tempfile.mkdtemp(prefix="personalize-trial-"))
        try:
            self._write_content(settings.content, content)
            site = structs.replace(
                settings.site,
                enabled=True,
                root="",
                store=self.folder / "store",
                keys=self.folder / "trial.keys",
                erasures=self.folder / "list",
                heads=self.folder / "heads",
            )
            moved = structs.replace(settings, root=self.folder, site=site)
            self.personalizer = Still(moved, login=_who, plugins=plugins, clock=clock)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def __enter__(self) -> Self:
        """Open the store; what cannot be opened leaves nothing behind."""
        try:
            KeyRing.new(self.personalizer.clock.now()).save(self.personalizer.settings.site.keys)
            self.personalizer.open()
        except BaseException:
            self.close()
            raise
        self.app = self._app()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the store and remove it."""
        self.close()

    def close(self) -> None:
        """Close the store and remove the folder."""
        self.personalizer.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def house(self) -> House:
        """Return what stands behind the site."""
        return self.personalizer.house

    def browser(self, login: str = "") -> Browser:
        """Return a fresh browser, where this person is logged in; nobody unless told."""
        return Browser(self.app, self.url, login)

    def knows(self, identifier: str, **values: Value) -> None:
        """Make a person known, with these values by attribute as their own sources would deliver them."""
        subject = self.house.store.profiles.create(self.house.digests(identifier), self.personalizer.clock.now())
        sources = {attribute.name: attribute.source for attribute in self.personalizer.settings.attributes}
        by_source: dict[str, dict[str, Value]] = {}
        for name, value in values.items():
            by_source.setdefault(sources.get(name, ""), {})[name] = value
        for source, some in by_source.items():
            self.personalizer.remember(Visitor(subject=subject, assurance=Assurance.login), source, some)

    def gives(self, identifier: str, purpose: str) -> None:
        """Let a person agree to a purpose, under the notice in the site's first language."""
        settings = self.personalizer.settings
        lang, notice = settings.site.languages[0], settings.notices[settings.purposes[purpose].notice]
        visitor = self._visitor(identifier)
        if settings.purposes[purpose].double_opt_in:  # as the button in their mailbox does
            visitor = structs.replace(visitor, assurance=Assurance.mailbox)
        self.personalizer.ledger.give(visitor, purpose, lang, notice.digests[lang])

    def withdraws(self, identifier: str, purpose: str) -> None:
        """Let a person withdraw their consent to a purpose."""
        self.personalizer.ledger.withdraw(self._visitor(identifier), purpose)

    def objects(self, identifier: str, purpose: str) -> None:
        """Let a person object to a purpose."""
        self.personalizer.ledger.object(self._visitor(identifier), purpose)

    def link(self, identifier: str, mailing: str = "trial") -> str:
        """Return a newsletter link that is addressed to this person."""
        return make_link(
            self.house.ring,
            self.house.store.handles,
            site=self.url,
            url=f"{self.url}/",
            subject=self.house.subject_of(identifier),
            mailing=mailing,
            now=self.personalizer.clock.now(),
        )

    def entries(self, identifier: str) -> list[CookbookEntry]:
        """Return what was recorded of a person, newest first."""
        return self.house.cookbook.by_subject(self.house.subject_of(identifier), 1000)

    def explain(self, code: str, lang: str = "en") -> list[Explanation]:
        """Return what a visit code showed, and why."""
        return [self.house.explain(entry, lang) for entry in self.house.cookbook.by_code(code)]

    def replay(self) -> Report:
        """Decide everything that was recorded again."""
        return self.house.replay().report(self.house.cookbook.by_time(0, 1 << 62))

    def _visitor(self, identifier: str) -> Visitor:
        return Visitor(subject=self.house.subject_of(identifier), assurance=Assurance.login, identifier=identifier)

    def _write_content(self, own: Path, text: str | None) -> None:
        if text is None and own.is_dir():
            shutil.copytree(own, self.folder / "content")
            return
        (self.folder / "content").mkdir()
        if text is not None:
            (self.folder / "content" / "trial.toml").write_text(text, "utf-8")

    def _app(self) -> Starlette:
        env = Environment(loader=DictLoader({"page": PAGE}), autoescape=True)
        self.personalizer.install(env)
        template, slots = env.get_template("page"), list(self.personalizer.settings.slots)

        def page(request: Request) -> HTMLResponse:
            return HTMLResponse(template.render(slots=slots), headers={"Cache-Control": PUBLIC})

        middleware = Middleware(PersonalizeMiddleware, personalizer=self.personalizer)
        return Starlette(routes=[Route("/", page)], middleware=[middleware])


def _who(scope: Scope) -> str | None:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == LOGIN.encode()), None)
