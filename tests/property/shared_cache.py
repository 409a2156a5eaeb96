"""A shared cache by RFC 9111, as eager as the RFC allows, and browsers that keep what a browser may.

It keeps every answer that nothing forbids, also without a word about freshness (4.2.2), with cookies
set in it (7.3), and by the word of a header for its own kind (RFC 9213); it revalidates with what it
has (4.3) and serves conditional requests by itself. One that does not heed `Vary` breaks the RFC, as
many do in the wild.
"""

from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

Headers = list[tuple[bytes, bytes]]
Ask = Callable[[str, str, Headers], Awaitable["Answer"]]
GUESSED = 60
"""How long (s) an answer is fresh that does not say."""
TARGETED = (b"surrogate-control", b"cdn-cache-control", b"cloudflare-cdn-cache-control", b"x-accel-expires")
"""What a cache of some kind takes before `Cache-Control`."""
CONDITIONS = (b"if-none-match", b"if-modified-since")


class Answer(Struct):
    """A response."""

    status: int
    headers: Headers
    body: bytes

    def all(self, name: bytes) -> bytes:
        return b", ".join(value for key, value in self.headers if key.lower() == name)

    def directives(self, name: bytes) -> dict[bytes, bytes]:
        pairs = (part.strip().partition(b"=") for part in self.all(name).lower().split(b","))
        return {key: value for key, _, value in pairs if key}


class Stored(Struct):
    """A stored response, with the request's headers that it varies by."""

    answer: Answer
    by: Headers
    until: float


class SharedCache:
    """Stands before a site; `now` (s) is moved by the test."""

    def __init__(self, site: Ask, *, heeds_vary: bool, targeted: Sequence[bytes] = TARGETED) -> None:
        self._site, self._heeds_vary, self._targeted = site, heeds_vary, targeted
        self._kept: dict[str, list[Stored]] = {}
        self.now, self.hits, self.validated = 0.0, 0, 0

    async def ask(self, method: str, path: str, headers: Headers) -> Answer:
        """Answer a request from what is kept, or ask the site and keep what may be kept."""
        found = self._find(path, headers) if method in ("GET", "HEAD") else None
        if found is not None and self.now < found.until:
            self.hits += 1
            return _conditional(found.answer, headers, method)
        if found is not None and (tag := found.answer.all(b"etag")):
            plain = [pair for pair in headers if pair[0] not in CONDITIONS]
            fresh = await self._site("GET", path, [*plain, (b"if-none-match", tag)])
            if fresh.status == 304:
                self.validated += 1
                found.until = self.now + (self._lifetime(fresh) or 0)
                return _conditional(found.answer, headers, method)
            self._keep(path, headers, fresh)
            return _conditional(fresh, headers, method)
        answer = await self._site(method, path, headers)
        if method == "GET":
            self._keep(path, headers, answer)
        return answer

    def _find(self, path: str, headers: Headers) -> Stored | None:
        return next((each for each in self._kept.get(path, []) if _chosen(each.by, headers)), None)

    def _keep(self, path: str, headers: Headers, answer: Answer) -> None:
        lifetime = self._lifetime(answer)
        vary = [name.strip().lower() for name in answer.all(b"vary").split(b",") if name.strip()]
        if lifetime is None or (b"*" in vary and self._heeds_vary):
            return
        by = [(name, _one(headers, name)) for name in vary] if self._heeds_vary else []
        kept = [each for each in self._kept.get(path, []) if not _chosen(each.by, headers)]
        self._kept[path] = [*kept, Stored(answer, by, self.now + lifetime)][-50:]

    def _lifetime(self, answer: Answer) -> float | None:
        """Return how long (s) an answer may be kept, None where it may not."""
        if answer.status not in (200, 203, 301, 304, 308, 404, 410):
            return None
        for name in self._targeted:
            if (said := answer.directives(name)) and (answer.all(name).isdigit() or b"max-age" in said):
                return float(said.get(b"max-age") or answer.all(name))
        said = answer.directives(b"cache-control")
        if b"private" in said or b"no-store" in said:
            return None
        if b"no-cache" in said:
            return 0
        seconds = said.get(b"s-maxage") or said.get(b"max-age")
        return float(seconds) if seconds else GUESSED


def _one(headers: Headers, name: bytes) -> bytes:
    return b", ".join(value for key, value in headers if key == name)


def _chosen(by: Headers, headers: Headers) -> bool:
    return all(_one(headers, name) == value for name, value in by)


def _conditional(answer: Answer, headers: Headers, method: str) -> Answer:
    """Return what a request gets of a complete answer: 304 where it has it already."""
    tag = answer.all(b"etag")
    if tag and answer.status == 200 and tag in _one(headers, b"if-none-match"):
        return Answer(304, answer.headers, b"")
    return Answer(answer.status, answer.headers, b"") if method == "HEAD" else answer


class Reader:
    """A person's browser: keeps validators and bodies of its own, and shows a kept body on a 304."""

    def __init__(self, cache: SharedCache, identity: Headers) -> None:
        self._cache, self._identity = cache, identity
        self.kept: dict[str, Answer] = {}

    async def look(self, method: str, path: str, more: Headers) -> tuple[bytes, Answer]:
        """Return what the person sees of a page, and the answer as it came."""
        headers, kept = [*self._identity, *more], self.kept.get(path)
        if kept is not None and not any(name in CONDITIONS for name, _ in more):
            headers += [(b"if-none-match", tag)] if (tag := kept.all(b"etag")) else []
        answer = await self._cache.ask(method, path, headers)
        if answer.status == 304 and kept is not None:
            return kept.body, answer
        if answer.status == 200 and method == "GET" and b"no-store" not in answer.directives(b"cache-control"):
            self.kept[path] = answer
        return answer.body, answer
