"""Answer each address of the site."""

from collections.abc import Awaitable, Callable
from datetime import date
from hashlib import sha256
from typing import Final

import msgspec
from edition import TOPICS
from guard import refuse_other_sites
from languages import LANGUAGES, best_language
from paper import Paper
from session import NUMBER, customer_number, log_in, log_out
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

AFTER_LOGIN: Final = {"newsletter": "newsletter"}


class Signup(msgspec.Struct, frozen=True, kw_only=True):
    """Hold one sign-up for the climate letter, the words that were consented to, and what the form is called."""

    customer_number: str
    lang: str
    consent_text: str
    form: str


RecordSignup = Callable[[Request, Signup], Awaitable[None]]
SignedUpSince = Callable[[Request], date | None]


class Pages:
    """Answer requests with the pages of one paper."""

    def __init__(self, paper: Paper, record_signup: RecordSignup, signed_up_since: SignedUpSince) -> None:
        self.paper = paper
        self.record_signup = record_signup
        self.signed_up_since = signed_up_since

    def root(self, request: Request) -> Response:
        """Redirect to the front page in the reader's language."""
        lang = best_language(request.headers.get("accept-language", ""))
        headers = {"Vary": "Accept-Language", "Cache-Control": "no-cache"}
        return RedirectResponse(f"/{lang}/", 302, headers)

    def front(self, request: Request) -> Response:
        """Redirect to the front page when the address lacks its last slash."""
        return RedirectResponse(f"/{lang_of(request)}/", 308)

    def home(self, request: Request) -> Response:
        """Show the front page."""
        return self.paper.page(request, "home.html", lang_of(request))

    def topic(self, request: Request) -> Response:
        """Show the articles on one topic."""
        lang, topic = lang_of(request), request.path_params["topic"]
        if topic not in TOPICS:
            raise HTTPException(404)
        request.state.personalize.observe("read_topic", topic)  # where the reader agreed to it, else nothing is kept
        articles = self.paper.edition.about(topic)
        return self.paper.page(request, "topic.html", lang, topic=topic, articles=articles)

    def article(self, request: Request) -> Response:
        """Show one article."""
        lang = lang_of(request)
        article = self.paper.edition.find(request.path_params["slug"])
        if article is None:
            raise HTTPException(404)
        request.state.personalize.observe("read_topic", article.topic)
        related = self.paper.edition.related(article)
        return self.paper.page(request, "article.html", lang, article=article, related=related)

    def subscribe(self, request: Request) -> Response:
        """Show the terms of a new subscription."""
        return self.paper.page(request, "terms.html", lang_of(request), terms="subscribe")

    def renew(self, request: Request) -> Response:
        """Show the terms of a renewal."""
        return self.paper.page(request, "terms.html", lang_of(request), terms="renew")

    def you(self, request: Request) -> Response:
        """Say what the paper may know and where to see it."""
        return self.paper.page(request, "you.html", lang_of(request))

    def login_form(self, request: Request) -> Response:
        """List the persons one can log in as."""
        after = request.query_params.get("after", "")
        return self.paper.page(request, "login.html", lang_of(request), after=after, wrong=False)

    async def login(self, request: Request) -> Response:
        """Log in the customer whose number was posted."""
        refuse_other_sites(request)
        lang, form = lang_of(request), await request.form()
        number, after = str(form.get("customer_number", "")).strip(), str(form.get("after", ""))
        if not NUMBER.fullmatch(number):
            return self.paper.page(request, "login.html", lang, status=422, after=after, wrong=True)
        log_in(request.scope, number)
        return RedirectResponse(f"/{lang}/{AFTER_LOGIN.get(after, '')}", 303)

    def logout(self, request: Request) -> Response:
        """Log out and return to the front page."""
        refuse_other_sites(request)
        log_out(request.scope)
        return RedirectResponse(f"/{lang_of(request)}/", 303)

    def newsletter_form(self, request: Request) -> Response:
        """Show the climate letter and, to a logged-in reader, its consent form or since when they get it."""
        lang = lang_of(request)
        since = self.signed_up_since(request) if customer_number(request.scope) else None
        return self._letter(request, lang, since=since)

    async def newsletter(self, request: Request) -> Response:
        """Record the consent of a logged-in reader who ticked the box."""
        refuse_other_sites(request)
        lang, posted = lang_of(request), await request.form()
        number = customer_number(request.scope)
        if number is None:
            return RedirectResponse(f"/{lang}/login?after=newsletter", 303)
        if posted.get("consent") != "yes":
            return self._letter(request, lang, status=422, needed=True)
        consent, form = self._text(lang, "consent"), self._text(lang, "form")
        signup = Signup(customer_number=number, lang=lang, consent_text=consent, form=form)
        await self.record_signup(request, signup)
        return RedirectResponse(f"/{lang}/newsletter/thanks", 303)

    def _letter(
        self, request: Request, lang: str, *, since: date | None = None, needed: bool = False, status: int = 200
    ) -> Response:
        """Return the letter's page; a stranger's form goes to personalize, which asks the mailbox first."""
        notice = sha256(self._text(lang, "consent").encode()).hexdigest()
        return self.paper.page(
            request, "newsletter.html", lang, status=status, needed=needed, since=since, notice=notice
        )

    def _text(self, lang: str, name: str) -> str:
        return str(self.paper.edition.texts[lang]["newsletter"][name])

    def newsletter_thanks(self, request: Request) -> Response:
        """Repeat the words that were consented to, to the reader who did."""
        if customer_number(request.scope) is None:
            return RedirectResponse(f"/{lang_of(request)}/newsletter", 303)
        return self.paper.page(request, "thanks.html", lang_of(request))

    def missing(self, request: Request, _: Exception) -> Response:
        """Say that there is no such page."""
        return self._apology(request, "missing", 404)

    def refused(self, request: Request, _: Exception) -> Response:
        """Say that the form came from another site."""
        return self._apology(request, "refused", 403)

    def _apology(self, request: Request, what: str, status: int) -> Response:
        first = request.url.path.split("/")[1]
        accept = request.headers.get("accept-language", "")
        lang = first if first in LANGUAGES else best_language(accept)
        return self.paper.page(request, "error.html", lang, status=status, what=what)


def lang_of(request: Request) -> str:
    """Return the language in the address, or raise 404 when it is not one of ours."""
    lang = str(request.path_params["lang"])
    if lang not in LANGUAGES:
        raise HTTPException(404)
    return lang
