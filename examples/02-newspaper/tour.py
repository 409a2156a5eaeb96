"""The story of the demo, driven over HTTP: each step says what it looked at and whether it held."""

import contextlib
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import httpx2
import msgspec

from personalize.cli.main import main as personalize

ANNA, INGRID, PIETER = "4711", "4712", "4714"
SUBSCRIPTION: Final = "Three months for the price of one"
RENEWAL: Final = "Your subscription ends soon"
CLIMATE: Final = "From the climate letter"
READ: Final = "Because you read about the climate"
CODE: Final = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}")
WORDS: Final = {
    "nl": ("Uw abonnement", "einde van uw abonnement", "onze abonneeadministratie"),
    "nb": ("Abonnementet", "slutten på abonnementet", "abonnentregisteret vårt"),
    "en": ("subscription", "end of your subscription", "our subscriber records"),
}


OPENING: Final = {
    "accept": "text/html",
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
}


def _hidden(page: str, after: str) -> dict[str, str]:
    """Return the hidden fields of the first form after these words."""
    form = page.partition(after)[2].partition("<form")[2].partition("</form>")[0]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


class Broken(Exception):
    """A step did not hold: the message says what was seen instead."""


def expect(held: bool, otherwise: str) -> None:
    """Go on, or say what was wrong."""
    if not held:
        raise Broken(otherwise)


class Reader:
    """Somebody with a browser of their own."""

    def __init__(self, address: str, codes: set[str]) -> None:
        self.http = httpx2.Client(base_url=address, follow_redirects=True, timeout=10)
        self.codes = codes

    def open(self, path: str = "/en/") -> str:
        """Return a page, and remember the visit code on it."""
        answer = self.http.get(path, headers=OPENING)
        expect(answer.status_code == 200, f"{path} answered {answer.status_code}")
        self.codes.update(CODE.findall(answer.text))
        return answer.text

    def post(self, path: str, **fields: str) -> httpx2.Response:
        """Send a form of this site."""
        origin = str(self.http.base_url).rstrip("/")
        return self.http.post(path, data=fields, headers={"origin": origin, "sec-fetch-site": "same-origin"})

    def log_in(self, number: str) -> None:
        """Log in as one of the demo's people."""
        self.post("/en/login", customer_number=number)


