"""`personalize simulate SLOT`: what every known person would see, decided as a request decides, and nothing kept."""

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from personalize.asgi.facts import Facts
from personalize.cli.output import columns, counted, json_time, local_time, print_json, tell
from personalize.cli.progress import Progress
from personalize.cli.site import config_option, json_option, language_option, open_house
from personalize.cli.times import moment_of
from personalize.errors import ConfigError
from personalize.explain.developer import fate_words, needed, rule_name
from personalize.explain.language import language
from personalize.house import House
from personalize.model.attributes import Cause
from personalize.model.content import Recipe, Slot
from personalize.model.decisions import Decision, Outcome, Reason
from personalize.model.people import STRANGER, Assurance, Visitor
from personalize.settings.toml_file import nearest_name

DEFAULT = "default"


class Question(Struct, frozen=True, kw_only=True):
    """What is simulated: the slot on a page with these facts, at a moment (µs), for people this sure."""

    slot: str
    context: dict[str, object]
    assurance: Assurance
    at: int
    language: str

    def ask(self, house: House, subject: int) -> Decision:
        """Return what this person would be shown."""
        visitor = self._visitor(subject)
        return house.pipeline.preview(visitor, self.slot, self.context, language=self.language, at=self.at)

    def absent(self, house: House, subject: int, decision: Decision) -> Mapping[str, Cause]:
        """Return what that decision found absent, by name, and why."""
        pipeline = house.pipeline
        hot = pipeline.view(self._visitor(subject), self.at)
        return pipeline.serving.absent(hot, self.slot, self.context, decision.mask)

    def _visitor(self, subject: int) -> Visitor:
        known = Visitor(subject=subject, assurance=self.assurance)
        return STRANGER if self.assurance is Assurance.none else known


Fates = Counter[tuple[Reason, Cause | None]]


class Tally(Struct, frozen=True, kw_only=True):
    """How often each variant was shown, and what became of each candidate, with the cause of the absence it met."""

    subjects: int
    shown: dict[str, int]
    outcomes: dict[str, Fates]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("slot")
    parser.add_argument(
        "--assurance",
        choices=[assurance.name for assurance in Assurance],
        default=Assurance.login.name,
        help="how sure we are of everybody; default: login",
    )
    parser.add_argument("--as", dest="person", metavar="KIND:VALUE", help="one person, such as customer_number:123")
    parser.add_argument("--at", metavar="DATE", help="a date or time instead of now")
    parser.add_argument(
        "--context", action="append", default=[], metavar="NAME=VALUE", help="a fact of the page; may be repeated"
    )
    language_option(parser)
    config_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Count for everybody, or tell for one person."""
    with open_house(args) as house:
        question = _question(args, house)
        if args.person:
            subject = house.subject_of(args.person)
            decision = question.ask(house, subject)
            _print_one(args, house, question, decision, question.absent(house, subject, decision))
        else:
            _print_all(args, house, question, _tally(house, question))
    return 0


def _question(args: argparse.Namespace, house: House) -> Question:
    compiled = house.pipeline.serving.recipe.slots.get(args.slot)
    if compiled is None:
        raise ConfigError(f"There is no slot `{args.slot}`", remedy=nearest_name(args.slot, house.settings.slots))
    zone = house.settings.site.zone
    return Question(
        slot=args.slot,
        context=_context(args.context, compiled.slot, Facts(house.settings)),
        assurance=Assurance[args.assurance],
        at=moment_of(args.at, zone, "--at") if args.at else house.clock.now(),
        language=args.lang if args.lang in house.settings.site.languages else house.settings.site.languages[0],
    )


def _context(pairs: list[str], slot: Slot, facts: Facts) -> dict[str, object]:
    """Return the page's facts in the types the slot declares."""
    found: dict[str, object] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if name not in slot.context:
            remedy = nearest_name(name, slot.context) if equals else "Write --context topic=climate"
            raise ConfigError(f"--context: `{name}` is not declared in [slots.{slot.name}] context", remedy=remedy)
        if not equals:
            remedy = f"Write --context {name}=VALUE; {name}= is the empty text"
            raise ConfigError(f"--context: `{name}` has no value", remedy=remedy)
        read = facts.from_text(slot.name, [(name, text)])
        if not read:
            raise ConfigError(f'--context: "{text}" is no {slot.context[name].value}', remedy=f"Correct `{name}`")
        found.update(read)
    return found


