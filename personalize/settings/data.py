"""The tables about purposes, attributes, segments and slots."""

import re
from typing import Any

from personalize.model.attributes import Attribute, AttributeType, ValueTitles
from personalize.model.consent import Basis, Notice, Purpose
from personalize.model.content import RESERVED, FactWords, Field, Segment, Slot
from personalize.model.people import Assurance
from personalize.settings.names import check_identifier, check_label
from personalize.settings.tables import Source
from personalize.settings.toml_file import Table, nearest_name, shown

Languages = tuple[str, ...]
FIELD_KINDS = ("text", "url", "image")
TWO_YEARS = 730 * 86_400
NAMED = (AttributeType.text, AttributeType.choice, AttributeType.set)
NAMED_TYPES = "text, a choice and a set of text"
DPV = re.compile(r"[a-z][a-z0-9-]{0,19}:[A-Za-z][A-Za-z0-9]{0,79}")


def read_purposes(top: Table, languages: Languages, notices: dict[str, Notice]) -> dict[str, Purpose]:
    """Return what data is used for; a purpose that rests on consent needs a notice."""
    purposes = {}
    for name, table in top.tables("purposes").items():
        check_label(table, name, "a purpose")
        basis = table.one_of("basis", Basis, None)
        notice = table.text("notice")
        if notice and notice not in notices:
            table.unknown("notice", notice, notices, "a notice")
        elif basis is Basis.consent and not notice and "basis" in table:
            table.error("notice", "consent needs a notice", f'Add notice = "{name}" and a table [notices.{name}]')
        purposes[name] = Purpose(
            name=name,
            basis=basis,
            notice=notice,
            titles=table.titles("titles", languages, required=True),
            recognise=table.flag("recognise", False),
            valid=table.seconds("valid", TWO_YEARS) or TWO_YEARS,
            asked_since=notices[notice].asked_since if notice in notices else 1,
            double_opt_in=_double_opt_in(table, basis),
            third_party=table.flag("third_party", False),
            recipients=table.names("recipients", "Print Ltd (NL)"),
            dpv=_dpv(table),
            sensitive=table.flag("sensitive", False),
        )
        table.close()
    return purposes


def _double_opt_in(table: Table, basis: Basis) -> bool:
    asked = table.flag("double_opt_in", False)
    if asked and basis is not Basis.consent:
        table.error("double_opt_in", "only a consent can be confirmed", 'Write basis = "consent", or leave it out')
    return asked


def _dpv(table: Table) -> str:
    term = table.text("dpv")
    if term and not DPV.fullmatch(term):
        table.error("dpv", f"{shown(term)} is not a term of the vocabulary", 'For example dpv = "dpv:Marketing"')
    return term


def read_attributes(
    top: Table, languages: Languages, sources: dict[str, Source], purposes: dict[str, Purpose]
) -> tuple[Attribute, ...]:
    """Return the dictionary: nothing may be known that has no source and no purpose."""
    attributes = []
    for name, table in top.tables("attributes").items():
        check_identifier(table, name, "an attribute")
        kind = table.one_of("type", AttributeType, None)
        attribute = Attribute(
            name=name,
            type=kind,
            source=_reference(table, "source", sources, "a source"),
            purpose=_reference(table, "purpose", purposes, "a purpose"),
            shelf_life=table.seconds("shelf_life", None),
            assurance=table.one_of("assurance", Assurance, Assurance.login),
            titles=table.titles("titles", languages, required=True),
            choices=(choices := _choices(table, kind)),
            values=_values(table, kind, languages, choices),
        )
        attributes.append(attribute)
        if attribute.source in sources and sources[attribute.source].kind != "values":
            table.error("source", f"`{attribute.source}` delivers no values", 'Name a source of kind "values"')
        table.close()
    return tuple(attributes)


def _reference(table: Table, key: str, known: dict[str, Any], what: str) -> str:
    name = table.text(key, None, example=next(iter(known), "crm" if key == "source" else "offers"))
    if name and name not in known:
        table.unknown(key, name, known, what)
    return name


