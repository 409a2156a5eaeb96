"""The `[sources.*]` tables: how files are mapped."""

import codecs
import re
from enum import StrEnum

from personalize.model.attributes import Attribute, AttributeType
from personalize.model.consent import Basis, Notice, Purpose
from personalize.settings.names import check_label
from personalize.settings.tables import IDENTIFIER_KINDS, PERSONAL, Column, Member, Source
from personalize.settings.toml_file import Table, TomlFile, nearest_name, shown

COUNTRY = re.compile(r"[A-Z]{2}")
DELIMITERS = {",": ",", ";": ";", "tab": "\t", "\t": "\t", "|": "|"}
ENCODINGS = ("utf-8", "windows-1252", "iso-8859-1", "iso-8859-15")
DATE_FORMAT = re.compile(r"(y|m|d)([-/. ])(?!\1)(y|m|d)\2(?!\1|\3)(y|m|d)")
FORMATS = {
    AttributeType.date: (DATE_FORMAT, '"d-m-y", "m/d/y" or "y-m-d"'),
    AttributeType.instant: (DATE_FORMAT, '"d-m-y", "m/d/y" or "y-m-d"'),
    AttributeType.number: (re.compile("[.,]"), '"," or "." for the decimal sign'),
}
DEVICE = "device"
"""The source of what is observed in the browser itself."""
DEVICE_TITLES = {
    "nl": "wat u op dit apparaat deed",
    "nb": "det du gjorde på denne enheten",
    "en": "what you did on this device",
}
VALUE_TYPES: dict[AttributeType, type | tuple[type, ...]] = {
    AttributeType.yes_no: bool,
    AttributeType.number: (int, float),
}


class Kind(StrEnum):
    """What the rows of a source are."""

    values = "values"
    objections = "objections"
    consents = "consents"


def read_sources(
    top: Table, languages: tuple[str, ...], purposes: dict[str, Purpose], notices: dict[str, Notice]
) -> dict[str, Source]:
    """Return the sources; columns are checked against the dictionary by `check_column`."""
    sources = {}
    for name, table in top.tables("sources").items():
        check_label(table, name, "a source")
        if name == DEVICE:
            continue
        kind = table.one_of("kind", Kind, Kind.values)
        identifiers = _identifiers(table.table("identifiers"))
        observed, observed_format = _moment(table, "observed", kind, Kind.values)
        said, said_format = _time_column(table, kind)
        sources[name] = Source(
            name=name,
            kind=kind.value,
            country=_country(table),
            key=_key(table, identifiers),
            encoding=_encoding(table),
            delimiter=_delimiter(table),
            observed=observed,
            identifiers=identifiers,
            proved=_proved(table, identifiers),
            columns=_columns(table, kind),
            purposes=_purposes(table, kind, purposes),
            purpose_column=_purpose_column(table, kind),
            time_column=said,
            time_format=observed_format or said_format,
            notice=_notice(table, kind, notices),
            version_column=_only_for(table, "version_column", kind, Kind.consents),
            hash_column=_only_for(table, "hash_column", kind, Kind.consents),
            means_column=_only_for(table, "means_column", kind, Kind.objections, Kind.consents),
            means=_means(table, kind),
            titles=table.titles("titles", languages, required=False),
        )
        table.close()
    device = _device(top, languages, {source.country for source in sources.values()})
    return sources if device is None else {**sources, DEVICE: device}


def _device(top: Table, languages: tuple[str, ...], countries: set[str]) -> Source | None:
    """Return the source of what the site observes in a browser: there where an attribute names it, or a table."""
    tables = top.tables("sources")
    if DEVICE not in tables and all(table.text("source") != DEVICE for table in top.tables("attributes").values()):
        return None
    titles = DEVICE_TITLES
    if DEVICE in tables:
        titles = tables[DEVICE].titles("titles", languages, required=False) or DEVICE_TITLES
        tables[DEVICE].close()
    return Source(name=DEVICE, country=countries.pop() if len(countries) == 1 else "", titles=titles)


