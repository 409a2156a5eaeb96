"""`personalize staff`: the local accounts of staff. A password is typed or piped, never an argument."""

import argparse
import getpass
import os
import re
import sys
from zoneinfo import ZoneInfo

from personalize.cli.output import columns, json_time, print_json, tell
from personalize.cli.site import config_option, json_option, open_books
from personalize.errors import ConfigError, NotFound
from personalize.house import House
from personalize.model.staff import Account, Role
from personalize.web.shell.passwords import SHORTEST, hashed

NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
VARIABLE = "PERSONALIZE_STAFF_PASSWORD"
LONGEST = 1000
ACTIONS = ("list", "add", "remove")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("action", nargs="?", choices=ACTIONS, default="list", help="default: list")
    parser.add_argument("name", nargs="?", default="", help="the account to add, renew or remove")
    parser.add_argument(
        "--role",
        action="append",
        default=[],
        choices=[role.value for role in Role],
        metavar="ROLE",
        help=f"one of {', '.join(Role)}; repeatable",
    )
    config_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Carry out the action, then say which accounts there are."""
    name = args.name.strip().lower()
    _check(args.action, name, args.role)
    with open_books(args) as house:
        if args.action == "add":
            _add(house, name, frozenset(Role(role) for role in args.role))
        elif args.action == "remove" and not house.accounts.remove(name, house.clock.now()):
            raise NotFound(f"There is no account '{name}'. `personalize staff list` shows those there are.")
        accounts, zone = house.accounts.accounts(), house.settings.site.zone
    if args.json:
        print_json({"accounts": [_plain(account, zone) for account in accounts]})
    elif accounts:
        tell("\n".join(columns(tuple(_plain(account, zone).values()) for account in accounts)))
    else:
        tell("There are no accounts. `personalize staff add NAME --role service` makes one.")
    return 0


def _check(action: str, name: str, roles: list[str]) -> None:
    if (action == "list") != (not name):
        raise ConfigError(
            "A name goes with `add` and `remove`", remedy="Write `personalize staff add anna --role service`"
        )
    if name and not NAME.fullmatch(name):
        raise ConfigError(f"'{name}' cannot be a name", remedy="Letters, digits and . _ @ - will do, at most 64")
    if (action == "add") != bool(roles):
        raise ConfigError("A role goes with `add`", remedy=f"Write --role and one of {', '.join(Role)}")


def _add(house: House, name: str, roles: frozenset[Role]) -> None:
    password = _password(name)
    if not SHORTEST <= len(password) <= LONGEST:
        raise ConfigError(f"The password has {len(password)} characters", remedy=f"Take {SHORTEST} or more")
    house.accounts.put(Account(name=name, roles=roles, password=hashed(password), made_at=house.clock.now()))


def _password(name: str) -> str:
    """Return the password from the environment, from a pipe, or typed twice unseen."""
    if VARIABLE in os.environ:
        return os.environ[VARIABLE]
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass(f"Password for {name}: ")
    if getpass.getpass("Once more: ") != password:
        raise ConfigError("The two passwords differ", remedy="Type them once more")
    return password


def _plain(account: Account, zone: ZoneInfo) -> dict[str, str]:
    return {
        "name": account.name,
        "roles": " ".join(sorted(account.roles)),
        "made_at": json_time(account.made_at, zone),
    }
