"""`personalize token`: newsletter links that recognise their readers (assurance `click`), their end and their count.

Without another word it makes a link for one person; with a file, for a whole mailing.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from personalize.campaigns.newsletter import Decorated, Left, Newsletter
from personalize.campaigns.recipients import MOST_TOLD, Recipients
from personalize.cli.output import columns, counted, json_time, local_time, print_json, tell
from personalize.cli.progress import Progress
from personalize.cli.recipients import write_links
from personalize.cli.site import config_option, json_option, open_books, settings_of
from personalize.errors import ConfigError, NotFound
from personalize.house import House
from personalize.ports import MailingCount
from personalize.recognition.mailing import name_of

LEFT = {
    Left.elsewhere: "to other sites or no page",
    Left.unsubscribe: "to unsubscribe",
    Left.own_page: "to the visitor's own pages",
    Left.marked: "marked data-plain",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="CSV or JSONL with a row for each recipient")
    parser.add_argument("--mailing", metavar="NAME", help="the mailing the links are for")
    parser.add_argument("--identifier", metavar="KIND:VALUE", help="one person, such as customer_number:123")
    parser.add_argument("--url", default="/", metavar="PAGE", help="the page it leads to, such as /news; default: /")
    parser.add_argument("--column", metavar="NAME", help="the column of FILE that holds the identifiers")
    parser.add_argument("--kind", default="", metavar="KIND", help="of which kind they are; default: it stands there")
    parser.add_argument("--add", default="link", metavar="NAME", help="the column that is added; default: link")
    parser.add_argument("--bare", action="store_true", help="make the token alone, for a merge field")
    parser.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")
    parser.add_argument("--decorate", type=Path, metavar="FILE", help="put the token into the links of this HTML")
    parser.add_argument("--merge-field", metavar="TEXT", help="what stands for the token in it, such as *|PZT|*")
    parser.add_argument("--revoke", action="store_true", help="end links: of --identifier, of --mailing, or --all")
    parser.add_argument("--all", action="store_true", help="with --revoke: every link of the site")
    parser.add_argument("--report", action="store_true", help="list the mailings, and how many people came by them")
    config_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Do one of the five things; 1 where rows of a file could not be read."""
    if args.report:
        return _report(args)
    if args.revoke:
        return _revoke(args)
    if args.decorate:
        return _decorate(args)
    if args.file:
        return _file(args)
    return _one(args)


def _one(args: argparse.Namespace) -> int:
    """Print the link, and say so where it will not recognise its reader yet."""
    _need(args, "identifier", "mailing")
    with open_books(args) as house:
        mailing = house.mailing(args.mailing)
        made = mailing.token(args.identifier) if args.bare else mailing.link(args.identifier, args.url)
        note = _reservation(house, house.subject_of(args.identifier))
    tell(made)
    if note:
        tell(note, file=sys.stderr)
    return 0


def _file(args: argparse.Namespace) -> int:
    _need(args, "mailing", "column")
    with open_books(args) as house, Progress("making links") as progress:
        recipients = Recipients(house.mailing(args.mailing), _finder(house), args.url, bare=args.bare)
        write_links(args.file, args.column, args.kind, args.add, args.out, recipients, progress.show)
    _tell(recipients)
    return 1 if recipients.counts["unreadable"] else 0


def _finder(house: House) -> Callable[[str], int | None]:
    def find(identifier: str) -> int | None:
        ((_, digest),) = house.digests(identifier)
        return house.store.profiles.subject_of(digest)

    return find


def _tell(recipients: Recipients) -> None:
    """Say on standard error what became of the rows: the file itself may go to standard output."""
    counts = recipients.counts
    told = [f"row {number}: {why}" for number, why in recipients.problems]
    more = counts["no_identifier"] + counts["unreadable"] - len(recipients.problems)
    if more > 0:
        told.append(f"… and {counted(more, 'row')} more; only the first {MOST_TOLD} are listed")
    were = "was" if counts["unreadable"] == 1 else "were"
    told.append(
        f"{counted(counts['known'], 'person', 'people')} got a link of their own; the plain link went to"
        f" {counts['unknown']:,} whom nobody knows and {counts['no_identifier']:,} without a usable identifier;"
        f" {counted(counts['unreadable'], 'row')} could not be read and {were} left out."
    )
    tell("\n".join(told), file=sys.stderr)


