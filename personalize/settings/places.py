"""Where each key of a TOML file stands: tomllib does not tell."""

import re

from msgspec import Struct

Path = tuple[str | int, ...]
SPACE = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
KEY = re.compile(r"[ \t]*(?:\"((?:[^\"\\\n]|\\.)*)\"|'([^'\n]*)'|([A-Za-z0-9_-]+))[ \t]*")
SCALAR = re.compile(r"[^,\]}#\n]*")
STRINGS = (
    re.compile(r'"""(?:[^\\]|\\.)*?"""+', re.DOTALL),
    re.compile(r"'''.*?'''+", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)


def _after(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Return where a pattern ends that begins here; where it does not match, nothing is passed over."""
    found = pattern.match(text, at)
    return found.end() if found else at


class Place(Struct, frozen=True):
    """Line and column (from 1) of a value; of a text, where the text itself starts, behind quotes and line end."""

    line: int
    column: int


def places(text: str) -> dict[Path, Place]:
    """Return the place of every key, table and list item of a TOML text that tomllib has accepted.

    Items of lists count from 0: `("variant", 2, "when")`. Linear time.
    """
    finder = _Finder(text)
    finder.run()
    return finder.found


def nearest(found: dict[Path, Place], path: Path) -> Place | None:
    """Return the place of a path, or of the closest thing around it that stands in the file."""
    for length in range(len(path), 0, -1):
        if path[:length] in found:
            return found[path[:length]]
    return None


class _Finder:
    """Walks once over the text; every method starts at `at` and leaves it behind what it has read."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.found: dict[Path, Place] = {}
        self._lengths: dict[Path, int] = {}
        self._line, self._line_start, self._counted = 1, 0, 0

    def run(self) -> None:
        table: Path = ()
        self._skip()
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip()

    def _header(self) -> Path:
        start = self.at
        several = self.text.startswith("[[", self.at)
        self.at += 2 if several else 1
        path = self._inside(self._key())
        self.at += 2 if several else 1
        if several:
            self._lengths[path] = self._lengths.get(path, 0) + 1
            path = (*path, self._lengths[path] - 1)
        self._note(path, start)
        return path

    def _inside(self, key: list[str]) -> Path:
        """Return a header's path, in which a list of tables means its last one so far."""
        path: Path = ()
        for part in key[:-1]:
            path = (*path, part)
            if path in self._lengths:
                path = (*path, self._lengths[path] - 1)
        return (*path, key[-1])

    def _pair(self, table: Path) -> None:
        key = self._key()
        self.at += 1
        self._value((*table, *key))

    def _key(self) -> list[str]:
        parts: list[str] = []
        while found := KEY.match(self.text, self.at):
            self.at = found.end()
            parts.append(next(group for group in found.groups() if group is not None))
            if not self.text.startswith(".", self.at):
                break
            self.at += 1
        return parts

    def _value(self, path: Path) -> None:
        self._skip()
        self._note(path, self._text_start())
        opening = self.text[self.at]
        if opening in "[{":
            self.at += 1
            self._items(path, "]" if opening == "[" else "}")
        elif opening in "\"'":
            self.at = self._string_end()
        else:
            self.at = _after(SCALAR, self.text, self.at)

    def _items(self, path: Path, closing: str) -> None:
        count = 0
        self._skip()
        while self.text[self.at] != closing:
            if closing == "]":
                self._value((*path, count))
            else:
                self._pair(path)
            count += 1
            self._skip()
            if self.text[self.at] == ",":
                self.at += 1
                self._skip()
        self.at += 1

    def _text_start(self) -> int:
        if self.text.startswith(('"""', "'''"), self.at):
            start = self.at + 3
            return start + self.text.startswith("\n", start)  # which TOML leaves out of the text
        return self.at + (self.text[self.at] in "\"'")

    def _string_end(self) -> int:
        return max(found.end() for string in STRINGS if (found := string.match(self.text, self.at)))

    def _skip(self) -> None:
        self.at = _after(SPACE, self.text, self.at)

    def _note(self, path: Path, at: int) -> None:
        breaks = self.text.count("\n", self._counted, at)
        if breaks:
            self._line += breaks
            self._line_start = self.text.rindex("\n", self._counted, at) + 1
        self._counted = at
        self.found.setdefault(path, Place(self._line, at - self._line_start + 1))
