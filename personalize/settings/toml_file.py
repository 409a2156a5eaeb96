"""Read a TOML file table by table, and collect everything that is wrong with it."""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path as FilePath
from typing import Any, TypeVar

from personalize.errors import ConfigError, ManyErrors
from personalize.settings.not_toml import mistake_at
from personalize.settings.places import Path, Place, nearest, places

Choice = TypeVar("Choice", bound=Enum)

DURATION = re.compile(r"(\d{1,6})\s*(m|h|d|w|y)")
SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400, "y": 365 * 86_400}
AT_LINE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
ABSENT = (
    "Go to your site's folder, or name the file (of a command: with --config). "
    "For a new site, `personalize init` writes one"
)
ALSO_CALLED = {"no": "nb"}
"""What else a language is called by."""
KINDS = {str: "text", bool: "true or false", int: "a whole number", list: "a list", dict: "a table"}


class TomlFile:
    """A TOML file as read, with the places of its keys, and the errors found in it so far."""

    def __init__(self, path: FilePath) -> None:
        self.path = path
        self.errors: list[ConfigError] = []
        self._told: set[str] = set()
        self.places: dict[Path, Place] = {}
        self.content: dict[str, Any] = {}
        self.text = ""
        try:
            self.text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
            self.content = tomllib.loads(self.text)
            self.places = places(self.text)
        except OSError as error:
            remedy = ABSENT if isinstance(error, FileNotFoundError) else "Check its name, and who may read it"
            self._unreadable(f"the file cannot be read ({error.strerror})", remedy)
        except UnicodeDecodeError as error:
            before = error.object[: error.start]
            self._unreadable(
                "the file is not UTF-8",
                "Save it as UTF-8: most editors ask for the encoding under “Save as”",
                line=before.count(b"\n") + 1,
                column=error.start - before.rfind(b"\n"),
            )
        except tomllib.TOMLDecodeError as error:
            self._not_toml(str(error))
        except (RecursionError, ValueError) as error:  # brackets by the thousand, a number of as many digits
            self._unreadable(f"this cannot be read as TOML: {error}", "Take out what is nested or too long")

    def error(self, path: Path, cause: str, remedy: str) -> None:
        """Note what is wrong with the value at a path, or with the lack of one; once, however often it is read."""
        place = nearest(self.places, path) or Place(1, 1)
        error = ConfigError(
            cause,
            remedy=remedy,
            file=str(self.path),
            line=place.line,
            column=place.column,
            field=field_name(path),
        )
        if str(error) not in self._told:
            self._told.add(str(error))
            self.errors.append(error)

    def finish(self) -> None:
        """Raise ManyErrors if anything is wrong."""
        if self.errors:
            raise ManyErrors(tuple(self.errors))

    def _not_toml(self, message: str) -> None:
        at = AT_LINE.search(message)
        cause, lines = AT_LINE.sub("", message), self.text.split("\n")
        line, column = (int(at[1]), int(at[2])) if at and at[1] else (len(lines), len(lines[-1]) + 1)
        found = mistake_at(self.text, line, column, cause)
        self._unreadable(f"this is not TOML: {found.cause}", found.remedy, found.line, found.column, found.field)

    def _unreadable(self, cause: str, remedy: str, line: int = 0, column: int = 0, field: str = "") -> None:
        self.errors.append(
            ConfigError(cause, remedy=remedy, file=str(self.path), line=line, column=column, field=field)
        )


