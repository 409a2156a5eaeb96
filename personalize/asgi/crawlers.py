"""Crawlers get the default, uncounted (law 10): no index shall hold what a rule chose."""

import re

from personalize.asgi.contract import RawHeaders

_CRAWLER = re.compile(
    rb"(?<!cu)bot\b|crawl|spider|slurp|archiver|preview|externalhit|embedly",
    re.IGNORECASE,
)
MOST = 512
"""Bytes of a user agent that are looked at."""


def is_crawler(headers: RawHeaders) -> bool:
    """Say whether a request's user agent names itself a crawler or a link preview."""
    agent = next((value for name, value in headers if name == b"user-agent"), b"")
    return _CRAWLER.search(agent[:MOST]) is not None
