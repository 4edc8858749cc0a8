"""Why copies did not arrive, for people: by what servers said, and by where the copies were to go."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from newsletter.cli.look import BAD, DIM, WAITS, told
from newsletter.core.model import DeliveryState as State
from newsletter.ports.insight import Failures

__all__ = ["failure_rows", "where_rows"]

Row = Sequence[str | Text]


def failure_rows(failures: Failures, most: int) -> Iterator[Row]:
    """A row for each of so many groups: how many, what became of them, the code and what it means."""
    for group in failures.groups[:most]:
        colour = WAITS if group.state is State.DEFERRED else BAD
        yield str(group.copies), told(group.state.value, colour), group.failure.code, group.failure.label
    if rest := sum(group.copies for group in failures.groups[most:]):
        yield str(rest), "", "", told("for other reasons", DIM)
    if not failures.complete:
        yield "more", "", "", told("there are too many to look at all of them", DIM)


def where_rows(failures: Failures, most: int) -> Iterator[Row]:
    """The domains with most of them."""
    for one in failures.domains[:most]:
        yield str(one.copies), one.domain, told(f"mostly {one.mostly.code} {one.mostly.label}", DIM)
