"""Whom identifier text such as `customer_number:4711` means on this site."""

from collections.abc import Callable
from functools import partial

from personalize.errors import IdentifierProblem, NotFound
from personalize.ports import ProfileStore
from personalize.profile.identifiers import parse
from personalize.recognition.keys import KeyRing
from personalize.settings import Settings


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
        """Return the subject of identifier text. Raises NotFound with what may be wrong."""
        try:
            ((_, digest),) = self.digests(identifier)
        except IdentifierProblem as problem:
            raise NotFound(f"'{identifier}' cannot be looked up. {problem}") from problem
        subject = self._profiles.subject_of(digest)
        if subject is None:
            raise NotFound(f"Nobody is known as '{identifier}', or more than one person claims it.")
        return subject


def _country(settings: Settings) -> str:
    """Return the country that all sources share, for phone numbers without one; else none."""
    countries = {source.country for source in settings.sources.values()}
    return countries.pop() if len(countries) == 1 else ""
