"""Ten million forged tokens: none is taken, none raises, and only the original passes (T10, T11)."""

import random
import time
from collections import Counter
from itertools import product

import pytest

from personalize.recognition.keys import KeyRing
from personalize.recognition.mail_tokens import MailTokens
from personalize.recognition.tokens import Token, TokenKind, Verifier, issue
from tests.property.forgeries import FAMILIES, tell

START, SITE = 1_790_000_000_000_000, "https://paper.example"
HOUR = 3_600_000_000
BATCH = 4_000
LENGTHS = [pytest.param(60_000, id="sample"), pytest.param(10_000_000, marks=pytest.mark.soak, id="all")]
ELSEWHERE = ("https://paper.exampl", "https://paper.example:8443", "http://paper.example", "https://example.org")


def signed(ring: KeyRing, kind: TokenKind, site: str = SITE, handle: bytes = bytes(range(16))) -> bytes:
    return issue(ring, site, kind, handle, START, START + HOUR, b"weekly").encode()


class Forger:
    """A site's keys (two retired), one good token of each kind, and everything that is told of what was tried."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.tried = rng, Counter[str]()
        ring = KeyRing.new(START).rotate(START).rotate(START)
        self.old = [signed(ring, kind) for kind in TokenKind]
        self.ring = ring.retire(3, START).rotate(START)
        self.good = {kind: signed(self.ring, kind) for kind in TokenKind}
        self.verifier, self.mails = Verifier(self.ring, SITE), MailTokens(lambda: self.ring, SITE)
        for kind, text in self.good.items():
            assert isinstance(self.verifier.verify(kind, text, START), Token)

    def batch(self) -> list[str]:
        """Try one batch of each family on one kind; return what was wrongly taken."""
        kind, wrong = self.rng.choice(list(TokenKind)), []
        bases = [self.good[kind]] * 4 + [*self.good.values(), *self.old]
        for family in FAMILIES:
            texts = family(self.rng, bases, BATCH)
            wrong += [f"{family.__name__} {kind.name} {text!r}" for text in self.taken(kind, texts)]
            self.tried[family.__name__] += len(texts)
        return wrong + self.diagonal() + self.mailed()

    def taken(self, kind: TokenKind, texts: list[bytes]) -> list[bytes]:
        verify, original = self.verifier.verify, self.good[kind]
        return [text for text in texts if verify(kind, text, START).__class__ is Token and text != original]

    def diagonal(self) -> list[str]:
        """Well-signed tokens of every kind and site: each passes as itself on its own site alone."""
        wrong, handle = [], self.rng.randbytes(16)
        other = KeyRing.new(START).rotate(START).rotate(START).rotate(START)
        for kind, site in product(TokenKind, (SITE, *ELSEWHERE)):
            mine, theirs = (signed(ring, kind, site, handle) for ring in (self.ring, other))
            for asked in TokenKind:
                found = self.verifier.verify(asked, mine, START)
                if isinstance(found, Token) != (asked is kind and site == SITE):
                    wrong.append(f"{kind.name} of {site} as {asked.name}: {found}")
                if isinstance(self.verifier.verify(asked, theirs, START), Token):
                    wrong.append(f"{kind.name} of another ring as {asked.name}")
                self.tried["kinds and sites"] += 2
        return wrong

    def mailed(self) -> list[str]:
        """The token in a mail is read from an address, so as text, with whatever letters stand there."""
        mine, wrong = self.good[TokenKind.mail], []
        for family in FAMILIES:
            texts = [text.decode("latin-1") for text in family(self.rng, [mine], 200)]
            wrong += [text for text in texts if self.mails.read(text, START) and text != mine.decode()]
            self.tried["mailed"] += len(texts)
        return wrong


@pytest.mark.parametrize("length", LENGTHS)
def test_of_all_forged_tokens_none_is_taken(length: int, capsys: pytest.CaptureFixture[str]) -> None:
    seed, began = random.randrange(2**32), time.monotonic()
    forger = Forger(random.Random(seed))
    while (before := forger.tried.total()) < length:
        assert forger.batch() == [], f"seed {seed}"
        tell(capsys, "tokens", before, forger.tried.total(), length, began)
    assert min(forger.tried.values()) > 100
