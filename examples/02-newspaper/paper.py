"""Print pages: the template environment and what every page is given."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
from edition import TOPICS, Edition, Texts
from jinja2 import Environment, FileSystemLoader
from languages import LANGUAGES
from session import customer_number
from starlette.requests import Request
from starlette.responses import HTMLResponse

Install = Callable[[Environment], object]


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """Hold what stands around every page: date, path, languages and account."""

    lang: str
    path: str
    today: date
    customer: str | None
    texts: dict[str, Texts]
    languages: tuple[str, ...] = LANGUAGES
    topics: tuple[str, ...] = TOPICS

    @property
    def dateline(self) -> str:
        """Return today's date in full."""
        return self._date(self.today, "date")

    def published(self, days_ago: int) -> str:
        """Return the date on which an article appeared."""
        return self.short(self.today - timedelta(days=days_ago))

    def short(self, day: date) -> str:
        """Return a date without its weekday."""
        return self._date(day, "short_date")

    def _date(self, day: date, form: str) -> str:
        words = self.texts[self.lang]
        return str(words[form]).format(
            weekday=words["weekdays"][day.weekday()],
            day=day.day,
            month=words["months"][day.month - 1],
            year=day.year,
        )


class Paper:
    """Print the pages of one edition."""

    def __init__(self, folder: Path, edition: Edition, install: Install) -> None:
        self.edition = edition
        self.env = Environment(
            loader=FileSystemLoader(folder / "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        install(self.env)

    def page(self, request: Request, name: str, lang: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """Return the page made with this template; `values` go to the template as they are."""
        frame = self._frame(request, lang)
        html = self.env.get_template(name).render(
            frame=frame, lang=lang, t=frame.texts[lang], edition=self.edition, **values
        )
        return HTMLResponse(html, status, headers=_caching(frame, status))

    def _frame(self, request: Request, lang: str) -> Frame:
        return Frame(
            lang=lang,
            path=_path_after(lang, request.url.path),
            today=datetime.now(UTC).date(),
            customer=customer_number(request.scope),
            texts=dict(self.edition.texts),
        )


def _path_after(lang: str, path: str) -> str:
    """Return what follows the language in the address, empty for a page without one."""
    prefix = f"/{lang}/"
    return path.removeprefix(prefix) if path.startswith(prefix) else ""


def _caching(frame: Frame, status: int) -> dict[str, str]:
    """Let shared caches keep an ordinary page for a minute, and nothing else."""
    if frame.customer or status != 200:
        return {"Cache-Control": "private, no-store", "Vary": "Cookie"}
    return {"Cache-Control": "public, max-age=0, s-maxage=60", "Vary": "Cookie"}
