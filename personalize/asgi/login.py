"""The site's own login: `login=` asked once per request, within its deadline, and never in the way."""

import inspect
import logging
from collections.abc import Awaitable

import anyio

from personalize.asgi.contract import Counters, Login

log = logging.getLogger("personalize")
DEADLINE = 0.025
"""How long (s) an async login may take; then the visitor is not recognised (law 7)."""

MOVE = (
    "login= reads the session, but SessionMiddleware stands inside PersonalizeMiddleware, so there is no"
    " session yet: move the line of PersonalizeMiddleware below the line of SessionMiddleware"
    " (with add_middleware: above it)"
)


class LoginQuestion:
    """Asks the site who is logged in. `ask` is the site's own callable, so that nobody costs one call.

    What it raises goes to `failed`; an answer that is neither None nor text goes to `settle`.
    """

    def __init__(self, login: Login, counters: Counters) -> None:
        self.ask, self._counters = login, counters
        self._awaits = _is_async(login)
        self._complained = False

    async def settle(self, answer: object) -> str | None:
        """Return the identifier that an async callable gives within the deadline; anything else is nobody."""
        if not self._awaits or not isinstance(answer, Awaitable):
            return self._refused(answer)
        try:
            with anyio.fail_after(DEADLINE):
                found = await answer
        except TimeoutError:
            self._counters["login_late"] += 1
            return None
        except Exception as error:
            self.failed(error)
            return None
        return found if found is None or isinstance(found, str) else self._refused(found)

    def failed(self, error: Exception) -> None:
        """Count an error of the site's login, and say once what it was."""
        self._counters["login_failed"] += 1
        if self._complained:
            return
        self._complained = True
        if isinstance(error, KeyError | AssertionError) and "session" in str(error).lower():
            log.error(MOVE)
        else:
            log.error("login= failed, so the visitor counts as not logged in (said once)", exc_info=error)

    def unread(self, problem: str) -> None:
        """Count a text that can be nobody's, and say once what is wrong with it."""
        self._counters["login_rubbish"] += 1
        if not self._complained:
            self._complained = True
            log.error("login= gave a text that cannot be used, so the visitor is a stranger: %s (said once)", problem)

    def _refused(self, answer: object) -> str | None:
        """Take an answer that is no text for nobody."""
        self._counters["login_rubbish"] += 1
        kind = type(answer).__name__
        if inspect.iscoroutine(answer):
            answer.close()
            kind = "a coroutine: write it as `async def`"
        if not self._complained:
            self._complained = True
            log.error("login= must return text like 'customer_number:4711' or None, not %s (said once)", kind)
        return None


def _is_async(login: Login) -> bool:
    """Say whether it is a coroutine function, or an object that is called like one."""
    return inspect.iscoroutinefunction(login) or inspect.iscoroutinefunction(type(login).__call__)
