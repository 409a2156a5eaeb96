"""Slot markers in a page, wherever its body is cut: `<!--slot hero topic=climate-->default<!--/slot-->`."""

import re
from collections.abc import Callable

from msgspec import Struct

OPEN = b"<!--slot "
CLOSE = b"<!--/slot-->"
END = b"-->"
LONGEST = 1024
"""Bytes an opening marker may take."""
LIMIT = 1024 * 1024
"""Bytes of a page in which slots are decided; past it the defaults stand."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FACTS = re.compile(r"""\s+([A-Za-z_][A-Za-z0-9_]{0,63})=(?:"([^"]*)"|'([^']*)'|([^\s"']+))""")


class Marker(Struct, frozen=True, kw_only=True):
    """What an opening marker says. The page's facts are text; `lang` is not one of them."""

    slot: str
    lang: str | None = None
    facts: tuple[tuple[str, str], ...] = ()


def read_marker(inner: bytes) -> Marker | None:
    """Return what stands between `<!--slot ` and `-->`, or None where it is no marker."""
    try:
        text = inner.decode().strip()
    except UnicodeDecodeError:
        return None
    name = _NAME.match(text)
    if name is None:
        return None
    facts: list[tuple[str, str]] = []
    at = name.end()
    while at < len(text):
        found = _FACTS.match(text, at)
        if found is None:
            return None
        facts.append((found[1], found[2] or found[3] or found[4] or ""))
        at = found.end()
    lang = next((value for key, value in facts if key == "lang"), None)
    return Marker(slot=name[0], lang=lang, facts=tuple(pair for pair in facts if pair[0] != "lang"))


Content = Callable[[Marker], bytes | None]


class Replacer:
    """Puts slots' content in place of their markers while a body passes, cut wherever it may be.

    `content` is asked once per slot, in order; None leaves the slot as it is, markers included. A slot
    that is not closed, or in which another one opens, stays as it is. With `eager` it is asked as
    soon as a slot opens, so that a default goes on streaming; else once the slot is closed.
    Linear time; keeps back no more than a marker, or a slot whose content is to be replaced.
    """

    def __init__(self, content: Content, *, eager: bool = False) -> None:
        self._content, self._eager = content, eager
        self._rest = bytearray()
        self._searched = 0
        self._seen = 0
        self._open: tuple[Marker, int, bytes | None] | None = None
        self.markers: list[Marker] = []
        self.replaced = 0
        self.late = False

    def feed(self, chunk: bytes) -> bytes:
        """Return what can go on after this part of the body."""
        room = LIMIT - self._seen
        self._seen += len(chunk)
        if room <= 0:
            self.late = self.late or OPEN in chunk
            return chunk
        self._rest += chunk[:room]
        out = bytearray()
        while self._advance(out):
            pass
        if len(chunk) >= room:
            out += self.finish()
            self.late = self.late or OPEN in chunk[room:]
            out += chunk[room:]
        return bytes(out)

    def finish(self) -> bytes:
        """Return what was kept back, at the body's end or limit: what lacks its end is no slot."""
        kept = bytes(self._rest)
        self._rest.clear()
        self._open = None
        return kept

    def _advance(self, out: bytearray) -> bool:
        """Move one step further; False when more of the body is needed."""
        if self._open is not None:
            return self._close(*self._open, out)
        at = self._rest.find(OPEN)
        if at < 0:
            self._pass(out, len(self._rest) - partial_end(self._rest, OPEN))
            return False
        self._pass(out, at)
        end = self._rest.find(END, len(OPEN), LONGEST)
        if end < 0:
            if len(self._rest) < LONGEST:
                return False
            self._pass(out, len(OPEN))
            return True
        marker = read_marker(bytes(self._rest[len(OPEN) : end]))
        end += len(END)
        if marker is None:
            self._pass(out, end)
            return True
        return self._opened(marker, end, out)

    def _opened(self, marker: Marker, end: int, out: bytearray) -> bool:
        content = self._ask(marker) if self._eager else None
        if self._eager and content is None:
            self._pass(out, end)
            return True
        self._open = marker, end, content
        self._searched = end
        return True

    def _close(self, marker: Marker, end: int, content: bytes | None, out: bytearray) -> bool:
        """Look for the end of the slot that is open."""
        close = self._rest.find(CLOSE, self._searched)
        inner = self._rest.find(OPEN, self._searched, close if close >= 0 else len(self._rest))
        if inner < 0 and close < 0:
            self._searched = max(end, len(self._rest) - len(CLOSE))
            return False
        self._open = None
        if inner >= 0:
            self._pass(out, inner)
            return True
        self._replace(content if self._eager else self._ask(marker), close + len(CLOSE), out)
        return True

    def _replace(self, content: bytes | None, close: int, out: bytearray) -> None:
        if content is None:
            self._pass(out, close)
            return
        out += content
        del self._rest[:close]
        self.replaced += 1

    def _ask(self, marker: Marker) -> bytes | None:
        self.markers.append(marker)
        return self._content(marker)

    def _pass(self, out: bytearray, length: int) -> None:
        out += self._rest[:length]
        del self._rest[:length]


def partial_end(data: bytes | bytearray, mark: bytes) -> int:
    """Return how many bytes at the end of `data` may be the beginning of `mark`."""
    for length in range(min(len(mark) - 1, len(data)), 0, -1):
        if data.endswith(mark[:length]):
            return length
    return 0
