"""The mail by which a sign-up is confirmed: plain text, nothing in it that tells whether it was opened."""

from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from hashlib import sha256
from urllib.parse import urlsplit

from personalize.consent.opt_ins import OptIns
from personalize.errors import ConsentRefused
from personalize.explain.language import language
from personalize.model.moments import SECOND
from personalize.model.opt_in import OptIn
from personalize.settings import Settings

ONE_CLICK = "List-Unsubscribe=One-Click"


class Letters:
    """Writes the mails of a site, each in the language of the page that asked for it."""

    def __init__(self, settings: Settings, opt_ins: OptIns) -> None:
        self._settings, self._opt_ins = settings, opt_ins
        self._base = settings.site.pages

    def compose(self, wish: OptIn) -> EmailMessage:
        """Return the mail that follows from a wish. Tried again it is the same mail, under the same id."""
        lang, site = language(wish.lang), self._settings.site
        purpose = self._settings.purposes[wish.purpose]
        title, token = lang.title(purpose.titles, purpose.name), self._opt_ins.token(wish)
        say, text = lang.say, self._text(wish)
        mail = EmailMessage()
        mail["From"] = self._settings.mail.sender
        mail["To"] = wish.address
        mail["Subject"] = say("Please confirm: {purpose}", purpose=title)
        mail["Date"] = formatdate(wish.asked_at // SECOND)
        mail["Message-ID"] = f"<{sha256(wish.receipt + wish.handle).hexdigest()[:32]}@{self._domain()}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["Content-Language"] = lang.name
        for name, value in unsubscribe_headers(self._base, token).items():
            mail[name] = value
        paragraphs = (
            say("Somebody asked {site} for this, with your address:", site=site.name),
            *text.split("\n\n"),
            say("Was it you? Then open this page and say yes there:"),
            f"{self._base}/confirm/{token}?lang={lang.name}",
            say("The link works for {n} days. If it was not you, do nothing: then nothing happens.", n=7),
            say("Never write to you for this again: {link}", link=f"{self._base}/unsubscribe/{token}?lang={lang.name}"),
        )
        mail.set_content("\n\n".join(paragraphs) + "\n", cte="quoted-printable")
        return mail

    def _text(self, wish: OptIn) -> str:
        """Return exactly what was agreed to."""
        notice = self._settings.notices[self._settings.purposes[wish.purpose].notice]
        version = notice.reading(wish.lang, wish.sha256)
        if version is None:
            raise ConsentRefused("The text of this wish is not kept any more.")
        return version.texts[wish.lang]

    def _domain(self) -> str:
        return parseaddr(self._settings.mail.sender)[1].rpartition("@")[2] or str(urlsplit(self._base).hostname)


def unsubscribe_headers(base: str, token: str) -> dict[str, str]:
    """Return the headers of a mail that a mail program unsubscribes from by one POST (RFC 2369, RFC 8058).

    `base` is the address of the visitor's pages. RFC 8058 wants both headers under the mail's DKIM signature.
    """
    return {
        "List-Unsubscribe": f"<{base}/unsubscribe/{token}>",
        "List-Unsubscribe-Post": ONE_CLICK,
    }
