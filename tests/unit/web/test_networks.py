"""Whose request counts as whose."""

from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.requests import Request

from personalize.house import House
from personalize.settings import Site
from personalize.web.shell.networks import network_of
from tests.house import request


def house(url: str = "https://site.example") -> Any:
    return cast(House, SimpleNamespace(settings=SimpleNamespace(site=Site(url=url)), counters=Counter[str]()))


def asked(address: str) -> Request:
    return Request(request(client=(address, 4000)))


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("testclient", "testclient"),
    ],
)
def test_neighbours_count_together(address: str, network: str) -> None:
    assert network_of(asked(address), house()) == network


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_a_proxy_that_does_not_say_who_asks_is_told_once(caplog: pytest.LogCaptureFixture, address: str) -> None:
    public = house()
    for _ in range(3):
        network_of(asked(address), public)
    assert public.counters["visitors_hidden"] == 3
    assert [each.getMessage().startswith(f"a visitor's request came from {address}:") for each in caplog.records] == [
        True
    ]


@pytest.mark.parametrize(("address", "url"), [("127.0.0.1", "http://localhost:8000"), ("192.0.2.1", "https://x.nl")])
def test_who_is_known_or_develops_is_told_nothing(caplog: pytest.LogCaptureFixture, address: str, url: str) -> None:
    quiet = house(url)
    network_of(asked(address), quiet)
    assert not quiet.counters
    assert not caplog.records
