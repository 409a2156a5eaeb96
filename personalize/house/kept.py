"""What entries refer to, looked up once: published recipes and the headers of imports."""

from personalize.model.content import Recipe, decode_recipe
from personalize.ports import BatchStore, ContentStore


class Kept:
    """Recipes and headers, which never change once they are kept."""

    def __init__(self, content: ContentStore, batches: BatchStore) -> None:
        self._content, self._batches = content, batches
        self._recipes: dict[str, Recipe] = {}
        self._observed: dict[int, int | None] = {}

    def forget(self) -> None:
        """Look everything up anew: in another store a number may stand for another import."""
        self._recipes.clear()
        self._observed.clear()

    def recipe(self, digest: str) -> Recipe | None:
        """Return a published recipe, or None when it is not kept."""
        if digest not in self._recipes:
            body = self._content.recipe(digest)
            if body is None:
                return None
            self._recipes[digest] = decode_recipe(body)
        return self._recipes[digest]

    def observed_of(self, number: int) -> int | None:
        """Return when an import's rows were observed."""
        if number not in self._observed:
            batch = self._batches.batch(number)
            self._observed[number] = batch.observed_at if batch else None
        return self._observed[number]
