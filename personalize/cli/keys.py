"""`personalize keys`: the key ring's ids, times and states, never a secret."""

import argparse

from personalize.cli.output import columns, print_json, tell
from personalize.cli.site import config_option, json_option, settings_of
from personalize.errors import ConfigError
from personalize.ports import SystemClock
from personalize.recognition.keys import KeyRing, RootKey

ACTIONS = ("list", "new", "rotate", "retire")
RESTART = "A running site follows the key file within a second."


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("action", nargs="?", choices=ACTIONS, default="list", help="default: list")
    parser.add_argument("id", nargs="?", type=int, help="the key to retire")
    config_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Carry out the action, then say what the ring holds."""
    path, now = settings_of(args).site.keys, SystemClock().now()
    if (args.action == "retire") != (args.id is not None):
        raise ConfigError("A key's id is for `retire`", remedy="Write `personalize keys retire 1`")
    if args.action == "new":
        KeyRing.new(now).save(path)
    elif args.action == "rotate":
        KeyRing.load(path).rotate(now).save(path, replace=True)
    elif args.action == "retire":
        KeyRing.load(path).retire(args.id, now).save(path, replace=True)
    ring = KeyRing.load(path)
    if args.json:
        print_json({"file": str(path), "keys": [_plain(key, ring) for key in ring.keys]})
    else:
        tell("\n".join(_told(args.action, str(path), ring)))
    return 0


def _told(action: str, path: str, ring: KeyRing) -> list[str]:
    notes = {
        "new": [
            "Keep a copy apart from the store's backups: without it no stored identifier can be found again,",
            "and what an older key file hashed has to be imported anew.",
        ],
        "rotate": [f"Key {ring.newest.id} signs in three seconds, when all know it; older links stay good. {RESTART}"],
        "retire": [f"Links and cookies it signed no longer recognise anybody. {RESTART}"],
    }
    rows = [(str(key.id), _state(key, ring), f"made {key.created:%Y-%m-%d %H:%M} UTC") for key in ring.keys]
    return [path, *(f"  {line}" for line in columns(rows)), *notes.get(action, [])]


def _plain(key: RootKey, ring: KeyRing) -> dict[str, object]:
    return {
        "id": key.id,
        "state": _state(key, ring),
        "created": key.created.isoformat(),
        "retired": key.retired.isoformat() if key.retired else None,
    }


def _state(key: RootKey, ring: KeyRing) -> str:
    if key.retired is not None:
        return "retired"
    return "signs" if key is ring.newest else "verifies"