def _identifiers(table: Table) -> dict[str, tuple[str, ...]]:
    identifiers = {}
    for kind in table.values:
        identifiers[kind] = table.names(kind, kind)
        if kind not in IDENTIFIER_KINDS:
            table.unknown(kind, kind, IDENTIFIER_KINDS, "a kind of identifier")
        elif not 1 <= len(identifiers[kind]) <= IDENTIFIER_KINDS[kind]:
            table.error(kind, f"`{kind}` is made of {len(identifiers[kind])} columns", _columns_advice(kind))
    return identifiers


def _proved(table: Table, identifiers: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the kinds that somebody may be known by before; a household's are none (see Who is this)."""
    proved = table.names("proved", "email")
    for kind in proved:
        if kind not in PERSONAL or kind not in identifiers:
            table.error(
                "proved", f"{shown(kind)} cannot be proved here", f"Name {' or '.join(PERSONAL)}, as in `identifiers`"
            )
    return proved


def _columns_advice(kind: str) -> str:
    if IDENTIFIER_KINDS[kind] == 1:
        return "Name the one column it stands in"
    return 'Name one to three: ["postcode", "house_number", "addition"]'


def _country(table: Table) -> str:
    country = table.text("country")
    if country and not COUNTRY.fullmatch(country):
        table.error("country", f"{shown(country)} is not a country", 'Write its ISO code: country = "NL"')
    return country


def _key(table: Table, identifiers: dict[str, tuple[str, ...]]) -> str:
    key = table.text("key", None, example=next(iter(identifiers), "customer_number"))
    if key and key not in identifiers:
        table.unknown("key", key, identifiers, "among the identifiers of this source")
    return key


def _encoding(table: Table) -> str:
    name = table.text("encoding")
    if not name:
        return ""
    try:
        known = codecs.lookup(name).name
    except LookupError:
        known = ""
    if known not in {codecs.lookup(each).name for each in ENCODINGS}:
        table.error("encoding", f"{shown(name)} is not an encoding we read", nearest_name(name, ENCODINGS))
    return known


def _delimiter(table: Table) -> str:
    name = table.text("delimiter")
    if name and name not in DELIMITERS:
        table.error("delimiter", f"{shown(name)} is not a delimiter we read", 'Write ",", ";", "tab" or "|"')
    return DELIMITERS.get(name, "")


def _only_for(table: Table, key: str, kind: Kind, *kinds: Kind) -> str:
    value = table.text(key)
    if value and kind not in kinds:
        _out_of_place(table, key, kind)
    return value


def _moment(table: Table, key: str, kind: Kind, *kinds: Kind) -> tuple[str, str]:
    """Return a column with moments and the order of their dates: its name alone, or a table that says both."""
    if not isinstance(table.values.get(key), dict):
        return _only_for(table, key, kind, *kinds), ""
    if kind not in kinds:
        _out_of_place(table, key, kind)
    inner = table.table(key)
    column, order = inner.text("column", None, example="given_at"), inner.text("format")
    pattern, written = FORMATS[AttributeType.instant]
    if order and not pattern.fullmatch(order):
        inner.error("format", f"{shown(order)} is not a format", f"Write {written}")
    inner.close()
    return column, order


def _time_column(table: Table, kind: Kind) -> tuple[str, str]:
    """Return the column with the moment of a statement: a consent without date could undo a withdrawal."""
    column, order = _moment(table, "time_column", kind, Kind.objections, Kind.consents)
    if kind is Kind.consents and not column:
        table.error("time_column", "when the consents were given is not clear", 'Add time_column = "given_at"')
    return column, order


def _out_of_place(table: Table, key: str, kind: Kind) -> None:
    table.error(key, f"`{key}` has no meaning in a source of {kind}", "Leave it out")


def _columns(table: Table, kind: Kind) -> tuple[Column, ...]:
    inner = table.table("columns")
    if inner.values and kind is not Kind.values:
        _out_of_place(table, "columns", kind)
    return tuple(_column(inner, name) for name in inner.values)


def _column(table: Table, name: str) -> Column:
    """Return one mapping: a column's name alone, or a table that says more."""
    if isinstance(table.values[name], str):
        return Column(attribute=name, column=table.text(name, None, example=name))
    inner = table.table(name)
    listed = inner.table("members")
    members = {member: _member(listed, member) for member in listed.values}
    column = Column(
        attribute=name,
        column=inner.text("column"),
        values=dict(inner.table("values").values),
        separator=inner.text("separator"),
        format=inner.text("format"),
        members=members,
    )
    if bool(column.column) == bool(members):
        inner.error("", "a value comes from one column, or from members", f'Write column = "{name}"')
    inner.close()
    return column


def _member(table: Table, name: str) -> Member:
    if isinstance(table.values[name], str):
        return Member(column=table.text(name, None, example=name))
    inner = table.table(name)
    column = inner.text("column", None, example=name)
    member = Member(column=column)
    if "absent" in inner:
        member = Member(column=column, absent=("", *_cells(inner, "absent")))
    inner.close()
    return member


def _cells(table: Table, key: str) -> tuple[str, ...]:
    return tuple(cell for cell in table.names(key, "No") if cell)


def _purposes(table: Table, kind: Kind, purposes: dict[str, Purpose]) -> tuple[str, ...]:
    names = table.names("purposes", next(iter(purposes), "offers"))
    if names and kind is Kind.values:
        _out_of_place(table, "purposes", kind)
    for name in names:
        if name not in purposes:
            table.unknown("purposes", name, purposes, "a purpose")
        elif kind is Kind.consents and purposes[name].basis is not Basis.consent:
            table.error("purposes", f"`{name}` does not rest on consent", 'Give it basis = "consent"')
    return names


def _purpose_column(table: Table, kind: Kind) -> str:
    column = _only_for(table, "purpose_column", kind, Kind.objections, Kind.consents)
    if kind is not Kind.values and bool(column) == ("purposes" in table):
        table.error(
            "purposes",
            "which purposes the rows are about is not clear",
            "Give `purposes` or `purpose_column`",
        )
    return column


def _notice(table: Table, kind: Kind, notices: dict[str, Notice]) -> str:
    name = _only_for(table, "notice", kind, Kind.consents)
    if name and name not in notices:
        table.unknown("notice", name, notices, "a notice")
    return name


def _means(table: Table, kind: Kind) -> str:
    means = _only_for(table, "means", kind, Kind.objections, Kind.consents)
    if means and "means_column" in table:
        table.error("means", "how it was said stands in a column already", "Give `means` or `means_column`")
    return means


def check_column(file: TomlFile, source: Source, column: Column, attributes: dict[str, Attribute]) -> None:
    """Note what a column cannot do for the attribute it fills."""
    path = ("sources", source.name, "columns", column.attribute)
    attribute = attributes.get(column.attribute)
    if attribute is None:
        file.error(path, f"`{column.attribute}` is not an attribute", nearest_name(column.attribute, attributes))
        return
    if attribute.source not in ("", source.name):
        file.error(path, f"its source is `{attribute.source}`", f'Write source = "{source.name}" there')
    is_set = attribute.type is AttributeType.set
    if is_set != bool(column.members or column.separator):
        remedy = 'Give `members`, or separator = ","' if is_set else "Leave `members` and `separator` out"
        file.error(path, f"the attribute is of type {attribute.type}", remedy)
    if column.format:
        _check_format(file, (*path, "format"), column.format, attribute.type)
    for cell, value in column.values.items():
        if not _fits(value, attribute):
            file.error((*path, "values", cell), f"{shown(value)} is not of type {attribute.type}", "Correct it")


def _check_format(file: TomlFile, path: tuple[str | int, ...], text: str, kind: AttributeType) -> None:
    if kind not in FORMATS:
        file.error(path, f"a value of type {kind} has no format", "Leave it out")
    elif not FORMATS[kind][0].fullmatch(text):
        file.error(path, f"{shown(text)} is not a format", f"Write {FORMATS[kind][1]}")


def _fits(value: object, attribute: Attribute) -> bool:
    wanted = VALUE_TYPES.get(attribute.type, str)
    if isinstance(value, bool) and wanted is not bool:
        return False
    return isinstance(value, wanted) and (not attribute.choices or value in attribute.choices)
