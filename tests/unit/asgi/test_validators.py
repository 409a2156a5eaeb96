"""ETags of pages whose slots were filled for strangers."""

import pytest

from personalize.asgi.validators import LONGEST, PublicPages, extend, suffix_of
from personalize.model.decisions import Decision, Reason


def decision(variant: str | None, recipe: str = "ab" * 32) -> Decision:
    return Decision.of(slot="hero", variant=variant, reason=Reason.DEFAULT, recipe=recipe)


def test_defaults_extend_nothing() -> None:
    assert suffix_of([]) == suffix_of([decision(None)]) == b""


def test_each_recipe_and_each_choice_has_its_own_suffix() -> None:
    suffixes = {
        suffix_of([decision("a")]),
        suffix_of([decision("b")]),
        suffix_of([decision("a"), decision(None)]),
        suffix_of([decision("a", recipe="cd" * 32)]),
    }
    assert len(suffixes) == 4


@pytest.mark.parametrize(
    ("etag", "extended"),
    [(b'"1"', b'"1~x"'), (b'W/"1"', b'W/"1~x"'), (b'""', b'"~x"'), (b"1", b"1"), (b' "1" ', b'"1~x"')],
)
def test_the_suffix_stands_inside_the_quotes(etag: bytes, extended: bytes) -> None:
    assert extend(etag, b"~x") == extended


def test_addresses_as_long_as_anybody_likes_are_not_remembered() -> None:
    pages = PublicPages()
    pages.remember(b"/?" + b"x" * (LONGEST - 2), [])
    pages.remember(b"/?" + b"x" * 64_000, [])
    assert pages.markers(b"/?" + b"x" * (LONGEST - 2)) == ()
    assert pages.markers(b"/?" + b"x" * 64_000) is None
