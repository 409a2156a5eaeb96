"""What `personalize.toml` says, as frozen values."""

from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from msgspec import Struct

from personalize.model.attributes import Attribute, Titles
from personalize.model.consent import Notice, Purpose
from personalize.model.content import Segment, Slot

IDENTIFIER_KINDS = {"customer_number": 1, "email": 1, "phone": 1, "address": 3, "plate": 1}
"""The kinds of identifiers, each with the most columns it is made of."""
PERSONAL = ("customer_number", "email")
"""The kinds that name one person. A telephone, a plate and above all an address may be a household's."""

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Site(Struct, frozen=True, kw_only=True):
    """The `[site]` table. `url` decides cookie name, host list and redirects; `path` is where our pages live.

    `url` is scheme and host; `root` is what the site stands below there, as ASGI's `root_path`, empty where it has
    the host to itself. The settings file tells both in one address. `path` counts from there.
    `store` is a folder, taken from the file's own folder when relative. `keys` is the key file,
    `erasures` the list of who was erased and of every no, which stands outside the store and its backups, as does
    `heads`, the digest of the newest entries.
    `links` are the hosts, besides the site's own, that variants may link to. `metrics_from` are the
    networks, besides this machine, from which metrics may be read. `login_page` is where people log in at
    the site, `privacy_statement` the site's own page about data, `authority_page` that of the supervisory
    `authority` which people may complain to: each by language, empty where that is not said. The last
    two are addresses in full.
    """

    url: str
    root: str = ""
    name: str = ""
    timezone: str = "Europe/Amsterdam"
    languages: tuple[str, ...] = ("en",)
    store: Path = Path("store")
    keys: Path = Path("personalize.keys")
    erasures: Path = Path("personalize.erasures")
    heads: Path = Path("personalize.heads")
    markers: bool = False
    enabled: bool = True
    path: str = "/personalize"
    login_page: Titles = {}
    controller: str = ""
    privacy_contact: str = ""
    privacy_statement: Titles = {}
    authority: str = ""
    authority_page: Titles = {}
    links: tuple[str, ...] = ()
    metrics: bool = False
    metrics_from: tuple[IPv4Network | IPv6Network, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone by which the site's days begin and moments are told."""
        return ZoneInfo(self.timezone)

    @property
    def host(self) -> str:
        """Return the host the site answers to, with its port where it has one."""
        return urlsplit(self.url).netloc

    @property
    def address(self) -> str:
        """Return the site's whole address, without a slash at its end."""
        return f"{self.url}{self.root}"

    @property
    def pages(self) -> str:
        """Return the whole address of the visitor's pages, without a slash at its end: for what is read elsewhere."""
        return f"{self.address}{self.path.rstrip('/')}"

    @property
    def development(self) -> bool:
        """Say whether this is a developer's machine: a loopback address over plain http."""
        return urlsplit(self.url).scheme == "http" and self.on_loopback

    @property
    def on_loopback(self) -> bool:
        """Say whether the site is for this machine alone."""
        return (urlsplit(self.url).hostname or "") in LOOPBACK


class Retention(Struct, frozen=True, kw_only=True):
    """The `[retention]` table: for how long things are kept, in seconds.

    `purposes` are those for which an entry is kept shorter than `entries`. `counts` is about what
    strangers got, `rejects` about the lists of what imports left out. `values` is counted from the end
    of a value's shelf life; None keeps it. `attributes` are those whose values go so long after they
    were observed, whatever their shelf life.
    """

    entries: int = 400 * 86_400
    counts: int = 90 * 86_400
    rejects: int = 30 * 86_400
    values: int | None = None
    purposes: dict[str, int] = {}
    attributes: dict[str, int] = {}


class Told(StrEnum):
    """What people are told of the staff who looked them up: their name, their role alone, or nothing."""

    name = "name"
    role = "role"
    nobody = "nobody"


class StaffOidc(Struct, frozen=True, kw_only=True):
    """The `[staff.oidc]` table: the identity provider at which staff sign in, and what its claims mean here.

    `name` is the claim with the name that stands in the trail, `claim` the one with what `roles` lists by role.
    `acr` are the ways of authentication that are good enough; empty means all.
    """

    issuer: str
    client_id: str
    title: str = ""
    name: str = "preferred_username"
    claim: str = "roles"
    roles: dict[str, tuple[str, ...]] = {}
    scopes: tuple[str, ...] = ("profile",)
    acr: tuple[str, ...] = ()


class StaffPages(Struct, frozen=True, kw_only=True):
    """The `[staff]` table. `url` is where staff reach their pages; `masked` are attributes hidden until unmasked.

    `told` is what people see of who looked them up. With `oidc` staff sign in at an identity provider,
    and there are no local accounts.
    """

    url: str = "http://127.0.0.1:8001"
    masked: tuple[str, ...] = ()
    told: Told = Told.role
    oidc: StaffOidc | None = None

    @property
    def host(self) -> str:
        """Return the host the staff pages answer to, with its port where it has one."""
        return urlsplit(self.url).netloc


class Sessions(Struct, frozen=True, kw_only=True):
    """The `[sessions]` table, in seconds: for sites without a login of their own, and for device subjects.

    A login ends after `idle` without a request, and `absolute` after it began. A `device` is forgotten
    that long after its last visit; one network may make `devices_an_hour` of them in each process.
    """

    idle: int = 30 * 60
    absolute: int = 12 * 3_600
    device: int = 365 * 86_400
    devices_an_hour: int = 1_000


class Security(StrEnum):
    """How a mail server is spoken to: TLS from the start, TLS after the greeting, or in clear (loopback alone)."""

    tls = "tls"
    starttls = "starttls"
    none = "none"


class Mail(Struct, frozen=True, kw_only=True):
    """The `[mail]` table: the server that takes our mail, and whom it comes from.

    Without `host`, on a developer's machine, mail is written to the log. `a_day` is how many requests of
    one network are taken in a day. The password is in the environment, PERSONALIZE_SMTP_PASSWORD.
    """

    host: str = ""
    port: int = 587
    security: Security = Security.starttls
    user: str = ""
    sender: str = ""
    a_day: int = 200


class Column(Struct, frozen=True, kw_only=True):
    """Where an attribute comes from in a file.

    `values` maps cell text to value; a cell that is not among them cannot be typed. `separator`
    cuts a cell into the members of a set. `format` is the order of a date (`d-m-y`, `m/d/y`) or
    the decimal sign of a number (`,` or `.`). Several columns make a set: each entry of `members`
    adds its member when the cell is none of `absent`.
    """

    attribute: str
    column: str = ""
    values: dict[str, Any] = {}
    separator: str = ""
    format: str = ""
    members: dict[str, "Member"] = {}


class Member(Struct, frozen=True, kw_only=True):
    """One member of a set made from a column: present unless the cell reads one of `absent`."""

    column: str
    absent: tuple[str, ...] = ("", "No", "0")


class Source(Struct, frozen=True, kw_only=True):
    """One `[sources.NAME]` table: a file that delivers values, objections or consents.

    `key` names the identifier that says which person a row is about. `identifiers` maps
    identifier kind to its column or columns; the source has `proved` that those of these kinds are their own.
    `country` is the ISO code for phone numbers.
    `observed` and `time_column` are columns with the moment a row was true, or was said; `time_format` is the order
    of the date there, as of a `Column`. What proves a
    consent that was taken elsewhere: `version_column` and `hash_column` say which text was agreed to,
    `means` or `means_column` how ("paper form", "by phone").
    """

    name: str
    kind: str = "values"
    country: str = ""
    key: str = ""
    encoding: str = ""
    delimiter: str = ""
    observed: str = ""
    identifiers: dict[str, tuple[str, ...]] = {}
    proved: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    purposes: tuple[str, ...] = ()
    purpose_column: str = ""
    time_column: str = ""
    time_format: str = ""
    version_column: str = ""
    hash_column: str = ""
    means_column: str = ""
    means: str = ""
    notice: str = ""
    titles: Titles = {}


class Settings(Struct, frozen=True, kw_only=True):
    """Everything `personalize.toml` says, checked. `root` is the folder the file stands in.

    `contexts` are the segments that the `[contexts]` table makes contexts of.
    """

    file: Path
    root: Path
    site: Site
    sources: dict[str, Source] = {}
    purposes: dict[str, Purpose] = {}
    notices: dict[str, Notice] = {}
    attributes: tuple[Attribute, ...] = ()
    segments: tuple[Segment, ...] = ()
    slots: dict[str, Slot] = {}
    plugins: dict[str, dict[str, Any]] = {}
    retention: Retention = Retention()
    staff: StaffPages = StaffPages()
    mail: Mail = Mail()
    sessions: Sessions = Sessions()
    contexts: tuple[str, ...] = ()

    @property
    def content(self) -> Path:
        """Return the folder of content files."""
        return self.root / "content"
