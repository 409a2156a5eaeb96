"""The site's own login: `login=` asked once per request, within its deadline, and never in the way."""

import inspect
import logging
from collections.abc import Awaitable

from personalize.asgi.contract import Counters, Login
from personalize.asgi.in_time import in_time

log = logging.getLogger("personalize")
DEADLINE = 0.025
"""How long (s) an async login may take; then the visitor is not recognised (law 7)."""

MOVE = (
    "login= reads the session, but SessionMiddleware stands inside PersonalizeMiddleware, so there is no"
    " session yet: move the line of PersonalizeMiddleware below the line of SessionMiddleware"
    " (with add_middleware: above it); where the framework keeps the session inside, let login= read the cookie itself"
)


class Doubt(str):
    """Stands in a login's place where it is not known who is logged in, and says why.

    Nobody is recognised then, by a link neither: whoever is logged in may be another person.
    """

    __slots__ = ()


class LoginQuestion:
    """Asks the site who is logged in. `ask` is the site's own callable, so that nobody costs one call.

    What it raises goes to `failed`; an answer that is neither None nor text goes to `settle`.
    """

    def __init__(self, login: Login, counters: Counters) -> None:
        self.ask, self._counters = login, counters
        self._awaits = _is_async(login)
        self._complained = False

    async def settle(self, answer: object) -> str | None:
        """Return the identifier that an async callable gives within the deadline; anything else is a Doubt."""
        if not self._awaits or not isinstance(answer, Awaitable):
            return self._refused(answer)
        try:
            found = await in_time(answer, DEADLINE)
        except TimeoutError:
            return self._late()
        except Exception as error:
            return self.failed(error)
        return found if found is None or isinstance(found, str) else self._refused(found)

    def failed(self, error: Exception) -> Doubt:
        """Count an error of the site's login, and say once what it was."""
        self._counters["login_failed"] += 1
        if isinstance(error, KeyError | AssertionError) and "session" in str(error).lower():
            self._complain(MOVE)
        else:
            self._complain("login= failed, so the visitor is not recognised", error)
        return Doubt("login= failed: the log says how")

    def unread(self, problem: str) -> None:
        """Count a text that can be nobody's, and say once what is wrong with it."""
        self._counters["login_rubbish"] += 1
        self._complain(f"login= gave a text that cannot be used, so the visitor is a stranger: {problem}")

    def _late(self) -> Doubt:
        self._counters["login_late"] += 1
        late = f"login= took longer than {DEADLINE * 1000:.0f} ms"
        self._complain(f"{late}, so the visitor is not recognised; the counter login_late says how often")
        return Doubt(late)

    def _refused(self, answer: object) -> Doubt:
        """Take nobody for logged in where the answer is no text."""
        self._counters["login_rubbish"] += 1
        kind = type(answer).__name__
        if inspect.iscoroutine(answer):
            answer.close()
            kind = "a coroutine: write it as `async def`"
        self._complain(f"login= must return text like 'customer_number:4711' or None, not {kind}")
        return Doubt(f"login= gave {kind.partition(':')[0]}, which is no text")

    def _complain(self, problem: str, error: Exception | None = None) -> None:
        """Say it once to whoever reads the log."""
        if not self._complained:
            self._complained = True
            log.error("%s (said once)", problem, exc_info=error)


def _is_async(login: Login) -> bool:
    """Say whether it is a coroutine function, or an object that is called like one."""
    return inspect.iscoroutinefunction(login) or inspect.iscoroutinefunction(type(login).__call__)
