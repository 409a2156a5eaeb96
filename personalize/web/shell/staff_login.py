"""Staff whom the site signs in itself: `staff=` is asked on each request, and is the only truth."""

import inspect
import logging
from collections.abc import Awaitable, Callable, Collection

from personalize.asgi.contract import Scope
from personalize.asgi.in_time import in_time
from personalize.model.staff import Role, Staff

log = logging.getLogger("personalize")
DEADLINE = 5.0
"""Seconds an async `staff=` may take; then nobody is signed in."""
LONGEST = 80
ADVICE = "staff= must return None or a name of one line and roles, as in ('anna', ['service']), not this %s"
Answer = Staff | tuple[str, Collection[str]] | None
StaffLogin = Callable[[Scope], Answer | Awaitable[Answer]]


class StaffQuestion:
    """Asks the site who of its staff this is."""

    def __init__(self, ask: StaffLogin) -> None:
        self._ask = ask

    async def answer(self, scope: Scope) -> Staff | None:
        """Return who it is, or None; what fails, is late or makes no sense counts as nobody."""
        try:
            found = self._ask(scope)
            if inspect.isawaitable(found):
                found = await in_time(found, DEADLINE)
        except Exception:
            log.exception("staff= failed, so nobody is signed in")
            return None
        return _staff(found)


def _staff(found: object) -> Staff | None:
    if found is None:
        return None
    name, roles = (found.name, found.roles) if isinstance(found, Staff) else _pair(found)
    if not name or not name.isprintable() or len(name) > LONGEST:
        log.error(ADVICE, type(found).__name__)
        return None
    known = frozenset(role for role in Role if role in roles)
    for role in roles:
        if role not in known:
            log.error("staff= gave the role %r; there are %s", role, ", ".join(Role))
    return Staff(name=name, roles=known)


def _pair(found: object) -> tuple[str, Collection[object]]:
    """Return name and roles of an answer in plain Python; an empty name where it is none."""
    if isinstance(found, tuple) and len(found) == 2:
        name, roles = found
        if isinstance(name, str) and isinstance(roles, Collection) and not isinstance(roles, str):
            return name.strip(), roles
    return "", ()
