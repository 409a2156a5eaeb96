"""The `[site]` table."""

import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from personalize.model.attributes import Titles
from personalize.settings.tables import Site
from personalize.settings.toml_file import Table, shown

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
MOUNT = re.compile(r"(/[A-Za-z0-9._~-]+)+")
PAGE = re.compile(r"(https?://[A-Za-z0-9.:-]+)?/(?![/\\])[!-~]*")
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?")
EXAMPLE_URL = "https://www.example.org"


def read_site(top: Table, root: Path, environ: Mapping[str, str]) -> Site:
    """Return the `[site]` table; paths are taken from the folder of the file."""
    table = top.table("site")
    url, root_path = _address(table)
    keys = table.text("keys", "personalize.keys")
    store, languages = _store(table), _languages(table)
    site = Site(
        url=url,
        root=root_path,
        name=table.text("name") or urlsplit(url).netloc,
        timezone=_timezone(table),
        languages=languages,
        store=root / store,
        keys=root / (environ.get("PERSONALIZE_KEYS") or keys),
        erasures=_outside(table, "erasures", "the erasure list stands", root, root / store),
        heads=_outside(table, "heads", "the heads of the cookbook stand", root, root / store),
        markers=table.flag("markers", False),
        enabled=table.flag("enabled", True),
        path=_mount(table, root_path),
        login_page=_below(root_path, _page(table, "login_page", languages, "/login", root_path)),
        controller=table.text("controller"),
        privacy_contact=table.text("privacy_contact"),
        privacy_statement=_below(url + root_path, _page(table, "privacy_statement", languages, "/privacy", root_path)),
        authority=table.text("authority"),
        authority_page=_below(url + root_path, _page(table, "authority_page", languages, "https://authority.example/")),
        links=_links(table),
        metrics=table.flag("metrics", False),
        metrics_from=_networks(table),
    )
    table.close()
    return site


def _address(table: Table) -> tuple[str, str]:
    """Return scheme and host, and the path below which the site stands there."""
    text = table.text("url", None, example=EXAMPLE_URL)
    if not text:
        return EXAMPLE_URL, ""
    scheme, mark, rest = text.partition("://")
    host, slash, below = rest.partition("/")
    path = f"{slash}{below}".rstrip("/")
    trouble = url_trouble(f"{scheme}{mark}{host}")
    if not trouble and path and not _is_mount(path):
        trouble = "holds more than scheme, host and a plain path"
    if trouble:
        table.error("url", f'"{text}" {trouble}', f'Write scheme and host, as in url = "{EXAMPLE_URL}"')
        return EXAMPLE_URL, ""
    return f"{scheme}{mark}{host}", path


def url_trouble(text: str) -> str:
    """Return why a text cannot be the site's address, or nothing."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return f"is not an address ({error})"
    if parts.scheme not in ("http", "https") or not host or not text.isascii() or not text.isprintable():
        return "is not an address of http or https"
    if parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc or " " in text:
        return "holds more than scheme and host"
    return ""


def _timezone(table: Table) -> str:
    name = table.text("timezone", "Europe/Amsterdam")
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        table.error("timezone", f'"{name}" is not a time zone', 'For example timezone = "Europe/Oslo"')
        return "UTC"
    return name


def _languages(table: Table) -> tuple[str, ...]:
    languages = table.names("languages", "en")
    if "languages" in table and not languages:
        table.error("languages", "a site has at least one language", 'For example languages = ["nl", "en"]')
    for name in languages:
        if not LANGUAGE.fullmatch(name):
            table.error("languages", f'"{name}" is not a language', 'Write codes such as "nl", "nb" or "en-GB"')
    return languages or ("en",)


def _store(table: Table) -> str:
    name = table.text("store", "store")
    if "://" in name:
        table.error("store", f'"{name}" is not a folder', 'Name a folder, as in store = "store"')
    return name


def _outside(table: Table, name: str, what: str, root: Path, store: Path) -> Path:
    """Return the path of a file that stands outside the store."""
    path = root / (table.text(name, f"personalize.{name}") or f"personalize.{name}")
    if path.is_relative_to(store):
        table.error(name, f"{what} in the store", "Keep it where no backup of the store reaches")
    return path


def _mount(table: Table, root: str) -> str:
    path = table.text("path", "/personalize")
    if not _is_mount(path):
        table.error("path", f'"{path}" is not a path', 'Start with a slash, end without: path = "/personalize"')
    _check_from(table, "path", root, path)
    return path


def _is_mount(path: str) -> bool:
    return MOUNT.fullmatch(path) is not None and ".." not in path


def _check_from(table: Table, key: str, root: str, path: str) -> None:
    """Note a path that says once more what the site's address ends in."""
    if root and f"{path}/".startswith(f"{root}/"):
        rest = path.removeprefix(root) or "/"
        table.error(key, f'"{path}" counts from `url`, which ends in "{root}" already', f'Write {key} = "{rest}"')


def _page(table: Table, key: str, languages: tuple[str, ...], example: str, root: str = "") -> Titles:
    """Return where a page is, by language: one path or address for all, or one for each."""
    if isinstance(table.values.get(key, {}), dict):
        pages = table.titles(key, languages, required=False)
    else:
        pages = dict.fromkeys(languages, table.text(key))
    for page in dict.fromkeys(filter(None, pages.values())):
        if not PAGE.fullmatch(page):
            table.error(key, f"{shown(page)} is no address of a page", f'For example {key} = "{example}"')
        _check_from(table, key, root, page)
    return pages


def _below(start: str, pages: Titles) -> Titles:
    """Return the pages, those by path as they are seen below `start`: an address where files link to them too."""
    return {lang: f"{start}{page}" if page.startswith("/") else page for lang, page in pages.items() if page}


def _networks(table: Table) -> tuple[IPv4Network | IPv6Network, ...]:
    networks = []
    for text in table.names("metrics_from", "10.0.0.5"):
        try:
            networks.append(ip_network(text))
        except ValueError:
            table.error("metrics_from", f'"{text}" is no address or network', 'Write "10.0.0.5" or "10.0.0.0/24"')
    return tuple(networks)


def _links(table: Table) -> tuple[str, ...]:
    hosts = table.names("links", "shop.example.org")
    for host in hosts:
        if not HOST.fullmatch(host):
            table.error("links", f'"{host}" is not a host', 'Write it without scheme: "shop.example.org"')
    return hosts
