"""Pages for a context: made without credentials, the same as each of its visitors' own, or not shared."""

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse

from personalize import PersonalizeMiddleware
from personalize.errors import ManyErrors
from personalize.model.people import Assurance, Visitor
from personalize.testing.browser import OPENING, Browser, Page
from personalize.testing.site import TrialSite

CONFIG = """
[site]
url = "https://site.example"
languages = ["en"]
[notices.agree]
version = 1
texts.en = "May we?"
[purposes.letters]
basis = "consent"
notice = "agree"
recognise = true
titles.en = "Letters"
[purposes.health]
basis = "legitimate_interest"
sensitive = true
titles.en = "Health"
[sources.crm]
country = "NL"
key = "customer_number"
identifiers = { customer_number = "number" }
columns = { topics = { column = "topics", separator = "|" }, first_name = "first_name", diet = "diet", town = "town" }
[attributes.topics]
type = "set of text"
source = "crm"
purpose = "letters"
assurance = "click"
titles.en = "topics"
[attributes.town]
type = "text"
source = "crm"
purpose = "letters"
assurance = "click"
titles.en = "town"
[attributes.first_name]
type = "text"
source = "crm"
purpose = "letters"
titles.en = "first name"
[attributes.diet]
type = "text"
source = "crm"
purpose = "health"
assurance = "click"
titles.en = "diet"
[segments.climate]
when = "'climate' in topics"
[segments.coast]
when = "town == 'Coast' or town == 'Quay'"
[segments.named]
when = "known(first_name)"
[segments.eaters]
when = "known(diet)"
[slots.page]
fields = { text = "text" }
[slots.greeting]
fields = { text = "text" }
[slots.town]
fields = { text = "text" }
"""
CONTEXTS = '[contexts]\nsegments = ["climate", "coast"]\n'
CONTENT = """
[[variant]]
slot = "page"
name = "climate"
when = "segment('climate')"
order = 1
fields.text = "For readers of the climate letter"
[[variant]]
slot = "page"
name = "elsewhere"
when = "not segment('climate') and not segment('coast')"
order = 2
fields.text = "For people inland"
[[variant]]
slot = "greeting"
name = "by-name"
fields.text = "Hello {first_name}"
[[variant]]
slot = "town"
name = "town"
when = "town == 'Coast'"
fields.text = "The news from {town}"
"""
PUBLIC = "public, s-maxage=60"
ANNA, BRAM = "customer_number:1", "customer_number:2"


def site(folder: Path, more: str = CONTEXTS, content: str = CONTENT) -> TrialSite:
    config = folder / "personalize.toml"
    config.write_text(CONFIG + more, "utf-8")
    return TrialSite(config, content=content)


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[TrialSite]:
    with site(tmp_path) as trial:
        _serve(trial)
        for who, topics in ((ANNA, {"climate", "sport"}), (BRAM, {"sport"})):
            trial.knows(who, topics=frozenset(topics), town="Hill", first_name=f"Name{who[-1]}", diet="nuts")
            trial.gives(who, "letters")
        yield trial


