"""Variants from `content/*.toml`, every mistake reported at once."""

import os
import re
from collections.abc import Iterator
from pathlib import Path as FilePath

from msgspec import Struct

from personalize.content.links import link_trouble
from personalize.content.times import NoSuchTime, moment
from personalize.errors import ConfigError
from personalize.model.attributes import Titles
from personalize.model.content import Field, Slot, Variant
from personalize.model.placeholders import PlaceholderProblem, names_in
from personalize.settings.names import check_label
from personalize.settings.places import Path, Place, nearest
from personalize.settings.tables import Settings
from personalize.settings.toml_file import Table, TomlFile, nearest_name

DEFAULT = "default"
"""What a slot shows of itself: no variant may bear this name."""
ALMOST = (".toml", ".tml", ".tom", ".tolm", ".tmol", ".toml.txt")
"""How the name of a file ends, in any case, that somebody takes for a content file."""
KEYS = ("slot", "name", "when", "order", "starts", "ends", "titles", "tags", "fields")
"""What stands in the table of a variant."""
PLURAL = re.compile(r"^[ \t]*\[\[[ \t]*variants[ \t]*\]\]", re.MULTILINE)


class FilePlace(Struct, frozen=True):
    """Where something of a variant starts."""

    file: str
    line: int
    column: int


class Written(Struct, frozen=True):
    """The table of a variant in its file, with the places of the file's keys."""

    file: str
    path: Path
    places: dict[Path, Place]

    def at(self, *keys: str) -> FilePlace:
        """Return where the value under these keys stands, or else what is closest around it."""
        place = nearest(self.places, (*self.path, *keys)) or Place(1, 1)
        return FilePlace(self.file, place.line, place.column)


class Content(Struct, frozen=True, kw_only=True):
    """What the content files say; `places` tells by `slot/variant` where each variant stands.

    With `errors` the variants are what could be read of them: nothing to publish.
    """

    variants: tuple[Variant, ...]
    places: dict[str, Written]
    errors: tuple[ConfigError, ...] = ()


def content_files(settings: Settings) -> list[FilePath]:
    """Return the content files in the order of their names; none where there is no such folder.

    Hidden ones belong to an editor or to the system.
    """
    return sorted(path for path in settings.content.glob("*.toml") if not path.name.startswith("."))


def unread_files(settings: Settings) -> list[ConfigError]:
    """Return, as advice, why a file is not read that looks like a content file and is none."""
    read, found = set(content_files(settings)), []
    for path in sorted(settings.content.rglob("*")):
        inside = path.relative_to(settings.content).parts
        if path in read or not path.name.lower().endswith(ALMOST) or any(part.startswith(".") for part in inside):
            continue
        if path.is_file():
            found.append(_unread(path, below=len(inside) > 1))
    return found


def _unread(path: FilePath, *, below: bool) -> ConfigError:
    why = "content files stand in `content/` itself, not in a folder there"
    if not path.name.endswith(".toml"):
        why = "the name of a content file ends in `.toml`, in small letters"
    remedy = f"If it holds variants, {'move' if below else 'rename'} it to content/NAME.toml"
    return ConfigError(f"this file is not read: {why}", remedy=remedy, file=str(path))


def read_content(settings: Settings) -> Content:
    """Return the variants of a site's content files, and everything that is wrong with them."""
    found: dict[str, tuple[Variant, Written]] = {}
    errors = list(_unread_folder(settings)) if settings.slots else []
    for path in content_files(settings):
        file = TomlFile(path)
        _name_plural(file)
        for variant, written in _Reader(settings, file).variants():
            name = f"{variant.slot}/{variant.name}"
            if name in found:
                first = found[name][1].at("name")
                remedy = f"It stands in {FilePath(first.file).name}, line {first.line}, already: rename one of the two"
                errors.append(_misnamed(written.at("name"), f"there are two variants `{name}`", remedy))
            found[name] = variant, written
        errors += file.errors
    return Content(
        variants=tuple(variant for variant, _ in found.values()),
        places={name: written for name, (_, written) in found.items()},
        errors=tuple(errors),
    )


def _unread_folder(settings: Settings) -> Iterator[ConfigError]:
    """Yield why the folder cannot be looked into: taken for an empty one it would take every variant off."""
    try:
        os.scandir(settings.content).close()
    except OSError as error:
        cause = f"the folder of the content files cannot be read ({error.strerror})"
        remedy = "Put it back, or see who may read it; a site without variants has an empty one"
        yield ConfigError(cause, remedy=remedy, file=str(settings.content))


def _name_plural(file: TomlFile) -> None:
    """Note a plural that makes the file no TOML further down, where the tables below it are said to clash."""
    plural = PLURAL.search(file.text)
    if plural and file.errors:
        line = file.text.count("\n", 0, plural.start()) + 1
        cause = "the tables of variants are called [[variant]], not [[variants]]"
        file.errors.append(ConfigError(cause, remedy="Write [[variant]]", file=str(file.path), line=line, column=1))


def _misnamed(at: FilePlace, cause: str, remedy: str) -> ConfigError:
    return ConfigError(cause, remedy=remedy, file=at.file, line=at.line, column=at.column, field="variant.name")


