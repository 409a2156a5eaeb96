"""Read `personalize.toml`, and report everything that is wrong with it at once."""

from collections.abc import Mapping
from pathlib import Path as FilePath
from types import MappingProxyType

from personalize.model.attributes import Attribute
from personalize.model.content import Slot
from personalize.settings.contexts import read_contexts
from personalize.settings.data import read_attributes, read_purposes, read_segments, read_slots
from personalize.settings.mail import read_mail
from personalize.settings.notices import read_notices
from personalize.settings.places import Path, Place
from personalize.settings.retention import read_retention
from personalize.settings.sessions import read_sessions
from personalize.settings.site import read_site
from personalize.settings.sources import check_column, read_sources
from personalize.settings.staff import read_staff
from personalize.settings.tables import Settings, Source
from personalize.settings.toml_file import Table, TomlFile

NOTHING: Mapping[str, str] = MappingProxyType({})


def load_settings(path: FilePath, environ: Mapping[str, str] = NOTHING) -> Settings:
    """Return the settings of a TOML file. Raises ManyErrors with every problem, each a ConfigError.

    `PERSONALIZE_KEYS` in `environ` goes before `[site] keys`.
    """
    file = TomlFile(path)
    file.finish()
    top = Table(file, (), file.content)
    root = path.absolute().parent
    site = read_site(top, root, environ)
    notices = read_notices(top, site.languages)
    purposes = read_purposes(top, site.languages, notices)
    sources = read_sources(top, site.languages, purposes, notices)
    attributes = read_attributes(top, site.languages, sources, purposes)
    slots = read_slots(top, site.languages)
    segments = read_segments(top, site.languages)
    _check_columns(file, sources, attributes)
    _check_names(file, attributes, slots)
    plugins = {name: dict(table.values) for name, table in top.tables("plugins").items()}
    staff = read_staff(top, attributes)
    retention = read_retention(top, purposes, attributes)
    mail = read_mail(top, site, purposes)
    contexts = read_contexts(top, segments, markers=site.markers)
    sessions = read_sessions(top)
    top.close("a table of this file")
    file.finish()
    return Settings(
        file=path,
        root=root,
        site=site,
        sources=sources,
        purposes=purposes,
        notices=notices,
        attributes=attributes,
        segments=segments,
        slots=slots,
        plugins=plugins,
        retention=retention,
        staff=staff,
        mail=mail,
        sessions=sessions,
        contexts=contexts,
    )


def setting_places(path: FilePath) -> dict[Path, Place]:
    """Return where each key of a settings file stands; empty when it cannot be read."""
    return TomlFile(path).places


def _check_columns(file: TomlFile, sources: dict[str, Source], attributes: tuple[Attribute, ...]) -> None:
    """Columns and attributes must agree: each fills an attribute of that source, in a way its type allows."""
    by_name = {attribute.name: attribute for attribute in attributes}
    for source in sources.values():
        for column in source.columns:
            check_column(file, source, column, by_name)
    for attribute in attributes:
        columns = sources[attribute.source].columns if attribute.source in sources else ()
        if columns and all(column.attribute != attribute.name for column in columns):
            file.error(
                ("attributes", attribute.name, "source"),
                f"no column of `{attribute.source}` fills this attribute",
                f'Add {attribute.name} = "COLUMN" under [sources.{attribute.source}.columns]',
            )


def _check_names(file: TomlFile, attributes: tuple[Attribute, ...], slots: dict[str, Slot]) -> None:
    """A page fact must not bear the name of an attribute: conditions could not tell them apart."""
    taken = {attribute.name for attribute in attributes}
    for slot in slots.values():
        for name in sorted(taken.intersection(slot.context)):
            file.error(
                ("slots", slot.name, "context", name),
                f"`{name}` is an attribute as well",
                "Rename the page fact",
            )
