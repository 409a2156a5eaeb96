"""On what basis data is used, who gets it, and for how long it is kept, in words."""

from collections.abc import Mapping

from personalize.explain.dates import length_words
from personalize.explain.language import Language, marked
from personalize.model.attributes import Attribute
from personalize.model.consent import Basis, Purpose
from personalize.rights.catalogue import Term, entries_kept_for, kept_for, terms
from personalize.settings import Settings

SENTENCES: Mapping[str, str] = {
    "consents": marked("What you agreed or objected to: as proof, until you have it erased."),
    "identifiers": marked(
        "How you are recognised, such as by a mail address or a number, in a form that nobody can read: "
        "until you have it erased."
    ),
    "browsers": marked("Which browsers are yours: until you have it erased."),
    "strange_browsers": marked(
        "What was read in a browser at which nobody logged in: for {length} after its last visit."
    ),
    "sign_ups": marked("A sign-up that nobody confirmed from the mailbox: for {length}."),
    "links": marked("Your links in newsletters: for {length} after they were made."),
    "unsubscribes": marked("The link by which you unsubscribe from our mails: until you have it erased."),
    "rejects": marked("What could not be used of a customer file, as it stood there: for {length}."),
    "corrections": marked("What you said is wrong: for {length} after it was settled."),
    "looks": marked(
        "Which of our staff looked you up: until you have it erased. That somebody looked stays on record, not at whom."
    ),
}


def basis_words(purpose: Purpose, lang: Language) -> str:
    """Return what allows a purpose, and until when."""
    if purpose.basis is Basis.legitimate_interest:
        return lang.say("Our legitimate interest: allowed until you object, which always works.")
    length = length_words(purpose.valid, lang)
    if purpose.double_opt_in:
        return lang.say("Your consent, confirmed from your mailbox. It ends after {length} by itself.", length=length)
    return lang.say("Your consent. It ends after {length} by itself.", length=length)


def recipients_words(settings: Settings, purpose: Purpose, lang: Language) -> str:
    """Return who gets the data of a purpose."""
    site = settings.site
    return ", ".join(purpose.recipients) or lang.say("Nobody besides {site}.", site=site.name or site.host)


def entries_words(settings: Settings, purpose: Purpose, lang: Language) -> str:
    """Return for how long decisions are kept that used data of a purpose."""
    return lang.say("kept for {length}", length=length_words(entries_kept_for(settings, purpose.name), lang))


def kept_words(settings: Settings, attribute: Attribute, lang: Language) -> str:
    """Return for how long the values of an attribute are kept."""
    kept = kept_for(settings, attribute)
    if kept is None:
        return lang.say("kept until a newer one replaces it, or you have it erased")
    return lang.say("deleted after {length}", length=length_words(kept, lang))


def terms_words(settings: Settings, lang: Language) -> list[str]:
    """Return for how long everything is kept that belongs to no purpose."""
    return [_words(term, lang) for term in terms(settings)]


def _words(term: Term, lang: Language) -> str:
    length = length_words(term.seconds, lang) if term.seconds is not None else ""
    return lang.say(SENTENCES[term.what], length=length)
