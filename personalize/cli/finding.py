"""What `personalize check` found: one thing, and where it stands."""

from pathlib import Path as FilePath

from msgspec import Struct, structs

from personalize.settings.places import Path, Place, nearest


class Finding(Struct, frozen=True, kw_only=True):
    """One thing to mend, or (`advice`) to better, or (`note`) to know, and where it stands.

    Lines and columns count from 1.
    """

    file: str
    line: int = 1
    column: int = 1
    level: str = "error"
    message: str

    def __str__(self) -> str:
        level = "" if self.level == "error" else f"{self.level}: "
        return f"{self.file}:{self.line}:{self.column}: {level}{' '.join(self.message.split())}"

    def from_here(self) -> "Finding":
        """Return it with its file as one would name it in this folder."""
        path = FilePath(self.file).absolute()
        here = FilePath.cwd()
        return structs.replace(self, file=str(path.relative_to(here))) if path.is_relative_to(here) else self


def advice(file: str, places: dict[Path, Place], path: Path, message: str) -> Finding:
    """Return a piece of advice about the closest place that is known for a path of keys."""
    spot = nearest(places, path) or Place(1, 1)
    return Finding(file=file, line=spot.line, column=spot.column, level="advice", message=message)