class _Reader:
    """Reads the variants of one file."""

    def __init__(self, settings: Settings, file: TomlFile) -> None:
        self.settings, self.file = settings, file
        self.languages = settings.site.languages
        self.zone = settings.site.zone
        self.hosts = frozenset({settings.site.host.lower(), *settings.site.links})
        self.attributes = [attribute.name for attribute in settings.attributes]

    def variants(self) -> list[tuple[Variant, Written]]:
        """Return the variants of the file; what is wrong is noted with the file."""
        top = Table(self.file, (), self.file.content)
        listed = self.file.content.get("variant", [])
        if not isinstance(listed, list):
            top.error("variant", "`variant` is not a list of tables", "Write [[variant]] above each one")
            listed = []
        tables = [Table(self.file, ("variant", place), value) for place, value in enumerate(listed)]
        for key in top.values.keys() - {"variant"}:
            if key in KEYS:
                where = f"[variant.{key}]" if isinstance(top.values[key], dict) else f"{key} below [[variant]]"
                top.error(key, f"`{key}` stands outside a variant", f"Write {where}")
            else:
                top.unknown(key, key, ["variant"], "a table of a content file")
        written = [Written(str(self.file.path), table.path, self.file.places) for table in tables]
        return list(zip(map(self._variant, tables), written, strict=True))

    def _variant(self, table: Table) -> Variant:
        name = table.text("name", None, example="summer")
        if name == DEFAULT:
            table.error("name", "`default` means the slot's own content", "Choose another name")
        elif name:
            check_label(table, name, "a variant", "name")
        slot = self._slot(table)
        starts, ends = self._time(table, "starts"), self._time(table, "ends", end=True)
        if starts is not None and ends is not None and ends <= starts:
            table.error("ends", "the variant ends before it starts", "Exchange the two, or correct one")
        variant = Variant(
            slot=slot.name,
            name=name,
            fields=self._fields(table, slot),
            when=table.text("when", example="customer").strip(),
            order=table.whole("order", 100, least=-1_000_000),
            starts=starts,
            ends=ends,
            titles=table.titles("titles", self.languages, required=False),
            tags=self._tags(table.table("tags")),
        )
        table.close()
        return variant

    def _slot(self, table: Table) -> Slot:
        name = table.text("slot", None, example=next(iter(self.settings.slots), "hero"))
        slot = self.settings.slots.get(name)
        if name and slot is None:
            table.unknown("slot", name, self.settings.slots, "a slot of personalize.toml")
        return slot or Slot(name=name)

    def _time(self, table: Table, key: str, *, end: bool = False) -> int | None:
        value = table.raw(key)
        if value is None:
            return None
        try:
            return moment(value, self.zone, end=end)
        except NoSuchTime as error:
            table.error(key, str(error), f"Write {key} = {error.instead}")
            return None

    def _tags(self, table: Table) -> dict[str, str]:
        return {name: table.text(name) for name in table.values}

    def _fields(self, variant: Table, slot: Slot) -> dict[str, Titles]:
        table, known = variant.table("fields"), {field.name: field for field in slot.fields}
        outside = variant.values.keys() & (known.keys() - set(KEYS))
        for name in outside:
            variant.raw(name)
            variant.error(name, f"`{name}` is a field of the slot `{slot.name}`", "Write it below [variant.fields]")
        if slot.name in self.settings.slots:
            for name in table.values.keys() - known.keys():
                self._no_field(table, name, slot)
            for name, field in known.items():
                if field.required and name not in table and name not in outside:
                    table.error(name, f"the field `{name}` is missing", f'Add {name} = "…" under [variant.fields]')
        return {name: self._field(table, known[name], slot) for name in table.values if name in known}

    def _no_field(self, table: Table, name: str, slot: Slot) -> None:
        if name in KEYS:
            cause = f"`{name}` belongs to the variant, and all that stands below [variant.fields] is a field"
            table.error(name, cause, "Write it above [variant.fields]")
        else:
            table.unknown(name, name, [field.name for field in slot.fields], f"a field of the slot `{slot.name}`")

    def _field(self, table: Table, field: Field, slot: Slot) -> Titles:
        """Return a field's text per language; one text alone stands for all of them."""
        if isinstance(table.values[field.name], dict):
            inner, texts = table.table(field.name), table.titles(field.name, self.languages, required=True)
            keys = list(texts)
        else:
            inner, text = table, table.text(field.name)
            texts, keys = dict.fromkeys(self.languages, text), [field.name]
        for key in keys:
            text = inner.text(key)
            if field.kind == "text":
                if inner is table and inner.values[key] == text and field.required and not text.strip():
                    inner.error(key, f"the field `{field.name}` is empty", "Write its text")
                self._check_text(inner, key, text, slot)
            elif text or field.required:
                self._check_link(inner, key, text)
        return texts

    def _check_text(self, table: Table, key: str, text: str, slot: Slot) -> None:
        try:
            names = names_in(text)
        except PlaceholderProblem as error:
            table.error(key, str(error), "A placeholder is an attribute's name in braces, such as {first_name}")
            return
        known = [*self.attributes, *slot.context]
        for name in names:
            if name not in known:
                table.error(key, f"the placeholder {{{name}}} is not an attribute", nearest_name(name, known))

    def _check_link(self, table: Table, key: str, text: str) -> None:
        if "{" in text or "}" in text:
            remedy = "Leave it out: values in addresses end up in logs and with other sites"
            table.error(key, "an address cannot hold a placeholder", remedy)
        elif trouble := link_trouble(text, self.hosts):
            remedy = "Write a path such as /offers, or add the host to `links` under [site]"
            if not text:
                remedy = "Write a path such as /offers; a field that is not required can be left out"
            table.error(key, f'"{text[:60]}" {trouble}', remedy)
