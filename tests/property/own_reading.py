"""Reads an entry for itself and says what an explanation has to say: imports nothing that explains."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.property.reference import ATTRIBUTES, PURPOSES, SECOND

ZONE = ZoneInfo("Europe/Amsterdam")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MONTHS = {
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "nb": "januar februar mars april mai juni juli august september oktober november desember",
    "en": "January February March April May June July August September October November December",
}
WEEKDAYS = {
    "nl": "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    "nb": "mandag tirsdag onsdag torsdag fredag lørdag søndag",
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
}
CAUSES = {
    "objected": {"nl": "bezwaar gemaakt tegen", "nb": "protestert mot", "en": "objected to"},
    "missing": {"nl": "weten van u niets over", "nb": "vet ikke noe om", "en": "know nothing about"},
    "wrong_type": {"nl": "was onleesbaar", "nb": "kunne ikke leses", "en": "could not be read"},
    "stale": {"nl": "dagen oud", "nb": "dager gammelt", "en": "days old"},
}
ENDED = {
    "never": {"nl": "had geen toestemming gegeven", "nb": "hadde ikke samtykket til", "en": "had not agreed to"},
    "refused": {"nl": "had nee gezegd", "nb": "hadde sagt nei", "en": "had said no"},
    "withdrawn": {"nl": "ingetrokken", "nb": "hadde trukket tilbake", "en": "had withdrawn"},
    "expired": {"nl": "was verlopen", "nb": "var utløpt", "en": "had expired"},
    "visit": {"nl": "dat bezoek", "nb": "det besøket", "en": "that visit"},
    "unsure": {"nl": "was geen toestemming voor", "nb": "fantes ikke noe gyldig", "en": "o consent to"},
}
SURELY_HEARD = 2 * SECOND
"""Microseconds after which an answer has reached whoever decides."""
HOURS = {"nl": "uur oud", "nb": "timer gammelt", "en": "hours old"}
SURE = {
    1: {"nl": "link in een nieuwsbrief", "nb": "lenke i et nyhetsbrev", "en": "link in a newsletter"},
    3: {"nl": "was ingelogd", "nb": "var logget inn", "en": "were logged in"},
}
LEGITIMATE = {"nl": "zolang u geen bezwaar maakt", "nb": "så lenge du ikke protesterer", "en": "until you object"}
AGREED = {"nl": "gaf u toestemming", "nb": "samtykket du til", "en": "you agreed"}
NEEDED = {"nl": "alleen getoond als", "nb": "vises bare når", "en": "only shown when"}
ORDINARY = {"nl": "gewone inhoud", "nb": "vanlige innholdet", "en": "ordinary content"}
TOO_EARLY = {"nl": "zou pas beginnen", "nb": "skulle først starte", "en": "was to start"}
NONE = {"nl": "niets", "nb": "ingenting", "en": "none"}
AND = {"nl": "en", "nb": "og", "en": "and"}
YES, NO = {"nl": "ja", "nb": "ja", "en": "yes"}, {"nl": "nee", "nb": "nei", "en": "no"}


def wall(at: int) -> datetime:
    return (EPOCH + timedelta(microseconds=at)).astimezone(ZONE)


def day(moment: date, lang: str) -> str:
    return f"{moment.day}{'.' if lang == 'nb' else ''} {MONTHS[lang].split()[moment.month - 1]}"


def clock(moment: datetime, lang: str) -> str:
    return moment.strftime("%H.%M" if lang == "nb" else "%H:%M")


def value(plain: Any, kind: str, lang: str) -> str:
    """Return what a value is called."""
    if kind == "yes/no":
        return (YES if plain else NO)[lang]
    if kind == "number":
        return str(plain).replace(".", "." if lang == "en" else ",")
    if kind == "set of text":
        first, last = sorted(plain)[:-1], sorted(plain)[-1:]
        return f"{', '.join(first)} {AND[lang]} {last[0]}" if first else "".join(last) or NONE[lang]
    if kind == "date":
        moment = date.fromisoformat(plain)
        return f"{day(moment, lang)} {moment.year}"
    if kind == "instant":
        return clock(wall(plain), lang)
    return str(plain)


class OwnReading:
    """One entry against what was told of it, as plain names and texts; `consents` are by record."""

    def __init__(self, entry: Any, told: dict[str, Any], lang: str, reader: str, consents: dict[str, Any]) -> None:
        self.entry, self.told, self.lang, self.reader, self.consents = entry, told, lang, reader, consents

    def check(self) -> int:
        """Check every fact and return how many were."""
        self._header()
        facts = sum(
            self._ingredient(*pair) for pair in zip(self.told["ingredients"], self.entry.ingredients, strict=True)
        )
        facts += sum(self._absence(*pair) for pair in zip(self.told["absences"], self.entry.absences, strict=True))
        return 3 + facts + self._others()

    def _header(self) -> None:
        at = wall(self.entry.at)
        # as instants: in the hour that comes twice, no time with a zone equals one with an offset
        assert datetime.fromisoformat(self.told["at"]).timestamp() == at.timestamp()
        assert (self.told["slot"], self.told["variant"]) == (self.entry.slot, self.entry.variant)
        assert self.told["reason"] == self.entry.reason.name
        if self.reader == "developer":
            assert self.told["shown"].startswith(f"{self.entry.slot}: ")
            return
        weekday = WEEKDAYS[self.lang].split()[at.weekday()]
        for part in (weekday, day(at, self.lang), clock(at, self.lang)):
            assert part.lower() in self.told["shown"].lower(), (part, self.told["shown"])
        if self.entry.slot == "offer":
            shown = f"{self.entry.variant} ({self.lang})" if self.entry.variant else ORDINARY[self.lang]
            assert shown in self.told["shown"]
        assert SURE[self.entry.assurance][self.lang] in self.told["person"]
        assert (self.told["recipe"] == "") == (self.reader == "visitor")

    def _ingredient(self, line: dict[str, Any], item: Any) -> int:
        defined = ATTRIBUTES[item.attribute]
        assert line["attribute"] == item.attribute
        assert datetime.fromisoformat(line["observed"]).timestamp() == wall(item.value.observed).timestamp()
        assert (line["purpose"], line["source"]) == (defined.purpose, defined.source)
        assert line["batch"] == (0 if self.reader == "visitor" else item.value.batch)
        if self.reader == "developer":
            assert line["value"] == ""
            assert line["sentence"].startswith(f"{item.attribute}: {defined.source}")
            return 4
        said, words = value(item.value.plain, defined.kind, self.lang), line["sentence"]
        assert said in line["value"] if defined.kind == "instant" else line["value"] == said
        assert words.lower().startswith(f"{item.attribute} ({self.lang}): {line['value']}".lower())
        assert day(wall(item.value.observed), self.lang) in words
        assert f"{defined.purpose} ({self.lang})" in words
        if PURPOSES[defined.purpose].term is None:
            assert LEGITIMATE[self.lang] in words
            return 8
        given = self.consents[item.record.hex()]
        assert AGREED[self.lang] in words
        assert day(wall(given.occurred_at), self.lang) in words
        assert line["notice"] == given.notice
        return 10

    def _absence(self, line: dict[str, Any], item: Any) -> int:
        assert (line["attribute"], line["cause"]) == (item.attribute, item.cause.name)
        if self.reader != "developer" and item.attribute in ATTRIBUTES:
            assert f"{item.attribute} ({self.lang})" in line["sentence"]
            assert self._marker(item.attribute, item.cause.name) in line["sentence"]
        return 4

    def _marker(self, name: str, cause: str) -> str:
        if cause == "assurance":
            return SURE[1][self.lang]
        if cause == "no_consent":
            return ENDED[self._ended(ATTRIBUTES[name].purpose)][self.lang]
        if cause == "stale":
            days = (ATTRIBUTES[name].life or 0) // (86_400 * SECOND)
            return f"24 {HOURS[self.lang]}" if days == 1 else f"{days} {CAUSES[cause][self.lang]}"
        return CAUSES[cause][self.lang]

    def _ended(self, purpose: str) -> str:
        """Return what became of the person's consent to a purpose before the entry."""
        at, mine = self.entry.at, (self.entry.subject, purpose)
        ever = [event for event in self.consents.values() if (event.subject, event.purpose) == mine]
        if any(abs(event.recorded_at - at) < SURELY_HEARD for event in ever):
            return "unsure"
        said = [event for event in ever if event.recorded_at <= at]
        words = {event.action.value: event for event in sorted(said, key=lambda event: event.occurred_at)}
        objected, lifted = words.pop("objected", None), words.pop("objection_lifted", None)
        if objected is not None and (lifted is None or lifted.occurred_at <= objected.occurred_at):
            return "unsure"  # the clock went back since: an objection is another cause
        answers = list(words.values())
        if not answers:
            return "never"
        last = max(answers, key=lambda event: (event.occurred_at, event.action.value != "given"))
        if last.action.value != "given":
            return str(last.action.value)
        if last.occurred_at > at:
            return "unsure"
        return "visit" if last.valid_until > at else "expired"

    def _others(self) -> int:
        if self.entry.slot == "segments" and self.reader != "developer":
            return 0
        expected = [
            outcome
            for outcome in self.entry.outcomes
            if outcome.variant != self.entry.variant
            and not (self.reader == "visitor" and outcome.reason.name == "NOT_SCHEDULED")
        ]
        told = self.told["others"]
        assert [line["variant"] for line in told] == [outcome.variant for outcome in expected]
        for line, outcome in zip(told, expected, strict=True):
            assert line["reason"] == outcome.reason.name
            assert line["cause"] == (outcome.cause.name if outcome.cause else "")
            if self.reader != "developer":
                self._why_not(line["sentence"], outcome)
        return 3 * len(told)

    def _why_not(self, words: str, outcome: Any) -> None:
        if self.entry.slot == "offer":
            assert f"{outcome.variant} ({self.lang})" in words
        match outcome.reason.name:
            case "SUPPRESSED":
                assert f"has tv ({self.lang})" in words.lower()  # Norwegian begins it with a capital
            case "OUTRANKED" if self.entry.slot == "offer":
                assert f"{self.entry.variant} ({self.lang})" in words
            case "NOT_SCHEDULED":
                assert TOO_EARLY[self.lang] in words
            case _ if outcome.cause is not None:
                names = [item.attribute for item in self.entry.absences if item.cause is outcome.cause]
                markers = [self._marker(name, outcome.cause.name) for name in names if name in ATTRIBUTES]
                assert any(marker in words for marker in markers) or "topic" in words, words
            case "NOT_MATCHED" if outcome.rule < 0:
                assert NEEDED[self.lang] in words
