"""Who may be written to."""

from itertools import product

import pytest

from newsletter.core.consent import MOVES, Event, move
from newsletter.core.model import SubscriberStatus as Status
from newsletter.errors import IllegalMove


@pytest.mark.parametrize(("status", "event"), list(product(Status, Event)))
def test_the_table_decides_every_pair(status: Status, event: Event):
    """Each pair of status and event either has a result or is refused."""
    if event in MOVES[status]:
        assert move(status, event) is MOVES[status][event]
    else:
        with pytest.raises(IllegalMove):
            move(status, event)


def test_only_a_confirmation_makes_anybody_active():
    """Nothing else leads there from outside: not a bounce, not a second request."""
    ways = {
        (before, event)
        for before in Status
        for event, after in MOVES[before].items()
        if after is Status.ACTIVE
    }
    assert {event for before, event in ways if before is not Status.ACTIVE} == {Event.CONFIRM}
    assert {before for before, _ in ways if before is not Status.ACTIVE} == {Status.PENDING}


def test_unsubscribing_is_always_possible_and_idempotent():
    """Whoever can still be identified may leave, as often as they like."""
    for status in set(Status) - {Status.ERASED}:
        once = move(status, Event.UNSUBSCRIBE)
        assert once is not Status.ACTIVE
        assert move(once, Event.UNSUBSCRIBE) is once
