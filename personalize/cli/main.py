"""`personalize …`: finds the command, runs it, and turns errors into advice and an exit code.

Exit codes: 0 fine, 1 a finding, 2 wrong usage or a thing that cannot be done.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import NoReturn

from personalize.cli.output import printable, tell
from personalize.errors import NotFound, PersonalizeError

COMMANDS = {
    "init": "write personalize.toml, a key file, a first variant and a test",
    "demo": "serve the newspaper that comes with the package's source",
    "serve": "serve the pages for staff: the desk and the trail",
    "staff": "list, add or remove the accounts of staff",
    "check": "read all files and say what is wrong, with file, line and remedy",
    "plugins": "list the plugins that are present and the rules they bring",
    "keys": "list, rotate or retire the signing keys, or make a new key file",
    "import": "read a CSV file of values, objections or consents",
    "token": "make a newsletter link that recognises one person",
    "simulate": "count what every known person would see in a slot",
    "explain": "tell in words what a visit code showed, and why",
    "find": "list what one person was shown lately",
    "replay": "decide recorded entries again and list the differences",
    "recall": "list every decision that used an import, an attribute, a rule, a consent text or a plugin",
    "export": "write down all that is known of one person, for that person",
    "correct": "list what people say is wrong, show or settle one request, or make one",
    "restrict": "do not use one value of one person, or use it again",
    "object": "record a person's no to a purpose, or to all of them",
    "verify": "look whether every entry is as it was written, and name those that are not",
    "status": "say what is wrong with a running site, what it decided, and what to do",
    "erase": "remove one person for good, or what was kept long enough",
    "backup": "copy the store while the site runs, its keys apart",
    "restore": "put a backup back; who was erased stays erased",
    "index": "move journal entries into the cookbook until stopped",
}
FINDING, USAGE, INTERRUPTED = 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # exports and JSON are UTF-8, whatever the terminal of the day
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    return _answer(list(sys.argv[1:] if arguments is None else arguments))


def _answer(words: list[str]) -> int:
    """Run the command; say what went wrong, and return the exit code."""
    try:
        code = _command(words)
        if sys.stdout is not None:  # a shell may have closed it
            sys.stdout.flush()
        return code
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else USAGE
    except PersonalizeError as error:
        tell(str(error), file=sys.stderr)
        return FINDING if isinstance(error, NotFound) else USAGE
    except BrokenPipeError:
        _settle_output()
        return 0
    except OSError as error:
        _settle_output()
        tell(_refusal(error), file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED


def _command(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help"):
        tell(_overview(), file=sys.stdout if words else sys.stderr)
        return 0 if words else USAGE
    if words[0] == "--version":
        from personalize import __version__

        tell(__version__)
        return 0
    name, *rest = words
    if name not in COMMANDS:
        tell(_unknown(name), file=sys.stderr)
        return USAGE
    return _run(name, rest)


class _Parser(argparse.ArgumentParser):
    """Complains of wrong usage in words that steer no terminal: they repeat what was typed."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def _run(name: str, rest: list[str]) -> int:
    module = import_module(f"personalize.cli.{'import_' if name == 'import' else name}")
    parser = _Parser(prog=f"personalize {name}", description=_sentence(COMMANDS[name]))
    module.arguments(parser)
    return int(module.run(_parsed(parser, rest)))


def _settle_output() -> None:
    """Write out what is left; drop what standard output does not take: Python would try it once more at its end."""
    try:
        if sys.stdout is not None:  # a shell may have closed it
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refusal(error: OSError) -> str:
    """Return what the system says of a file, or of a full disk."""
    place = f"{error.filename}: " if error.filename else ""
    remedy = " Run the command as the user that the site runs as." if isinstance(error, PermissionError) else ""
    return f"{place}{error.strerror or error}.{remedy}"


def _parsed(parser: argparse.ArgumentParser, rest: list[str]) -> argparse.Namespace:
    """Return the options; those it does not know only a command that passes them on may be given."""
    args, beyond = parser.parse_known_args(rest)
    if beyond and "passed_on" not in args:
        parser.error(f"unknown here: {' '.join(beyond)}")
    args.passed_on = beyond
    return args


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _overview() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {what}" for name, what in COMMANDS.items()]
    return "\n".join(
        ["usage: personalize COMMAND …", "", *lines, "", "personalize COMMAND --help tells a command's options."]
    )


def _unknown(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, COMMANDS, 1)
    meant = f"Did you mean `personalize {near[0]}`?" if near else "`personalize --help` lists the commands."
    return f"There is no command '{name}'. {meant}"


if __name__ == "__main__":
    raise SystemExit(main())
