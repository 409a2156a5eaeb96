"""The `[notices.*]` tables: what people agree to, version by version."""

import hashlib

from personalize.model.consent import Notice
from personalize.settings.names import check_label
from personalize.settings.toml_file import Table

Languages = tuple[str, ...]
MOST_VERSIONS = 1_000_000


def read_notices(top: Table, languages: Languages) -> dict[str, Notice]:
    """Return the consent texts, each with the SHA-256 of exactly what people read."""
    notices = {}
    for name, table in top.tables("notices").items():
        check_label(table, name, "a notice")
        version = table.whole("version", None, least=1, most=MOST_VERSIONS)
        texts = table.titles("texts", languages, required=True)
        material = table.flag("material", True)
        earlier = _earlier(table, name, version)
        notices[name] = Notice(
            name=name, version=version, texts=texts, digests=_digests(texts), material=material, earlier=earlier
        )
        if not material:
            _check_complete(table, notices[name])
        table.close()
    return notices


def _earlier(table: Table, name: str, version: int) -> tuple[Notice, ...]:
    """Return the versions before, newest first. Their texts may stand in languages that the site no longer has."""
    found: list[Notice] = []
    for inner in table.listed("earlier"):
        number = inner.whole("version", None, least=1, most=MOST_VERSIONS)
        texts = _old_texts(inner)
        if number >= (found[-1].version if found else version):
            inner.error("version", f"{number} does not come before the version above it", "Put the newest first")
        found.append(
            Notice(
                name=name, version=number, texts=texts, digests=_digests(texts), material=inner.flag("material", True)
            )
        )
        inner.close()
    return tuple(found)


def _old_texts(table: Table) -> dict[str, str]:
    inner = table.table("texts")
    texts = {lang: inner.text(lang, None, example="Yes, ...") for lang in inner.values}
    if not texts:
        table.error("texts", "an earlier version without its text proves nothing", 'Add texts = { en = "..." }')
    return texts


def _check_complete(table: Table, notice: Notice) -> None:
    """A version that is not material continues another: which ones, must be told down to the material one."""
    wanted = notice.version - 1
    for each in notice.earlier:
        if each.version != wanted:
            break
        if each.material:
            return
        wanted -= 1
    if wanted > 0:
        table.error(
            "material",
            f"version {wanted} is not told, so it is not known which consents go on",
            f"Add version {wanted} to `earlier`, with its texts and whether it was material",
        )


def _digests(texts: dict[str, str]) -> dict[str, str]:
    return {lang: hashlib.sha256(text.encode()).hexdigest() for lang, text in texts.items()}
