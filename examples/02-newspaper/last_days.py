"""The paper's own plugin: in the last days of a term customer service calls, so no banner is shown."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from personalize.hooks import Candidate, Context, PluginConfig, Suppressor, View, hookimpl

__version__ = "1.0"
LAST: Final = timedelta(days=3)


@hookimpl
def personalize_suppressors(config: PluginConfig) -> Iterator[Suppressor]:
    """Yield the one rule."""
    yield Suppressor(
        name="last-days",
        suppress=calls_instead,
        reads=("contract_end", "today"),
        slots=("offer",),
        variants=("renewal",),
        titles={
            "nl": "onze klantenservice belt u in de laatste dagen zelf",
            "nb": "kundeservice ringer deg selv de siste dagene",
            "en": "our customer service calls you itself in the last days",
        },
    )


def calls_instead(view: View, candidate: Candidate, context: Context) -> bool:
    """Say whether the term ends within three days."""
    end = view.get("contract_end")
    return isinstance(end, date) and context.today <= end < context.today + LAST
