"""Put a click token, or the merge field that stands for it, into the links of a newsletter's HTML.

Only links to pages of the own site are touched, and of those no byte but the query: not mail addresses, not
other sites, not images, not links to unsubscribe, and not where a merge field leaves open where a link leads.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from enum import StrEnum
from html import escape, unescape
from html.parser import HTMLParser

from msgspec import Struct

from personalize.errors import LinkRefused
from personalize.recognition.links import PARAMETER
from personalize.recognition.origin import origin_of
from personalize.settings import Site

NAME = PARAMETER.decode()
PLAIN = "data-plain"
"""A link with this attribute stays as it is."""
_MERGE = re.compile(
    r"\{\{.*?\}\}|\{%.*?%\}|<%.*?%>|\*\|.*?\|\*|\[\[.*?\]\]|%%.*?%%|##.*?##|\$\{.*?\}|\{\w+\}|%[A-Za-z_]{3,}%|\[[A-Z_]{3,}\]",
    re.DOTALL,
)
_OLDER = re.compile(rf"(?:^|(?<=&)|(?<=&amp;)){NAME}=(?:{_MERGE.pattern}|[\w.\-]*)(?:&amp;|&)?", re.DOTALL)
_AMPERSAND_AT_END = re.compile(r"(?:&amp;|&)$")
_STEERS = re.compile(r"\{%|<%[^=]")
_ENTITY = re.compile(r"&#?\w+;")
_ABSOLUTE = re.compile(r"https?://[^/?#\\]*", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([^\s"'>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""")
_TAG_NAME = re.compile(r"<[^\s/>]+")
_UNSUBSCRIBE = re.compile(
    r"unsubscri|opt-?out|afmeld|uitschrijv|avmeld|meld-(?:deg-)?av|si-opp|abmeld|desinscri|d%C3%A9sinscri|désinscri"
    r"|desabonn|avregistrer|list-manage",
    re.IGNORECASE,
)
_BAD_FIELD = re.compile(r"""["'\s\x00-\x1f]""")


class Left(StrEnum):
    """Why a link stays as it is."""

    elsewhere = "elsewhere"
    unsubscribe = "unsubscribe"
    own_page = "own_page"
    marked = "marked"
    merge_field = "merge_field"


class LeftLink(Struct, frozen=True, kw_only=True):
    """A link that stays as it is: in which line, where to, and why."""

    line: int
    url: str
    why: Left


class Decorated(Struct, frozen=True, kw_only=True):
    """A newsletter with `links` links that bear the token, and those that do not."""

    html: str
    links: int
    left: tuple[LeftLink, ...]


class Newsletter:
    """Decorates the newsletters of one site."""

    def __init__(self, site: Site) -> None:
        self._origin, self._root = origin_of(site.url), site.root
        self._own = site.root + site.path.rstrip("/")

    def decorate(self, html: str, token: str) -> Decorated:
        """Return the HTML with the token in its links. `token` may be a merge field such as `*|PZT|*`.

        Links in the conditional comments that mail programs read count as well. Done again with another
        token it replaces the first. Raises LinkRefused for a token that would end an attribute.
        """
        if not token or _BAD_FIELD.search(_MERGE.sub("x", token)) or '"' in token or "'" in token:
            raise LinkRefused("The token, or merge field, may hold no quotes, and blanks only within its braces.")
        pieces, left, links, end = [], [], 0, 0
        for start, stop, line, tag in _links_of(html):
            url = unescape(tag.url).strip()
            why = self._why_not(url, tag)
            if why is not None:
                left.append(LeftLink(line=line, url=url, why=why))
                continue
            pieces += [html[end:start], f'"{_with_token(tag.url, token)}"']
            links, end = links + 1, stop
        return Decorated(html="".join([*pieces, html[end:]]), links=links, left=tuple(left))

    def _why_not(self, url: str, tag: "_Link") -> Left | None:
        if tag.is_plain:
            return Left.marked
        found = _ABSOLUTE.match(url)
        if found is None or not self._is_here(found[0]):
            return Left.merge_field if _MERGE.search(found[0] if found else url) else Left.elsewhere
        rest = url[found.end() :]
        if self._root and not _is_below(self._root, rest):
            return Left.merge_field if _MERGE.match(rest.removeprefix("/")) else Left.elsewhere
        if self._own and _is_below(self._own, rest):
            return Left.own_page
        if _UNSUBSCRIBE.search(rest):
            return Left.unsubscribe
        return Left.merge_field if _is_open(rest) else None

    def _is_here(self, start: str) -> bool:
        try:
            return origin_of(start) == self._origin and "@" not in start
        except ValueError:
            return False


