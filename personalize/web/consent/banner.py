"""The consent banner: the texts in full, a yes and a no that look alike, nothing chosen beforehand, no script."""

import logging
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from jinja2 import Environment, PackageLoader
from markupsafe import Markup
from msgspec import Struct

from personalize.asgi.facts import MOST_COMPLAINTS
from personalize.asgi.visit import Visit
from personalize.consent.ledger import ENOUGH, chooser
from personalize.errors import StoreError
from personalize.explain.language import language
from personalize.house import House
from personalize.model.consent import Basis, Purpose
from personalize.model.people import STRANGER
from personalize.recognition.cookies import read_cookies
from personalize.settings import Settings
from personalize.settings.toml_file import nearest_name
from personalize.web.shell.choices import choosable
from personalize.web.shell.notices import paragraphs_of

log = logging.getLogger("personalize")
NO_FOR = 180 * 86_400
"""Seconds for which a no of somebody whom we do not know is remembered, by their own browser alone."""
NOTHING = Markup()


class Text(Struct, frozen=True, kw_only=True):
    """What one purpose asks: `pair` names purpose and hash of exactly this text, for the form."""

    purpose: str
    title: str
    paragraphs: tuple[str, ...]
    lang: str
    pair: str
    third_party: bool


class Banner:
    """Makes the banner of one site; `house` raises StoreError while the store is closed."""

    def __init__(self, settings: Settings, house: Callable[[], House]) -> None:
        self._settings, self._house = settings, house
        self._said: set[str] = set()
        self._template = Environment(
            loader=PackageLoader("personalize.web", "consent"), autoescape=True, trim_blocks=True, lstrip_blocks=True
        ).get_template("banner.html")

    def html(self, visit: Visit | None, lang: str = "", names: Sequence[str] = (), back: str = "") -> Markup:
        """Return the banner where there is something to ask this visitor, else nothing; never raises.

        `names` are the purposes to ask about; all that a banner can ask unless told.
        """
        spoken = lang if lang in self._settings.site.languages else self._settings.site.languages[0]
        if names and self._settings.site.development:
            self._complain(names)
        try:
            asked = self._open(self.asked(names), visit)
        except StoreError:
            return NOTHING
        if not asked:
            return NOTHING
        return Markup(  # noqa: S704  # the template escapes
            self._template.render(
                say=language(spoken).say,
                lang=spoken,
                path=self._settings.site.path if visit is None else visit.pages,
                texts=[self.text(purpose, spoken) for purpose in asked],
                back=back,
            )
        )

    def asked(self, names: Sequence[str] = ()) -> list[Purpose]:
        """Return the purposes that a banner asks about: those that rest on consent and need no mail."""
        return [
            purpose
            for purpose in self._settings.purposes.values()
            if purpose.basis is Basis.consent and not purpose.double_opt_in and (not names or purpose.name in names)
        ]

    def _complain(self, names: Sequence[str]) -> None:
        """Name once each purpose that no banner asks about."""
        known = [purpose.name for purpose in self.asked()]
        for name in names:
            if name not in known and name not in self._said and len(self._said) < MOST_COMPLAINTS:
                self._said.add(name)
                log.warning("the consent banner cannot ask about the purpose %r. %s", name, nearest_name(name, known))

    def text(self, purpose: Purpose, lang: str) -> Text:
        """Return what a purpose asks in a language of the site."""
        notice = self._settings.notices[purpose.notice]
        return Text(
            purpose=purpose.name,
            title=language(lang).title(purpose.titles, purpose.name),
            paragraphs=paragraphs_of(notice.texts[lang]),
            lang=lang,
            pair=f"{purpose.name}:{notice.digests[lang]}",
            third_party=purpose.third_party,
        )

    def no_cookie(self, names: Iterable[str]) -> tuple[bytes, bytes]:
        """Return the header by which a browser remembers a no: the same for everybody, and about nobody."""
        secure = self._settings.site.url.startswith("https:")
        value = _value(self._settings.purposes[name] for name in names)
        attributes = f"Path=/; {'Secure; ' if secure else ''}HttpOnly; SameSite=Lax; Max-Age={NO_FOR}"
        return b"set-cookie", _name(secure) + f"={value}; {attributes}".encode()

    def _open(self, asked: list[Purpose], visit: Visit | None) -> list[Purpose]:
        """Return the purposes that this visitor has not answered yet."""
        visitor = STRANGER if visit is None else visit.asker
        if visit is not None and visit.in_doubt:
            return []
        known = chooser(visitor)
        open_here = {purpose.name for purpose in choosable(self._settings, visitor, {})}
        asked = [purpose for purpose in asked if purpose.name in open_here]
        if known is not None:
            unanswered = self._house().ledger.unanswered(known)
            return [purpose for purpose in asked if purpose.name in unanswered]
        if visit is None or visitor.assurance >= ENOUGH:
            return asked
        said = read_cookies(visit.headers, _name(self._settings.site.url.startswith("https:")))
        refused = said if isinstance(said, bytes) else b""
        return [] if refused == _value(asked).encode() else asked


def _name(secure: bool) -> bytes:
    return b"__Host-banner-no" if secure else b"banner-no"


def _value(asked: Iterable[Purpose]) -> str:
    """Return what stands for a no to these questions: another text that matters is another question."""
    said = " ".join(sorted(f"{purpose.name}@{purpose.asked_since}" for purpose in asked))
    return sha256(said.encode()).hexdigest()[:16]
