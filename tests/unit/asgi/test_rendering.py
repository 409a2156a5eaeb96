"""From a decision to content: templates, plain markup, and what becomes of faults."""

from pathlib import Path
from typing import Any

import pytest
from jinja2 import DictLoader, Environment, select_autoescape

from personalize.asgi.rendering import plain
from personalize.asgi.templating import install
from personalize.model.content import Field
from personalize.model.decisions import Decision, Reason
from tests.house import House


def decision(slot: str = "hero", **fields: str) -> Decision:
    return Decision.of(slot=slot, variant="v", reason=Reason.TARGETING_MATCH, fields=fields)


def installed(house: House, templates: dict[str, str], **options: Any) -> Environment:
    env = Environment(loader=DictLoader(templates), **options)  # the test's own
    install(env, house.renderer)
    return env


def test_an_environment_without_a_loader_has_no_templates_for_slots() -> None:
    house = House()
    install(Environment(autoescape=True), house.renderer)
    assert house.renderer(decision(headline="Hi")) == House().renderer(decision(headline="Hi"))
    assert house.counters == {}


def test_without_templates_the_fields_are_plain_escaped_markup() -> None:
    html = House().renderer(decision(headline="<b>Hi</b>", link='/a?b=1&c="'))
    assert html == (
        '<div class="slot slot-hero"><p class="headline">&lt;b&gt;Hi&lt;/b&gt;</p>'
        '<p class="link"><a href="/a?b=1&amp;c=&#34;">/a?b=1&amp;c=&#34;</a></p></div>'
    )


@pytest.fixture
def lying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a template for the slot lie in the site's folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "templates" / "slots" / "hero.html"
    path.parent.mkdir(parents=True)
    path.write_text("<h2>{{ headline }}</h2>")


@pytest.mark.parametrize("templates", [{}, {"slots/hero.html": "<h1>{{ headline }}</h1>"}])
@pytest.mark.usefixtures("lying")
def test_a_template_that_the_environment_does_not_find_is_named_once(
    caplog: pytest.LogCaptureFixture, templates: dict[str, str]
) -> None:
    for url in ("http://127.0.0.1:8000", "https://site.example"):
        house = House(url=url)
        installed(house, templates)
        for _ in range(2):
            house.renderer(decision(headline="Hi"))
    assert [record.message.partition(" is not used")[0] for record in caplog.records] == (
        [] if templates else ["slot 'hero': templates/slots/hero.html"]
    )


@pytest.mark.usefixtures("lying")
def test_a_site_without_an_environment_is_told_to_give_one(caplog: pytest.LogCaptureFixture) -> None:
    House(url="http://127.0.0.1:8000").renderer(decision(headline="Hi"))
    (record,) = caplog.records
    assert "personalizer.install() was given no environment: give it one" in record.message


def test_a_plain_image_takes_its_alternative_from_the_text_beside_it() -> None:
    fields = (Field(name="photo", kind="image"), Field(name="photo_alt"), Field(name="headline"))
    shown = plain(decision(photo="/a.jpg", photo_alt='A "goose"', headline="Hi"), fields)
    image = '<img class="photo" src="/a.jpg" alt="A &#34;goose&#34;">'
    assert shown == f'<div class="slot slot-hero">{image}<p class="headline">Hi</p></div>'


def test_names_are_escaped_like_texts() -> None:
    html = House().renderer(decision('"><b>', **{'"><i>': "Hi"}))
    assert html == '<div class="slot slot-&#34;&gt;&lt;b&gt;"><p class="&#34;&gt;&lt;i&gt;">Hi</p></div>'


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", " javascript:x", "java\tscript:x", "JAVASCRIPT:x", "data:text/html,x", "vbscript:x"]
)
def test_a_link_that_would_run_is_left_out(url: str) -> None:
    assert House().renderer(decision(link=url)) == '<div class="slot slot-hero"></div>'


def test_the_slots_own_template_gets_the_fields_and_the_decision() -> None:
    house = House()
    installed(house, {"slots/hero.html": "<h1>{{ headline }}</h1>{{ decision.variant }}"}, autoescape=True)
    assert house.renderer(decision(headline="a<b")) == "<h1>a&lt;b</h1>v"


@pytest.mark.parametrize("escape", [False, True, lambda name: False, select_autoescape(enabled_extensions=("htm",))])
def test_a_variant_is_escaped_whatever_the_site_does(escape: Any) -> None:
    house = House()
    installed(house, {"slots/hero.html": "{{ headline }}{{ headline|e }}"}, autoescape=escape)
    assert house.renderer(decision(headline="<")) == "&lt;&lt;"


def test_an_async_environment_renders_slots_too() -> None:
    house = House()
    installed(house, {"slots/hero.html": "{{ headline }}"}, enable_async=True)
    assert house.renderer(decision(headline="x")) == "x"


@pytest.mark.parametrize("template", ["{{ 1/0 }}", "{% if %}", "{% include 'gone.html' %}"])
def test_a_template_that_fails_leaves_the_default_and_is_counted(template: str) -> None:
    house = House()
    installed(house, {"slots/hero.html": template})
    assert house.renderer(decision(headline="x")) is None
    assert house.counters["template_failed"] == 1


def test_a_slot_without_a_template_of_its_own_is_plain() -> None:
    house = House()
    installed(house, {})
    assert "For" in str(house.renderer(decision(headline="For")))
