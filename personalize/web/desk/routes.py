"""The desk's routes, which the staff app serves behind its guard."""

from collections.abc import Callable
from pathlib import Path

from starlette.routing import Route

from personalize.house import House
from personalize.web.desk.anybody import Anybody
from personalize.web.desk.box import Box
from personalize.web.desk.codes import Codes
from personalize.web.desk.corrections import Corrections
from personalize.web.desk.desk import Desk
from personalize.web.desk.entries import Entries
from personalize.web.desk.exports import Exports
from personalize.web.desk.persons import Persons
from personalize.web.desk.recalls import Recalls
from personalize.web.desk.receipts import Receipts
from personalize.web.shell.assets import asset_route
from personalize.web.shell.pages import WEB

HERE = Path(__file__).resolve().parent
ASSETS = {"desk.css": HERE / "desk.css", "htmx.min.js": WEB / "shell" / "vendor" / "htmx.min.js"}


def desk_routes(house: Callable[[], House]) -> list[Route]:
    """Return the routes of the desk. `house` gives the open house, or raises StoreError."""
    desk = Desk(house)
    return [
        asset_route(ASSETS, "/assets/desk"),
        *Box(desk).routes(),
        *Codes(desk).routes(),
        *Entries(desk).routes(),
        *Persons(desk).routes(),
        *Receipts(desk).routes(),
        *Anybody(desk).routes(),
        *Recalls(desk).routes(),
        *Corrections(desk).routes(),
        *Exports(desk).routes(),
    ]
