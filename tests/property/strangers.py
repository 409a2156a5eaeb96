"""A world with an attacker, a victim and a forwardee, each at a browser of their own, over the real app.

It knows by itself who may see what: it keeps who is logged in where, and what each person did.
"""

import random
import re
from collections.abc import Iterable
from pathlib import Path

from personalize.model.people import Assurance, Visitor
from personalize.testing.browser import OPENING, Browser, Page
from tests.own_login import FORM, MINUTE, TOML, URL, Paper
from tests.unit.browsers.visitors import HOST, link

PEOPLE, EACH = 10, 50
NAMES = [f"secret{place}" for place in range(EACH)]
VICTIM, ATTACKER = "c0", "c1"
HUMANS = ("victim", "attacker", "forwardee")
KNOWN = {"victim": VICTIM, "attacker": ATTACKER}
OURS = {"origin": URL, "sec-fetch-site": "same-origin", **FORM}
PAGES = ("/", "/personalize/me", "/personalize/consent", "/personalize/not-you", "/personalize/purposes", "/whoami")
SLOTS = "/personalize/api/slots?name=all&name=aside&name=hero&name=segments"
IDLE, ABSOLUTE = 31 * MINUTE, 720 * MINUTE

SETTINGS = (
    "".join(
        f'[attributes.{name}]\ntype = "text"\nsource = "crm"\npurpose = "reading"\n'
        f'assurance = "{"mailbox" if place % 2 else "login"}"\ntitles.en = "{name}"\n'
        for place, name in enumerate(NAMES)
    )
    + """
[slots.all]
fields = { text = "text" }
[slots.aside]
fields = { text = "text" }
context = { story = "text" }
[segments.dark]
when = "theme == 'dark'"
"""
)
COLUMNS = "".join(f', {name} = "{name}"' for name in NAMES)
CONTENT = f"""
[[variant]]
slot = "all"
name = "everything"
when = "{" and ".join(f"known({name})" for name in NAMES)}"
fields.text = "{" ".join("{" + name + "}" for name in NAMES)}"
[[variant]]
slot = "all"
name = "theme"
when = "theme == 'dark'"
order = 200
fields.text = "For dark readers"
[[variant]]
slot = "aside"
name = "story"
when = "known(story) and theme == 'dark'"
fields.text = "Beside {{story}}"
[[variant]]
slot = "hero"
name = "taste"
when = "known(topic)"
fields.text = "More about {{topic}}"
"""
SECRET = re.compile(r"\d{14}")
MARK = re.compile(r"[vaf]mark\d+z")


