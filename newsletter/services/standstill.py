"""Whether copies that are due do not get away: no mail server takes them, or nobody sends."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from newsletter.ports import Outbox

__all__ = ["LONG", "standing_still"]

LONG = timedelta(hours=1)


async def standing_still(
    outbox: Outbox, allowance: Callable[[], Awaitable[int | None]], now: datetime
) -> int:
    """How many copies have been due for so long, where not one was begun meanwhile and more might be today;
    else 0. Raises StoreError."""
    since = now - LONG
    due = await outbox.count_due(since)
    if not due or await outbox.begun_since(since) or await allowance() == 0:
        return 0
    editions = [await outbox.edition(edition) for edition in await outbox.unfinished()]
    old = any((edition.resumed or edition.created) <= since for edition in editions)
    return due if old else 0
