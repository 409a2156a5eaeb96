"""The Jinja tag `{% consent_banner %}`; `{% consent_banner "reading", lang=lang %}` asks about this alone."""

from collections.abc import Callable
from typing import Any

from jinja2 import Environment, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from markupsafe import Markup

from personalize.asgi.visit import current
from personalize.house import House
from personalize.settings import Settings
from personalize.web.consent.banner import Banner

BANNER = "personalize_banner"
"""Where an environment holds its banner."""


class BannerTag(Extension):
    """Adds the tag. Outside a request it shows the banner that a stranger sees."""

    tags = {"consent_banner"}  # noqa: RUF012  # as Jinja declares it

    def parse(self, parser: Parser) -> nodes.Node:
        """Parse names of purposes, then `lang=` and `back=`."""
        line = next(parser.stream).lineno
        names: list[nodes.Expr] = []
        options: list[nodes.Keyword] = []
        while parser.stream.current.type != "block_end":
            if names or options:
                parser.stream.expect("comma")
            if parser.stream.current.type == "name" and parser.stream.look().type == "assign":
                options.append(_option(parser))
            else:
                names.append(parser.parse_expression())
        call = self.call_method("_banner", names, options, lineno=line)
        return nodes.Output([call], lineno=line)

    def _banner(self, *names: str, lang: object = "", back: object = "") -> Markup:
        banner: Banner = getattr(self.environment, BANNER)
        return banner.html(current.get(), str(lang), tuple(map(str, names)), str(back))


def install_banner(env: Environment, settings: Settings, house: Callable[[], House]) -> None:
    """Add the tag to a site's environment."""
    env.add_extension(BannerTag)
    env.extend(**{BANNER: Banner(settings, house)})


def _option(parser: Parser) -> nodes.Keyword:
    name: Any = parser.stream.expect("name")
    if name.value not in ("lang", "back"):
        parser.fail(f"'{name.value}' is no option of consent_banner: there are lang and back", name.lineno)
    parser.stream.expect("assign")
    return nodes.Keyword(name.value, parser.parse_expression(), lineno=name.lineno)
