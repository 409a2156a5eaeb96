"""What an import did, as a value and in words."""

from msgspec import Struct

from personalize.onboarding.rejects import ROW_REJECTED, ROW_REPLACED
from personalize.settings.tables import PERSONAL
from personalize.storage.sqlite.adopting import Adopted
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

    `new` are people we did not know, or events that were not recorded yet, `over` rows with a consent that has run
    out already. `batch` is 0 where
    nothing was stored. `replaced` are rows that a later row about the same person stands in for,
    `adopted` people who were known by another identifier alone and are now known by this file's key.
    `proved` are the kinds of identifiers that the source has proved. `already` says that it is the file that was
    imported last, so that there was nothing to do.
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
    adopted: Adopted = Adopted()
    proved: tuple[str, ...] = ()
    over: int = 0
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
        if self.over:
            text.append("  " + words["over"].format(count=self.over))
        if self.adopted.count:
            text.append("  " + words["adopted"].format(count=self.adopted.count, lines=_lines(self.adopted, words)))
        text += [self._left_out(each, words) for each in self.left_out]
        text += [self._shared(each, words) for each in self.shared[:MOST_LINES]]
        if unproved := self._unproved():
            text.append("  " + words["prove"].format(source=self.source, kind=unproved))
        if len(self.shared) > MOST_LINES:
            text.append(words["more"].format(count=len(self.shared) - MOST_LINES))
        if self.rejects_file:
            text.append(words["file"].format(file=self.rejects_file))
        elif self.dry_run and self.left_out:
            text.append(words["later"])
        return text

    def _unproved(self) -> str:
        """Return the kind of identifier that somebody known before has too, where proof could make them one."""
        known = {each.kind for each in self.shared if None in each.lines}
        return next((kind for kind in PERSONAL if kind in known - set(self.proved)), "")

    def _left_out(self, each: LeftOut, words: dict[str, str]) -> str:
        what = {ROW_REJECTED: words["rejected"], ROW_REPLACED: words["replaced"]}.get(
            each.what, words["cell"].format(name=each.what)
        )
        return f"  {each.count} × {what}: {each.reason} ({_lines(each, words)})"

    def _shared(self, each: Shared, words: dict[str, str]) -> str:
        lines = ", ".join(str(line) for line in each.lines[:MOST_LINES] if line is not None)
        elsewhere = words["elsewhere"] if None in each.lines else ""
        return "  " + words["shared"].format(kind=each.kind, lines=lines, elsewhere=elsewhere)


def _lines(each: LeftOut | Adopted, words: dict[str, str]) -> str:
    more = " …" if each.count > len(each.lines) else ""
    return f"{words['line']} {', '.join(map(str, each.lines))}{more}"


