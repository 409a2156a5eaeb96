"""The way out in a site's template, and the filter that decorates a letter."""

import pytest
from jinja2 import Environment

from personalize.asgi.templating import install
from tests.house import DOCUMENT, KNOWN, House, answer, page, request

LINK = '<a class="not-you" rel="nofollow" href="/personalize/not-you?lang={}">{}</a>'


async def rendered(house: House, text: str, headers: list[tuple[bytes, bytes]], root: str = "") -> str:
    env = Environment(autoescape=True)
    install(env, house.renderer)
    template, made = env.from_string(text), []
    app = house.wrap(page(b"", before=lambda visit: made.append(template.render(language="nl"))))
    sent = await answer(app, request(f"{root}/", headers=[*DOCUMENT, *headers], root_path=root))
    assert not made[0] or sent.header(b"cache-control") == b"private, no-store"
    return made[0]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{% not_you %}", LINK.format("nl", "Niet u?")),
        ('{% not_you lang="en" %}', LINK.format("en", "Not you?")),
        ("{% not_you lang=language %}", LINK.format("nl", "Niet u?")),
        ("{% not_you lang=nothing %}", LINK.format("nl", "Niet u?")),
    ],
)
async def test_who_came_by_a_link_is_shown_the_way_out(text: str, shown: str) -> None:
    assert await rendered(House(), text, KNOWN) == shown


async def test_the_way_out_is_where_the_site_is_mounted() -> None:
    shown = LINK.replace("/personalize", "/shop/personalize").format("nl", "Niet u?")
    assert await rendered(House(), "{% not_you %}", KNOWN, root="/shop") == shown


async def test_nobody_else_is() -> None:
    assert await rendered(House(), "{% not_you %}", []) == ""
    assert await rendered(House(login=lambda scope: "customer_number:1"), "{% not_you %}", KNOWN) == ""
    assert await rendered(House(path=""), "{% not_you %}", KNOWN) == ""


def test_a_letter_is_decorated_by_the_filter() -> None:
    env = Environment(autoescape=True)
    install(env, House().renderer)
    text = '{% filter with_links("TOKEN") %}<a href="https://site.example/a">{{ "<" }}</a>{% endfilter %}'
    assert env.from_string(text).render() == '<a href="https://site.example/a?pzt=TOKEN">&lt;</a>'
