"""The `[sessions]` table."""

from personalize.settings.tables import Sessions
from personalize.settings.toml_file import Table

MINUTE = 60
LONGEST = 400 * 86_400


def read_sessions(top: Table) -> Sessions:
    """Return how long logins and devices are remembered; a browser keeps no cookie for more than 400 days."""
    table = top.table("sessions")
    usual = Sessions()
    sessions = Sessions(
        idle=_seconds(table, "idle", usual.idle),
        absolute=_seconds(table, "absolute", usual.absolute),
        device=_seconds(table, "device", usual.device),
        devices_an_hour=table.whole("devices_an_hour", usual.devices_an_hour, least=1),
    )
    if sessions.absolute < sessions.idle:
        table.error(
            "absolute", "a login cannot last for less than it may lie idle", "Raise `absolute`, or lower `idle`"
        )
    table.close()
    return sessions


def _seconds(table: Table, key: str, usual: int) -> int:
    seconds = table.seconds(key, None)
    if seconds is None:
        return usual
    if not MINUTE <= seconds <= LONGEST:
        table.error(key, "it is out of bounds", 'Write between "1m" and "400d"')
        return usual
    return seconds
