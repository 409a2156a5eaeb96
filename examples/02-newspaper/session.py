"""Know who is logged in, from the site's own signed session cookie."""

import re
from typing import Final

from starlette.types import Scope

NUMBER: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_KEY: Final = "customer_number"


def who(scope: Scope) -> str | None:
    """Return the logged-in customer as an identifier such as `customer_number:4711`, or None."""
    number = customer_number(scope)
    return f"customer_number:{number}" if number else None


def customer_number(scope: Scope) -> str | None:
    """Return the customer number in the session, or None when nobody is logged in."""
    number = scope["session"].get(_KEY)
    return number if isinstance(number, str) else None


def log_in(scope: Scope, number: str) -> None:
    """Start a fresh session for this customer number."""
    scope["session"].clear()
    scope["session"][_KEY] = number


def log_out(scope: Scope) -> None:
    """Empty the session, so that the next request is a stranger's."""
    scope["session"].clear()
