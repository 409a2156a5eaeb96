"""Looking people up on the command line: beyond loopback only with a reason, and in the trail first (law 12)."""

import argparse
import getpass
from collections.abc import Collection

from personalize.cli.output import printable
from personalize.errors import ConfigError
from personalize.house import House
from personalize.model.staff import Look

ROLE = "shell"


def reason_options(parser: argparse.ArgumentParser) -> None:
    """Add `--reason` and `--case`."""
    parser.add_argument("--reason", default="", help="why you look this up; needed where the site is not on loopback")
    parser.add_argument("--case", default="", metavar="NUMBER", help="the number of the case it belongs to")


def note(house: House, args: argparse.Namespace, *, what: str, subjects: Collection[int], query: str) -> None:
    """Write a look at each of these people into the trail, or at nobody, before anything is printed.

    On a loopback site, which is a developer's own, only where a reason is given. Raises
    ConfigError without one elsewhere, StoreError where the trail cannot be written.
    """
    check(house, args)
    if not args.reason.strip():
        return
    for subject in sorted(subjects) or [0]:
        house.staff.note(
            Look(
                at=house.clock.now(),
                staff=f"{ROLE}:{_user()}",
                role=ROLE,
                what=what,
                reason=printable(args.reason).strip(),
                case=printable(args.case).strip(),
                subject=subject,
                query=query,
            )
        )


def check(house: House, args: argparse.Namespace) -> None:
    """Raise ConfigError where a reason is needed and lacks."""
    if not args.reason.strip() and not house.settings.site.on_loopback:
        raise ConfigError(
            f"{house.settings.site.host} is not a developer's own site, so look-ups are written down",
            remedy='Say why: --reason "caller asks about the offer"',
        )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in a container
        return "unknown"
