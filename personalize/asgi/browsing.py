"""What a visit can do at its browser: log somebody in or out, and observe, for sites without `login=`."""

import logging
from collections.abc import Sequence

from personalize.admission import Prepared
from personalize.errors import NotFound, StoreError, ValueRefused
from personalize.house import House
from personalize.model.attributes import Value
from personalize.recognition.cookies import clear_cookie_header, cookie_name, read_cookies, set_cookie_header
from personalize.recognition.recognise import Credentials

log = logging.getLogger("personalize")
Headers = Sequence[tuple[bytes, bytes]]
ELSEWHERE = (
    "This site has a login of its own (`login=`), which is the only truth about who is logged in: "
    "log people in and out there, and leave visit.login() and visit.logout() out."
)


class Browsing:
    """Logs in and out, and observes, on behalf of a visit. `elsewhere` says that the site gave `login=`."""

    def __init__(self, house: House, *, elsewhere: bool) -> None:
        self._house, self._elsewhere = house, elsewhere
        self._site = house.settings.site.url
        self._name = cookie_name(self._site)

    def log_in(self, headers: Headers, identifier: str) -> tuple[Prepared, tuple[bytes, bytes] | None]:
        """Return the visit of this person from now on, and the header that makes it last.

        What stood behind the browser's cookie ends. Whom we do not know is a stranger, without cookie and
        row (law 10). A store that another program holds takes the login later, one that fails makes a stranger.
        Raises ValueRefused where `login=` is given.
        """
        self._check()
        house, now = self._house, self._house.clock.now()
        recogniser, cookie = house.pipeline.recogniser, read_cookies(headers, self._name)
        handle = recogniser.browser_of(cookie, now)
        try:
            who = recogniser.recognise(Credentials(login=identifier), now)
            if who.subject is not None:
                value = house.browsers.begin(who.subject, who.assurance, now, handle)
                known = house.pipeline.prepare(Credentials(login=identifier, cookie=value.encode()), headers)
                return known, set_cookie_header(self._site, value)
            header = self._ended(handle, now)
        except (NotFound, StoreError):
            log.exception("Nobody could be logged in: the visitor stays unrecognised.")
            house.counters["login_failed"] += 1
            header = clear_cookie_header(self._site)
        return house.pipeline.prepare(Credentials(login=identifier), headers), header

    def log_out(self, headers: Headers) -> tuple[bytes, bytes]:
        """End what stands behind this browser's cookie, for every process; return the header that clears it.

        Where the store cannot be written now, it ends here at once and elsewhere when the store can.
        Raises ValueRefused where `login=` is given.
        """
        self._check()
        now = self._house.clock.now()
        handle = self._house.pipeline.recogniser.browser_of(read_cookies(headers, self._name), now)
        if handle is not None:
            self._house.browsers.end(handle, now)
        return clear_cookie_header(self._site)

    def observe(self, prepared: Prepared | None, attribute: str, value: Value) -> bool:
        """Keep a value of the source `device`; say whether it is kept or will be: only under a grant in force (law 1).

        On the device where there is one, for a purpose that the person agreed to as well where somebody is
        logged in; else of the person who is logged in. Raises ValueRefused for what is not in the dictionary.
        """
        house = self._house
        defined, stored = house.observations.on_device(attribute, value)
        if prepared is None or prepared.visitor.subject is None or prepared.problem:
            return False
        target = house.observations.keeper(prepared.visitor)
        if not target or defined.purpose not in prepared.hot.admitted.grants.in_force:
            return False
        try:
            grants = [house.ledger.grants(subject) for subject in {target, prepared.visitor.subject}]
            proof = [each for each in grants if each is not None]
            return len(proof) == len(grants) and house.observations.keep(target, defined, stored, proof)
        except StoreError:
            log.exception("What was observed could not be kept.")
            house.counters["observe_failed"] += 1
            return False

    def _ended(self, handle: bytes | None, now: int) -> tuple[bytes, bytes] | None:
        """End somebody else's login at this browser; a device that is nobody's stays."""
        browsers = self._house.browsers
        row = browsers.find(handle, now) if handle is not None else None
        if handle is None or row is None or not row.subject:
            return None
        browsers.end(handle, now)
        return clear_cookie_header(self._site)

    def _check(self) -> None:
        if self._elsewhere:
            raise ValueRefused(ELSEWHERE)
