"""A phrase for every reason and every cause: it can follow a colon, or stand alone as a sentence."""

from collections.abc import Mapping

from personalize.explain.dates import length_words
from personalize.explain.language import Language, capital, marked
from personalize.explain.standing import Unallowed
from personalize.explain.stops import Stop
from personalize.model.attributes import Cause
from personalize.model.decisions import Reason
from personalize.model.people import Assurance

REASONS: Mapping[Reason, str] = {
    Reason.TARGETING_MATCH: marked("it is meant for you"),
    Reason.SPLIT: marked("chance decides who sees which version"),
    Reason.DEFAULT: marked("there was nothing else for this place"),
    Reason.DISABLED: marked("this place was switched off"),
    Reason.ERROR: marked("part of our system did not work at that moment"),
    Reason.SUPPRESSED: marked("we keep it away from visitors it is not meant for"),
    Reason.CAPPED: marked("you had seen it often enough"),
    Reason.HOLDOUT: marked("you are in the group that sees the ordinary page, for comparison"),
    Reason.NO_CONSENT: marked("without your permission we do not look at the data it depends on"),
    Reason.NOT_RECOGNISED: marked("we did not know who you were"),
    Reason.NOT_MATCHED: marked("it is meant for other visitors"),
    Reason.OUTRANKED: marked("something else came first"),
    Reason.NOT_SCHEDULED: marked("it was not planned for that moment"),
    Reason.NOT_PUBLISHED: marked("nothing had been published for this place"),
    Reason.UNRECORDED: marked("we could not record the choice, and what we cannot record we do not show"),
    Reason.LATE: marked("the page was already on its way to you"),
    Reason.NOT_REPLAYABLE: marked("part of our system of that time is gone, so we cannot work it out again"),
}

CAUSES: Mapping[Cause, str] = {
    Cause.objected: marked("you objected to “{purpose}”, so we do not look at “{title}”"),
    Cause.no_consent: marked("no consent to “{purpose}” was in force, and then we do not look at “{title}”"),
    Cause.assurance: marked("you were not logged in, and then we do not look at “{title}”"),
    Cause.missing: marked("we know nothing about “{title}”"),
    Cause.wrong_type: marked("what we hold about “{title}” could not be read, so we did not use it"),
    Cause.stale: marked("what we knew about “{title}” was too old to be used"),
}

UNALLOWED: Mapping[Unallowed, str] = {
    Unallowed.never: marked("you had not agreed to “{purpose}”, and then we do not look at “{title}”"),
    Unallowed.refused: marked("you had said no to “{purpose}”, and then we do not look at “{title}”"),
    Unallowed.withdrawn: marked("you had withdrawn your consent to “{purpose}”, and then we do not look at “{title}”"),
    Unallowed.expired: marked("your consent to “{purpose}” had expired, and then we do not look at “{title}”"),
    Unallowed.outdated: marked(
        "the text of “{purpose}” had changed since you agreed to it, and then we do not look at “{title}”"
    ),
    Unallowed.unconfirmed: marked(
        "you had not confirmed your consent to “{purpose}” by mail yet, and then we do not look at “{title}”"
    ),
    Unallowed.visit: marked("on that visit “{purpose}” was not allowed, and then we do not look at “{title}”"),
}
"""What came before a `no_consent`, where the ledger of then tells it."""
BY_CLICK = marked("you came through a link in a newsletter, and then we do not look at “{title}”")
BY_DEVICE = marked("we knew only this browser, and then we do not look at “{title}”")
BY_MAILBOX = marked("you came through a link we mailed to you, and then we do not look at “{title}”")
NOT_SURE = marked("to look at “{title}” we have to be surer who you are")
"""Where it was said already how sure we were."""
STOPPED: Mapping[Stop, str] = {
    Stop.use: marked("at your request we do not use “{title}”"),
    Stop.dispute: marked("you said that what we have about “{title}” is wrong, and we know nothing else about it"),
    Stop.in_browser: marked(
        "at your request we do not use what was seen of “{title}” in a browser of yours, and we know nothing else "
        "about it"
    ),
}
IN_BROWSER = marked(
    "what is seen in that browser was not to be used for “{purpose}”, and then we do not look at “{title}”"
)
TOO_OLD = marked("what we knew about “{title}” was more than {length} old, so we did not use it")

PERSONS: Mapping[Assurance, str] = {
    Assurance.none: marked("We could not be sure who you were."),
    Assurance.click: marked("You came through a link in a newsletter, and had not logged in."),
    Assurance.mailbox: marked("You came through a link that we mailed to you, and had not logged in."),
    Assurance.login: marked("You were logged in."),
}
DEVICE = marked("We knew this browser, and nobody was logged in.")


def person_words(assurance: Assurance, lang: Language, *, device: bool) -> str:
    """Return how sure we were of who it was, as a sentence."""
    return lang.say(DEVICE if device and assurance is Assurance.click else PERSONS[assurance])


def sentence(phrase: str) -> str:
    """Return a phrase as a sentence that stands alone."""
    return f"{capital(phrase)}{'' if phrase.endswith('.') else '.'}"


def reason_phrase(reason: Reason, lang: Language) -> str:
    """Return a reason in words."""
    return lang.say(REASONS[reason])


def cause_phrase(
    cause: Cause,
    lang: Language,
    *,
    title: str,
    purpose: str,
    shelf_life: int | None = None,
    assurance: Assurance = Assurance.none,
    device: bool = False,
    person_told: bool = False,
    unallowed: Unallowed | None = None,
) -> str:
    """Return why a value was not read, in words that name it. `shelf_life` is in seconds.

    `device` says that a click is a browser that is known, and no link; `person_told` that this was said
    already; `unallowed` what became of a consent.
    """
    text, length = CAUSES[cause], ""
    if cause is Cause.no_consent and unallowed is not None:
        text = UNALLOWED[unallowed]
    if cause is Cause.assurance:
        by_click = BY_DEVICE if device else BY_CLICK
        came = {Assurance.click: by_click, Assurance.mailbox: BY_MAILBOX}.get(assurance, text)
        text = NOT_SURE if person_told else came
    if cause is Cause.stale and shelf_life is not None:
        text, length = TOO_OLD, length_words(shelf_life, lang)
    return lang.say(text, title=title, purpose=purpose, length=length)