class World:
    """The site, its ten customers with fifty secrets each, and three humans. One at a time."""

    def __init__(self, folder: Path) -> None:
        toml = TOML.replace('theme = "theme" }', f'theme = "theme"{COLUMNS} }}')
        self.paper, chance = Paper(folder, toml=toml, more=SETTINGS, content=CONTENT), random.Random(1)
        self.secrets = {
            f"c{number}": {name: str(chance.randrange(10**13, 10**14)) for name in NAMES} for number in range(PEOPLE)
        }
        self.subjects = {
            who: self.paper.knows(who, theme="dark", first_name=f"N{who}", **values)
            for who, values in self.secrets.items()
        }
        self.owner = {text: who for who, values in self.secrets.items() for text in values.values()}
        self.marks, self.steps, self.seen_own = 0, 0, 0
        self.begin()

    def begin(self) -> None:
        """Begin a story: new browsers, nobody logged in, the customers agree to everything again."""
        self.browsers: dict[str, Browser] = {who: self.paper.browser() for who in HUMANS}
        self.logins: dict[str, tuple[str, int, int]] = {}
        self.copies: list[str] = [""]
        self.links: list[str] = []
        self.lent, self.read_on = set[int](), set[int]()
        self.last = self.marks

    def everything_is_agreed(self) -> None:
        """Have both known humans agree to every purpose, by a login."""
        from tests.own_login import agree

        for who in KNOWN.values():
            agree(self.paper.personalizer, Visitor(subject=self.subjects[who], assurance=Assurance.login))

    # What humans do, `at` any of the browsers.

    def logged_in(self, at: str) -> str:
        """Return which customer is logged in at a browser, as far as its times tell; empty for nobody."""
        who, began, used = self.logins.get(at, ("", 0, 0))
        now = self.paper.clock.at
        return who if who and now < began + ABSOLUTE and now < used + IDLE else ""

    def ask(self, at: str, method: str, path: str, body: str = "", **headers: str) -> Page:
        """Make one request and look at all of its bytes: nobody's secrets but of who is logged in there."""
        self.steps += 1
        browser, who = self.browsers[at], self.logged_in(at)
        page = browser.request(
            method, path, {**OPENING, **OURS, **headers} if method == "POST" else OPENING, body.encode()
        )
        said = f"{page.status} {page.headers} {page.text}"
        found = self.owners_in(said)
        assert found <= {who}, (at, method, path, who, found)
        self.seen_own += bool(found)
        if at != "victim":
            assert not [mark for mark in MARK.findall(said) if mark[0] == "v"], (at, method, path, said)
        self.used(at, who)
        return page

    def used(self, at: str, who: str) -> None:
        """Note that a request was made by whoever was logged in there when it began."""
        if who and self.logins.get(at):
            self.logins[at] = (who, self.logins[at][1], self.paper.clock.at)

    def owners_in(self, said: str) -> set[str]:
        """Return whose secrets stand in a text: each is a number of fourteen digits."""
        return {self.owner[text] for text in SECRET.findall(said) if text in self.owner}

    def look_around(self, at: str) -> None:
        """Open every page, ask for the slots as JSON, and for all that is kept, as a file."""
        for path in (*PAGES, SLOTS):
            self.ask(at, "GET", path)
        self.ask(at, "POST", "/personalize/me/download", "format=json")
        self.ask(at, "POST", "/personalize/me/download", "format=html")

    def log_in(self, human: str, at: str) -> None:
        """Log a human in, or try to: the forwardee is no customer."""
        who = KNOWN.get(human, "c99")
        self.ask(at, "POST", "/login", f"customer_number:{who}")
        self.logins.pop(at, None)
        if human in KNOWN:
            self.lent -= {self.device_at(at)}  # under another reference now
            self.logins[at] = (who, self.paper.clock.at, self.paper.clock.at)

    def log_out(self, at: str) -> None:
        self.logins.pop(at, None)
        self.ask(at, "POST", "/logout")
        self.logins.pop(at, None)

    def read(self, human: str, at: str) -> None:
        """Read a story there: the site observes it, and its page says what it is about."""
        self.marks += 1
        mark = f"{human[0]}mark{self.marks}z"
        lent = at != "victim" or self.device_at(at) in self.lent
        if human == "victim" and lent and not self.logged_in(at):
            return  # whoever reads at another's browser without logging in leaves it to them
        if at == "victim":
            self.read_on.add(self.device_at(at))
        self.ask_privately(human, at, "POST", "/observe", f"topic={mark}")
        self.ask_privately(
            human, at, "GET", f"/personalize/api/slots?name=aside&name=hero&context.story={mark}&story={mark}"
        )

    def ask_privately(self, human: str, at: str, method: str, path: str, body: str = "") -> None:
        """Do what `ask` does, where this human themselves looks at the screen."""
        who, browser = self.logged_in(at), self.browsers[at]
        self.steps += 1
        page = browser.request(method, path, {**OPENING, **OURS} if method == "POST" else OPENING, body.encode())
        assert self.owners_in(page.text) <= {who}, (human, at, path)
        self.used(at, who)

    def mail(self, human: str) -> None:
        """Send this customer a newsletter with a link, which others may come to hold."""
        self.links.append(link(self.paper, self.subjects[KNOWN[human]]))

    def open_link(self, at: str, which: int) -> None:
        """Open a link as a click does, whoever it was for."""
        if self.links:
            path = self.links[which % len(self.links)].removeprefix(URL)
            page = self.ask(at, "GET", path)
            if page.status == 303:
                self.ask(at, "GET", page.headers["location"])

    def agree_as_a_stranger(self, at: str) -> None:
        if not self.logged_in(at):
            digest = self.paper.personalizer.settings.notices["reading"].digests["en"]
            texts = f"reading:{digest} recognition:{digest}"
            self.ask(at, "POST", "/personalize/consent", f"answer=yes&lang=en&from=form&back=&texts={texts}")

    # What only an attacker does.

    def copy(self, at: str) -> None:
        """Note what a browser's cookie is: the attacker's own, or one before its owner logs in there.

        Whoever holds a device's cookie is that device, so from then on it is the attacker's too. One on
        which the victim read already is not copied: that would be theft, which no cookie withstands.
        """
        if at != "attacker":
            device = self.device_at(at)
            if self.logged_in(at) or device in self.read_on:
                return
            self.lent |= {device} - {0}
        self.copies.append(self.browsers[at].cookies.get(HOST, ""))

    def fix(self, which: int, other: int) -> None:
        """Plant a cookie in the victim's browser; then the victim logs in there."""
        self.plant("victim", which, other)
        self.log_in("victim", "victim")

    def plant(self, at: str, which: int, other: int) -> None:
        value = "~".join(
            filter(None, {self.copies[which % len(self.copies)]: 0, self.copies[other % len(self.copies)]: 0})
        )
        self.browsers[at].cookies = {HOST: value} if value else {}

    def try_copies(self, which: int, other: int) -> None:
        """Use copied cookies in the attacker's browser, alone or two together."""
        own, login = dict(self.browsers["attacker"].cookies), self.logins.get("attacker")
        self.plant("attacker", which, other)
        if own != self.browsers["attacker"].cookies:
            self.logins["attacker"] = (ATTACKER, self.paper.clock.at, self.paper.clock.at)  # it may be an own login
        self.look_around("attacker")
        self.browsers["attacker"].cookies = own
        self.logins.pop("attacker", None)
        if login:
            self.logins["attacker"] = login

    def pass_time(self, minutes: int) -> None:
        self.paper.clock.at += minutes * MINUTE

    # What must hold in the store.

    def check(self) -> None:
        """Nobody is merged, and what the victim did is in no profile that the attacker can read."""
        house = self.paper.house
        for who in KNOWN.values():
            subject = self.subjects[who]
            assert house.subject_of(f"customer_number:{who}") == subject
            values = house.store.profiles.load(subject).values
            assert {values[name].plain for name in NAMES} == set(self.secrets[who].values())
        readable = {self.subjects[ATTACKER], *self._devices_of("attacker")}
        for subject in readable:
            person = house.store.profiles.load(subject)
            marks = str(person.values["topic"].plain) if person and "topic" in person.values else ""
            assert not marks.startswith("v"), subject
        rows = house.store.people.all("SELECT device, count(DISTINCT subject) FROM device_links GROUP BY device")
        assert all(persons == 1 for _, persons in rows)

    def _devices_of(self, at: str) -> Iterable[int]:
        house = self.paper.house
        yield self.device_at(at)
        yield from (each.device for each in house.browsers.links_of(self.subjects[ATTACKER]) if each.cut_at is None)

    def device_at(self, at: str) -> int:
        """Return the device behind a browser's cookie, 0 for none. Looking counts as a use too."""
        who = self.logged_in(at)
        device = int(self.browsers[at].request("GET", "/whoami").text.split()[2])
        self.used(at, who)
        return device
