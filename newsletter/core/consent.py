"""Who may be written to. The table is the only place that says which changes exist."""

from enum import StrEnum

from newsletter.core.model import SubscriberStatus as Status
from newsletter.errors import IllegalMove

__all__ = ["Event", "move"]


class Event(StrEnum):
    """What can happen to a person's consent."""

    CONFIRM = "confirm"
    SUBSCRIBE = "subscribe"
    """The person asks again, by themselves. An import is not that."""
    UNSUBSCRIBE = "unsubscribe"
    BOUNCE = "bounce"
    COMPLAIN = "complain"
    ERASE = "erase"


MOVES: dict[Status, dict[Event, Status]] = {
    Status.PENDING: {
        Event.CONFIRM: Status.ACTIVE,
        Event.SUBSCRIBE: Status.PENDING,
        Event.UNSUBSCRIBE: Status.UNSUBSCRIBED,
        Event.BOUNCE: Status.BOUNCED,
        Event.COMPLAIN: Status.COMPLAINED,
        Event.ERASE: Status.ERASED,
    },
    Status.ACTIVE: {
        Event.CONFIRM: Status.ACTIVE,
        Event.SUBSCRIBE: Status.ACTIVE,
        Event.UNSUBSCRIBE: Status.UNSUBSCRIBED,
        Event.BOUNCE: Status.BOUNCED,
        Event.COMPLAIN: Status.COMPLAINED,
        Event.ERASE: Status.ERASED,
    },
    Status.UNSUBSCRIBED: {
        Event.SUBSCRIBE: Status.PENDING,
        Event.UNSUBSCRIBE: Status.UNSUBSCRIBED,
        Event.BOUNCE: Status.UNSUBSCRIBED,
        Event.COMPLAIN: Status.COMPLAINED,
        Event.ERASE: Status.ERASED,
    },
    Status.BOUNCED: {
        Event.SUBSCRIBE: Status.PENDING,
        Event.UNSUBSCRIBE: Status.UNSUBSCRIBED,
        Event.BOUNCE: Status.BOUNCED,
        Event.COMPLAIN: Status.COMPLAINED,
        Event.ERASE: Status.ERASED,
    },
    Status.COMPLAINED: {
        Event.UNSUBSCRIBE: Status.COMPLAINED,
        Event.BOUNCE: Status.COMPLAINED,
        Event.COMPLAIN: Status.COMPLAINED,
        Event.ERASE: Status.ERASED,
    },
    Status.ERASED: {Event.ERASE: Status.ERASED},
}


def move(status: Status, event: Event) -> Status:
    """The status after this event.

    >>> move(Status.ACTIVE, Event.UNSUBSCRIBE)
    <SubscriberStatus.UNSUBSCRIBED: 'unsubscribed'>
    """
    try:
        return MOVES[status][event]
    except KeyError:
        raise IllegalMove(f"somebody who is {status} cannot {event}") from None
