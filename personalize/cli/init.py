"""`personalize init`: the files a site starts with, each one explaining itself."""

import argparse
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

from personalize.cli.output import tell
from personalize.errors import ConfigError
from personalize.ports import SystemClock
from personalize.recognition.keys import KeyRing

FILES = {
    "personalize.toml": "the site, its purposes, sources, dictionary and slots",
    "content/hero.toml": "the variants of the slot hero",
    "templates/slots/hero.html": "how a variant of the slot hero looks",
    "customers.csv": "three customers to try it with",
    "tests/test_personalize.py": "tests of what your visitors may rely on",
}
KEYS, ERASURES, HEADS, IGNORE = "personalize.keys", "personalize.erasures", "personalize.heads", ".gitignore"
SECRET = ("store/", KEYS, ERASURES, HEADS)
NEXT = """
Next:
  1. Give your app the middleware, inside its session, and your templates the slots:
       from personalize import Personalizer, PersonalizeMiddleware
       personalizer = Personalizer.from_toml("personalize.toml", login=who)   # who(scope): see 3, or None
       app.add_middleware(PersonalizeMiddleware, personalizer=personalizer)   # before the line that adds the session
       personalizer.install(templates.env)
  2. Put {% slot "hero" %}what everybody sees otherwise{% endslot %} into a template, start the site and open it.
  3. Try it with people: `personalize import customers.csv --source crm`, take away the # in content/hero.toml,
     and log in so that who(scope) returns "customer_number:1001". The bar at the foot of the page names the
     visit code: `personalize explain CODE` tells in words what was shown, and why.
Run the tests with `pytest tests/test_personalize.py`."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", nargs="?", type=Path, default=Path(), help="the site's folder; default: this one")


def run(args: argparse.Namespace) -> int:
    """Write the files, or nothing where one of them is there already."""
    folder: Path = args.folder
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file", remedy="Name the site's folder")
    there = [name for name in (*FILES, KEYS) if (folder / name).exists()]
    if there:
        raise ConfigError(f"{', '.join(there)}: already there", remedy="Nothing was written: move it away first")
    try:
        lines = [_write(folder, name) for name in FILES]
        KeyRing.new(SystemClock().now()).save(folder / KEYS)
        lines += [(KEYS, "secret: signs links and cookies; keep a copy in a safe place"), *_ignore(folder)]
    except OSError as error:
        raise ConfigError(f"{error.filename}: {error.strerror}", remedy="Check the folder's rights") from error
    width = max(len(name) for name, _ in lines)
    tell("\n".join(["Written:", *(f"  {name:<{width}}  {what}" for name, what in lines), NEXT]))
    return 0


def _write(folder: Path, name: str) -> tuple[str, str]:
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    text = resources.files(__package__).joinpath("starter", *name.split("/")).read_text("utf-8")
    target.write_text(_dated(text) if name.endswith(".csv") else text, "utf-8")
    return name, FILES[name]


def _dated(text: str) -> str:
    """Fill in contracts that end soon, later, and last month."""
    today = datetime.now(UTC).date()
    days = {"soon": 60, "later": 300, "past": -30}
    return text.format(**{name: today + timedelta(days=count) for name, count in days.items()})


def _ignore(folder: Path) -> list[tuple[str, str]]:
    """Keep the store (rejected rows lie there too) and the keys out of git; say so where lines were added."""
    path = folder / IGNORE
    text = path.read_text("utf-8") if path.exists() else ""
    missing = [line for line in SECRET if line not in text.splitlines()]
    if not missing:
        return []
    gap = "\n" if text and not text.endswith("\n") else ""
    path.write_text(f"{text}{gap}" + "".join(f"{line}\n" for line in missing), "utf-8")
    return [(IGNORE, f"now also {', '.join(missing)}")]
