"""Read `[plugins.oidc]`, each mistake with an error that names the option and says what to write instead."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Literal

import msgspec
from msgspec import Struct

from personalize.errors import PluginError
from personalize.model.consent import Basis, Purpose
from personalize.model.people import Assurance
from personalize.settings.staff import issuer_trouble
from personalize.settings.tables import IDENTIFIER_KINDS
from personalize.settings.toml_file import DURATION, SECONDS

NAME = "oidc"
PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")
LEVEL = re.compile(r"[a-z][a-z0-9_-]{0,31}")
NOTHING = "nothing"
"""How the form calls the choice to share nothing."""
ASSURANCES = {"mailbox": Assurance.mailbox, "login": Assurance.login}


class Level(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much a person shares: for which purposes and how long, and the scopes that stand for it there."""

    purposes: tuple[str, ...]
    term: str
    scopes: tuple[str, ...] = ()
    titles: dict[str, str] = {}

    @property
    def seconds(self) -> int:
        """Return the term in seconds."""
        return duration(self.term) or 0


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table `[plugins.oidc]`."""

    issuer: str
    client_id: str
    identifiers: dict[str, str]
    title: str = ""
    at: str = "/login"
    scopes: tuple[str, ...] = ()
    userinfo: bool = False
    assurance: dict[str, Literal["mailbox", "login"]] = {}
    ask: Literal["here", "provider"] = "here"
    term_claim: str = ""
    idle: str = "12h"
    lasts: str = "30d"
    levels: dict[str, Level] = {}

    @property
    def idle_seconds(self) -> int:
        """Return after how long without use a login ends."""
        return duration(self.idle) or 0

    @property
    def most_seconds(self) -> int:
        """Return after how long a login ends at all."""
        return duration(self.lasts) or 0

    def sure(self, acr: object) -> Assurance | None:
        """Return how sure an authentication makes us; None for one that is not among those that are accepted."""
        if not self.assurance:
            return Assurance.login
        found = self.assurance.get(acr) if isinstance(acr, str) else None
        return None if found is None else ASSURANCES[found]


def read_options(options: Mapping[str, Any], purposes: Mapping[str, Purpose], name: str = NAME) -> Options:
    """Return the options, checked against the site's purposes. Raises PluginError."""
    place = f"[plugins.{name}]"
    try:
        found = msgspec.convert(dict(options), Options)
    except msgspec.ValidationError as error:
        raise PluginError(f"{place}: {error}. The README of personalize-oidc lists the options.") from None
    for wrong, remedy in _mistakes(found, purposes):
        raise PluginError(f"{place} {wrong}. {remedy}.")
    return found


def duration(text: str) -> int | None:
    """Return a duration such as `90d` in seconds, None for what is none."""
    found = DURATION.fullmatch(text.strip())
    return int(found[1]) * SECONDS[found[2]] if found and int(found[1]) else None


def _mistakes(options: Options, purposes: Mapping[str, Purpose]) -> list[tuple[str, str]]:
    found = []
    if trouble := issuer_trouble(options.issuer):
        found.append((f"issuer: {options.issuer!r} {trouble}", 'Write it as in issuer = "https://id.example.org"'))
    if not options.client_id:
        found.append(("client_id: is empty", "Write the name that the provider gave this site"))
    if not PATH.fullmatch(options.at) or ".." in options.at:
        found.append((f"at: {options.at!r} is not a path", 'Write where the app is mounted: at = "/login"'))
    for kind in options.identifiers:
        if kind not in IDENTIFIER_KINDS:
            found.append((f"identifiers: there is no kind {kind!r}", _instead(kind, IDENTIFIER_KINDS)))
    if not options.identifiers:
        found.append(("identifiers: is empty", 'Write kind = claim: customer_number = "customer_number"'))
    for name in ("idle", "lasts"):
        if duration(getattr(options, name)) is None:
            found.append((f'{name}: "{getattr(options, name)}" is not a duration', f'Write {name} = "12h"'))
    for level, value in options.levels.items():
        found.extend((f"levels.{level}: {wrong}", remedy) for wrong, remedy in _in_level(level, value, purposes))
    return [*found, *_among_levels(options)]


def _in_level(name: str, level: Level, purposes: Mapping[str, Purpose]) -> list[tuple[str, str]]:
    found = []
    if not LEVEL.fullmatch(name) or name == NOTHING:
        found.append(("cannot be its name", "Take letters, digits and _, such as low"))
    if duration(level.term) is None:
        found.append((f'term "{level.term}" is not a duration', 'Write term = "90d"'))
    for purpose in level.purposes:
        if purpose not in purposes:
            found.append((f"there is no purpose {purpose!r}", _instead(purpose, purposes)))
        elif purposes[purpose].basis is not Basis.consent:
            found.append((f"{purpose!r} rests on no consent", "Name purposes whose basis is consent"))
        elif purposes[purpose].double_opt_in:
            found.append((f"{purpose!r} is confirmed by mail", "Leave it out: a login does not confirm an address"))
    if not level.purposes:
        found.append(("purposes is empty", 'Write purposes = ["newsletter"]'))
    return found


def _among_levels(options: Options) -> list[tuple[str, str]]:
    if options.ask == "provider" and not options.levels:
        return [("ask: has no effect without levels", "Add [plugins.oidc.levels.low]")]
    if options.ask == "provider" and not all(level.scopes for level in options.levels.values()):
        return [("levels: the provider tells them by scopes", 'Write scopes = ["..."] in each')]
    if options.term_claim and not options.levels:
        return [("term_claim: has no effect without levels", "Add [plugins.oidc.levels.low]")]
    return []


def _instead(name: str, known: Mapping[str, object]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"Write {near[0]}" if near else f"Write one of: {', '.join(known) or 'none is defined yet'}"
