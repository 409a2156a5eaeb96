"""`personalize export`: everything that is held of one person, for that person (GDPR 15)."""

import argparse
import sys
from pathlib import Path

from personalize.cli.find import noted
from personalize.cli.output import print_document, private_file, tell
from personalize.cli.progress import Progress
from personalize.cli.reasons import check, reason_options
from personalize.cli.site import config_option, language_option, open_books
from personalize.explain.language import language
from personalize.rights.export import as_json
from personalize.web.privacy.insight import document, teller


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("identifier", metavar="KIND:VALUE", help="such as customer_number:123 or email:ann@example.org")
    parser.add_argument("--format", choices=("json", "html"), default="json", help="for programs, or for people")
    parser.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    language_option(parser)
    reason_options(parser)
    config_option(parser)


def run(args: argparse.Namespace) -> int:
    """Write the export."""
    with open_books(args) as house, Progress("telling decisions") as progress:
        check(house, args)
        subject = noted(house, args, "export")
        lang, now = args.lang or house.settings.site.languages[0], house.clock.now()
        insight = house.rights.insights.gather(subject, now, teller(house, lang), progress.show)
        texts = document(house, insight, language(lang)) if args.format == "html" else as_json(insight, house.settings)
        if args.output is None:
            print_document(texts)
        else:
            with private_file(args.output) as file:
                file.writelines(texts)
    if args.output is not None:
        tell(f"Written to {args.output}, which only you can read.", file=sys.stderr)
    return 0
