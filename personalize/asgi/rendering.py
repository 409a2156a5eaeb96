"""From a decision to the slot's content: the site's template, or plain escaped markup where there is none."""

import logging
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from personalize.asgi.contract import Counters
from personalize.model.content import Field, Slot
from personalize.model.decisions import Decision
from personalize.settings import Settings

if TYPE_CHECKING:
    from personalize.campaigns.newsletter import Newsletter

log = logging.getLogger("personalize")
ALT = "_alt"
TEMPLATES = Path("templates", "slots")
OVERLOOKED = "slot %r: %s is not used, for %s (said once)"
ELSEWHERE = (
    "no environment that personalizer.install() was given finds slots/{}.html: move the file to where your templates"
    " are looked for, such as app/templates/slots"
)
UNINSTALLED = (
    "personalizer.install() was given no environment: give it one, such as"
    ' jinja2.Environment(loader=jinja2.FileSystemLoader("templates"), autoescape=True)'
)
SCHEMES = frozenset({"", "http", "https", "mailto", "tel"})


class SlotTemplates(Protocol):
    """The site's templates for its slots."""

    def render(self, name: str, decision: Decision) -> str | None:
        """Return what that template makes of a decision; None where there is no such template."""
        ...


class Renderer:
    """Renders decisions; a template that fails is counted and leaves the slot to its default.

    While it `is_loud` a developer is to be told of slots outside any request. One is told once of each template that
    stands in the site's folder and is not found by the site's environment.
    """

    def __init__(self, settings: Settings, counters: Counters) -> None:
        self._slots: Mapping[str, Slot] = settings.slots
        self._site = settings.site
        self.pages, self.first = settings.site.path.rstrip("/"), settings.site.languages[0]
        self._counters, self.is_loud = counters, settings.site.development
        self._overlooked = {
            name: path
            for name, slot in settings.slots.items()
            if settings.site.development and not slot.template
            for path in [settings.root / TEMPLATES / f"{name}.html"]
            if path.is_file()
        }
        self.templates: SlotTemplates | None = None

    @cached_property
    def newsletter(self) -> "Newsletter":
        """Return what puts a reader's token into a newsletter; loaded where the site renders one."""
        from personalize.campaigns.newsletter import Newsletter

        return Newsletter(self._site)

    def __call__(self, decision: Decision) -> Markup | None:
        """Return the content of a decision, None where its default belongs."""
        try:
            return self._render(decision)
        except Exception:
            self._counters["template_failed"] += 1
            log.exception("slot %r: its template failed, the default is shown", decision.slot)
            return None

    def _render(self, decision: Decision) -> Markup | None:
        slot = self._slots.get(decision.slot)
        stated = slot.template if slot else ""
        if self.templates is not None:
            html = self.templates.render(stated or f"slots/{decision.slot}.html", decision)
            if html is not None:
                return Markup(html)  # noqa: S704  # the template escapes
            if stated:
                raise LookupError(f"there is no template {stated!r}")
        if path := self._overlooked.pop(decision.slot, None):
            why = UNINSTALLED if self.templates is None else ELSEWHERE.format(decision.slot)
            log.warning(OVERLOOKED, decision.slot, path, why)
        return plain(decision, slot.fields if slot else ())


def plain(decision: Decision, fields: tuple[Field, ...]) -> Markup:
    """Return a decision's fields as plain markup, escaped: texts as paragraphs, images, then links.

    The text `photo_alt` is the alternative of the image `photo`, not a paragraph.
    """
    kinds, said = {field.name: field.kind for field in fields}, decision.fields
    alternatives = {f"{field.name}{ALT}" for field in fields if field.kind == "image"}
    shown = [
        _element(escape(name), kinds.get(name, "text"), text, said.get(f"{name}{ALT}", ""))
        for name, text in said.items()
        if text and name not in alternatives
    ]
    return Markup(f'<div class="slot slot-{escape(decision.slot)}">{"".join(shown)}</div>')  # noqa: S704  # escaped


def _element(name: Markup, kind: str, text: str, alternative: str) -> str:
    if kind in ("url", "image") and not _is_safe(text):
        return ""
    safe = escape(text)
    if kind == "image":
        return f'<img class="{name}" src="{safe}" alt="{escape(alternative)}">'
    if kind == "url":
        return f'<p class="{name}"><a href="{safe}">{safe}</a></p>'
    return f'<p class="{name}">{safe}</p>'


def _is_safe(url: str) -> bool:
    """Say whether a browser does nothing but load this: no script, and nothing it would read differently."""
    if not url.isprintable() or url != url.strip():
        return False
    try:
        return urlsplit(url).scheme.lower() in SCHEMES
    except ValueError:
        return False
