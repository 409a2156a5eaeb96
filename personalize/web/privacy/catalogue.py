"""The page `/purposes` and its JSON: what data is used for here, for everybody to read."""

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from personalize.explain.dates import length_words
from personalize.explain.language import Language, capital
from personalize.model.attributes import Attribute
from personalize.model.consent import Purpose
from personalize.model.people import Assurance
from personalize.rights.catalogue import attributes_for, catalogue
from personalize.settings import Settings
from personalize.web.privacy.contact import questions
from personalize.web.privacy.terms import basis_words, entries_words, kept_words, recipients_words, terms_words
from personalize.web.shell.notices import language_of_notice, paragraphs_of, version_words
from personalize.web.shell.pages import Pages

HEADERS = {"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"}
MEDIA_TYPE = "application/ld+json"


class Datum(Struct, frozen=True, kw_only=True):
    """One thing that may be known for a purpose."""

    title: str
    source: str
    fresh: str
    kept: str
    login: bool


class Entry(Struct, frozen=True, kw_only=True):
    """One purpose in the catalogue."""

    name: str
    title: str
    basis: str
    version: str
    lang: str
    paragraphs: tuple[str, ...]
    data: tuple[Datum, ...]
    recipients: str
    kept: str
    third_party: bool


class CataloguePages:
    """The catalogue, made from the settings alone: it can be read while the store is closed."""

    def __init__(self, *, settings: Settings, pages: Pages) -> None:
        self._settings, self._pages = settings, pages
        self._json = msgspec.json.format(msgspec.json.encode(catalogue(settings)), indent=2)

    def routes(self) -> list[Route]:
        """Return the routes of the catalogue."""
        return [
            Route("/purposes", self.show, methods=["GET"], name="purposes"),
            Route("/api/purposes", self.as_json, methods=["GET"], name="api-purposes"),
        ]

    async def show(self, request: Request) -> Response:
        """Show every purpose, with its basis, data, recipients and terms."""
        lang = self._pages.language_of(request)
        entries = [self._entry(purpose, lang) for purpose in self._settings.purposes.values()]
        return self._pages.render(
            "purposes.html",
            lang,
            here="purposes",
            entries=entries,
            terms=terms_words(self._settings, lang),
            questions=questions(self._settings.site, lang),
        )

    async def as_json(self, request: Request) -> Response:
        """Answer with the catalogue as JSON-LD in the terms of the DPV."""
        return Response(self._json, headers=HEADERS, media_type=MEDIA_TYPE)

    def _entry(self, purpose: Purpose, lang: Language) -> Entry:
        notice = self._settings.notices.get(purpose.notice)
        spoken = language_of_notice(notice, lang) if notice else lang.name
        return Entry(
            name=purpose.name,
            title=lang.title(purpose.titles, purpose.name),
            basis=basis_words(purpose, lang),
            version=version_words(notice.version, lang) if notice else "",
            lang=spoken,
            paragraphs=paragraphs_of(notice.texts[spoken]) if notice else (),
            data=tuple(self._datum(each, lang) for each in attributes_for(self._settings, purpose.name)),
            recipients=recipients_words(self._settings, purpose, lang),
            kept=entries_words(self._settings, purpose, lang),
            third_party=purpose.third_party,
        )

    def _datum(self, attribute: Attribute, lang: Language) -> Datum:
        source = self._settings.sources.get(attribute.source)
        return Datum(
            title=capital(lang.title(attribute.titles, attribute.name)),
            source=lang.title(source.titles, source.name) if source else attribute.source,
            fresh=length_words(attribute.shelf_life, lang) if attribute.shelf_life else "",
            kept=kept_words(self._settings, attribute, lang),
            login=attribute.assurance is Assurance.login,
        )
