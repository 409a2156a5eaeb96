"""What a staff page asks before it shows anything: who looks, may they, and is it in the trail (law 12).

Handlers that call `look` are plain functions, which run in a thread: a look is written to the disk
before it returns.
"""

import logging
from collections.abc import Callable

from markupsafe import Markup
from msgspec import Struct
from starlette.requests import Request

from personalize.errors import StoreError
from personalize.explain.language import Language, marked
from personalize.house import House
from personalize.model.staff import Look, Role, Staff
from personalize.web.shell.limits import HARD, SOFT, note

log = logging.getLogger("personalize")
MOST_REASON, MOST_CASE = 500, 80
HIDDEN = "•••"
LOOKERS = (Role.service, Role.supervisor, Role.data_officer)
"""Who may look people up, and read values at all."""
KEY = "personalize_staff"
"""Where a request's visit stands in its state."""
NO_RIGHT = marked("Your role does not allow this page.")
NO_REASON = marked("Say why you look this up.")
NO_TRAIL = marked("The look-up could not be written down, and without that nothing is shown. Please try again later.")
MANY = marked("You have looked up {n} people within an hour. Your supervisor can see that.")
TOO_MANY = marked("You have looked up {n} people within an hour. That is the limit, and it has been reported.")


class Refused(Exception):
    """A page that is not shown: `problem` is a marked sentence, `parts` fill it in."""

    def __init__(self, status: int, problem: str, **parts: object) -> None:
        super().__init__(problem)
        self.status, self.problem, self.parts = status, problem, parts


class Surroundings(Struct, frozen=True, kw_only=True):
    """What the layout `staff.html` sets around a page, whoever reads it.

    `up` leads from the page's address to the app's root, `home` is the site; `languages` are name,
    title and the address of this page in it; `places` path, title and whether it is this one.
    """

    lang: Language
    up: str
    site: str
    home: str
    languages: tuple[tuple[str, str, str], ...] = ()
    places: tuple[tuple[str, str, bool], ...] = ()


class StaffVisit:
    """One request of one member of staff, as the guard let it through. Templates are given it as `visit`."""

    def __init__(
        self,
        *,
        staff: Staff,
        house: Callable[[], House],
        around: Surroundings,
        bound: bytes,
        token: str,
        form: dict[str, str],
        masked: tuple[str, ...],
        ours: bool,
    ) -> None:
        self.staff, self.house, self.around, self.lang = staff, house, around, around.lang
        self.bound, self.token, self.form, self.masked = bound, token, form, masked
        self.ours, self.role, self.looked_up = ours, "", 0

    @property
    def field(self) -> Markup:
        """Return the hidden field that every form of this session holds."""
        return Markup('<input type="hidden" name="token" value="{}">').format(self.token)

    @property
    def warning(self) -> str:
        """Return what is said to somebody who looks up many people, or nothing."""
        return self.lang.say(MANY, n=self.looked_up) if self.looked_up > SOFT else ""


def visit_of(request: Request) -> StaffVisit:
    """Return the visit of a request that the guard let through."""
    found = request.scope.get("state", {}).get(KEY)
    if not isinstance(found, StaffVisit):
        raise Refused(401, marked("Sign in first."))
    return found


def staff_of(request: Request) -> Staff:
    """Return who looks."""
    return visit_of(request).staff


def language_of(request: Request) -> Language:
    """Return the language this member of staff reads."""
    return visit_of(request).lang


def form_of(request: Request) -> dict[str, str]:
    """Return the fields of the form that was sent, but for the token; empty where none was."""
    return visit_of(request).form


def require(request: Request, *roles: Role) -> Staff:
    """Return who looks, where they hold one of these roles; the first one held goes into the trail."""
    visit = visit_of(request)
    held = [role for role in roles if role in visit.staff.roles]
    if not held:
        raise Refused(403, NO_RIGHT)
    visit.role = held[0]
    return visit.staff


def look(request: Request, *, what: str, reason: str, subject: int = 0, case: str = "", query: str = "") -> None:
    """Write a look into the trail, durably, before anything of it is shown; refuse it beyond the limit.

    Raises Refused: 400 without a reason, 429 for the 101st person within an hour, and 503 where the
    trail cannot be written. `query` holds no typed identifier, only its kind and keyed hash.
    """
    visit = visit_of(request)
    if not reason.strip():
        raise Refused(400, NO_REASON)
    entry = Look(
        at=visit.house().clock.now(),
        staff=visit.staff.name,
        role=visit.role or ",".join(sorted(visit.staff.roles)),
        what=what,
        reason=one_line(reason, MOST_REASON),
        case=one_line(case, MOST_CASE),
        subject=subject,
        query=query,
    )
    try:
        visit.looked_up = note(visit.house().staff, entry)
    except StoreError as error:
        log.exception("A look-up could not be written into the trail, so nothing was shown.")
        raise Refused(503, NO_TRAIL) from error
    if visit.looked_up > HARD:
        raise Refused(429, TOO_MANY, n=HARD)


def masked(request: Request, text: str, attribute: str) -> str:
    """Return a value's text as the roles of who looks let it be read: itself, or `HIDDEN`.

    Unmasking one is a look of its own: `look(request, what="unmask", ...)`, then show the text.
    """
    return HIDDEN if is_masked(visit_of(request), attribute) else text


def is_masked(visit: StaffVisit, attribute: str) -> bool:
    """Say whether this value is hidden: from editors and admins all are, from customer service those of `[staff]`."""
    if Role.data_officer in visit.staff.roles:
        return False
    return attribute in visit.masked or not visit.staff.roles & set(LOOKERS)


def one_line(text: str, most: int) -> str:
    """Return text in one line without signs that steer a terminal or a log (T32)."""
    return "".join(sign if sign.isprintable() else " " for sign in text).strip()[:most]