def _choices(table: Table, kind: AttributeType) -> tuple[str, ...]:
    choices = table.names("choices", "monthly")
    if kind is AttributeType.choice and not choices and "type" in table:
        table.error("choices", "a choice needs its closed list", 'Add choices = ["monthly", "yearly"]')
    if choices and kind is not AttributeType.choice:
        table.error("choices", "only a choice has choices", 'Write type = "choice", or leave the list out')
    return choices


def _values(
    table: Table, kind: AttributeType, languages: Languages, choices: tuple[str, ...] | None = None
) -> ValueTitles:
    """Return what people call single values: `[attributes.contract.values] monthly = {nl = "per maand", …}`."""
    named = table.table("values")
    if named.values and kind not in NAMED and "type" in table:
        table.error("values", f"a value of the type `{kind}` has no title", f"Leave it out: {NAMED_TYPES} have them")
    for value in named.values:
        if kind is AttributeType.choice and choices is not None and value not in choices:
            named.unknown(value, value, choices, "one of the choices")
    return {value: named.titles(value, languages, required=True) for value in named.values}


def read_segments(top: Table, languages: Languages) -> tuple[Segment, ...]:
    """Return the named conditions; they are checked when the recipe is compiled."""
    segments = []
    for name, table in top.tables("segments").items():
        check_label(table, name, "a segment")
        when = table.text("when", None, example="active")
        titles = table.titles("titles", languages, required=False)
        segments.append(Segment(name=name, when=when, titles=titles, assurance=_least(table)))
        table.close()
    return tuple(segments)


def read_slots(top: Table, languages: Languages) -> dict[str, Slot]:
    """Return the places on the pages."""
    slots = {}
    for name, table in top.tables("slots").items():
        check_label(table, name, "a slot")
        if name in RESERVED:
            table.error("", f"`{name}` is reserved for {RESERVED[name]}", "Choose another name")
        context, words = _context(table.table("context"), languages)
        slots[name] = Slot(
            name=name,
            fields=_fields(table.table("fields")),
            context=context,
            words=words,
            template=table.text("template"),
            titles=table.titles("titles", languages, required=False),
            enabled=table.flag("enabled", True),
            assurance=_least(table),
        )
        table.close()
    return slots


def _least(table: Table) -> Assurance:
    """Return the least assurance that is asked for; `none` unless told."""
    return table.one_of("assurance", Assurance, Assurance.none)


def _fields(table: Table) -> tuple[Field, ...]:
    """Return the fields that variants fill: `title = "text"`, `photo = {kind="image", required=false}`."""
    fields = []
    for name, value in table.values.items():
        if isinstance(value, str):
            kind, required = value, True
        else:
            inner = table.table(name)
            kind, required = inner.text("kind", None, example="text"), inner.flag("required", True)
            inner.close()
        if kind and kind not in FIELD_KINDS:
            table.error(name, f"{shown(kind)} is not a kind of field", nearest_name(kind, FIELD_KINDS))
        check_identifier(Table(table.file, (*table.path, name), {}), name, "a field")
        fields.append(Field(name=name, kind=kind, required=required))
    return tuple(fields)


def _context(table: Table, languages: Languages) -> tuple[dict[str, AttributeType], dict[str, FactWords]]:
    """Return the page facts that conditions of a slot may read, with their types, and what people call them."""
    context, words = {}, {}
    for name, value in table.values.items():
        check_identifier(Table(table.file, (*table.path, name), {}), name, "a page fact")
        if isinstance(value, dict):
            inner = table.table(name)
            context[name] = inner.one_of("type", AttributeType, None)
            titles = inner.titles("titles", languages, required=True)
            words[name] = FactWords(titles=titles, values=_values(inner, context[name], languages))
            inner.close()
        else:
            context[name] = table.one_of(name, AttributeType, AttributeType.text)
    return context, words
