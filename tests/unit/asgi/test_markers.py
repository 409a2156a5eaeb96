"""Markers: found wherever the body is cut, and only where they are whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize.asgi.markers import LIMIT, Marker, Replacer, partial_end, read_marker

PAGE = (
    b"<html><!-- a comment --><!--slot hero lang=nb topic=climate-->d<i>1</i><!--/slot--> <!--/slot-->"
    b"<!--slot offer-->d2<!--/slot--><!--slot none-->d3<!--/slot--><!--slot <!--slot hero--><!--slot"
)
SHOWN = (
    b"<html><!-- a comment -->[hero] <!--/slot-->[offer]<!--slot none-->d3<!--/slot--><!--slot <!--slot hero--><!--slot"
)


def content(marker: Marker) -> bytes | None:
    return None if marker.slot == "none" else b"[" + marker.slot.encode() + b"]"


def pieces(*chunks: bytes, eager: bool = False) -> bytes:
    replacer = Replacer(content, eager=eager)
    return b"".join(replacer.feed(chunk) for chunk in chunks) + replacer.finish()


@pytest.mark.parametrize("eager", [False, True])
def test_a_page_cut_anywhere_in_two_is_the_same_page(eager: bool) -> None:
    for at in range(len(PAGE) + 1):
        assert pieces(PAGE[:at], PAGE[at:], eager=eager) == SHOWN, at


@pytest.mark.parametrize("eager", [False, True])
def test_a_page_in_single_bytes_is_the_same_page(eager: bool) -> None:
    assert pieces(*(PAGE[at : at + 1] for at in range(len(PAGE))), eager=eager) == SHOWN


PARTS = [
    b"<!--slot ",
    b"hero",
    b" topic=x",
    b"-->",
    b"<!--/slot-->",
    b"<!--slot hero-->",
    b"none",
    b"<",
    b"!-",
    b"-",
    b"x",
]


@given(st.lists(st.sampled_from(PARTS), max_size=14), st.lists(st.integers(1, 9), max_size=30), st.booleans())
def test_no_cut_of_any_page_makes_a_difference(parts: list[bytes], sizes: list[int], eager: bool) -> None:
    page, chunks, at = b"".join(parts), [], 0
    for size in sizes:
        chunks.append(page[at : at + size])
        at += size
    assert pieces(*chunks, page[at:], eager=eager) == pieces(page, eager=eager)


def test_a_slot_that_is_not_closed_or_holds_another_stays_as_it_is() -> None:
    assert pieces(b"<!--slot hero-->a") == b"<!--slot hero-->a"
    page = b"<!--slot hero-->a<!--slot offer-->b<!--/slot-->c<!--/slot-->"
    assert pieces(page) == b"<!--slot hero-->a[offer]c<!--/slot-->"
    assert pieces(page, eager=True) == b"<!--slot hero-->a[offer]c<!--/slot-->"


def test_an_unclosed_slot_is_never_decided() -> None:
    replacer = Replacer(content)
    replacer.feed(b"<!--slot hero-->a")
    replacer.finish()
    assert replacer.markers == []


def test_a_default_streams_on_while_its_slot_is_still_open() -> None:
    replacer = Replacer(content, eager=True)
    assert replacer.feed(b"a<!--slot none-->begin") == b"a<!--slot none-->begin"
    assert replacer.feed(b" end<!--/slot-->") == b" end<!--/slot-->"


def test_past_the_limit_the_defaults_stand_wherever_the_body_is_cut() -> None:
    slot = b"<!--slot hero-->d<!--/slot-->"
    inside = b"x" * (LIMIT - len(slot)) + slot
    beyond = b"x" * (LIMIT - len(slot) + 1) + slot
    assert pieces(inside).endswith(b"[hero]")
    for at in (10, LIMIT - 5, LIMIT, LIMIT + 1):
        assert pieces(beyond[:at], beyond[at:]) == beyond


def test_a_marker_past_the_limit_is_reported_late() -> None:
    replacer = Replacer(content)
    replacer.feed(b"x" * LIMIT)
    replacer.feed(b"<!--slot hero-->d<!--/slot-->")
    assert replacer.late


@pytest.mark.parametrize(
    ("inner", "marker"),
    [
        (b"hero", Marker(slot="hero")),
        (b" hero  lang=nb ", Marker(slot="hero", lang="nb")),
        (b'hero topic="climate change" n=3', Marker(slot="hero", facts=(("topic", "climate change"), ("n", "3")))),
        (b"hero topic='a b'", Marker(slot="hero", facts=(("topic", "a b"),))),
        (b'hero topic=""', Marker(slot="hero", facts=(("topic", ""),))),
        ("hero topic=café".encode(), Marker(slot="hero", facts=(("topic", "café"),))),
        (b"", None), (b"he ro", None), (b"hero topic", None), (b"hero =x", None),
        (b'hero topic="a', None), (b"hero\xff", None), (b"<b>", None), (b"h" * 65, None),
    ],
)  # fmt: skip
def test_a_marker_reads(inner: bytes, marker: Marker | None) -> None:
    assert read_marker(inner) == marker


@pytest.mark.parametrize(("data", "length"), [(b"", 0), (b"ab<", 1), (b"<!--slot", 8), (b"<!--slot ", 0), (b"<<!", 2)])
def test_the_beginning_of_a_mark_is_kept_back(data: bytes, length: int) -> None:
    assert partial_end(data, b"<!--slot ") == length