def _serve(trial: TrialSite) -> None:
    """Serve a page that shows the slots of its address; `who` asks who it is."""

    async def page(scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        visit, slots = request.state.personalize, request.url.path.strip("/").split("-")
        text = "|".join(str(visit.visitor.subject) if slot == "who" else visit.render(slot) for slot in slots if slot)
        cookie = request.headers.get("cookie", "")
        headers = {"cache-control": PUBLIC, "etag": '"1"', "cdn-cache-control": "max-age=9"}
        await HTMLResponse(f"{text}{visit.code if text else text}{cookie}", headers=headers)(scope, receive, send)

    trial.app = PersonalizeMiddleware(page, trial.personalizer)


def by_letter(trial: TrialSite, who: str) -> Browser:
    browser = trial.browser()
    browser.open(trial.link(who).removeprefix(trial.url))
    assert browser.cookies
    return browser


def context_of(browser: Browser) -> str:
    answer = browser.request("GET", "/personalize/api/context", OPENING)
    assert (answer.status, answer.headers["cache-control"]) == (204, "private, no-store")
    return answer.headers["personalize-context"]


def under(trial: TrialSite, name: str, path: str, method: str = "GET", **more: str) -> Page:
    return trial.browser().request(method, path, {**OPENING, **more, "personalize-context": name})


def test_visitors_of_one_context_have_one_name_and_strangers_none(trial: TrialSite) -> None:
    trial.knows("customer_number:3", topics=frozenset({"climate"}), town="Inland")
    trial.gives("customer_number:3", "letters")
    anna, bram, third = (context_of(by_letter(trial, who)) for who in (ANNA, BRAM, "customer_number:3"))
    assert re.fullmatch("[0-9a-f]{16}", anna)
    assert anna == third != bram
    assert context_of(trial.browser()) == ""


def test_somebody_logged_in_gets_pages_of_their_own(trial: TrialSite) -> None:
    assert context_of(trial.browser(ANNA)) == "own"
    assert context_of(trial.browser("customer_number:99")) == "own"


def test_without_contexts_everybody_known_gets_pages_of_their_own(tmp_path: Path) -> None:
    with site(tmp_path, more="") as trial:
        trial.knows(ANNA, topics=frozenset({"climate"}))
        trial.gives(ANNA, "letters")
        assert context_of(by_letter(trial, ANNA)) == "own"
        assert context_of(trial.browser()) == ""


def test_the_question_is_recorded_as_a_decision_about_segments(trial: TrialSite) -> None:
    anna = by_letter(trial, ANNA)
    names = {context_of(anna) for _ in range(3)}
    assert len(names) == 1
    assert [entry.slot for entry in trial.entries(ANNA)] == ["segments"] * 3
    assert not trial.replay().differences


def test_a_page_for_a_context_is_that_of_each_of_its_visitors(trial: TrialSite) -> None:
    anna = by_letter(trial, ANNA)
    shared, own = under(trial, context_of(anna), "/page-greeting"), anna.request("GET", "/page-greeting", OPENING)
    assert "climate letter" in shared.text
    assert own.text.startswith(shared.text)
    assert trial.entries(ANNA)[0].slot == "greeting"


def test_only_the_cache_that_asked_may_keep_it(trial: TrialSite) -> None:
    headers = under(trial, context_of(by_letter(trial, ANNA)), "/page").headers
    assert (headers["x-accel-expires"], headers["cache-control"]) == ("60", "private, no-store")
    assert headers["vary"] == "Personalize-Context"
    assert not {"etag", "cdn-cache-control", "set-cookie"} & headers.keys()


@pytest.mark.parametrize(
    ("path", "method"), [("/town", "GET"), ("/page-town", "GET"), ("/who", "GET"), ("/page", "HEAD")]
)
def test_what_needs_more_than_the_context_is_asked_for_again(trial: TrialSite, path: str, method: str) -> None:
    answer = under(trial, context_of(by_letter(trial, ANNA)), path, method)
    assert answer.headers["x-accel-redirect"] == "@personalize-own"
    assert answer.headers["cache-control"] == "private, no-store"
    assert "x-accel-expires" not in answer.headers


@pytest.mark.parametrize("name", ["0123456789abcdef", "own", "\xff", "x" * 9000])
def test_a_context_that_is_none_is_asked_for_again(trial: TrialSite, name: str) -> None:
    answer = under(trial, name, "/page")
    assert (answer.status, answer.headers["x-accel-redirect"]) == (200, "@personalize-own")


def test_a_request_with_cookies_is_never_one_for_a_context(trial: TrialSite) -> None:
    anna, bram = by_letter(trial, ANNA), by_letter(trial, BRAM)
    own = bram.request("GET", "/page", {**OPENING, "personalize-context": context_of(anna)})
    assert "climate letter" not in own.text
    assert own.headers["cache-control"] == "private, no-store"
    assert "x-accel-expires" not in own.headers


def test_a_strangers_page_says_that_it_differs_by_context(trial: TrialSite) -> None:
    answer = trial.browser().request("GET", "/page", OPENING)
    assert answer.headers["cache-control"] == PUBLIC
    untouched = trial.browser().request("GET", "/", OPENING)
    assert "vary" not in untouched.headers
    assert under(trial, context_of(by_letter(trial, ANNA)), "/").headers == untouched.headers


def test_a_withdrawal_and_an_edit_end_a_context(trial: TrialSite, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = by_letter(trial, ANNA)
    name = context_of(anna)
    trial.withdraws(ANNA, "letters")
    assert context_of(anna) == ""
    monkeypatch.setattr("personalize.content.watch.QUIET_SECONDS", 0)
    content = trial.personalizer.settings.content / "trial.toml"
    content.write_text(CONTENT.replace("readers of", "friends of"), "utf-8")
    trial.house.publisher.watch._next_look = 0.0
    trial.house.refresh()
    trial.gives(ANNA, "letters")
    assert name != context_of(by_letter(trial, ANNA))
    assert "x-accel-redirect" in under(trial, name, "/page").headers


@pytest.mark.parametrize(
    ("segments", "cause"),
    [
        (["named"], "`named` reads `first_name`, which needs the assurance login"),
        (["eaters"], "`eaters` reads `diet`, which serves the sensitive purpose `health`"),
        (["clymate"], "Did you mean `climate`?"),
        (["climate", "coast", "named", "eaters"], "4 segments make 81 contexts, and 27 are the most"),
    ],
)
def test_a_context_that_tells_too_much_is_refused(tmp_path: Path, segments: Sequence[str], cause: str) -> None:
    with (
        pytest.raises(ManyErrors, match=re.escape(cause)) as refused,
        site(tmp_path, f"[contexts]\nsegments = {segments}\n"),
    ):
        pass
    assert "personalize.toml:" in str(refused.value)
    assert "contexts.segments" in str(refused.value)


def test_contexts_and_markers_do_not_go_together(tmp_path: Path) -> None:
    config = tmp_path / "personalize.toml"
    config.write_text(CONFIG.replace("[notices.agree]", "markers = true\n[notices.agree]") + CONTEXTS, "utf-8")
    with pytest.raises(ManyErrors, match="a page with markers"):
        TrialSite(config, content=CONTENT)


ATOMS = ("segment('climate')", "segment('coast')", "known(town)", "'sport' in topics", "known(first_name)")
LIVES = [pytest.param(40, id="sample"), pytest.param(2_000, marks=pytest.mark.soak, id="all")]


def condition(chance: random.Random, depth: int = 3) -> str:
    if depth == 0 or chance.random() < 0.3:
        return chance.choice(ATOMS)
    left, right = condition(chance, depth - 1), condition(chance, depth - 1)
    return chance.choice((f"not ({left})", f"({left}) and ({right})", f"({left}) or ({right})"))


@pytest.mark.parametrize("conditions", LIVES)
def test_whatever_is_shared_is_what_each_visitor_would_get(tmp_path: Path, conditions: int) -> None:
    """With topics, town, both or neither known: a shared decision is the visitor's own, for any condition."""
    chance = random.Random(conditions)
    texts = [condition(chance) for _ in range(conditions)]
    slots = "".join(f'[slots.s{place}]\nfields = {{ text = "text" }}\n' for place in range(conditions))
    content = "".join(
        f'[[variant]]\nslot = "s{place}"\nname = "v"\nwhen = "{text}"\nfields.text = "x"\n'
        for place, text in enumerate(texts)
    )
    profiles: list[dict[str, Any]] = [{}, {"topics": frozenset({"climate"})}, {"topics": frozenset({"sport"})}]
    profiles = [{**one, **two} for one in profiles for two in ({}, {"town": "Quay"}, {"town": "Hill"})]
    shared = 0
    with site(tmp_path, slots + CONTEXTS, content) as trial:
        house, contexts = trial.house, trial.house.contexts
        world = contexts.world()
        for number, profile in enumerate(profiles):
            who = f"customer_number:{number}"
            trial.knows(who, **profile)
            trial.gives(who, "letters")
            visitor = Visitor(subject=house.subject_of(who), assurance=Assurance.click)
            prepared = contexts.prepare(world, contexts.name_of(house.pipeline.preview(visitor, "segments")))
            assert prepared is not None
            for place, text in enumerate(texts):
                decision = world.trip.decide(prepared, f"s{place}")
                if world.suits([decision]):
                    shared += 1
                    assert decision.variant == house.pipeline.preview(visitor, f"s{place}").variant, (text, profile)
    assert shared > conditions
