"""Crawlers get the default, uncounted (law 10): no index shall hold what a rule chose."""

import re

from personalize.asgi.contract import RawHeaders

_CRAWLER = re.compile(
    rb"(?<!cu)bot\b|crawl|spider|slurp|archiver|preview|externalhit|embedly",
    re.IGNORECASE,
)
_PRODUCTS = (
    rb"AppleWebKit|Chrome|Safari|Firefox|Gecko|Version|Mobile|Edg|EdgA|EdgiOS|OPR|OPT|OPX|CriOS|FxiOS|GSA|Ddg|DuckDuckGo"
    rb"|SamsungBrowser|Vivaldi|YaBrowser|Yowser|UCBrowser|MiuiBrowser|XiaoMi|HuaweiBrowser|HeyTapBrowser|VivoBrowser"
    rb"|Brave|Focus|Klar|Silk|Ecosia|Chromium|Ubuntu|Puffin|Kiwi|Whale|NAVER"
)
_BROWSER = re.compile(
    rb"Mozilla/5\.0 \((?:Windows|Macintosh|iPhone|iPad|iPod|X11|Linux|Android|Mobile|Wayland)\b"
    rb"[^()]*(?:\([^()]*\)[^()]*)?\)"
    rb"(?: (?:" + _PRODUCTS + rb")(?:/[\w.\-]*)?| \(KHTML, like Gecko\))+"
)
_MACHINE = re.compile(rb"(?<!cu)bot|https?:|www\.|@|\+|compatible;|headless|agent|rigor|datanyze|turing", re.IGNORECASE)
MOST = 512
"""Bytes of a user agent that are looked at."""


def is_crawler(headers: RawHeaders) -> bool:
    """Say whether a request's user agent names itself a crawler or a link preview."""
    return _CRAWLER.search(_agent(headers)) is not None


def is_browser(headers: RawHeaders) -> bool:
    """Say whether a request's user agent is written as people's browsers write theirs.

    Stricter than `not is_crawler`: who is taken for a machine here is only not recognised by a link.
    """
    agent = _agent(headers)
    return _BROWSER.fullmatch(agent) is not None and not (_MACHINE.search(agent) or _CRAWLER.search(agent))


def _agent(headers: RawHeaders) -> bytes:
    return next((value for name, value in headers if name == b"user-agent"), b"")[:MOST]
