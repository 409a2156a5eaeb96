"""The frame around every staff page: language, navigation, who is signed in, and how near the limit they are."""

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from personalize.asgi.contract import Scope
from personalize.explain.language import Language, language, preferred
from personalize.model.staff import Role, Staff
from personalize.recognition.cookies import read_cookies
from personalize.settings import Settings
from personalize.web.shell.access import KEY, StaffVisit, Surroundings
from personalize.web.shell.pages import NAMES, Pages


class Place(Struct, frozen=True, kw_only=True):
    """One entry of the navigation: a path below the app's root, a marked title, and who may go there."""

    path: str
    title: str
    roles: frozenset[Role]


class Frame:
    """Renders staff pages.

    The language asked for once by `?lang=` stays until another is asked for; before that it is the browser's.
    """

    def __init__(self, settings: Settings, places: Sequence[Place]) -> None:
        site = settings.site
        self.pages = Pages(site)
        self._places = tuple(places)
        self._secure = settings.staff.url.startswith("https:")
        self._cookie = f"{'__Host-' if self._secure else ''}pz-staff-lang"

    def around(self, scope: Scope, staff: Staff | None = None) -> Surroundings:
        """Return what the layout sets around the page at an address."""
        lang = language(self._language(scope))
        return Surroundings(
            lang=lang,
            up=up(scope),
            site=self.pages.site_name,
            home=self.pages.home,
            languages=self.switches("", *_query(scope)),
            places=self._open_to(staff, lang, path_of(scope)) if staff else (),
        )

    def switches(self, path: str, *query: tuple[str, str]) -> tuple[tuple[str, str, str], ...]:
        """Return for each language its name, its title and the address with it."""
        kept = [(name, value) for name, value in query if name != "lang"]
        return tuple(
            (name, NAMES[name], f"{path}?{urlencode([*kept, ('lang', name)])}") for name in self.pages.languages
        )

    def render(self, request: Request, template: str, *, status: int = 200, **parts: object) -> Response:
        """Return a page of a template that extends `staff.html`, for whoever is signed in."""
        visit = request.scope.get("state", {}).get(KEY)
        around = visit.around if isinstance(visit, StaffVisit) else self.around(request.scope)
        return self.pages.render(
            template, around.lang, status=status, up=around.up, visit=visit, around=around, **parts
        )

    def cookie_of(self, scope: Scope) -> tuple[bytes, bytes] | None:
        """Return the header that keeps the language asked for, where one is."""
        asked = _asked(scope, self.pages.languages)
        secure = "; Secure" if self._secure else ""
        cookie = f"{self._cookie}={asked}; Path=/{secure}; HttpOnly; SameSite=Strict"
        return (b"set-cookie", cookie.encode()) if asked else None

    def _open_to(self, staff: Staff, lang: Language, path: str) -> tuple[tuple[str, str, bool], ...]:
        return tuple(
            (place.path, lang.say(place.title), f"/{place.path}" == path)
            for place in self._places
            if place.roles & staff.roles
        )

    def _language(self, scope: Scope) -> str:
        known = self.pages.languages
        return _asked(scope, known) or self._kept(scope) or _liked(scope, known) or known[0]

    def _kept(self, scope: Scope) -> str:
        found = read_cookies(scope["headers"], self._cookie.encode())
        name = found.decode("latin-1") if isinstance(found, bytes) else ""
        return name if name in self.pages.languages else ""


def _asked(scope: Scope, languages: Sequence[str]) -> str:
    name = dict(_query(scope)).get("lang", "")
    return name if name in languages else ""


def _liked(scope: Scope, languages: Sequence[str]) -> str:
    headers = (value.decode("latin-1") for name, value in scope["headers"] if name == b"accept-language")
    return preferred(",".join(headers), languages)


def _query(scope: Scope) -> list[tuple[str, str]]:
    try:
        return parse_qsl(scope["query_string"].decode("latin-1"), max_num_fields=50)
    except ValueError:
        return []


def frame_of(request: Request) -> Frame:
    """Return the frame of the staff app."""
    frame = request.app.state.frame
    assert isinstance(frame, Frame)  # noqa: S101  # the composition put it there
    return frame


def page(request: Request, template: str, *, status: int = 200, **parts: object) -> Response:
    """Return a staff page: a template that extends `staff.html`, with these parts.

    Templates have `say`, `lang`, `up` (leads to the app's root), `around`, and `visit`, whose `field` every
    form holds.
    """
    return frame_of(request).render(request, template, status=status, **parts)


def path_of(scope: Scope) -> str:
    """Return the path below where the app is mounted."""
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return path or "/"


def up(scope: Scope) -> str:
    """Return what leads from this address to the app's own root, as links in a page begin."""
    return "../" * (path_of(scope).count("/") - 1)