def _decorate(args: argparse.Namespace) -> int:
    if bool(args.merge_field) == bool(args.identifier):
        raise ConfigError("What goes into the links?", remedy="Give --merge-field, or --identifier with --mailing")
    html = _text(args.decorate)
    if args.merge_field:
        site = settings_of(args).site
        made = Newsletter(site).decorate(html, args.merge_field)
    else:
        _need(args, "mailing")
        with open_books(args) as house:
            mailing = house.mailing(args.mailing)
            made = mailing.newsletter.decorate(html, mailing.token(args.identifier))
    if args.out is None:
        sys.stdout.write(made.html)
    else:
        args.out.write_text(made.html, "utf-8", newline="")
    tell("\n".join(_told(made)), file=sys.stderr)
    return 0


def _told(made: Decorated) -> list[str]:
    lines = [f"{counted(made.links, 'link')} of the site got the token."]
    for why, what in LEFT.items():
        count = sum(each.why is why for each in made.left)
        if count:
            lines.append(f"{counted(count, 'link')} {what} stayed as {'it is' if count == 1 else 'they are'}.")
    open_ones = [each for each in made.left if each.why is Left.merge_field]
    lines += [f"line {each.line}: {each.url}: a merge field leaves open where it leads" for each in open_ones]
    return lines


def _revoke(args: argparse.Namespace) -> int:
    if args.all == bool(args.identifier or args.mailing):
        raise ConfigError("Which links to end?", remedy="Give --identifier, --mailing, both, or --all alone")
    with open_books(args) as house:
        subject = house.subject_of(args.identifier) if args.identifier else None
        mailing = name_of(args.mailing) if args.mailing else None
        if mailing is not None and not any(each.mailing == mailing for each in house.store.handles.mailings()):
            raise NotFound(f"There is no mailing '{mailing}': `personalize token --report` lists them.")
        ended = house.revoke(subject=subject, mailing=mailing)
    if args.json:
        print_json({"revoked": ended})
    else:
        none = "it recognises nobody" if ended == 1 else "they recognise nobody"
        tell(f"{counted(ended, 'link')} revoked: within a second {none}.")
    return 0


def _report(args: argparse.Namespace) -> int:
    with open_books(args) as house:
        zone = house.settings.site.zone
        found = house.store.handles.mailings()
    if args.mailing:
        found = [each for each in found if each.mailing == name_of(args.mailing)]
        if not found:
            raise NotFound(f"There is no mailing '{args.mailing}': `personalize token --report` lists them.")
    if args.json:
        print_json({"mailings": [_row(each, zone) for each in found]})
    elif not found:
        tell("No mailing has links yet.")
    else:
        head = ("mailing", "began", "people", "came", "", "links", "revoked", "until")
        tell("\n".join(columns([head, *(_cells(each, zone) for each in found)])))
    return 0


def _row(count: MailingCount, zone: ZoneInfo) -> dict[str, object]:
    row: dict[str, object] = msgspec.to_builtins(count)
    row["began_at"] = json_time(count.began_at, zone)
    row["until"] = json_time(count.until, zone) if count.until else None
    return row


def _cells(count: MailingCount, zone: ZoneInfo) -> tuple[str, ...]:
    share = f"{count.visitors / count.people:.1%}" if count.people else ""
    until = local_time(count.until, zone)[:10] if count.until else ""
    began = local_time(count.began_at, zone)[:10]
    numbers = [f"{each:,}" for each in (count.people, count.visitors, count.links, count.revoked)]
    return count.mailing, began, *numbers[:2], share, *numbers[2:], until


def _need(args: argparse.Namespace, *names: str) -> None:
    for name in names:
        if not getattr(args, name):
            raise ConfigError(f"--{name} is missing", remedy="`personalize token --help` tells what each option is for")


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", remedy="Check name and rights") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8", remedy="Save it as UTF-8") from error


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
        f" ({' or '.join(names)}): on {house.settings.site.pages}/me, logged in."
    )
