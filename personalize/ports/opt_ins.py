"""The outbox of double opt-ins."""

from collections.abc import Sequence
from typing import Protocol

from personalize.model.consent import ConsentEvent
from personalize.model.opt_in import OptIn


class OptInStore(Protocol):
    """The outbox of double opt-ins, and the links to unsubscribe by. Raises StoreError."""

    def ask(self, row: OptIn, *, since: int, most: int, network_since: int, network_most: int) -> bool:
        """Keep a request unless its address or its network asked too often since then (µs); say whether it was kept."""
        ...

    def asked(self, handle: bytes) -> OptIn | None:
        """Return the request behind a mailed link."""
        ...

    def by_receipt(self, receipt: bytes) -> OptIn | None:
        """Return the request of this receipt."""
        ...

    def take_due(self, now: int, lease: int, most: int) -> list[OptIn]:
        """Return requests whose mail is due, oldest first; nobody else is given them for `lease` µs."""
        ...

    def sent(self, handle: bytes, *, due: int | None, problem: str) -> None:
        """Note how a try ended: `due` is when to try again, None when it need not be."""
        ...

    def confirm(self, handle: bytes, subject: int, events: Sequence[ConsentEvent], now: int) -> bool:
        """Keep who confirmed and the events of it, in one transaction; say whether the request still waited for it.

        Nothing is kept where somebody had confirmed or cancelled it. Raises ConsentRefused for an unknown subject.
        """
        ...

    def cancel(self, handle: bytes) -> bool:
        """Forget the address of a request and send nothing more; say whether nobody had confirmed it.

        It still counts as asked.
        """
        ...

    def to_hand_over(self, most: int) -> list[OptIn]:
        """Return confirmed requests whose address is still here."""
        ...

    def handed_over(self, handle: bytes) -> None:
        """Forget the address and the network of a request."""
        ...

    def sweep(self, before: int) -> int:
        """Forget the requests from before this time (µs) that nobody confirmed; say how many."""
        ...

    def unsubscribe_handle(self, subject: int, purpose: str, fresh: bytes) -> bytes:
        """Return the handle of a person's link for a purpose; where there is none yet, `fresh` becomes it.

        Raises NotFound for nobody.
        """
        ...

    def unsubscribing(self, handle: bytes) -> tuple[int, str] | None:
        """Return whose mail for which purpose a handle ends."""
        ...
