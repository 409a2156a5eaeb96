"""`personalize demo`: runs the newspaper that stands beside the package in its source checkout."""

import argparse
import os
import sys
from pathlib import Path

import personalize
from personalize.cli.output import tell

DEMO = Path("examples") / "02-newspaper" / "demo.py"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Leave the options to the demo: `--tour`, `--port` and so on."""
    parser.set_defaults(passed_on=[])
    parser.epilog = "Further options go to the demo itself, such as --tour and --port."


def run(args: argparse.Namespace) -> int:
    """Let the demo take this process's place, with its interpreter, signals and exit code."""
    program = Path(personalize.__file__).resolve().parent.parent / DEMO
    if not program.is_file():
        tell(
            "The demo comes with the source, not with the installed package:"
            " get the source, then run `make demo` there.",
            file=sys.stderr,
        )
        return 2
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, str(program), *args.passed_on])  # noqa: S606  # no shell is wanted
