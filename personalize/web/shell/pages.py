"""Render pages: escaped, in the reader's language, with headers that keep them private."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from personalize.explain.language import LANGUAGES, Language, language, preferred
from personalize.settings import Site

WEB = Path(__file__).resolve().parent.parent
NAMES = {"nl": "Nederlands", "nb": "Norsk", "en": "English"}
POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    # Not `no-referrer`: browsers would send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Pages:
    """The templates of one app of a site, and the languages it is read in (those of the site that we speak).

    `own` are folders with templates that the app brings itself.
    """

    def __init__(self, site: Site, own: Sequence[Path] = ()) -> None:
        spoken = tuple(dict.fromkeys(language(name).name for name in site.languages if name in LANGUAGES))
        self.languages = spoken or (language(next(iter(site.languages), "")).name,)
        self.site_name, self.home, self._login_page = site.name or site.host, f"{site.address}/", site.login_page
        self._environment = Environment(
            loader=FileSystemLoader((*own, WEB, WEB / "shell", WEB / "privacy", WEB / "trail")),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def language_of(self, request: Request) -> Language:
        """Return the language asked for with `?lang=`, else the one `Accept-Language` likes best, else the first."""
        wanted = request.query_params.get("lang", "")
        if wanted in self.languages:
            return language(wanted)
        return language(preferred(request.headers.get("accept-language", ""), self.languages) or self.languages[0])

    def render(self, template: str, lang: Language, *, status: int = 200, up: str = "", **parts: object) -> Response:
        """Return a page. `up` leads from its address to the app's own root, which may be mounted anywhere.

        In a template `at_login` makes a text a link to where people log in, if the site says where that is.
        The part `here` is what the choice of a language leads to from that root: the visitor's page unless told;
        `switches` has a query for each language instead, or is empty where there is no choice.
        """
        text = "".join(self.pieces(template, lang, up=up, **parts))
        return HTMLResponse(text, status, headers=HEADERS)

    def pieces(self, template: str, lang: Language, *, up: str = "", **parts: object) -> Iterator[str]:
        """Yield the text of such a page as it is made, so that it may be longer than memory holds."""
        return self._environment.get_template(template).generate(
            lang=lang.name,
            say=lang.say,
            switch=[(name, NAMES[name]) for name in self.languages],
            site=self.site_name,
            home=self.home,
            at_login=partial(self.at_login, lang),
            up=up,
            **parts,
        )

    def at_login(self, lang: Language, text: str) -> Markup:
        """Return a text as a link to where people log in; as it is where the site does not say."""
        return linked(lang.title(self._login_page, ""), text)


def linked(page: str, text: str) -> Markup:
    """Return a text as a link to a page; as it is where there is no page."""
    return Markup('<a href="{}">{}</a>').format(page, text) if page else escape(text)
