"""The recipes that were published."""

from typing import Protocol


class ContentStore(Protocol):
    """The published recipes, for as long as an entry refers to them."""

    def save_recipe(self, digest: str, body: bytes, now: int, *, wait: float = 5.0) -> None:
        """Keep a recipe under its hash, waiting so long (s) for another writer; doing so again only reads."""
        ...

    def recipe(self, digest: str) -> bytes | None:
        """Return a recipe's canonical form, or None when it is not kept."""
        ...

    def put_in_force(self, digest: str, *, wait: float = 5.0) -> None:
        """Keep which recipe the content files made last; doing so again only reads."""
        ...

    def in_force(self) -> str:
        """Return which recipe the content files made last; empty where they made none yet."""
        ...