class Table:
    """One table of a file. Each reader names a key; what is left over at `close` is unknown, an error."""

    def __init__(self, file: TomlFile, path: Path, value: object) -> None:
        self.file, self.path = file, path
        self.values: dict[str, Any] = value if isinstance(value, dict) else {}
        self._asked: dict[str, None] = {}
        self._is_table = isinstance(value, dict)
        header = f"[{'.'.join(part for part in path if isinstance(part, str))}]"
        if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
            file.error((*path, 0), f"[{header}] begins a list of tables", f"Write {header}, in single brackets")
        elif not self._is_table:
            file.error(path, f"{shown(value)} is not a table", f"Write {header} and its keys below")

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def error(self, key: str, cause: str, remedy: str) -> None:
        """Note what is wrong with a key of this table; of what is none, that was said already."""
        if not self._is_table:
            return
        self.file.error((*self.path, key) if key else self.path, cause, remedy)

    def text(self, key: str, default: str | None = "", *, example: str = "") -> str:
        """Return a text; without a default the key must be there."""
        value = self._get(key, str, example)
        if value is None and default is None and key not in self.values:
            self.error(key, f"`{key}` is missing", f'Add {key} = "{example}"')
        elif value == "" and default is None:
            self.error(key, f"`{key}` is empty", f'For example {key} = "{example}"')
        return str(value) if value is not None else default or ""

    def flag(self, key: str, default: bool) -> bool:
        """Return a yes or no."""
        value = self._get(key, bool, "true")
        return default if value is None else bool(value)

    def whole(self, key: str, default: int | None, *, least: int, most: int = 1_000_000_000) -> int:
        """Return a whole number within bounds; without a default the key must be there."""
        value = self._get(key, int, "1")
        if value is None:
            if default is None and key not in self.values:
                self.error(key, f"`{key}` is missing", f"Add {key} = 1")
            return default or 0
        if not least <= value <= most:
            self.error(key, f"{value} is out of bounds", f"Take a number from {least} to {most}")
        return int(value)

    def one_of(self, key: str, kind: type[Choice], default: Choice | None) -> Choice:
        """Return a member of a closed list; without a default the key must be there."""
        names = {str(member.name if isinstance(member.value, int) else member.value): member for member in kind}
        first = next(iter(kind))
        if default is None and key not in self.values:
            self.error(key, f"`{key}` is missing", f"Write one of {listed(names)}")
        value = self._get(key, str, next(iter(names)))
        if value is None:
            return default or first
        if value not in names:
            self.unknown(key, value, names, "known here")
        return names.get(value, default or first)

    def seconds(self, key: str, default: int | None) -> int | None:
        """Return a duration such as "90d" in seconds."""
        value = self._get(key, str, "90d")
        if value is None:
            return default
        found = DURATION.fullmatch(value.strip())
        if not found or not int(found[1]):
            self.error(key, f'"{value}" is not a duration', 'Write "30m", "12h", "90d", "2w" or "1y"')
            return default
        return int(found[1]) * SECONDS[found[2]]

    def names(self, key: str, example: str) -> tuple[str, ...]:
        """Return a list of texts, each once; a single text counts as a list of one."""
        value = self.values.get(key)
        if isinstance(value, str):
            value = [value]
        elif value is not None:
            value = self._get(key, list, f'["{example}"]')
        self._asked[key] = None
        items = value or []
        for position, item in enumerate(items):
            if not isinstance(item, str) or not item or item in items[:position]:
                self.error(key, f"{shown(item)} cannot stand in this list", f'Give texts, each once: "{example}"')
        return tuple(item for item in items if isinstance(item, str))

    def titles(self, key: str, languages: Iterable[str], *, required: bool) -> dict[str, str]:
        """Return a text per language of the site; if there is one, there must be all."""
        languages = tuple(languages)
        example = f'{key}.{languages[0]} = "…"'
        if key not in self.values and required:
            self.error(key, f"`{key}` is missing", f"Write it in each language of the site: {example}")
        if isinstance(self.values.get(key), str):
            each = ", ".join(f'{language} = "…"' for language in languages)
            self.error(key, "one text cannot stand for each language of the site", f"Write {key} = {{ {each} }}")
            self.raw(key)
            return {}
        table = self.table(key)
        texts = {language: table.text(language) for language in languages}
        misnamed = table.misnamed(languages)
        for language in languages if table.values else ():
            if texts[language].strip() or language in misnamed or not isinstance(table.values.get(language, ""), str):
                continue
            if language in table:
                table.error(language, f"the text in {language} is empty", "Write it")
            else:
                table.error(language, f"the text in {language} is missing", f"Add {key}.{language}")
        table.close("a language of the site")
        return {language: text for language, text in texts.items() if language in table}

    def misnamed(self, languages: tuple[str, ...]) -> set[str]:
        """Return the languages that stand here under another name, and note what to write."""
        found: set[str] = set()
        for key in self.values:
            meant = ALSO_CALLED.get(key.lower(), key.lower())
            if key not in languages and meant in languages:
                found.add(meant)
                self._asked[key] = None
                self.error(key, f"`{key}` is not a language of the site", f"Write {meant}")
        return found

    def table(self, key: str) -> "Table":
        """Return the table under a key, empty when absent."""
        self._asked[key] = None
        return Table(self.file, (*self.path, key), self.values.get(key, {}))

    def tables(self, key: str) -> dict[str, "Table"]:
        """Return the named tables under a key."""
        outer = self.table(key)
        return {name: Table(self.file, (*outer.path, name), value) for name, value in outer.values.items()}

    def listed(self, key: str) -> "list[Table]":
        """Return the tables of a list under a key, `[[...]]`, empty when absent."""
        items = self._get(key, list, "[]") or []
        return [Table(self.file, (*self.path, key, place), value) for place, value in enumerate(items)]

    def raw(self, key: str) -> Any:
        """Return a value as it stands, or None."""
        self._asked[key] = None
        return self.values.get(key)

    def unknown(self, key: str, name: str, known: Iterable[str], what: str) -> None:
        """Note a name that is not among the known ones, with the nearest that is."""
        self.error(key, f"`{name}` is not {what}", nearest_name(name, known))

    def close(self, what: str = "a key of this table") -> None:
        """Note every key that nobody asked for."""
        for key in self.values:
            if key not in self._asked:
                self.unknown(key, key, self._asked, what)

    def _get(self, key: str, kind: type, example: str) -> Any:
        self._asked[key] = None
        value = self.values.get(key)
        if value is None or (isinstance(value, kind) and not (kind is int and isinstance(value, bool))):
            return value
        quoted = f'"{example or ("…" if isinstance(value, dict | list) else value)}"' if kind is str else example
        self.error(key, f"{shown(value)} is not {KINDS[kind]}", f"For example {key} = {quoted}")
        return None


def field_name(path: Path) -> str:
    """Return a path as people write it: `attributes.age.shelf_life`, `variant[2].when` (from 1)."""
    name = ""
    for part in path:
        name += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if name else part
    return name


def nearest_name(name: str, known: Iterable[str]) -> str:
    """Return the advice that names what was probably meant, or all there is."""
    known = list(known)
    spelt = {each.lower(): each for each in reversed(known)}
    near = difflib.get_close_matches(name.lower(), spelt, 1, 0.6)
    if near:
        return f"Did you mean `{spelt[near[0]]}`?"
    return f"Known: {listed(known)}" if known else "There is none yet"


def listed(names: Iterable[str] | Mapping[str, Any]) -> str:
    """Return names as a list in words."""
    names = [f"`{name}`" for name in names]
    return ", ".join(names[:12]) + (" …" if len(names) > 12 else "")


def shown(value: object) -> str:
    """Return a value for a message, cut to a length."""
    text = repr(value) if not isinstance(value, dict) else "a table"
    return text if len(text) <= 40 else f"{text[:40]}…"
