"""What the pages of a login say, in each language."""

from personalize.explain.language import Language

TEXTS = {
    "log_in": {"nl": "Inloggen", "nb": "Logg inn", "en": "Log in"},
    "log_in_at": {"nl": "Inloggen bij {title}", "nb": "Logg inn hos {title}", "en": "Log in at {title}"},
    "choose": {
        "nl": "Kies hoeveel u deelt",
        "nb": "Velg hvor mye du deler",
        "en": "Choose how much you share",
    },
    "told": {
        "nl": "Wat u bij {title} besluit te delen, gebruiken wij hiervoor:",
        "nb": "Det du velger å dele hos {title}, bruker vi til dette:",
        "en": "What you choose to share at {title}, we use for this:",
    },
    "nothing": {
        "nl": "Niets: alleen inloggen",
        "nb": "Ingenting: bare logg inn",
        "en": "Nothing: only log in",
    },
    "term": {
        "nl": "Hooguit {days} dagen. U kunt het altijd intrekken.",
        "nb": "I høyst {days} dager. Du kan når som helst trekke det tilbake.",
        "en": "For {days} days at most. You can withdraw it at any time.",
    },
    "changed": {
        "nl": "De tekst is intussen veranderd, of het formulier was niet volledig. Lees de tekst nog eens.",
        "nb": "Teksten er endret i mellomtiden, eller skjemaet var ikke fullstendig. Les den en gang til.",
        "en": "The text has changed meanwhile, or the form was incomplete. Please read it again.",
    },
    "foreign": {
        "nl": "Dit verzoek kwam niet van een pagina van deze site.",
        "nb": "Denne forespørselen kom ikke fra en side på dette nettstedet.",
        "en": "This request did not come from a page of this site.",
    },
    "away": {
        "nl": "Inloggen lukt op dit moment niet. Probeer het later nog eens.",
        "nb": "Innlogging er ikke mulig akkurat nå. Prøv igjen senere.",
        "en": "Nobody can be logged in at this moment. Please try again later.",
    },
    "onwards": {"nl": "Verder naar {title}", "nb": "Videre til {title}", "en": "On to {title}"},
    "refused": {"nl": "U bent niet ingelogd", "nb": "Du er ikke logget inn", "en": "You are not logged in"},
    "again": {"nl": "Opnieuw beginnen", "nb": "Begynn på nytt", "en": "Start again"},
    "out": {"nl": "U bent uitgelogd", "nb": "Du er logget ut", "en": "You are logged out"},
    "in": {"nl": "U bent ingelogd", "nb": "Du er logget inn", "en": "You are logged in"},
    "log_out": {"nl": "Uitloggen", "nb": "Logg ut", "en": "Log out"},
    "to_site": {"nl": "Naar {site}", "nb": "Til {site}", "en": "To {site}"},
}


def speak(lang: Language, name: str, **parts: object) -> str:
    """Return one of the texts, its parts filled in."""
    return TEXTS[name][lang.name].format(**parts)
