"""Forms are small: of a longer body no more is read than shows that."""

import asyncio
from itertools import count

import pytest
from starlette.requests import Request

from personalize.web.shell.forms import MOST_BYTES, read_body, read_form

FORM = [(b"content-type", b"application/x-www-form-urlencoded")]


class Line:
    """A line on which an endless body comes, in pieces of 1 KiB."""

    def __init__(self) -> None:
        self.pieces = count(1)
        self.read = 0

    async def __call__(self) -> dict[str, object]:
        self.read = next(self.pieces)
        return {"type": "http.request", "body": b"x" * 1024, "more_body": True}


def test_an_endless_form_is_none_and_is_left_unread() -> None:
    line = Line()
    assert asyncio.run(read_form(Request({"type": "http", "method": "POST", "headers": FORM}, line))) is None
    assert line.read == MOST_BYTES // 1024 + 1


@pytest.mark.parametrize("most", [0, 1024, 10_000])
def test_a_body_is_read_as_far_as_it_may_be_long_and_a_piece_more(most: int) -> None:
    line = Line()
    body = asyncio.run(read_body(Request({"type": "http", "method": "POST", "headers": []}, line), most))
    assert most < len(body) <= most + 1024
