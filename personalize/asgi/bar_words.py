"""What the bar says: what each slot shows, who is there, and why."""

from collections.abc import Mapping

from markupsafe import Markup

from personalize.asgi.asking import has_subject
from personalize.asgi.visit import Visit
from personalize.explain.developer import CAUSES, fate_words, reason_words
from personalize.explain.language import language
from personalize.model.attributes import Cause
from personalize.model.content import Recipe
from personalize.model.decisions import Decision

LANG = "en"
"""Developers' names are English, and so is the bar."""
REFUSED = "the content files have mistakes and are not in force"


def words(visit: Visit, refused: str = "") -> Markup:
    """Return what the bar says of a visit: a summary, and the slots below it.

    Where the content files are `refused` it says so first, with the mistakes below.
    """
    decisions = visit.decisions
    return Markup("<summary><strong>personalize</strong>{}<span>{}</span>{}</summary>{}<ul>{}</ul>").format(
        Markup("<mark>{}</mark>").format(REFUSED) if refused else "",
        _headline(decisions),
        _person(visit),
        Markup("<pre>{}</pre>").format(refused) if refused else "",
        Markup().join(_line(visit, decision) for decision in decisions),
    )


def _headline(decisions: tuple[Decision, ...]) -> str:
    shown = sum(decision.variant is not None for decision in decisions)
    slots = "1 slot" if len(decisions) == 1 else f"{len(decisions)} slots"
    return f"{slots}, {shown} with a variant"


def _person(visit: Visit) -> Markup:
    if visit.code:
        known = visit.visitor.assurance.name
        return Markup("<span>known by {}, visit code <code>{}</code></span>").format(known, visit.code)
    who = "recognised, nothing recorded" if has_subject(visit) else "stranger: nothing recorded, no visit code"
    if problem := visit.login_problem:
        who = f"logged in, but a stranger: {problem}"
    return Markup("<span>{}</span>").format(who)


def _line(visit: Visit, decision: Decision) -> Markup:
    shown = f"variant {decision.variant}" if decision.variant else "default"
    if decision.slot in visit.unshown:
        shown = f"default: the template of variant {decision.variant} failed, see the log"
    recipe = visit.recipe_of(decision)
    absent, lang = visit.absent(decision), language(LANG)
    notes = [
        fate_words(outcome, decision.slot, decision.variant, recipe, absent, lang) for outcome in decision.outcomes
    ]
    notes.append(_read(decision, recipe, absent))
    return Markup("<li><b>{}</b> <em>{}</em> <span>{}</span><ul>{}</ul></li>").format(
        decision.slot, shown, _why(decision), Markup().join(Markup("<li>{}</li>").format(note) for note in notes)
    )


def _read(decision: Decision, recipe: Recipe | None, absent: Mapping[str, Cause]) -> str:
    """Name the ingredients, never a value, and what was asked for and not there, with the cause."""
    attributes = recipe.attributes if recipe else ()
    names = [attribute.name for place, attribute in enumerate(attributes) if decision.mask >> place & 1]
    read = [name for name in names if name not in absent]
    many = "1 ingredient" if len(read) == 1 else f"{len(read)} ingredients"
    found = f"{many}: {', '.join(read)}" if read else "no ingredients"
    lacking = [f"{name} ({CAUSES[absent[name]]})" for name in names if name in absent]
    return f"{found}; absent: {', '.join(lacking)}" if lacking else found


def _why(decision: Decision) -> str:
    words = reason_words(decision.reason, language(LANG))
    return f"{words}: {decision.problem}" if decision.problem else words
