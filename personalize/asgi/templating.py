"""The Jinja tags `{% slot "hero" %}default{% endslot %}`, `{% slots "hero" %}`, `{% visit_code %}`, `{% not_you %}`."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from jinja2 import Environment, TemplateNotFound, Undefined, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from markupsafe import Markup

from personalize.asgi.rendering import Renderer
from personalize.asgi.visit import EMPTY, current
from personalize.explain.language import language
from personalize.model.decisions import Decision
from personalize.model.people import Assurance

log = logging.getLogger("personalize")
MISSING = (
    "a slot was rendered outside a request that PersonalizeMiddleware saw, so it shows its default: add the middleware"
    " to the app that serves this page (said once)"
)
RENDERER = "personalize_renderer"
"""Under this name an environment's globals hold what renders its slots."""


class SlotTags(Extension):
    """Adds the tags. The visit is found through a context variable; without one the default renders."""

    tags = {"slot", "slots", "visit_code", "not_you"}  # noqa: RUF012  # as Jinja declares it

    def parse(self, parser: Parser) -> nodes.Node:
        """Parse one of the tags."""
        token = next(parser.stream)
        if token.value == "visit_code":
            call = self.call_method("_visit_code", lineno=token.lineno)
            return nodes.Output([call], lineno=token.lineno)
        if token.value == "not_you":
            call = self.call_method("_not_you", [], _pairs(parser), lineno=token.lineno)
            return nodes.Output([call], lineno=token.lineno)
        if token.value == "slots":
            call = self.call_method("_slots", *_arguments(parser), lineno=token.lineno)
            return nodes.Output([call], lineno=token.lineno)
        name = parser.parse_expression()
        facts = _keywords(parser)
        body = parser.parse_statements(("name:endslot",), drop_needle=True)
        call = self.call_method("_slot", [name], facts, lineno=token.lineno)
        return nodes.CallBlock(call, [], [], body, lineno=token.lineno)

    def _slot(self, name: str, /, *, caller: Callable[[], Any], **facts: Any) -> Any:
        """Return the slot's content, or what stands between the tags; awaitable in an async environment."""
        visit = current.get()
        if visit is None:
            self._unseen()
            return caller()
        known = {key: value for key, value in facts.items() if not isinstance(value, Undefined)}
        content = visit.content(visit.decide(str(name), **known))
        return caller() if content is None else content

    def _slots(self, *names: str, **facts: Any) -> str:
        """Decide the slots that follow together; shows nothing."""
        visit = current.get()
        if visit is not None:
            known = {key: value for key, value in facts.items() if not isinstance(value, Undefined)}
            visit.decide_all(*map(str, names), **known)
        return ""

    def _unseen(self) -> None:
        """Tell a developer once that no middleware saw this request: every slot then shows its default."""
        renderer = self.environment.globals[RENDERER]
        if isinstance(renderer, Renderer) and renderer.is_loud:
            renderer.is_loud = False
            log.warning(MISSING)

    def _visit_code(self) -> str:
        visit = current.get()
        return "" if visit is None else visit.code

    def _not_you(self, lang: object = "") -> Markup:
        """Return the way out for somebody whom a link made a reader; nothing for anybody else."""
        visit, renderer = current.get(), self.environment.globals[RENDERER]
        if visit is None or not isinstance(renderer, Renderer) or not visit.pages:
            return EMPTY
        visitor = visit.asker
        if visitor.assurance is not Assurance.click or visitor.is_device:
            return EMPTY
        name = renderer.first if not lang or isinstance(lang, Undefined) else str(lang)
        link = Markup('<a class="not-you" rel="nofollow" href="{}/not-you?lang={}">{}</a>')
        return link.format(visit.pages, name, language(name).say("Not you?"))


class EnvironmentTemplates:
    """The slots' templates in a site's environment.

    Rendered synchronously, also where the site's pages are async, and escaped whatever the site does and
    whatever the template's name ends in: `|e` does not escape twice.
    """

    def __init__(self, env: Environment) -> None:
        self._env = env.overlay(enable_async=False, autoescape=True)

    def render(self, name: str, decision: Decision) -> str | None:
        """Render a template with the decision's fields as variables; None where there is no such template."""
        if self._env.loader is None:
            return None
        try:
            template = self._env.get_template(name)
        except TemplateNotFound as missing:
            if missing.name == name:
                return None
            raise
        template.globals = self._env.globals  # a chain of them, as Jinja makes it, takes 6 µs to read
        return template.render({**decision.fields, "decision": decision})


def install(env: Environment, renderer: Renderer) -> None:
    """Add the tags to a site's environment and render its slots from the environment's templates."""
    env.add_extension(SlotTags)
    env.globals[RENDERER] = renderer
    env.filters["with_links"] = partial(_with_links, renderer)
    renderer.templates = EnvironmentTemplates(env)


def _with_links(renderer: Renderer, html: object, token: str) -> Markup:
    """Put a click token into the links of a newsletter that lead to the site; see docs, Newsletter links."""
    return Markup(renderer.newsletter.decorate(str(html), token).html)  # noqa: S704  # as safe as it came


def _arguments(parser: Parser) -> tuple[list[nodes.Expr], list[nodes.Keyword]]:
    """Parse names of slots, then `key=value` pairs, up to the end of the tag."""
    names: list[nodes.Expr] = [parser.parse_expression()]
    while parser.stream.skip_if("comma"):
        if parser.stream.current.type == "name" and parser.stream.look().type == "assign":
            return names, [_keyword(parser), *_keywords(parser)]
        names.append(parser.parse_expression())
    return names, []


def _pairs(parser: Parser) -> list[nodes.Keyword]:
    """Parse `key=value` pairs up to the end of the tag."""
    if parser.stream.current.type == "block_end":
        return []
    return [_keyword(parser), *_keywords(parser)]


def _keywords(parser: Parser) -> list[nodes.Keyword]:
    """Parse `, key=value` pairs up to the end of the tag."""
    pairs: list[nodes.Keyword] = []
    while parser.stream.skip_if("comma"):
        pairs.append(_keyword(parser))
    return pairs


def _keyword(parser: Parser) -> nodes.Keyword:
    key = parser.stream.expect("name")
    if key.value == "caller":
        parser.fail("'caller' cannot be the name of a page fact", key.lineno)
    parser.stream.expect("assign")
    return nodes.Keyword(key.value, parser.parse_expression(), lineno=key.lineno)
