"""Who decides what data is used for, and where to ask."""

from markupsafe import Markup, escape

from personalize.explain.language import Language
from personalize.settings import Site


def questions(site: Site, lang: Language) -> Markup:
    """Return who decides and where to ask, a mail address as a link; nothing where the site does not say."""
    if not (site.controller and site.privacy_contact):
        return Markup()
    line = lang.say(
        "{controller} decides what your data is used for. Questions? {contact}",
        controller="{controller}",
        contact="{contact}",
    )
    contact = site.privacy_contact
    mail = Markup('<a href="mailto:{0}">{0}</a>').format(contact) if "@" in contact else contact
    return escape(line).format(controller=site.controller, contact=mail)
