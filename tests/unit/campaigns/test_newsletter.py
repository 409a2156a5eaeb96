"""Which links of a newsletter get the token, and that nothing else of it changes."""

import pytest

from personalize.campaigns.newsletter import Left, Newsletter
from personalize.errors import LinkRefused
from personalize.settings import Site

HERE = "https://site.example"
FIELD = "*|PZT|*"
LETTER = Newsletter(Site(url=HERE))


def decorated(href: str, token: str = FIELD) -> str:
    made = LETTER.decorate(f'<p><a class="x" href="{href}" id="y">read</a></p>', token)
    return made.html.removeprefix('<p><a class="x" href="').removesuffix('" id="y">read</a></p>')


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("https://site.example/a", "https://site.example/a?pzt=*|PZT|*"),
        ("https://site.example", "https://site.example?pzt=*|PZT|*"),
        ("HTTPS://SITE.EXAMPLE:443/A", "HTTPS://SITE.EXAMPLE:443/A?pzt=*|PZT|*"),
        ("https://site.example/a?", "https://site.example/a?pzt=*|PZT|*"),
        ("https://site.example/a?b=1&amp;c=2#d", "https://site.example/a?b=1&amp;c=2&amp;pzt=*|PZT|*#d"),
        ("https://site.example/a?b[c]=%AB%CD", "https://site.example/a?b[c]=%AB%CD&amp;pzt=*|PZT|*"),
        ("https://site.example/a?pzt=OLD&amp;b=1", "https://site.example/a?b=1&amp;pzt=*|PZT|*"),
        ("https://site.example/a?b=1&pzt={{ old }}#c", "https://site.example/a?b=1&amp;pzt=*|PZT|*#c"),
        (
            "https://site.example/{{ slug }}?id={{ a?b#c }}#d",
            "https://site.example/{{ slug }}?id={{ a?b#c }}&amp;pzt=*|PZT|*#d",
        ),
        (" https://site.example/a ", "https://site.example/a?pzt=*|PZT|*"),
        ("https://site.example/&eacute;?q=&#35;x", "https://site.example/&eacute;?q=&#35;x&amp;pzt=*|PZT|*"),
    ],
)
def test_a_link_to_the_site_bears_the_token_in_its_query(href: str, expected: str) -> None:
    assert decorated(href) == expected


@pytest.mark.parametrize(
    ("href", "why"),
    [
        ("mailto:redactie@site.example", Left.elsewhere),
        ("tel:+31201234567", Left.elsewhere),
        ("#top", Left.elsewhere),
        ("/relative", Left.elsewhere),
        ("http://site.example/a", Left.elsewhere),
        ("https://site.example.evil.example/", Left.elsewhere),
        ("https://site.example@evil.example/", Left.elsewhere),
        ("https://evil.example/?u=https://site.example/", Left.elsewhere),
        ("https://site.example:8443/", Left.elsewhere),
        ("https://site.example/unsubscribe?m=1", Left.unsubscribe),
        ("https://site.example/nl/nieuwsbrief/afmelden", Left.unsubscribe),
        ("https://site.example/meld-deg-av", Left.unsubscribe),
        ("https://site.example/personalize/me", Left.own_page),
        ("*|UNSUB|*", Left.merge_field),
        ("{{ unsubscribe_url }}", Left.merge_field),
        ("https://site.example{{ path }}", Left.merge_field),
        ("https://{{ host }}/a", Left.merge_field),
        ("https://site.example/a{{ query }}", Left.merge_field),
        ("https://site.example/{% if a %}b{% endif %}", Left.merge_field),
    ],
)
def test_any_other_link_stays_as_it_is(href: str, why: Left) -> None:
    made = LETTER.decorate(f'\n<a href="{href}">x</a>', FIELD)
    assert made.html == f'\n<a href="{href}">x</a>'
    assert [(each.line, each.why) for each in made.left] == [(2, why)]


def test_images_styles_forms_and_texts_are_no_links() -> None:
    html = (
        '<link href="https://site.example/x.css"><img src="https://site.example/p.png">'
        '<form action="https://site.example/s"></form> https://site.example/text'
        '<!-- <a href="https://site.example/old">x</a> --><p title=\'<a href="https://site.example/t">\'>'
    )
    assert LETTER.decorate(html, FIELD).html == html


def test_a_marked_link_stays_as_it_is() -> None:
    html = '<a data-plain href="https://site.example/share">forward this</a>'
    assert LETTER.decorate(html, FIELD).html == html


def test_buttons_in_conditional_comments_count_as_links() -> None:
    html = '<!--[if mso]>\n<v:roundrect href="https://site.example/b" arcsize="8%">\n<![endif]--><a href=https://site.example/c>'
    made = LETTER.decorate(html, FIELD)
    assert made.links == 2
    assert '<v:roundrect href="https://site.example/b?pzt=*|PZT|*" arcsize="8%">' in made.html
    assert made.html.endswith('<a href="https://site.example/c?pzt=*|PZT|*">')


def test_another_token_takes_the_place_of_the_first() -> None:
    once = LETTER.decorate('<a href="https://site.example/a?b=1#c">', FIELD).html
    token = f"{'A' * 43}.{'B-_' * 14}C"
    assert LETTER.decorate(once, token).html == f'<a href="https://site.example/a?b=1&amp;pzt={token}#c">'
    assert LETTER.decorate(once, FIELD).html == once


@pytest.mark.parametrize("token", ["", 'a"b', "a'b", "a b", "a\n", "{{ a | default('x') }}"])
def test_a_token_that_would_end_the_attribute_is_refused(token: str) -> None:
    with pytest.raises(LinkRefused):
        LETTER.decorate("<a>", token)


def test_a_broken_letter_comes_out_as_it_went_in() -> None:
    for html in ("<a href=", "<a href='https://site.example/", "<<<a>>", "<!--[if", "<a href>", "<![if !mso]><a>", ""):
        assert LETTER.decorate(html, FIELD).html == html


@pytest.mark.parametrize(
    ("href", "why"),
    [
        (f"{HERE}/shop", None),
        (f"{HERE}/shop/a?b=1", None),
        (f"{HERE}/shop?b=1", None),
        (f"{HERE}/shopping", Left.elsewhere),
        (f"{HERE}/", Left.elsewhere),
        (f"{HERE}/personalize/me", Left.elsewhere),
        (f"{HERE}/shop/personalize/me", Left.own_page),
        (f"{HERE}/{{{{ page }}}}", Left.merge_field),
    ],
)
def test_a_site_below_a_path_is_that_part_of_its_host(href: str, why: Left | None) -> None:
    made = Newsletter(Site(url=HERE, root="/shop")).decorate(f'<a href="{href}">read</a>', FIELD)
    assert [each.why for each in made.left] == ([why] if why else [])
