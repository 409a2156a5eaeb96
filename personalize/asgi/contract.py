"""What the door asks of the personalizer behind it, and ASGI's shapes."""

from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from personalize.asgi.browsing import Browsing
from personalize.contexts import Contexts
from personalize.model.decisions import Decision
from personalize.pipeline import Pipeline
from personalize.settings import Settings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Login = Callable[[Scope], "str | Awaitable[str | None] | None"]
RawHeaders = list[tuple[bytes, bytes]]
Counters = Counter[str]
"""How often something was swallowed so that the site went on, by name."""

START = "http.response.start"
BODY = "http.response.body"


class Rendering(Protocol):
    """Turns a decision into the slot's content."""

    @property
    def pages(self) -> str:
        """Return the path of the visitor's pages; empty where there are none."""
        ...

    @property
    def templates(self) -> object:
        """Return the site's templates, whose tags find the visit through the context; None without any."""
        ...

    def __call__(self, decision: Decision) -> str | None:
        """Return HTML, or None where it cannot be made and the default belongs; never raises."""
        ...


class PersonalizerParts(Protocol):
    """What the personalizer hands the middleware.

    `pipeline` is there after `startup`. A second `startup` or `shutdown` changes nothing.
    """

    settings: Settings
    login: Login | None
    counters: Counters

    @property
    def pipeline(self) -> Pipeline:
        """Return the trip; raises when the store is not open."""
        ...

    @property
    def refused(self) -> str:
        """Return what is wrong with the content files as they are now; empty where they are in force."""
        ...

    @property
    def contexts(self) -> Contexts:
        """Return the contexts whose pages a cache may keep; raises when the store is not open."""
        ...

    @property
    def browsing(self) -> Browsing | None:
        """Return what logs in and out at browsers, None where nothing can."""
        ...

    @property
    def renderer(self) -> Rendering:
        """Return what turns decisions into content."""
        ...

    @property
    def visitor_app(self) -> App:
        """Return the app of the visitor's own pages."""
        ...

    async def startup(self) -> None:
        """Open the store and publish the recipe; raises PersonalizeError."""
        ...

    async def shutdown(self) -> None:
        """Close the store; what was recorded is safe before."""
        ...
