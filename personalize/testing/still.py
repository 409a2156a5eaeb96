"""A personalizer for tests: it serves, and nothing runs beside."""

from personalize.personalizer import Personalizer


class Still(Personalizer):
    """Leaves what a site does by the way to the test: each step is done when it is asked for, under its own clock."""

    async def startup(self) -> None:
        """Open the store for serving. Raises what `open` raises."""
        self.open(serving=True)
