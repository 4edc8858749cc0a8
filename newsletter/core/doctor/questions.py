"""What is asked of the DNS, and what it answers."""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

__all__ = ["Ask", "NoAnswer", "Question", "within"]

Kind = Literal["A", "AAAA", "MX", "PTR", "TXT"]


class Question(NamedTuple):
    """For all records of a kind at a name."""

    name: str
    """For PTR the IP address."""
    kind: Kind


class NoAnswer(Exception):
    """The DNS could not be asked, and why. That there is nothing at a name is an answer."""


Ask = Callable[[Question], Sequence[str]]
"""From a question to what there is, nothing where there is none: addresses as usual, "10 mx.example.org"
for MX, names without the dot at their end, the strings of a TXT record put together."""


def within(name: str, domain: str) -> bool:
    """Whether a name is this domain or lies below it."""
    name, domain = name.rstrip(".").casefold(), domain.rstrip(".").casefold()
    return name == domain or name.endswith(f".{domain}")