class _Link(Struct, frozen=True):
    """The raw value of a link's `href`, and whether it is marked as one to leave alone."""

    url: str
    is_plain: bool


class _Finder(HTMLParser):
    """Finds the `href` of links, with the places of their values in the text."""

    def __init__(self, html: str, offset: int = 0) -> None:
        super().__init__(convert_charrefs=False)
        self._lines = [0, *(found.end() for found in re.finditer("\n", html))]
        self._offset = offset
        self.found: list[tuple[int, int, _Link]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        text = self.get_starttag_text()
        if text is None or not (tag in ("a", "area") or tag.startswith("v:")):
            return
        plain, place = False, None
        for each in _ATTRIBUTE.finditer(text, _name_end(text)):
            plain = plain or each[1].lower() == PLAIN
            if each[1].lower() == "href" and each[2] and place is None:
                place = each.span(2)
        if place is not None:
            start = self._here() + place[0]
            value = text[place[0] : place[1]]
            url = value[1:-1] if value[0] in "\"'" else value
            self.found.append((start, start + len(value), _Link(url, plain)))

    def handle_comment(self, data: str) -> None:
        if data.lstrip().startswith("[if"):
            self.found += _Finder(data, self._here() + len("<!--")).found

    def _here(self) -> int:
        line, column = self.getpos()
        return self._offset + self._lines[line - 1] + column


def _links_of(html: str) -> Iterator[tuple[int, int, int, _Link]]:
    """Yield where the value of each link's address stands, in which line, and the link."""
    ends = [found.end() for found in re.finditer("\n", html)]
    for start, stop, link in sorted(_Finder(html).found, key=lambda each: each[0]):
        yield start, stop, bisect_right(ends, start) + 1, link


def _name_end(tag: str) -> int:
    found = _TAG_NAME.match(tag)
    return found.end() if found else 0


def _is_below(path: str, rest: str) -> bool:
    """Say whether what follows a host in an address is this path, or stands below it."""
    return re.match(rf"{re.escape(path)}(?:[/?#]|$)", rest) is not None


def _is_open(rest: str) -> bool:
    """Say whether a merge field may bring a query of its own, so that the token's place is not known."""
    if _STEERS.search(rest):
        return True
    return any(
        rest[max(found.start() - 1, 0) : found.start()] not in ("/", "=", "-", "_", "&", "#")
        for found in _MERGE.finditer(rest)
    )


def _with_token(raw: str, token: str) -> str:
    """Return an address as it stands in the HTML with the token in its query, in place of an older one."""
    text = raw.strip().replace('"', "&quot;")
    masked = _masked(text)
    end = masked.find("#") if "#" in masked else len(text)
    cut = masked.find("?", 0, end)
    path, query = (text[:cut], text[cut + 1 : end]) if cut >= 0 else (text[:end], "")
    kept = _AMPERSAND_AT_END.sub("", _OLDER.sub("", query))
    mine = f"{NAME}={token if _MERGE.fullmatch(token) else escape(token)}"
    return f"{path}?{kept}&amp;{mine}{text[end:]}" if kept else f"{path}?{mine}{text[end:]}"


def _masked(text: str) -> str:
    """Return a text of the same length whose merge fields and entities hold no sign that cuts an address."""
    return _ENTITY.sub(_filled, _MERGE.sub(_filled, text))


def _filled(found: re.Match[str]) -> str:
    return "x" * len(found[0])
