"""The page about the HTTP API has every call, every field and every code, and no other."""

import re

from starlette.routing import Route

from personalize.errors import StoreError
from personalize.house import House
from personalize.settings import load_settings
from personalize.web.privacy.acts import ACTS
from personalize.web.privacy.api import CODES
from personalize.web.shell.forms import MOST_BYTES
from personalize.web.visitor import visitor_app
from tests.docs.pages import CHECKOUT, CODE, DOCS, rows, section

PAGE = DOCS / "reference" / "http-api.md"
ACT = re.compile(r"/me/\w+$")
RIGHTS = "A visitor's rights"
MONITORS = {("GET", "/personalize/api/health"), ("GET", "/personalize/api/metrics")}


def closed() -> House:
    raise StoreError("no store is open")


def test_every_call_is_documented_and_no_other() -> None:
    settings = load_settings(CHECKOUT / "examples" / "01-hello" / "personalize.toml")
    routes = visitor_app(settings=settings, house=closed).routes
    calls = [each for each in routes if isinstance(each, Route) and each.path.startswith("/api/")]
    found = {
        (method, f"/personalize{ACT.sub('/me/ACT', each.path)}") for each in calls for method in each.methods or ()
    }
    documented = {tuple(CODE.findall(row[0])[0].split()) for row in rows(PAGE, "Calls")}
    assert documented == {call for call in found if call[0] != "HEAD"} | MONITORS


def test_every_right_takes_the_documented_fields() -> None:
    listed = {row[0]: set(CODE.findall(row[1])) for row in rows(PAGE, RIGHTS) if row[0].startswith("`me/")}
    assert listed == {f"`me/{name}`": set(act.fields) for name, act in ACTS.items()}
    assert f"a body has {MOST_BYTES >> 10} KiB at most" in section(PAGE, RIGHTS).replace("\n", " ")


def test_every_field_is_explained() -> None:
    fields = set().union(*(act.fields for act in ACTS.values()))
    cells = {name for row in rows(PAGE, RIGHTS) if not row[1].isdigit() for name in CODE.findall(row[0])}
    assert cells - {f"me/{name}" for name in ACTS} == fields


def test_every_code_is_documented() -> None:
    listed = {row[0].strip("`") for row in rows(PAGE, RIGHTS) if row[1].isdigit()}
    assert listed == set(CODES.values())
