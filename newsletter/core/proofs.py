"""Which copy a returned message is about, by what only somebody can know who has had that copy in hands."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Proofs"]


@dataclass(frozen=True)
class Proofs:
    """Of one newsletter."""

    bounces_to: str
    """The address that returned messages go to."""
    row_named: Callable[[str], int | None]
    """The row of the outbox that a token names; None for a token that we did not make."""
    letter_named: Callable[[str], int | None]
    """The letter that a token names."""
    message_ids: Callable[[str, int], Iterable[str]]
    """Those that this edition, by its name, may have for this subscriber."""

    def row(self, addresses: Iterable[str]) -> int | None:
        """That of the first address with a token of ours."""
        return self._first(self.row_named, addresses)

    def letter(self, addresses: Iterable[str]) -> int | None:
        """The letter of the first address with a token of ours."""
        return self._first(self.letter_named, addresses)

    def knows(self, addresses: Sequence[str]) -> bool:
        """Whether one of them has a token of ours."""
        return self.row(addresses) is not None or self.letter(addresses) is not None

    def takes(self, address: str) -> bool:
        """Whether mail to this address is for us: returned, or a reader's wish to leave."""
        is_plain = address.casefold() == self.bounces_to.casefold()
        return is_plain or self.knows([address])

    def is_of(self, found: Iterable[str], edition: str, subscriber_id: int) -> bool:
        """Whether one of these is that of the subscriber's copy of this edition."""
        return not set(self.message_ids(edition, subscriber_id)).isdisjoint(found)

    def _first(self, named: Callable[[str], int | None], addresses: Iterable[str]) -> int | None:
        tokens = filter(None, map(self._token, addresses))
        return next((row for token in tokens if (row := named(token)) is not None), None)

    def _token(self, address: str) -> str | None:
        local, _, domain = self.bounces_to.casefold().rpartition("@")
        theirs, _, their_domain = address.casefold().rpartition("@")
        start, _, token = theirs.partition("+")
        return token if start == local and their_domain == domain else None
