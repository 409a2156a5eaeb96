"""Keep sign-ups for the climate letter: the consent with its words, and the letter itself."""

from asyncio import to_thread
from datetime import date, datetime
from hashlib import sha256

from pages import Signup
from starlette.requests import Request

from personalize import Assurance, Personalizer, StoreError, Visitor
from personalize.model.opt_in import Confirmed

PURPOSE = "climate_letter"


class Signups:
    """Record sign-ups through the site's personalizer."""

    def __init__(self, personalizer: Personalizer) -> None:
        self.personalizer = personalizer

    def since(self, request: Request) -> date | None:
        """Return the day of the consent in force; None for who gave none, or where it cannot be looked up."""
        visitor = request.state.personalize.visitor
        if visitor.subject is None or visitor.assurance < Assurance.login:
            return None
        try:
            state = self.personalizer.ledger.state(visitor.subject)[PURPOSE]
        except StoreError:
            return None
        if state.status != "given" or state.since is None:
            return None
        zone = self.personalizer.settings.site.zone
        return datetime.fromtimestamp(state.since / 1_000_000, zone).date()

    async def record(self, request: Request, signup: Signup) -> None:
        """Record the consent to exactly these words, and that the reader gets the letter.

        In a thread: it waits while another program writes to the store, and other readers are not to wait with it.
        """
        await to_thread(self._record, request.state.personalize.visitor, signup)

    def _record(self, visitor: Visitor, signup: Signup) -> None:
        shown = sha256(signup.consent_text.encode()).hexdigest()
        event = self.personalizer.ledger.give(visitor, PURPOSE, signup.lang, shown, signup.form, act="box")
        reader = visitor.known_as(event.subject)
        self.personalizer.remember(reader, "letters", {"newsletters": frozenset({"climate"})})

    def confirmed(self, confirmed: Confirmed) -> None:
        """Note that who confirmed by mail gets the letter; a real paper hands the address to its mailing list here."""
        self.personalizer.remember(confirmed.visitor, "letters", {"newsletters": frozenset({"climate"})})
