"""`personalize restrict`: one value of one person is not used any more, or is again (GDPR 18)."""

import argparse

from personalize.cli.find import noted
from personalize.cli.output import print_json, tell
from personalize.cli.reasons import check, reason_options
from personalize.cli.site import config_option, json_option, open_to_change
from personalize.errors import ConfigError
from personalize.settings.toml_file import nearest_name


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("identifier", metavar="KIND:VALUE", help="the person: customer_number:123")
    parser.add_argument("--attribute", required=True, metavar="NAME", help="what is not to be used")
    parser.add_argument("--lift", action="store_true", help="it may be used again")
    reason_options(parser)
    config_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Restrict, once that is in the trail, and say so."""
    with open_to_change(args) as house:
        check(house, args)
        names = [attribute.name for attribute in house.settings.attributes]
        if args.attribute not in names and not args.lift:
            remedy = nearest_name(args.attribute, names)
            raise ConfigError(f"--attribute: there is no `{args.attribute}` in the dictionary", remedy=remedy)
        subject = noted(house, args, "restrict")
        corrections = house.rights.corrections
        if args.lift:
            corrections.allow(subject, args.attribute)
        else:
            corrections.restrict(subject, args.attribute)
        held = sorted(corrections.restricted(subject))
    if args.json:
        print_json({"restricted": held})
    else:
        tell(f"Not used of this person: {', '.join(held) or 'nothing'}. It counts from the next request on.")
    return 0