WORDS = {
    "en": {
        "values": "People taken from {file} as batch {batch}: {accepted}, of which new: {new}.",
        "objections": "Objections in {file} recorded as batch {batch}: {accepted}, of which new: {new}.",
        "consents": "Consents in {file} recorded as batch {batch}: {accepted}, of which new: {new}.",
        "dry": "Dry run, nothing was stored. Rows in {file}: {rows}; fit to be taken: {accepted}; new: {new}.",
        "nothing": "Nothing was stored: no row of {file} can be taken (rows: {rows}).",
        "already": "{file} was imported before, as batch {batch}: nothing to do. "
        "A new delivery that says the same: add --observed.",
        "rows": "Rows: {rows}; rejected: {rejected}; replaced by a later row: {replaced}.",
        "rejected": "row rejected",
        "replaced": "row replaced",
        "cell": "{name} left out, row kept",
        "line": "line",
        "over": "{count} × consent that has run out already: nothing may be used on the strength of it",
        "adopted": "{count} × known before by another identifier alone, now also by this file's key ({lines})",
        "shared": "One {kind} is claimed by several people and belongs to none: line {lines}{elsewhere}.",
        "elsewhere": " and somebody known before",
        "prove": 'If {source} proves that each {kind} is their own, say so: proved = ["{kind}"] makes them one person.',
        "more": "  … and {count} more of these.",
        "file": "Every case stands in {file}.",
        "later": "No file of these was written; the import itself writes every case into one, in the store.",
    },
    "nl": {
        "values": "Personen overgenomen uit {file} als import {batch}: {accepted}, van wie nieuw: {new}.",
        "objections": "Bezwaren uit {file} vastgelegd als import {batch}: {accepted}, waarvan nieuw: {new}.",
        "consents": "Toestemmingen uit {file} vastgelegd als import {batch}: {accepted}, waarvan nieuw: {new}.",
        "dry": "Alleen geprobeerd, niets bewaard. Rijen in {file}: {rows}; bruikbaar: {accepted}; nieuw: {new}.",
        "nothing": "Niets bewaard: geen rij van {file} is bruikbaar (rijen: {rows}).",
        "already": "{file} is al ingelezen, als import {batch}: er is niets te doen. "
        "Een nieuwe levering met dezelfde inhoud: geef --observed op.",
        "rows": "Rijen: {rows}; geweigerd: {rejected}; door een latere rij vervangen: {replaced}.",
        "rejected": "rij geweigerd",
        "replaced": "rij vervangen",
        "cell": "{name} weggelaten, rij behouden",
        "line": "regel",
        "over": "{count} × toestemming die al is verlopen: op grond daarvan mag niets worden gebruikt",
        "adopted": "{count} × al langs een andere weg bekend, nu ook aan de sleutel van dit bestand ({lines})",
        "shared": "Meerdere personen hebben dezelfde {kind}; die telt voor niemand: regel {lines}{elsewhere}.",
        "elsewhere": " en iemand die al bekend was",
        "prove": 'Bewijst {source} dat elke {kind} van henzelf is? Met proved = ["{kind}"] worden zij één persoon.',
        "more": "  … en nog {count} van deze.",
        "file": "Elk geval staat in {file}.",
        "later": "Hiervan is geen bestand gemaakt; de import zelf zet elk geval in een bestand bij de opslag.",
    },
    "nb": {
        "values": "Personer hentet fra {file} som import {batch}: {accepted}, av dem nye: {new}.",
        "objections": "Protester i {file} registrert som import {batch}: {accepted}, av dem nye: {new}.",
        "consents": "Samtykker i {file} registrert som import {batch}: {accepted}, av dem nye: {new}.",
        "dry": "Prøvekjøring, ingenting lagret. Rader i {file}: {rows}; brukbare: {accepted}; nye: {new}.",
        "nothing": "Ingenting lagret: ingen rad i {file} kan brukes (rader: {rows}).",
        "already": "{file} er importert før, som import {batch}: ingenting å gjøre. "
        "En ny levering med samme innhold: oppgi --observed.",
        "rows": "Rader: {rows}; avvist: {rejected}; erstattet av en senere rad: {replaced}.",
        "rejected": "rad avvist",
        "replaced": "rad erstattet",
        "cell": "{name} utelatt, raden beholdt",
        "line": "linje",
        "over": "{count} × samtykke som allerede har utløpt: ingenting kan brukes på grunnlag av det",
        "adopted": "{count} × kjent fra før på en annen måte, nå også under nøkkelen i denne filen ({lines})",
        "shared": "Flere personer har samme {kind}; den gjelder for ingen: linje {lines}{elsewhere}.",
        "elsewhere": " og noen som var kjent fra før",
        "prove": 'Har {source} bevist at hver {kind} er deres egen, blir de én person med proved = ["{kind}"].',
        "more": "  … og {count} til av disse.",
        "file": "Hvert tilfelle står i {file}.",
        "later": "Ingen fil er skrevet om disse; selve importen skriver hvert tilfelle i en fil i lageret.",
    },
}
