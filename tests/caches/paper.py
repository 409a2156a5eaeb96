"""The newspaper with readers of our own making, and how they read it through a cache."""

import csv
import http.client
import importlib
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Self
from urllib.parse import urlencode

from msgspec import Struct

from personalize.house import House
from personalize.personalizer import Personalizer
from personalize.recognition.mailing import make_link
from tests.caches.programs import free_port
from tests.docs.pages import CHECKOUT

NEWSPAPER = CHECKOUT / "examples" / "02-newspaper"
SITE = "https://www.example.org"
DOCUMENT = {
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
    "accept": "text/html",
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
}
PAGES = ("/en/", "/en/article/marsh-that-catches-the-storm")
STORY, DEFAULT_STORY = "From the climate letter", "climate-story"
NAME = re.compile(r"Reader\d{4}")
CODE = re.compile(r"<code>([0-9A-Z]{4}-[0-9A-Z]{4})</code>")


class Paper(Struct):
    """A running newspaper: its port, and a link from its letter for each reader."""

    port: int
    folder: Path
    links: list[str]


@contextmanager
def newspaper(folder: Path, readers: int, more: str = "") -> Iterator[Paper]:
    """Serve the newspaper for so many readers, every other one of the climate letter."""
    sys.path.insert(0, str(NEWSPAPER))
    try:
        demo, port = importlib.import_module("demo"), free_port()
        _make(demo, folder, port, readers, more)
        paper = Paper(port, folder, [])
        paper.links = _links(paper, readers)
        with demo.Server(folder, port):
            yield paper
    finally:
        sys.path.remove(str(NEWSPAPER))


def customer(place: int) -> str:
    return f"5{place:04}"


def reads_climate(place: int) -> bool:
    return place % 2 == 0


def _make(demo: ModuleType, folder: Path, port: int, readers: int, more: str) -> None:
    demo.copy_files(folder, port)
    config = folder / "personalize.toml"
    text = re.sub(r'(?m)^url = ".*"', f'url = "{SITE}"', config.read_text("utf-8"), count=1)
    config.write_text(text + more, "utf-8")
    front = folder / "content" / "front.toml"
    by_segment = front.read_text("utf-8").replace("\"read_topic == 'climate'\"", "\"segment('read-about-climate')\"")
    front.write_text(by_segment, "utf-8")
    today = datetime.now(UTC).date()
    end, given = (today + timedelta(days=30)).isoformat(), (today - timedelta(days=9)).isoformat()
    each = range(readers)
    rows: dict[str, list[Mapping[str, str]]] = {
        "crm": [
            {
                "customer_number": customer(place),
                "first_name": f"Reader{place:04}",
                "email": f"reader{place}@lezers.example",
                "subscriber": "yes",
                "products": "newspaper",
                "contract_end": end,
            }
            for place in each
        ],
        "letters": [
            {"customer_number": customer(place), "newsletters": "climate" if reads_climate(place) else "weekend"}
            for place in each
        ],
        "consents": [
            {"customer_number": customer(place), "purpose": purpose, "given_at": given}
            for place in each
            for purpose in ("climate_letter", "recognition")
        ],
    }
    for name, listed in rows.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(listed[0]))
            writer.writeheader()
            writer.writerows(listed)
    (folder / "objections.csv").unlink()
    demo.import_files(folder)


def _links(paper: Paper, readers: int) -> list[str]:
    with opened(paper) as house:
        return [
            make_link(
                house.ring,
                house.store.handles,
                site=SITE,
                url=f"{SITE}/en/",
                subject=house.subject_of(f"customer_number:{customer(place)}"),
                mailing="weekly",
                now=house.clock.now(),
            ).removeprefix(SITE)
            for place in range(readers)
        ]


class Answer(Struct):
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    body: str

    def header(self, name: str) -> str:
        return ", ".join(value for key, value in self.headers if key == name)

    @property
    def hit(self) -> bool:
        return self.header("x-cache") == "HIT"


class Browser:
    """One browser: a jar of cookies, and a connection to the cache."""

    def __init__(self, port: int, **jar: str) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.jar = dict(jar)

    def ask(self, path: str, method: str = "GET", body: str = "", **headers: str) -> Answer:
        sent = {**DOCUMENT, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.jar:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        if body:
            sent["content-type"] = "application/x-www-form-urlencoded"
        self._line.request(method, path, body=body.encode() or None, headers=sent)
        response = self._line.getresponse()
        found = [(name.lower(), value) for name, value in response.getheaders()]
        answer = Answer(response.status, found, response.read().decode("utf-8"))
        for name, value in found:
            if name == "set-cookie":
                key, _, kept = value.partition(";")[0].partition("=")
                self.jar[key] = kept
        return answer

    def log_in(self, place: int) -> Answer:
        return self.ask("/en/login", "POST", urlencode({"customer_number": customer(place)}))

    def close(self) -> None:
        self._line.close()


class Street:
    """The browsers in front of one cache."""

    def __init__(self, port: int, paper: Paper) -> None:
        self.port, self.paper = port, paper
        self._all: list[Browser] = []

    def browser(self, **jar: str) -> Browser:
        """Return a fresh browser with these cookies."""
        self._all.append(Browser(self.port, **jar))
        return self._all[-1]

    def logged_in(self, place: int) -> Browser:
        """Return a reader's browser, logged in to the site."""
        browser = self.browser()
        assert browser.log_in(place).status == 303
        return browser

    def by_letter(self, place: int) -> Browser:
        """Return a reader's browser that came by the link in the letter."""
        browser = self.browser()
        answer = browser.ask(self.paper.links[place])
        assert (answer.status, list(browser.jar)) == (303, ["__Host-pz"])
        return browser

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for browser in self._all:
            browser.close()


def own_marks(answer: Answer) -> set[str]:
    """Return what in a page could only be one reader's."""
    return {*NAME.findall(answer.body), *CODE.findall(answer.body)}


@contextmanager
def opened(paper: Paper) -> Iterator[House]:
    """Open the running paper's store, as a member of staff would."""
    personalizer = Personalizer.from_toml(paper.folder / "personalize.toml", login=lambda scope: None)
    try:
        yield personalizer.open()
    finally:
        personalizer.close()
