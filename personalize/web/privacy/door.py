"""What stands before everything a visitor can do with their data: where the request came from, and who it is."""

from starlette.requests import Request

from personalize.explain.language import marked
from personalize.recognition.origin import from_this_site, origin_of
from personalize.settings import Site
from personalize.web.privacy.acts import may_act
from personalize.web.shell.choices import AWAY, FOREIGN, UNREAD
from personalize.web.shell.visits import in_doubt, visitor_of

UNSURE = marked("Log in first: a link alone does not show who you are.")
IMPOSSIBLE = marked("That cannot be done. Look at the page again: it may have changed.")
NOTHING = marked("There is nothing to download: nothing is kept about you.")

Refusal = tuple[int, str]
"""A status, and a marked sentence."""


class Door:
    """Says who may not pass."""

    def __init__(self, site: Site) -> None:
        self._origin = origin_of(site.url)

    def refusal_of(self, request: Request, *, guarded: bool = True, reads: bool = False) -> Refusal | None:
        """Return why a request is refused, or None: with `guarded`, one that no page of this site sent (T29).

        One that only `reads` is told that nothing can be shown, and others that nothing is recorded.
        """
        if guarded and not from_this_site(request.scope["headers"], self._origin):
            return 403, FOREIGN
        if in_doubt(request):
            return 503, UNREAD if reads else AWAY
        if not may_act(visitor_of(request)):
            return 403, UNSURE
        return None
