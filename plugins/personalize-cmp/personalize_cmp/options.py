"""Read the two options that the tables of all banners have."""

from typing import Any

from personalize.hooks import Options


def cookie(table: Options, default: str) -> bytes:
    """Return the name of the banner's cookie. Raises PluginError."""
    name = table.text("cookie", default)
    if not name.isascii() or not name.isprintable() or set(name) & set(' ;,="'):
        raise table.error("cookie", f"{name!r} is no name of a cookie", f'Write cookie = "{default}"')
    return name.encode()


def purposes(table: Options, kind: type, example: str) -> dict[str, tuple[Any, ...]]:
    """Return what of the banner each purpose needs; all of it has to be agreed to. Raises PluginError."""
    value, known = table.raw("purposes"), table.config.purposes
    if not isinstance(value, dict) or not value:
        wrong = "is missing" if value is None else f"{value!r} maps no purpose"
        raise table.error("purposes", wrong, f"Write purposes = {{ offers = {example} }}")
    for name, needs in value.items():
        option = f"purposes.{name}"
        if name not in known:
            raise table.unknown(option, name, known, "purpose")
        if not isinstance(needs, list) or not needs or not all(type(each) is kind and each for each in needs):
            what = "texts" if kind is str else "numbers"
            raise table.error(option, f"{needs!r} is not a list of {what}", f"Write {option} = {example}")
    return {name: tuple(needs) for name, needs in value.items()}
