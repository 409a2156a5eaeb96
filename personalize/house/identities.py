"""Whom identifier text such as `customer_number:4711` means on this site."""

from collections.abc import Callable
from functools import partial

from personalize.errors import IdentifierProblem, NotFound
from personalize.ports import ProfileStore
from personalize.profile.identifiers import parse, subject_number
from personalize.recognition.keys import KeyRing
from personalize.settings import Settings

SUBJECT = "subject:"
"""Before the number of a person whom no identifier leads to."""


class Identities:
    """The identifiers of a site under its keys; `ring` gives those in use."""

    def __init__(self, settings: Settings, profiles: ProfileStore, ring: Callable[[], KeyRing]) -> None:
        self._profiles, self._ring = profiles, ring
        self.parse = partial(parse, country=_country(settings))

    def digests(self, identifier: str) -> list[tuple[str, bytes]]:
        """Return kind and keyed hash of identifier text such as `customer_number:4711`."""
        kind, value = self.parse(identifier)
        return [(kind, self._ring().identifier_digest(kind, value))]

    def subject_of(self, identifier: str) -> int:
        """Return the subject of identifier text, or of `subject:` and a number. Raises NotFound with what is wrong."""
        if identifier.startswith(SUBJECT):
            return self._numbered(identifier)
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


def _country(settings: Settings) -> str:
    """Return the country that all sources share, for phone numbers without one; else none."""
    countries = {source.country for source in settings.sources.values()}
    return countries.pop() if len(countries) == 1 else ""
