"""A recall as the table that auditors get."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from personalize.cookbook.codes import code_of, show_code
from personalize.rights.recall import Used

COLUMNS = ("time", "code", "slot", "variant", "reason", "how", "person", "entry", "recipe", "served")


def rows_of(found: Iterable[Used], zone: ZoneInfo) -> Iterator[Sequence[object]]:
    """Yield the table's rows, its titles first."""
    yield COLUMNS
    for used in found:
        yield list({**plain_of(used, zone), "served": "yes" if used.served else "no"}.values())


def plain_of(used: Used, zone: ZoneInfo) -> dict[str, object]:
    """Return one decision under the names of the table's columns."""
    moment = datetime.fromtimestamp(used.at // 1_000_000, zone)
    return {
        "time": moment.isoformat(sep=" ", timespec="seconds"),
        "code": show_code(code_of(used.number)),
        "slot": used.slot,
        "variant": used.variant,
        "reason": used.reason,
        "how": used.how,
        "person": str(used.subject),
        "entry": used.entry_id.hex(),
        "recipe": used.recipe,
        "served": used.served,
    }
