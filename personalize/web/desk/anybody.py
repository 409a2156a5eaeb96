"""`/then`, `/variants` and `/variant/{slot}/{variant}`: what everyone saw, and why nobody sees something."""

from datetime import timedelta

from msgspec import Struct, structs
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from personalize.explain.counted import Counted, count_reasons
from personalize.explain.dates import local
from personalize.explain.language import Language, capital, marked
from personalize.model.content import Recipe, Variant
from personalize.model.moments import HOUR
from personalize.model.spoken import spoken, write_day
from personalize.web.desk.counts import (
    FEW,
    MANY,
    MUCH_PATIENCE,
    PATIENCE,
    Newest,
    at_of,
    seen_then,
    titles_of,
)
from personalize.web.desk.desk import Desk, as_json, wants_json
from personalize.web.desk.renamed import knows, now_called, recipe_knowing
from personalize.web.desk.told import ANYBODY, place_title
from personalize.web.shell.access import language_of, require

DAYS = {"1": marked("the last 24 hours"), "7": marked("the last 7 days"), "30": marked("the last 30 days")}
LONGEST_WORDS = 80


class Choice(Struct, frozen=True, kw_only=True):
    """A slot with its variants, to choose from."""

    name: str
    title: str
    variants: tuple[tuple[str, str], ...]


class Anybody:
    """The pages without anybody in them: editors may see them as well."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return the routes of the pages."""
        return [
            Route("/then", self.then, methods=["GET"], name="then"),
            Route("/variants", self.variants, methods=["GET"], name="variants"),
            Route("/variant/{slot}/{variant}", self.variant, methods=["GET"], name="variant"),
        ]

    def then(self, request: Request) -> Response:
        """Show what everybody whom the site did not know saw at a time."""
        require(request, *ANYBODY)
        house, lang, zone = self._desk.house(), language_of(request), self._desk.zone
        query = request.query_params
        now = local(house.clock.now(), zone)
        day, clock = query.get("day", ""), query.get("time", "")
        slot, words = query.get("slot", ""), query.get("words", "")[:LONGEST_WORDS]
        at = at_of(day, clock, zone) if day else None
        seen = [] if at is None else seen_then(house, at, slot, words, lang)
        if wants_json(request):
            return as_json({"day": day, "time": clock, "seen": seen})
        choices = self._choices(lang)
        return self._desk.show(
            request,
            "then.html",
            400 if day and at is None else 200,
            day=day or now.date().isoformat(),
            time=clock or f"{now:%H:%M}",
            latest=now.date().isoformat(),
            slot=slot,
            words=words,
            slots=choices,
            titles={choice.name: choice.title for choice in choices},
            asked=at is not None,
            wrong=bool(day) and at is None,
            hours=_hours(at, self._desk, lang) if at is not None else "",
            seen=seen,
        )

    def variants(self, request: Request) -> Response:
        """Show everything that is published, to ask about."""
        require(request, *ANYBODY)
        choices, refused = self._choices(language_of(request)), self._desk.house().publisher.refused
        return self._desk.show(request, "variants.html", slots=choices, refused=refused)

    def variant(self, request: Request) -> Response:
        """Count why a variant was not shown, most frequent reason first."""
        require(request, *ANYBODY)
        slot, variant = request.path_params["slot"], request.path_params["variant"]
        days = request.query_params.get("days", "")
        days = days if days in DAYS else "1"
        found, stopped = self._counted(request, slot, variant, int(days))
        if wants_json(request):
            told = {"slot": slot, "variant": variant, "days": int(days), "all": not stopped}
            return as_json({**told, **structs.asdict(found)})
        house, lang, recipe = self._desk.house(), language_of(request), self._recipe()
        then = recipe_knowing(house, slot, variant)
        known, successor = knows(recipe, slot, variant), now_called(recipe, then, slot, variant)
        return self._desk.show(
            request,
            "variant.html",
            200 if knows(then, slot, variant) or found.looked else 404,
            title=titles_of(then, slot, variant, lang)[0] or variant,
            place=place_title(then, slot, lang),
            known=known,
            renamed=successor and self._choice(successor, lang),
            slot=slot,
            days=days,
            periods=DAYS,
            found=found,
            stopped=stopped,
            refused=house.publisher.refused,
        )

    def _counted(self, request: Request, slot: str, variant: str, days: int) -> tuple[Counted, bool]:
        """Return what became of a variant lately, and whether there was more than there is patience for."""
        house, lang = self._desk.house(), language_of(request)
        now = house.clock.now()
        patience, most = (MUCH_PATIENCE, MANY) if request.query_params.get("all") else (PATIENCE, FEW)
        entries = Newest(house, slot, now - days * 24 * HOUR, now + 1, patience)
        opened, served = house.cookbook.by_ids, house.cookbook.marks().is_marked
        found = count_reasons(entries, variant, house.outline, opened, served, now, lang.name, most)
        return found, entries.stopped

    def _choices(self, lang: Language) -> list[Choice]:
        recipe = self._recipe()
        return [
            Choice(
                name=slot.name,
                title=place_title(recipe, slot.name, lang),
                variants=tuple(self._choice(v, lang) for v in recipe.variants if v.slot == slot.name),
            )
            for slot in recipe.slots
        ]

    def _choice(self, variant: Variant, lang: Language) -> tuple[str, str]:
        """Return name and title of a variant in force."""
        return variant.name, titles_of(self._recipe(), variant.slot, variant.name, lang)[0]

    def _recipe(self) -> Recipe:
        return self._desk.house().pipeline.serving.recipe.recipe


def _hours(at: int, desk: Desk, lang: Language) -> str:
    """Return the hour that is told: “Thursday 22 November 2029 from 14:00 to 15:00”."""
    start = local(at // HOUR * HOUR, desk.zone)
    end, clock = start + timedelta(hours=1), spoken(lang.name).clock
    day = write_day(start.date(), lang.name, weekday=True)
    first, last = (clock.format(hour=each.hour, minute=each.minute) for each in (start, end))
    return capital(lang.say("{day} from {start} to {end}", day=day, start=first, end=last))
