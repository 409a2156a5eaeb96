"""A glance at the store: what recognising somebody reads on the way is not read again to decide."""

from personalize.ports import ProfileStore, Sight


class Glance:
    """One request's look at the store: recognising somebody reads all that deciding takes. Kept by nobody."""

    __slots__ = ("_profiles", "_seen")

    def __init__(self, profiles: ProfileStore) -> None:
        self._profiles = profiles
        self._seen: Sight | None = None

    def subject_of(self, digest: bytes) -> int | None:
        """Return the one subject of an identifier's keyed hash."""
        subject, self._seen = self._profiles.sight_of(digest)
        return subject

    def sight(self, subject: int) -> Sight | None:
        """Return what was seen of the subject that was found, or look now."""
        return self._seen or self._profiles.sight(subject)
