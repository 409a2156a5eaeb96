"""`personalize token`: a newsletter link that recognises one person, with assurance `click`."""

import argparse
import sys

from personalize.cli.site import config_option, open_books
from personalize.house import House
from personalize.recognition.mailing import make_link


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--identifier", required=True, metavar="KIND:VALUE", help="such as customer_number:123")
    parser.add_argument("--mailing", required=True, metavar="NAME", help="the mailing the link is for")
    parser.add_argument("--url", default="/", metavar="PAGE", help="the page it leads to, such as /news; default: /")
    config_option(parser)


def run(args: argparse.Namespace) -> int:
    """Print the link, and say so where it will not recognise its reader yet."""
    with open_books(args) as house:
        subject = house.subject_of(args.identifier)
        site = house.settings.site.url
        link = make_link(
            house.ring,
            house.store.handles,
            site=site,
            url=args.url if "://" in args.url else f"{site}/{args.url.lstrip('/')}",
            subject=subject,
            mailing=args.mailing,
            now=house.clock.now(),
        )
        note = _reservation(house, subject)
    print(link)
    if note:
        print(note, file=sys.stderr)
    return 0


def _reservation(house: House, subject: int) -> str:
    """Return why the link will not recognise the person for now, or nothing."""
    names = [purpose.name for purpose in house.settings.purposes.values() if purpose.recognise]
    if not names:
        return "The link will recognise nobody: no purpose in personalize.toml says `recognise = true`."
    states = house.ledger.state(subject)
    if any(states[name].status in ("given", "in_force") for name in names):
        return ""
    return (
        "The link will not recognise this person until they agree to being recognised"
        f" ({' or '.join(names)}): on {house.settings.site.url}{house.settings.site.path}/me, logged in."
    )
