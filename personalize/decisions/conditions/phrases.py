"""What conditions are called in each language: the one table that sentences are made from."""

from msgspec import Struct

from personalize.decisions.conditions.clauses import Comparator, Unit

Comparisons = dict[Comparator, str]


class Phrases(Struct, frozen=True, kw_only=True):
    """One language. `{name}` is a title, `{value}` what it is compared with; lists are joined already.

    `away` and `back` say a distance from today or now, `plus` and `minus` one from anything else,
    `flag` what a yes/no is.
    """

    quotes: str
    today: str
    now: str
    units: dict[Unit, tuple[str, str]]
    away: str
    back: str
    plus: str
    minus: str
    flag: str
    plain: Comparisons
    dates: Comparisons
    distances: Comparisons
    same: str
    different: str
    exactly: str
    not_exactly: str
    has: str
    lacks: str
    has_any: str
    has_none: str
    has_all: str
    lacks_some: str
    known: str
    unknown: str
    segment: str
    outside: str


def _comparisons(*phrases: str) -> Comparisons:
    return dict(zip(Comparator, phrases, strict=True))


DUTCH = Phrases(
    quotes="‘’",
    today="vandaag",
    now="nu",
    units={Unit.days: ("dag", "dagen"), Unit.months: ("maand", "maanden"), Unit.hours: ("uur", "uur")},
    away="over {distance}",
    back="{distance} geleden",
    plus="{base} plus {distance}",
    minus="{base} min {distance}",
    flag="bij ‘{name}’ staat {value}",
    plain=_comparisons(
        *("{name} is minder dan {value}", "{name} is hoogstens {value}", "{name} is {value}"),
        *("{name} is niet {value}", "{name} is minstens {value}", "{name} is meer dan {value}"),
    ),
    dates=_comparisons(
        *("{name} is vóór {value}", "{name} is op of vóór {value}", "{name} is {value}"),
        *("{name} is niet {value}", "{name} is op of na {value}", "{name} is na {value}"),
    ),
    distances=_comparisons(
        *("{name} is eerder dan {value}", "{name} is uiterlijk {value}", "{name} is {value}"),
        *("{name} is niet {value}", "{name} is op zijn vroegst {value}", "{name} is later dan {value}"),
    ),
    same="{name} is gelijk aan {value}",
    different="{name} is niet gelijk aan {value}",
    exactly="{name} is precies {value}",
    not_exactly="{name} is niet precies {value}",
    has="{value} zit in {name}",
    lacks="{value} zit niet in {name}",
    has_any="minstens een van {value} zit in {name}",
    has_none="geen van {value} zit in {name}",
    has_all="{value} zitten allemaal in {name}",
    lacks_some="{value} zitten niet allemaal in {name}",
    known="{name} is bekend",
    unknown="{name} is onbekend",
    segment="de bezoeker hoort bij {value}",
    outside="de bezoeker hoort niet bij {value}",
)

NORWEGIAN = Phrases(
    quotes="«»",
    today="i dag",
    now="nå",
    units={Unit.days: ("dag", "dager"), Unit.months: ("måned", "måneder"), Unit.hours: ("time", "timer")},
    away="om {distance}",
    back="for {distance} siden",
    plus="{base} pluss {distance}",
    minus="{base} minus {distance}",
    flag="det står {value} under «{name}»",
    plain=_comparisons(
        *("{name} er mindre enn {value}", "{name} er høyst {value}", "{name} er {value}"),
        *("{name} er ikke {value}", "{name} er minst {value}", "{name} er mer enn {value}"),
    ),
    dates=_comparisons(
        *("{name} er før {value}", "{name} er senest {value}", "{name} er {value}"),
        *("{name} er ikke {value}", "{name} er tidligst {value}", "{name} er etter {value}"),
    ),
    distances=_comparisons(
        *("{name} er tidligere enn {value}", "{name} er senest {value}", "{name} er {value}"),
        *("{name} er ikke {value}", "{name} er tidligst {value}", "{name} er senere enn {value}"),
    ),
    same="{name} er lik {value}",
    different="{name} er ikke lik {value}",
    exactly="{name} er nøyaktig {value}",
    not_exactly="{name} er ikke nøyaktig {value}",
    has="{value} er med i {name}",
    lacks="{value} er ikke med i {name}",
    has_any="minst én av {value} er med i {name}",
    has_none="ingen av {value} er med i {name}",
    has_all="{value} er alle med i {name}",
    lacks_some="{value} er ikke alle med i {name}",
    known="{name} er kjent",
    unknown="{name} er ukjent",
    segment="den besøkende hører til {value}",
    outside="den besøkende hører ikke til {value}",
)

ENGLISH = Phrases(
    quotes="“”",
    today="today",
    now="now",
    units={Unit.days: ("day", "days"), Unit.months: ("month", "months"), Unit.hours: ("hour", "hours")},
    away="{distance} from now",
    back="{distance} ago",
    plus="{base} plus {distance}",
    minus="{base} minus {distance}",
    flag="{name} is {value}",
    plain=_comparisons(
        *("{name} is less than {value}", "{name} is at most {value}", "{name} is {value}"),
        *("{name} is not {value}", "{name} is at least {value}", "{name} is more than {value}"),
    ),
    dates=_comparisons(
        *("{name} is before {value}", "{name} is on or before {value}", "{name} is {value}"),
        *("{name} is not {value}", "{name} is on or after {value}", "{name} is after {value}"),
    ),
    distances=_comparisons(
        *("{name} is earlier than {value}", "{name} is no later than {value}", "{name} is {value}"),
        *("{name} is not {value}", "{name} is no earlier than {value}", "{name} is later than {value}"),
    ),
    same="{name} equals {value}",
    different="{name} does not equal {value}",
    exactly="{name} is exactly {value}",
    not_exactly="{name} is not exactly {value}",
    has="{value} is in {name}",
    lacks="{value} is not in {name}",
    has_any="at least one of {value} is in {name}",
    has_none="none of {value} is in {name}",
    has_all="{value} are all in {name}",
    lacks_some="{value} are not all in {name}",
    known="{name} is known",
    unknown="{name} is not known",
    segment="the visitor belongs to {value}",
    outside="the visitor does not belong to {value}",
)

LANGUAGES = {"nl": DUTCH, "nb": NORWEGIAN, "en": ENGLISH}