class Tour:
    """All steps, in order; the first that does not hold ends the tour."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address, self.folder = address, folder
        self.codes: set[str] = set()
        self._readers = contextlib.ExitStack()
        self.anna = self.reader()

    def reader(self) -> Reader:
        """Return a new reader, a stranger as yet."""
        reader = Reader(self.address, self.codes)
        self._readers.enter_context(reader.http)
        return reader

    def run(self) -> bool:
        """Take every step and print it; return whether all held."""
        with self._readers:
            return self._steps_hold()

    def _steps_hold(self) -> bool:
        for number, step in enumerate(self.steps(), start=1):
            name = step.__name__.replace("_", " ")
            try:
                step()
            except (Broken, httpx2.HTTPError) as error:
                print(f"{number:2} ✗ {name}: {error}")
                return False
            print(f"{number:2} ✓ {name}: {(step.__doc__ or '').strip()}")
        return True

    def steps(self) -> Iterator[Callable[[], None]]:
        """Yield the steps, in the order of the story."""
        yield from (
            self.stranger,
            self.subscriber,
            self.renewal,
            self.climate,
            self.banner,
            self.link,
            self.explanation,
            self.bar,
            self.withdrawal,
            self.objection,
            self.replay,
        )

    def stranger(self) -> None:
        """a stranger sees the subscription offer, gets no cookie and no visit code"""
        reader = self.reader()
        page = reader.open()
        expect(SUBSCRIPTION in page, "the subscription is not offered to a stranger")
        expect("visit-code" not in page, "a stranger was given a visit code")
        expect(not reader.http.cookies, "a stranger was given a cookie")

    def subscriber(self) -> None:
        """a subscriber who logs in is not offered a subscription"""
        reader = self.reader()
        reader.log_in(INGRID)
        page = reader.open()
        expect(SUBSCRIPTION not in page, "a subscriber is offered a subscription")
        expect("Good to see you, Ingrid." in page, "the greeting does not name her")

    def renewal(self) -> None:
        """a subscriber whose term ends within 60 days sees the renewal banner"""
        self.anna.log_in(ANNA)
        page = self.anna.open()
        expect(RENEWAL in page, "the renewal banner is not there")
        expect(SUBSCRIPTION not in page, "she is offered a subscription besides")

    def climate(self) -> None:
        """who signs up for the climate letter gets the climate story on top of the next page"""
        expect(CLIMATE not in self.anna.open(), "the climate story is there before the sign-up")
        answer = self.anna.post("/en/newsletter", consent="yes")
        expect(answer.status_code == 200, f"the sign-up answered {answer.status_code}")
        expect(CLIMATE in self.anna.open(), "the climate story is not on top after the sign-up")

    def banner(self) -> None:
        """a stranger's yes in the banner puts what they read on top, and their no takes it off the next page"""
        reader = self.reader()
        front = reader.open()
        reader.post("/personalize/consent?lang=en", answer="yes", **_hidden(front, "pz-consent"))
        reader.open("/en/topic/climate")
        page = reader.open()
        expect("pz-consent" not in page, "the banner asks again")
        expect(READ in page, "what was read is not on top")
        form = reader.open("/personalize/consent?lang=en")
        reader.post("/personalize/consent?lang=en", answer="no", **_hidden(form, "Putting on top"))
        expect(READ not in reader.open(), "what was read is still on top")

    def link(self) -> None:
        """a newsletter link recognises the reader, names nothing personal, and is forgotten for “not me”"""
        link = self._personalize(
            "token", "--identifier", f"customer_number:{INGRID}", "--mailing", "weekly", "--url", "/en/"
        )
        reader = self.reader()
        page = reader.open(httpx2.URL(link.strip().splitlines()[-1]).raw_path.decode())
        expect(CLIMATE in page, "the link did not recognise the reader")
        expect("Good to see you" not in page and "Ingrid" not in page, "the page names the reader")
        expect(SUBSCRIPTION in page, "the page shows that the reader is a subscriber")
        expect('href="/personalize/not-you?lang=en"' in page, "the page offers no way out")
        reader.post("/personalize/not-you")
        expect(CLIMATE not in reader.open(), "who said “not me” is still recognised")

    def explanation(self) -> None:
        """the visit code tells in three languages what was shown, why, and from which data"""
        code = self._code(self.anna.open())
        for lang, words in WORDS.items():
            told = self._personalize("explain", code, "--lang", lang, "--reason", "the tour asks why")
            for word in words:
                expect(word.casefold() in told.casefold(), f"the explanation in {lang} does not say “{word}”")

    def bar(self) -> None:
        """in development a bar at the foot says what each slot showed, and the visit code"""
        page = self.anna.open()
        bar = page[page.rfind("bar.css") :]
        expect("bar.css" in page, "there is no bar")
        expect("hero" in bar and self._code(page) in bar, "the bar does not tell of the slots")
        expect(self.anna.http.get("/personalize/assets/bar.css").status_code == 200, "the bar has no style")

    def withdrawal(self) -> None:
        """who withdraws on the page of their data sees it work on the next page"""
        me = self.anna.open("/personalize/me?lang=en")
        expect("climate letter" in me, "the page does not list the climate letter")
        expect("“the sign-up form of the climate letter”" in me, "the page does not say where the consent was given")
        answer = self.anna.post(
            "/personalize/me/consent", purpose="climate_letter", action="withdraw", notice="", lang="en"
        )
        expect(answer.status_code == 200, f"withdrawing answered {answer.status_code}")
        expect(CLIMATE not in self.anna.open(), "the climate story is still on top")

    def objection(self) -> None:
        """who objected sees what every stranger sees"""
        reader = self.reader()
        reader.log_in(PIETER)
        page = reader.open()
        expect(SUBSCRIPTION in page, "data was used in spite of the objection")
        expect("Good to see you" not in page, "the greeting names somebody who objected")

    def replay(self) -> None:
        """every recorded decision comes out the same when decided again"""
        report = msgspec.json.decode(self._personalize("replay", "--json"))
        expect(report["entries"] > 0, "nothing was recorded")
        expect(report["differences"] == 0, f"{report['differences']} decisions differ")
        expect(report["not_replayable"] == 0, f"{report['not_replayable']} decisions cannot be made again")
        for code in self.codes:
            expect(code in self._personalize("explain", code), f"nothing is known of visit {code}")

    def _code(self, page: str) -> str:
        found = CODE.findall(page)
        expect(bool(found), "there is no visit code on the page")
        return found[-1]

    def _personalize(self, *words: str) -> str:
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            personalize([*words, "--config", str(self.folder / "personalize.toml")])
        return output.getvalue()
