"""A variant's texts as a site gets them: a dictionary that templates and JSON know, and that nobody changes."""

from typing import Any, NoReturn


class Texts(dict[str, str]):
    """Texts by field. Others get the same ones, so they refuse to be changed: `dict(texts)` is a copy of one's own."""

    __slots__ = ()

    def _refuse(self, *args: Any, **given: Any) -> NoReturn:
        """Refuse any change. Raises TypeError."""
        raise TypeError("the texts of a decision are not only yours: change a copy, dict(decision.fields)")

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type[dict[str, str]], tuple[dict[str, str]]]:
        """Return how a copy or a pickle is made: of plain texts."""
        return dict, (dict(self),)


NO_TEXTS = Texts()
