"""A little site over the reference's dictionary, with a plugin that sees whatever may be seen."""

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from personalize.hooks import hookimpl
from personalize.hooks.records import Suppressor
from personalize.model.attributes import Absence
from personalize.personalizer import Personalizer
from personalize.recognition.keys import KeyRing
from tests.property.reference import ATTRIBUTES, CHOICES, PURPOSES, SECOND, Attribute, Cause

START = 1_790_000_000 * SECOND
LEVELS = ("none", "click", "mailbox", "login")
NOTICE = {"nl": "Mag het?", "nb": "Er det greit?", "en": "May we?"}
HEAD = """
[site]
url = "http://127.0.0.1:8000"
languages = ["nl", "nb", "en"]
[notices.agree]
version = 1
texts = { nl = "Mag het?", nb = "Er det greit?", en = "May we?" }
"""
SLOTS = """
[slots.page]
fields = { text = "text" }
context = { visit = "number" }
[slots.asks]
fields = { text = "text" }
[slots.greeting]
fields = { text = "text" }
"""
SEGMENT = """
[segments.readers]
when = "known(letters)"
"""


class Hands:
    """A clock that stands until it is moved."""

    def __init__(self, at: int = START) -> None:
        self.at = at

    def now(self) -> int:
        return self.at


class Canary:
    """Reads everything there is, and tells what it got."""

    plugin_name, __version__ = "canary", "1"

    def __init__(self) -> None:
        self.names: tuple[str, ...] = ()
        self.sang: list[dict[str, Any]] = []

    @hookimpl
    def personalize_suppressors(self, config: Any) -> Iterable[Suppressor]:
        self.names = tuple(config.attributes)
        yield Suppressor(name="canary", suppress=self.look, reads=(*self.names, "visit"), slots=("page",))

    def look(self, view: Any, candidate: Any, context: Any) -> bool:
        context.get("visit")  # so that a new visit asks anew
        self.sang.append({name: as_seen(view.get(name)) for name in self.names})
        return False


def as_seen(cell: Any) -> Any:
    """Return a cell in the reference's words."""
    return Cause(cell.cause.name) if isinstance(cell, Absence) else cell


def make_site(
    folder: Path, *, content: str = "", attributes: dict[str, Attribute] = ATTRIBUTES, more: str = ""
) -> Path:
    """Write a site's files and return its folder; `content` stands in for the usual variants."""
    (folder / "content").mkdir(parents=True)
    (folder / "then").mkdir()
    (folder / "personalize.toml").write_text(_toml(attributes) + SLOTS + more, "utf-8")
    (folder / "then" / "personalize.toml").write_text(_toml(attributes, then=True), "utf-8")
    (folder / "content" / "variants.toml").write_text(content or VARIANTS, "utf-8")
    KeyRing.new(START).save(folder / "personalize.keys")
    return folder


def open_site(folder: Path, canary: Canary, clock: Any = None) -> Personalizer:
    """Return the site's personalizer, opened."""
    personalizer = Personalizer.from_toml(folder / "personalize.toml", plugins=[canary], clock=clock)
    personalizer.open()
    return personalizer


def variant(slot: str, name: str, when: str = "", text: str = "Hello") -> str:
    """Return a variant as content files write it."""
    return (
        f"[[variant]]\nslot = {json.dumps(slot)}\nname = {json.dumps(name)}\n"
        f"when = {json.dumps(when)}\nfields.text = {json.dumps(text)}\n"
    )


VARIANTS = (
    variant("page", "plain")
    + variant("greeting", "by-name", text="Hello {first_name}")
    + "".join(variant("asks", name.replace("_", "-"), f"known({name})") for name in ATTRIBUTES)
)


class Rows:
    """Counts the rows of every table of a store, through connections of its own."""

    def __init__(self, folder: Path) -> None:
        self._files = []
        for file in ("people", "keys", "cookbook"):
            db = sqlite3.connect(f"file:{folder}/store/{file}.sqlite?mode=ro", uri=True)
            tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            counts = " UNION ALL ".join(f"SELECT '{file}.{table}', count(*) FROM {table}" for table in tables)
            self._files.append((db, counts))

    def count(self) -> dict[str, int]:
        return {table: rows for db, counts in self._files for table, rows in db.execute(counts).fetchall()}

    def close(self) -> None:
        for db, _ in self._files:
            db.close()


def _toml(attributes: dict[str, Attribute], *, then: bool = False) -> str:
    """Return the settings; `then`, before the dictionary was corrected, every value was a text."""
    titles = "titles = { nl = '%s (nl)', nb = '%s (nb)', en = '%s (en)' }"
    lines = [HEAD]
    for name, purpose in PURPOSES.items():
        basis = 'basis = "legitimate_interest"'
        if purpose.term is not None:
            basis = f'basis = "consent"\nnotice = "agree"\nvalid = "{purpose.term // (86_400 * SECOND)}d"'
        recognise = str(purpose.recognise).lower()
        lines.append(f"[purposes.{name}]\n{basis}\nrecognise = {recognise}\n{titles % ((name,) * 3)}")
    sources = dict.fromkeys(attribute.source for attribute in attributes.values())
    for source in sources:
        mine = [(name, attribute) for name, attribute in attributes.items() if attribute.source == source]
        lines.append(_source(source, 'observed = "seen_at"'))
        lines.append(f"[sources.{source}.columns]")
        lines += [_column(name, attribute, then) for name, attribute in mine]
    for kind in ("objections", "consents"):
        lines.append(_source(kind, f'kind = "{kind}"\npurpose_column = "purpose"\ntime_column = "said_at"'))
    for name, attribute in attributes.items():
        life = f'shelf_life = "{attribute.life // (86_400 * SECOND)}d"\n' if attribute.life else ""
        kind = "text" if then else attribute.kind
        choices = f"choices = {json.dumps(CHOICES)}\n" if kind == "choice" else ""
        lines.append(
            f'[attributes.{name}]\ntype = "{kind}"\nsource = "{attribute.source}"\n{choices}{life}'
            f'purpose = "{attribute.purpose}"\nassurance = "{LEVELS[attribute.needs]}"\n{titles % ((name,) * 3)}'
        )
    return "\n".join(lines) + "\n"


def _source(name: str, more: str) -> str:
    return f'[sources.{name}]\nkey = "customer_number"\nidentifiers.customer_number = "customer"\n{more}'


def _column(name: str, attribute: Attribute, then: bool) -> str:
    is_set = attribute.kind == "set of text" and not then
    return f'{name} = {{ column = "{name}", separator = "|" }}' if is_set else f'{name} = "{name}"'
