"""Plugin-based personalisation for websites: consent first, every decision explained."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from personalize.asgi.middleware import PersonalizeMiddleware
    from personalize.asgi.visit import Visit
    from personalize.errors import (
        ConfigError,
        ConsentRefused,
        KeyFileError,
        ManyErrors,
        NotFound,
        PersonalizeError,
        StoreError,
        ValueRefused,
    )
    from personalize.hooks import hookimpl
    from personalize.model.attributes import Absence, Cause
    from personalize.model.decisions import Decision, Outcome, Reason
    from personalize.model.people import Assurance, Visitor
    from personalize.personalizer import Personalizer
    from personalize.settings import Settings

__version__ = "0.1.0"
__all__ = [
    "Absence",
    "Assurance",
    "Cause",
    "ConfigError",
    "ConsentRefused",
    "Decision",
    "KeyFileError",
    "ManyErrors",
    "NotFound",
    "Outcome",
    "PersonalizeError",
    "PersonalizeMiddleware",
    "Personalizer",
    "Reason",
    "Settings",
    "StoreError",
    "ValueRefused",
    "Visit",
    "Visitor",
    "hookimpl",
]
_HOMES = {
    "Absence": "model.attributes",
    "Assurance": "model.people",
    "Cause": "model.attributes",
    "Decision": "model.decisions",
    "Outcome": "model.decisions",
    "PersonalizeMiddleware": "asgi.middleware",
    "Personalizer": "personalizer",
    "Reason": "model.decisions",
    "Settings": "settings",
    "Visit": "asgi.visit",
    "Visitor": "model.people",
    "hookimpl": "hooks",
}
"""Where each public name is defined; the errors are at home in `errors`."""


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562): no framework is loaded before."""
    if name not in __all__:
        raise AttributeError(f"module 'personalize' has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(f"personalize.{_HOMES.get(name, 'errors')}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Return the public names, loaded or not."""
    return sorted({*globals(), *__all__})