def _tally(house: House, question: Question) -> Tally:
    subjects = list(house.store.profiles.subjects())
    shown: Counter[str | None] = Counter()
    fates: Counter[tuple[Outcome, ...]] = Counter()
    with Progress("deciding", len(subjects)) as progress:
        for count, subject in enumerate(subjects):
            progress.show(count)
            decision = question.ask(house, subject)
            shown[decision.variant] += 1
            fates[decision.outcomes] += 1
    names = house.pipeline.serving.recipe.slots[question.slot].names
    return Tally(
        subjects=len(subjects),
        shown={name or DEFAULT: shown[name] for name in (*names, None) if shown[name]},
        outcomes=_by_candidate(names, fates),
    )


def _by_candidate(names: tuple[str, ...], fates: Counter[tuple[Outcome, ...]]) -> dict[str, Fates]:
    counts: dict[str, Fates] = {name: Counter() for name in names}
    for outcomes, times in fates.items():
        for outcome in outcomes:
            counts[outcome.variant][outcome.reason, outcome.cause] += times
    return {name: each for name, each in counts.items() if each}


def _by_reason(counts: Fates) -> dict[str, int]:
    reasons: Counter[Reason] = Counter()
    for (reason, _), times in counts.items():
        reasons[reason] += times
    return {reason.name: reasons[reason] for reason in sorted(reasons)}


def _print_all(args: argparse.Namespace, house: House, question: Question, tally: Tally) -> None:
    recipe = house.pipeline.serving.recipe.digest
    if args.json:
        print_json(
            {
                "slot": question.slot,
                "recipe": recipe,
                "subjects": tally.subjects,
                "shown": tally.shown,
                "outcomes": {name: _by_reason(counts) for name, counts in tally.outcomes.items()},
            }
        )
        return
    tell(f"{question.slot}: {counted(tally.subjects, 'person', 'people')}, {_circumstances(house, question)}")
    rows = [(f"  {name}", f"{count:>9,}", f"{count / tally.subjects:6.1%}") for name, count in tally.shown.items()]
    tell("\n".join(["shown", *columns(rows), "what became of each variant", *columns(_fates(tally))]))


def _fates(tally: Tally) -> Iterator[tuple[str, str, str]]:
    for name, counts in tally.outcomes.items():
        for reason, cause in sorted(counts, key=lambda fate: (fate[0], fate[1] or 0)):
            what = f"{reason.name} ({cause.name})" if cause else reason.name
            yield f"  {name}", f"{counts[reason, cause]:>9,}", what


def _circumstances(house: House, question: Question) -> str:
    at = local_time(question.at, house.settings.site.zone)
    recipe = house.pipeline.serving.recipe.digest
    return f"assurance {question.assurance.name}, at {at[:16]}, recipe {recipe[:12]}"


def _print_one(
    args: argparse.Namespace, house: House, question: Question, decision: Decision, absent: Mapping[str, Cause]
) -> None:
    recipe = house.pipeline.serving.recipe.recipe
    if args.json:
        print_json(
            {
                "slot": question.slot,
                "recipe": decision.recipe,
                "as": args.person,
                "assurance": question.assurance.name,
                "at": json_time(question.at, house.settings.site.zone),
                "variant": decision.variant,
                "reason": decision.reason.name,
                "fields": dict(decision.fields),
                "outcomes": [
                    _plain(recipe, outcome, needed(outcome, question.slot, recipe, absent))
                    for outcome in decision.outcomes
                ],
            }
        )
        return
    tell(f"{question.slot} for {args.person}: {decision.variant or DEFAULT} ({decision.reason.name})")
    tell(f"  {_circumstances(house, question)}")
    lang = language(args.lang or house.settings.site.languages[0])
    for outcome in decision.outcomes:
        words = fate_words(outcome, question.slot, decision.variant, recipe, absent, lang)
        tell(f"  {words} ({outcome.reason.name})")


def _plain(recipe: Recipe, outcome: Outcome, names: Sequence[str]) -> dict[str, object]:
    return {
        "variant": outcome.variant,
        "reason": outcome.reason.name,
        "cause": outcome.cause.name if outcome.cause else "",
        "absent": list(names),
        "rule": rule_name(outcome.rule, recipe),
    }
