"""Whom identifier text such as `customer_number:4711` means on this site."""

from collections.abc import Callable
from functools import partial

from personalize.consent.receipts import receipt_number
from personalize.errors import IdentifierProblem, NotFound
from personalize.model.consent import ConsentEvent
from personalize.ports import ProfileStore
from personalize.profile.identifiers import parse, subject_number
from personalize.recognition.keys import KeyRing
from personalize.settings import Settings

SUBJECT = "subject:"
"""Before the number of a person whom no identifier leads to."""
RECEIPT = "receipt:"
"""Before the number of a receipt that a person holds."""
Receipts = Callable[[bytes], ConsentEvent | None]
"""Returns what a receipt is of, by its number; None where there is none. Raises StoreError."""


class Identities:
    """The identifiers of a site under its keys; `ring` gives those in use."""

    def __init__(
        self, settings: Settings, profiles: ProfileStore, receipts: Receipts, ring: Callable[[], KeyRing]
    ) -> None:
        self._profiles, self._receipts, self._ring = profiles, receipts, ring
        self.parse = partial(parse, country=_country(settings))

    def digests(self, identifier: str) -> list[tuple[str, bytes]]:
        """Return kind and keyed hash of identifier text such as `customer_number:4711`."""
        kind, value = self.parse(identifier)
        return [(kind, self._ring().identifier_digest(kind, value))]

    def subject_of(self, identifier: str) -> int:
        """Return the subject of identifier text, of `subject:` and a number, or of `receipt:` and that of a receipt.

        Raises NotFound with what is wrong.
        """
        if identifier.startswith(SUBJECT):
            return self._numbered(identifier)
        if identifier.startswith(RECEIPT):
            return self._holder(identifier)
        try:
            ((_, digest),) = self.digests(identifier)
        except IdentifierProblem as problem:
            raise NotFound(f"'{identifier}' cannot be looked up. {problem}") from problem
        found = self._profiles.claimants(digest)
        if not found:
            raise NotFound(f"Nobody is known as '{identifier}'.")
        if len(found) > 1:
            each = ", ".join(f"{SUBJECT}{subject}" for subject in sorted(found))
            raise NotFound(f"'{identifier}' is claimed by several people, so it leads to none of them: look at {each}.")
        return found[0]

    def _numbered(self, text: str) -> int:
        subject = subject_number(text.removeprefix(SUBJECT))
        if subject is None or self._profiles.load(subject) is None:
            raise NotFound(f"Nobody is known as '{text}' (any more).")
        return subject

    def _holder(self, text: str) -> int:
        number = receipt_number(text.removeprefix(RECEIPT))
        if number is None:
            raise NotFound(f"'{text}' is not the number of a receipt: it has 32 characters, 0 to 9 and a to f.")
        event = self._receipts(number)
        if event is None:
            raise NotFound(f"There is no '{text}' (any more).")
        return event.subject


def _country(settings: Settings) -> str:
    """Return the country that all sources share, for phone numbers without one; else none."""
    countries = {source.country for source in settings.sources.values()}
    return countries.pop() if len(countries) == 1 else ""
