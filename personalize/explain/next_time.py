"""What will be shown the next time, once somebody has stopped the use of their data."""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from personalize.explain.facts import Facts
from personalize.explain.fates import Fates
from personalize.explain.ingredients import Teller
from personalize.explain.language import language, marked
from personalize.explain.phrases import sentence
from personalize.explain.recorded import Recorded
from personalize.model.attributes import Cause
from personalize.model.consent import Basis
from personalize.model.cookbook import CookbookEntry, Withheld
from personalize.model.decisions import Decision

WITHDREW = marked("you withdrew your consent to “{purpose}”, so we do not look at “{title}”")


class NextTime(Struct, frozen=True, kw_only=True):
    """A slot as it will be decided next: what is shown there, if that can be told, and what is no longer looked at."""

    slot: str
    shown: str
    unused: tuple[str, ...]


def next_time(
    decision: Decision, entry: CookbookEntry, facts: Facts, lang: str, purpose: str, *, is_known: bool = True
) -> NextTime:
    """Return a previewed decision in words, after `purpose` was stopped.

    `entry` is the decision it follows; `facts` hold the recipe in force, which the preview was made under.
    What is not `is_known` may turn out otherwise: it hangs on the browser that they come with.
    """
    absences = tuple(_withheld(decision, facts, purpose))
    told = replace(
        entry,
        at=facts.now,
        recipe=decision.recipe,
        variant=decision.variant,
        reason=decision.reason,
        outcomes=decision.outcomes,
        ingredients=(),
        absences=absences,
        same_as=b"",
    )
    words = language(lang)
    teller = Teller(told, facts, words)
    slot = words.title(teller.slot.titles, entry.slot)
    if not is_known:
        shown = words.say(
            "What you will see the next time at “{slot}” depends on the browser you use: we cannot tell it beforehand.",
            slot=slot,
        )
    elif decision.variant is None:
        shown = words.say("The next time the ordinary content will be shown at “{slot}”.", slot=slot)
    else:
        variant = Fates(teller, Recorded(told, facts.recipe, words)).title(decision.variant)
        shown = words.say("The next time “{variant}” will be shown at “{slot}”.", variant=variant, slot=slot)
    unused = tuple(sentence(_why_unused(item, teller)) for item in absences)
    return NextTime(slot=entry.slot, shown=sentence(shown), unused=unused)


def _why_unused(item: Withheld, teller: Teller) -> str:
    """Return why a value will not be read; how consent stood for the entry says nothing of the next visit."""
    if item.cause is not Cause.no_consent:
        return teller.cause(item)
    purpose = teller.purpose(teller.attribute(item.attribute).purpose)
    title = teller.named(purpose.titles, purpose.name)
    return teller.lang.say(WITHDREW, purpose=title, title=teller.title(item.attribute))


def _withheld(decision: Decision, facts: Facts, purpose: str) -> Iterator[Withheld]:
    """Yield what the decision asked for and could not read, because that purpose was stopped."""
    basis = {each.name: each.basis for each in facts.recipe.purposes}.get(purpose, Basis.consent)
    cause = Cause.objected if basis is Basis.legitimate_interest else Cause.no_consent
    for place, attribute in enumerate(facts.recipe.attributes):
        if decision.mask >> place & 1 and attribute.purpose == purpose:
            yield Withheld(attribute=attribute.name, cause=cause)
