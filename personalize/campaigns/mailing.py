"""One mailing of a site: tokens and links for its recipients, and the newsletter they stand in."""

from collections.abc import Callable, Sequence

from personalize.campaigns.newsletter import Newsletter
from personalize.ports import Clock, HandleStore
from personalize.recognition.keys import KeyRing
from personalize.recognition.mailing import make_tokens, page_of, with_token
from personalize.settings import Site


class Mailing:
    """Makes what one mailing sends. `subject_of` finds a person by identifier text, or raises NotFound."""

    def __init__(
        self,
        name: str,
        *,
        ring: KeyRing,
        handles: HandleStore,
        site: Site,
        clock: Clock,
        subject_of: Callable[[str], int],
    ) -> None:
        self.name, self.newsletter = name, Newsletter(site)
        self._ring, self._handles, self._site, self._clock = ring, handles, site, clock
        self._subject_of = subject_of

    def token(self, identifier: str) -> str:
        """Return a new token for one person such as `customer_number:4711`. Raises NotFound, LinkRefused, StoreError.

        It holds for 14 days, in every link of that person's newsletter.
        """
        return self.tokens((self._subject_of(identifier),))[0]

    def tokens(self, subjects: Sequence[int]) -> list[str]:
        """Return a new token for each of these people, kept in one transaction. Raises LinkRefused, StoreError."""
        return make_tokens(
            self._ring, self._handles, site=self._site.url, subjects=subjects, mailing=self.name, now=self._clock.now()
        )

    def link(self, identifier: str, page: str = "/") -> str:
        """Return a link to a page of the site, a path from `[site] url` or a whole url, that recognises one person."""
        url = self.page(page)
        return with_token(url, self.token(identifier))

    def page(self, page: str) -> str:
        """Return the url of a page of the site. Raises LinkRefused where it leads elsewhere."""
        site = self._site.address
        return page_of(site, page if "://" in page else f"{site}/{page.lstrip('/')}")

    def decorate(self, html: str, identifier: str) -> str:
        """Return a newsletter's HTML with one person's token in every link that leads to the site."""
        return self.newsletter.decorate(html, self.token(identifier)).html
