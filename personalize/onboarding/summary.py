"""What an import did, as a value and in words."""

from msgspec import Struct

from personalize.onboarding.rejects import ROW_REJECTED, ROW_REPLACED
from personalize.storage.sqlite.staging import Shared

MOST_LINES = 10


class LeftOut(Struct, frozen=True, kw_only=True):
    """Something that was not taken: `what` and why, how often, and the first lines (from 1) of it."""

    what: str
    reason: str
    count: int
    lines: tuple[int, ...]


class ImportSummary(Struct, frozen=True, kw_only=True):
    """What an import did. `rows` are all rows below the header: accepted, rejected and replaced.

    `new` are people we did not know, or events that were not recorded yet. `batch` is 0 where
    nothing was stored. `replaced` are rows that a later row about the same person stands in for.
    """

    source: str
    kind: str
    file: str
    rows: int
    accepted: int
    rejected: int
    replaced: int
    new: int
    batch: int
    observed_at: int
    encoding: str
    delimiter: str
    dry_run: bool = False
    already: bool = False
    left_out: tuple[LeftOut, ...] = ()
    shared: tuple[Shared, ...] = ()
    rejects_file: str | None = None

    def lines(self, lang: str = "en") -> list[str]:
        """Return the summary as sentences in nl, nb or en."""
        words = WORDS.get(lang.partition("-")[0], WORDS["en"])
        if self.already:
            return [words["already"].format(file=self.file, batch=self.batch)]
        head = "dry" if self.dry_run else "nothing" if not self.accepted else self.kind
        text = [words[head].format(**{name: getattr(self, name) for name in self.__struct_fields__})]
        if self.rejected or self.replaced:
            text.append(words["rows"].format(rows=self.rows, rejected=self.rejected, replaced=self.replaced))
        text += [self._left_out(each, words) for each in self.left_out]
        text += [self._shared(each, words) for each in self.shared[:MOST_LINES]]
        if len(self.shared) > MOST_LINES:
            text.append(words["more"].format(count=len(self.shared) - MOST_LINES))
        if self.rejects_file:
            text.append(words["file"].format(file=self.rejects_file))
        return text

    def _left_out(self, each: LeftOut, words: dict[str, str]) -> str:
        what = {ROW_REJECTED: words["rejected"], ROW_REPLACED: words["replaced"]}.get(
            each.what, words["cell"].format(name=each.what)
        )
        lines = ", ".join(map(str, each.lines)) + (" …" if each.count > len(each.lines) else "")
        return f"  {each.count} × {what}: {each.reason} ({words['line']} {lines})"

    def _shared(self, each: Shared, words: dict[str, str]) -> str:
        lines = ", ".join(str(line) for line in each.lines[:MOST_LINES] if line is not None)
        elsewhere = words["elsewhere"] if None in each.lines else ""
        return "  " + words["shared"].format(kind=each.kind, lines=lines, elsewhere=elsewhere)


WORDS = {
    "en": {
        "values": "{accepted} people taken from {file} as batch {batch}, {new} of them new.",
        "objections": "The objections in {accepted} rows of {file} are recorded as batch {batch}, {new} of them new.",
        "consents": "The consents in {accepted} rows of {file} are recorded as batch {batch}, {new} of them new.",
        "dry": "Dry run, nothing was stored: {accepted} of {rows} rows in {file} can be taken, {new} are new.",
        "nothing": "Nothing was stored: none of the {rows} rows in {file} can be taken.",
        "already": "{file} was imported before, as batch {batch}: nothing to do.",
        "rows": "Of {rows} rows, {rejected} were rejected and {replaced} replaced by a later row.",
        "rejected": "row rejected",
        "replaced": "row replaced",
        "cell": "{name} left out, row kept",
        "line": "line",
        "shared": "One {kind} is claimed by several people and belongs to none: line {lines}{elsewhere}.",
        "elsewhere": " and somebody known before",
        "more": "  … and {count} more of these.",
        "file": "Every case stands in {file}.",
    },
    "nl": {
        "values": "{accepted} personen overgenomen uit {file} als partij {batch}, van wie {new} nieuw.",
        "objections": "De bezwaren in {accepted} rijen van {file} staan vast als partij {batch}; {new} zijn nieuw.",
        "consents": "De akkoorden in {accepted} rijen van {file} staan vast als partij {batch}; {new} zijn nieuw.",
        "dry": "Proefrit, niets bewaard: {accepted} van {rows} rijen in {file} zijn bruikbaar, {new} zijn nieuw.",
        "nothing": "Niets bewaard: geen van de {rows} rijen in {file} is bruikbaar.",
        "already": "{file} is al ingelezen, als partij {batch}: er is niets te doen.",
        "rows": "Van {rows} rijen zijn er {rejected} geweigerd en {replaced} door een latere rij vervangen.",
        "rejected": "rij geweigerd",
        "replaced": "rij vervangen",
        "cell": "{name} weggelaten, rij behouden",
        "line": "regel",
        "shared": "Meer personen hebben dezelfde {kind}; die telt voor niemand: regel {lines}{elsewhere}.",
        "elsewhere": " en iemand die al bekend was",
        "more": "  … en nog {count} van deze.",
        "file": "Elk geval staat in {file}.",
    },
    "nb": {
        "values": "{accepted} personer hentet fra {file} som parti {batch}, {new} av dem nye.",
        "objections": "Innsigelsene i {accepted} rader i {file} er registrert som parti {batch}, {new} av dem nye.",
        "consents": "Samtykkene i {accepted} rader i {file} er registrert som parti {batch}, {new} av dem nye.",
        "dry": "Prøvekjøring, ingenting lagret: {accepted} av {rows} rader i {file} kan brukes, {new} er nye.",
        "nothing": "Ingenting lagret: ingen av de {rows} radene i {file} kan brukes.",
        "already": "{file} er importert før, som parti {batch}: ingenting å gjøre.",
        "rows": "Av {rows} rader ble {rejected} avvist og {replaced} erstattet av en senere rad.",
        "rejected": "rad avvist",
        "replaced": "rad erstattet",
        "cell": "{name} utelatt, raden beholdt",
        "line": "linje",
        "shared": "Flere personer har samme {kind}; den gjelder for ingen: linje {lines}{elsewhere}.",
        "elsewhere": " og noen som var kjent fra før",
        "more": "  … og {count} til av disse.",
        "file": "Hvert tilfelle står i {file}.",
    },
}
