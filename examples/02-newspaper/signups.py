"""Keep sign-ups for the climate letter: the consent with its words, and the letter itself."""

from hashlib import sha256

from pages import Signup
from starlette.requests import Request

from personalize import Personalizer

PURPOSE = "climate_letter"


class Signups:
    """Record sign-ups through the site's personalizer."""

    def __init__(self, personalizer: Personalizer) -> None:
        self.personalizer = personalizer

    async def record(self, request: Request, signup: Signup) -> None:
        """Record the consent to exactly these words, and that the reader gets the letter."""
        visit = request.state.personalize
        shown = sha256(signup.consent_text.encode()).hexdigest()
        event = self.personalizer.ledger.give(visit.visitor, PURPOSE, signup.lang, shown, "newsletter page")
        reader = visit.visitor.known_as(event.subject)
        self.personalizer.remember(reader, "letters", {"newsletters": frozenset({"climate"})})
