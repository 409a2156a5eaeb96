"""The Jinja tags, wherever they stand."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from jinja2 import DictLoader, Environment, StrictUndefined, TemplateSyntaxError

from personalize.asgi.templating import MISSING, install
from personalize.asgi.visit import Visit, current
from tests.house import House
from tests.unit.asgi.test_visit import visit_of

SLOT = '{% slot "hero" %}<i>{{ name }}</i>{% endslot %}'
TEMPLATES = {
    "slots/hero.html": "<h1>{{ headline }}</h1>",
    "part.html": SLOT,
    "macros.html": '{% macro hero(name) %}{% slot "hero" %}{{ name }}{% endslot %}{% endmacro %}',
}


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def visit(house: House) -> Iterator[Visit]:
    visit = visit_of(house, subject=1)
    before = current.get()
    current.set(visit)
    yield visit
    current.set(before)


def render(house: House, source: str, is_async: bool = False, **options: Any) -> str:
    env = Environment(loader=DictLoader(TEMPLATES), enable_async=is_async, autoescape=True, **options)
    install(env, house.renderer)
    template = env.from_string(source)
    if is_async:
        return asyncio.run(template.render_async(name="<n>", items=["a", "b"], lang="nb"))
    return template.render(name="<n>", items=["a", "b"], lang="nb")


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (SLOT, "<h1>For you</h1>"),
        ('{% slot "offer" %}<i>{{ name }}</i>{% endslot %}', "<i>&lt;n&gt;</i>"),
        ("{% include 'part.html' %}", "<h1>For you</h1>"),
        ("{% import 'macros.html' as m %}{{ m.hero('x') }}", "<h1>For you</h1>"),
        ("{% for item in items %}{% slot 'offer' %}{{ item }}{{ loop.index }}{% endslot %}{% endfor %}", "a1b2"),
        ("{% block b %}{% slot 'hero' %}{% endslot %}{% endblock %}", "<h1>For you</h1>"),
        ("{% slot 'offer' %}{% slot 'hero' %}{% endslot %}{% endslot %}", "<h1>For you</h1>"),
        ("{% set s = 'hero' %}{% slot s, lang=lang, topic=name %}{% endslot %}", "<h1>For you</h1>"),
    ],
)
@pytest.mark.usefixtures("visit")
def test_a_slot_renders(house: House, source: str, shown: str, is_async: bool) -> None:
    assert render(house, source, is_async) == shown


@pytest.mark.usefixtures("visit")
def test_a_slots_template_sees_the_sites_globals_of_now_and_leaves_them_as_they_are(house: House) -> None:
    slot = "{% set mine = 1 %}{{ headline }} {{ colour }}"
    env = Environment(loader=DictLoader({"slots/hero.html": slot}), autoescape=True)
    install(env, house.renderer)
    page = env.from_string(SLOT)
    assert page.render() == "For you "
    env.globals["colour"] = "blue"
    assert page.render() == "For you blue"
    assert not {"mine", "headline", "decision"} & set(env.globals)


@pytest.mark.parametrize("is_async", [False, True])
def test_outside_a_request_the_default_renders(house: House, is_async: bool) -> None:
    assert render(house, SLOT + "{% visit_code %}", is_async) == "<i>&lt;n&gt;</i>"


@pytest.mark.usefixtures("visit")
def test_language_and_facts_reach_the_decision_and_undefined_ones_do_not(house: House) -> None:
    render(
        house, "{% slot 'hero', lang=lang, topic='climate', visits=nowhere %}{% endslot %}", undefined=StrictUndefined
    )
    assert house.pipeline.asked == [("hero", {"topic": "climate"}, "nb", True)]


@pytest.mark.usefixtures("visit")
def test_the_visit_code_prints_after_a_slot(house: House) -> None:
    code = render(house, "{% visit_code %}{% slot 'hero' %}{% endslot %}|{% visit_code %}").split("|")[1]
    assert len(code) == 9
    assert code[4] == "-"


@pytest.mark.usefixtures("visit")
def test_a_failing_slot_template_renders_the_default(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TEMPLATES, "slots/hero.html", "{{ 1/0 }}")
    assert render(house, SLOT) == "<i>&lt;n&gt;</i>"
    assert house.counters["template_failed"] == 1


@pytest.mark.parametrize(
    "source",
    [
        "{% slot %}{% endslot %}",
        "{% slot 'a' b %}{% endslot %}",
        "{% slot 'a', caller=1 %}{% endslot %}",
        "{% slot 'a' %}",
    ],
)
def test_a_tag_that_is_written_wrongly_is_named_with_its_line(house: House, source: str) -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        render(house, "\n" + source)
    assert caught.value.lineno == 2


@pytest.mark.parametrize("is_async", [False, True])
def test_slots_named_in_one_tag_are_decided_together(house: House, visit: Visit, is_async: bool) -> None:
    house.pipeline.shows["offer"] = "Offer"
    source = '{% slots "hero", "offer", lang=lang, topic=name %}' + '{% slot "offer", lang=lang %}{% endslot %}'
    assert render(house, source, is_async) == '<div class="slot slot-offer"><p class="headline">Offer</p></div>'
    topic = {"topic": "<n>"}  # each slot reads what it declares
    assert house.pipeline.asked == [("hero", topic, "nb", True), ("offer", topic, "nb", True)]


def test_the_tag_of_slots_shows_nothing_outside_a_request(house: House) -> None:
    assert render(house, '{% slots "hero", "offer" %}x') == "x"


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "https://site.example"])
def test_a_slot_without_the_middleware_is_said_once_in_development(url: str, caplog: pytest.LogCaptureFixture) -> None:
    house = House(url=url)
    for _ in range(2):
        assert render(house, SLOT) == "<i>&lt;n&gt;</i>"
    assert caplog.text.count(MISSING) == url.startswith("http:")
