"""The site's own login: `login=` asked once per request, within its deadline, and never in the way."""

import inspect
import logging

import anyio

from personalize.asgi.contract import Counters, Login, Scope

log = logging.getLogger("personalize")
DEADLINE = 0.025
"""How long (s) an async login may take; then the visitor is not recognised (law 7)."""

MOVE = (
    "login= reads the session, but SessionMiddleware stands inside PersonalizeMiddleware, so there is no"
    " session yet: move the line of PersonalizeMiddleware below the line of SessionMiddleware"
    " (with add_middleware: above it)"
)


class LoginQuestion:
    """Asks the site who is logged in. `awaits` says whether `ask` or `wait` is the one to call."""

    def __init__(self, login: Login, counters: Counters) -> None:
        self._login, self._counters = login, counters
        self.awaits = _is_async(login)
        self._complained = False

    def ask(self, scope: Scope) -> str | None:
        """Return the identifier that a plain callable gives; anything else counts as nobody."""
        try:
            answer = self._login(scope)
        except Exception as error:
            self._failed(error)
            return None
        return answer if answer is None or isinstance(answer, str) else self._refused(answer)

    async def wait(self, scope: Scope) -> str | None:
        """Return the identifier that an async callable gives within the deadline, else nobody."""
        try:
            with anyio.fail_after(DEADLINE):
                answer = self._login(scope)
                found = answer if answer is None or isinstance(answer, str) else await answer
        except TimeoutError:
            self._counters["login_late"] += 1
            return None
        except Exception as error:
            self._failed(error)
            return None
        return found if found is None or isinstance(found, str) else self._refused(found)

    def _failed(self, error: Exception) -> None:
        self._counters["login_failed"] += 1
        if self._complained:
            return
        self._complained = True
        if isinstance(error, KeyError | AssertionError) and "session" in str(error).lower():
            log.error(MOVE)
        else:
            log.error("login= failed, so the visitor counts as not logged in (said once)", exc_info=error)

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
