"""Who decides what data is used for, where to ask, to read more, and to complain (GDPR 13, 14 and 15)."""

from collections.abc import Iterator

from markupsafe import Markup, escape

from personalize.explain.language import Language
from personalize.settings import Site
from personalize.web.shell.pages import linked


def questions(site: Site, lang: Language) -> Markup:
    """Return who decides, where to ask, to read more and to complain, with links; nothing of what is not told."""
    return Markup("<br>").join(_sentences(site, lang))


def _sentences(site: Site, lang: Language) -> Iterator[Markup]:
    if site.controller and site.privacy_contact:
        line = lang.say(
            "{controller} decides what your data is used for. Questions? {contact}",
            controller="{controller}",
            contact="{contact}",
        )
        contact = site.privacy_contact
        mail = Markup('<a href="mailto:{0}">{0}</a>').format(contact) if "@" in contact else contact
        yield escape(line).format(controller=site.controller, contact=mail)
    if site.privacy_statement:
        yield linked(lang.title(site.privacy_statement, ""), lang.say("Our privacy statement tells more."))
    if site.authority:
        place = linked(lang.title(site.authority_page, ""), site.authority)
        line = lang.say("You can lodge a complaint with the supervisory authority: {place}.", place="{place}")
        yield escape(line).format(place=place)
