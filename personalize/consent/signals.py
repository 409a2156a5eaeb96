"""Signals: what the browser itself says about purposes with each request, and what that does to the grants.

A no always counts. A yes counts only where the ledger has no newer no, and never against an objection.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from functools import lru_cache
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from personalize.consent.gate import INTEREST, LEEWAY, NOES
from personalize.hooks.breaker import Breaker, CallFailed, Forgiving, Rubbish
from personalize.hooks.records import Agreed, ConsentSource, Headers
from personalize.hooks.records import Signals as Words
from personalize.model.banner import BannerYes
from personalize.model.consent import ConsentEvent, Grant, Grants, Purpose
from personalize.model.moments import SECOND

MOST_PROOFS = 4096
"""Different words whose proof is kept at hand."""
Said = tuple[tuple[str, BannerYes | None], ...]
"""What a request says of purposes, by name: a yes, or None for a no. It can be a key."""


class Heard(Struct, frozen=True):
    """What a request says, and whether its yes may count for the person it was recognised as."""

    said: Said
    own: bool


class Signals:
    """Asks the consent sources. A source that fails, or is out, is taken as a no to all it speaks for (law 9)."""

    def __init__(
        self,
        sources: Sequence[ConsentSource],
        purposes: Mapping[str, Purpose],
        counters: Counter[str],
        breaker: Breaker | None = None,
    ) -> None:
        self._purposes = MappingProxyType(deepcopy(dict(purposes)))
        self._breaker = breaker or Forgiving(counters, called="consent source", counted="consent_source_failed")
        self._sources = [
            (each, frozenset(each.purposes or purposes), f"{each.name}@{each.version}") for each in sources
        ]

    def hear(self, headers: Headers) -> Said | None:
        """Return what a request says, None where it says nothing. Of several sources a no wins; never raises."""
        said: dict[str, BannerYes | None] = {}
        unchanging = tuple((name, value) for name, value in headers)
        for source, known, notice in self._sources:
            try:
                found = self._breaker.call(source.name, self._read, source, known, notice, unchanging)
            except CallFailed:
                found = dict.fromkeys(known)
            for name, yes in found.items():
                if yes is None or name not in said:
                    said[name] = yes
        return tuple(said.items()) if said else None

    def _read(
        self, source: ConsentSource, known: frozenset[str], notice: str, headers: Headers
    ) -> Mapping[str, BannerYes | None]:
        """Return a source's yes, or None for a no, by purpose. Raises what it raises, and Rubbish for no answer."""
        return _understood(source.read(headers, self._purposes), known, notice, headers)


def signals_of(
    sources: Sequence[ConsentSource], purposes: Mapping[str, Purpose], counters: Counter[str]
) -> Signals | None:
    """Return what asks these sources, None where there are none: then no request is slowed by them."""
    return Signals(sources, purposes, counters) if sources else None


def _understood(words: Words, known: frozenset[str], notice: str, headers: Headers) -> Mapping[str, BannerYes | None]:
    """Return a source's words as a yes or, for a no, None. Raises Rubbish for what is no answer."""
    if not isinstance(words, Mapping):
        raise Rubbish(f"answered {type(words).__name__} instead of a mapping by purpose")
    if not words.keys() <= known:
        raise Rubbish("answered about a purpose that is none of its `purposes`")
    found: dict[str, BannerYes | None] = {}
    for name, word in words.items():
        if word is False:
            found[name] = None
        elif word is True:
            cookies = b"; ".join(value for name, value in headers if name == b"cookie")
            found[name] = _yes(Agreed(evidence=cookies), notice)
        elif word is not None:
            found[name] = _yes(_agreed(word), notice)
    return found


def _agreed(word: object) -> Agreed:
    """Return a source's word where it is a yes with its proof. Raises Rubbish for what is none."""
    if not isinstance(word, Agreed):
        raise Rubbish(f"answered {type(word).__name__} about a purpose instead of True, False, Agreed or None")
    if not isinstance(word.evidence, bytes):
        raise Rubbish(f"answered Agreed with {type(word.evidence).__name__} as `evidence`, which are bytes")
    for name, moment in (("at", word.at), ("until", word.until)):
        if moment is not None and type(moment) is not int:
            raise Rubbish(f"answered Agreed with {type(moment).__name__} as `{name}`, which is a whole number of µs")
    return word


@lru_cache(MOST_PROOFS)
def _yes(word: Agreed, notice: str) -> BannerYes:
    """Return the yes behind a source's word."""
    return BannerYes.of(word.evidence, notice, word.at, word.until)


def heed(
    grants: Grants,
    heard: Heard,
    events: Iterable[ConsentEvent],
    purposes: Mapping[str, Purpose],
    now: int,
) -> Grants:
    """Return the grants as this request leaves them; the same value where it changes nothing.

    A yes that is not the person's `own` grants nothing: whoever opened a link is not the one it was sent to (law 6).
    """
    found, until, events = dict(grants.in_force), grants.valid_until, tuple(events)
    for name, yes in heard.said:
        if yes is None:
            found.pop(name, None)
        elif heard.own and name not in found and name not in grants.objected:
            ends = _term(purposes[name], yes)
            if _counts(purposes[name], yes, ends, events, now):
                found[name] = _grant(purposes[name], yes, ends)
                until = ends if until is None or (ends is not None and ends < until) else until
    if found == grants.in_force:
        return grants
    return replace(grants, in_force={name: found[name] for name in purposes if name in found}, valid_until=until)


def _counts(purpose: Purpose, yes: BannerYes, ends: int | None, events: Iterable[ConsentEvent], now: int) -> bool:
    """Say whether a yes is in force now: not from the future, not over, and later than every no on record."""
    if purpose.basis is INTEREST or purpose.double_opt_in:
        return False
    if yes.at is not None and not 0 < yes.at <= now + LEEWAY:
        return False
    if ends is not None and now >= ends:
        return False
    last = max((e.occurred_at for e in events if e.purpose == purpose.name and e.action in NOES), default=None)
    return last is None or (yes.at is not None and yes.at > last)


def _term(purpose: Purpose, yes: BannerYes) -> int | None:
    """Return when a yes ends: at its own term or the purpose's, whichever comes first; None where neither is told."""
    if yes.at is None:
        return yes.until
    term = yes.at + purpose.valid * SECOND
    return term if yes.until is None else min(term, yes.until)


def _grant(purpose: Purpose, yes: BannerYes, ends: int | None) -> Grant:
    return Grant(
        purpose=purpose.name,
        basis=purpose.basis,
        record=yes.record,
        notice=yes.notice,
        given_at=yes.at,
        valid_until=ends,
    )
