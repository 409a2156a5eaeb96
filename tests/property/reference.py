"""What ought to be readable, told a second time in dictionaries: this file imports nothing of the package."""

from datetime import date, datetime
from typing import Any, NamedTuple

SECOND = 1_000_000
DAY = 86_400 * SECOND
LEEWAY = 120 * SECOND
LINK_LIFE, COOKIE_LIFE = 14 * DAY, DAY
NOBODY, CLICK, MAILBOX, LOGIN = range(4)
OBJECTED, NO_CONSENT, ASSURANCE, MISSING, WRONG_TYPE, STALE = (
    "objected", "no_consent", "assurance", "missing", "wrong_type", "stale",
)  # fmt: skip
CAUSES = (OBJECTED, NO_CONSENT, ASSURANCE, MISSING, WRONG_TYPE, STALE)
WRONG = object()
"""Stands for a stored value of another type than the dictionary's."""


class Purpose(NamedTuple):
    """`term` is how long a consent holds (µs); None: legitimate interest."""

    term: int | None
    recognise: bool = False


class Attribute(NamedTuple):
    """`life` is how long a value stays fresh (µs)."""

    kind: str
    purpose: str
    needs: int
    life: int | None = None
    source: str = "crm"


PURPOSES = {
    "service": Purpose(None),
    "care": Purpose(None),
    "letter": Purpose(30 * DAY),
    "offers": Purpose(60 * DAY),
    "recognition": Purpose(10 * DAY, recognise=True),
}
ATTRIBUTES = {
    "active": Attribute("yes/no", "service", LOGIN, 90 * DAY),
    "first_name": Attribute("text", "service", LOGIN),
    "months_left": Attribute("number", "service", MAILBOX, 2 * DAY),
    "theme": Attribute("choice", "service", CLICK, 5 * DAY),
    "visits": Attribute("number", "service", CLICK, 20 * DAY),
    "nickname": Attribute("text", "service", CLICK),
    "mood": Attribute("text", "care", CLICK, 30 * DAY),
    "letters": Attribute("set of text", "letter", CLICK, 365 * DAY, "post"),
    "interest": Attribute("text", "letter", LOGIN, 10 * DAY, "post"),
    "products": Attribute("set of text", "offers", LOGIN, 30 * DAY),
    "contract_end": Attribute("date", "offers", MAILBOX),
    "last_visit": Attribute("instant", "offers", CLICK, DAY),
}
CHOICES = ("light", "dark")

Row = dict[str, tuple[Any, int]]


class Person:
    """What one person said and what is stored of them."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str, int]] = []
        self.delivered: dict[str, Row] = {}
        self.observed: dict[str, Row] = {}

    def last(self, purpose: str, *words: str) -> int | None:
        """Return when one of these words was last said about a purpose."""
        return max((at for about, word, at in self.said if about == purpose and word in words), default=None)

    def say(self, purpose: str, word: str, now: int) -> None:
        """Note a word of the person's own; a no is never older than the yes that it answers."""
        if word in ("no", "objection"):
            now = max(now, self.last(purpose, "yes", "lifted") or now)
        if word == "no" and PURPOSES[purpose].term is None:
            word = "objection"
        self.said.append((purpose, word, now))

    def standing(self, purpose: str, now: int) -> str:
        """Return `granted`, `objected` or `no_consent`."""
        objection, lifted = self.last(purpose, "objection"), self.last(purpose, "lifted")
        if objection is not None and (lifted is None or lifted <= objection):
            return OBJECTED
        term = PURPOSES[purpose].term
        if term is None:
            return "granted"
        yes, no = self.last(purpose, "yes"), self.last(purpose, "no")
        if yes is None or (no is not None and no >= yes) or yes > now + LEEWAY or now >= yes + term:
            return NO_CONSENT
        return "granted"

    def granted(self, now: int) -> set[str]:
        return {purpose for purpose in PURPOSES if self.standing(purpose, now) == "granted"}

    def willing(self, now: int) -> bool:
        """Say whether a link may recognise this person."""
        return any(PURPOSES[purpose].recognise for purpose in self.granted(now))

    def stored(self, name: str) -> tuple[Any, int] | None:
        """Return the newest of what is stored; at the same moment, what a file delivered."""
        source = ATTRIBUTES[name].source
        rows = [row[name] for rows in (self.delivered, self.observed) if name in (row := rows.get(source, {}))]
        return max(rows, key=lambda found: found[1], default=None)

    def sees(self, name: str, assurance: int, now: int) -> Any:
        """Return the value that may be read now, or the name of the cause why not."""
        attribute = ATTRIBUTES[name]
        standing = self.standing(attribute.purpose, now)
        if standing != "granted":
            return Cause(standing)
        if assurance < attribute.needs:
            return Cause(ASSURANCE)
        found = self.stored(name)
        if found is None:
            return Cause(MISSING)
        value, observed = found
        if value is WRONG:
            return Cause(WRONG_TYPE)
        return Cause(STALE) if attribute.life is not None and now >= observed + attribute.life else value


class Cause(NamedTuple):
    """Why a value is withheld; never equal to a value."""

    name: str


class Link(NamedTuple):
    """A click link (whole seconds, in µs)."""

    who: str
    issued: int
    token: bytes

    def holds(self, now: int) -> bool:
        return self.issued <= now + LEEWAY and now <= self.issued + LINK_LIFE + LEEWAY


class Cookie(NamedTuple):
    """The cookie that an opened link set."""

    link: Link
    issued: int
    value: bytes

    def holds(self, now: int) -> bool:
        return (
            self.issued <= now + LEEWAY
            and now <= self.issued + COOKIE_LIFE + LEEWAY
            and now <= self.link.issued + LINK_LIFE + LEEWAY
        )


class Browser:
    """Who is logged in there, and the cookie it carries."""

    def __init__(self) -> None:
        self.login: str | None = None
        self.cookie: Cookie | None = None

    def visitor(self, known: dict[str, Person], now: int) -> tuple[Person | None, int]:
        """Return who this is and how surely; a login counts alone, also one that nobody knows."""
        if self.login is not None:
            return known.get(self.login), LOGIN
        if self.cookie is None or not self.cookie.holds(now):
            return None, NOBODY
        person = known[self.cookie.link.who]
        return (person, CLICK) if person.willing(now) else (None, NOBODY)


def plain(value: Any) -> Any:
    """Return a value in the form in which it is stored."""
    if isinstance(value, datetime):
        return round(value.timestamp() * SECOND)
    if isinstance(value, date):
        return value.isoformat()
    return sorted(value) if isinstance(value, frozenset) else value
