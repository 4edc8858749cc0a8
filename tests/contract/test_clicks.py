"""What every store of clicks promises."""

from datetime import timedelta

import pytest
from support.samples import NOW

from newsletter.adapters.stores.clicks import SqlClicks
from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.schema import clicks_by_reader
from newsletter.core.consent import Event
from newsletter.core.delivery import Decision
from newsletter.core.model import DeliveryState
from newsletter.ports import Followed, LinkClicks, LinkName, Tally


@pytest.fixture
def clicks(database: Database) -> SqlClicks:
    return SqlClicks(database)


async def rows(database: Database) -> list[tuple[int, int, int]]:
    async with database.read() as connection:
        found = await connection.execute(clicks_by_reader.select())
        return [(row.subscriber_id, row.edition_id, row.place) for row in found]


async def test_counts_add_up(clicks, planned):
    """Each link of each edition has its own, people and machines apart."""
    assert await clicks.of(planned) == ()
    first, second = LinkName(planned, 1, 0), LinkName(planned, 2, 1)
    await clicks.record({first: Tally(2, 1), second: Tally(0, 5)}, {})
    await clicks.record({first: Tally(1, 0)}, {})
    assert await clicks.of(planned) == (LinkClicks(1, 0, Tally(3, 1)), LinkClicks(2, 1, Tally(0, 5)))
    assert await clicks.of(planned + 1) == ()


async def test_who_followed_what_is_kept_once(clicks, database, planned, subscribers):
    """And only of people who are on the list: neither of somebody unknown nor of whoever has left."""
    await subscribers.move(2, Event.UNSUBSCRIBE, NOW, "link")
    followed = {Followed(reader, planned, 1): NOW for reader in (1, 2, 999)}
    assert await clicks.record({}, followed) == (Followed(1, planned, 1),)
    assert await clicks.record({}, followed) == ()
    assert await rows(database) == [(1, planned, 1)]


async def test_all_or_nothing(clicks, database, planned):
    """Where one of them is of no edition, none is counted."""
    good, bad = LinkName(planned, 1, 0), LinkName(planned + 7, 1, 0)
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        await clicks.record({good: Tally(1, 0), bad: Tally(1, 0)}, {Followed(1, planned, 1): NOW})
    assert await clicks.of(planned) == ()
    assert await rows(database) == []


async def test_when_a_copy_was_sent(clicks, outbox, planned):
    """Of those that the server took; it is not known of the others."""
    ids = [row.id for row in await outbox.due(NOW, 0, 10)]
    later = NOW + timedelta(minutes=1)
    await outbox.record(ids[:2], [], NOW)
    await outbox.record([], [(ids[0], Decision(DeliveryState.ACCEPTED, 1))], later)
    assert await clicks.sent([(planned, 1), (planned, 2), (planned, 3)]) == {(planned, 1): later}


async def test_whoever_leaves_takes_their_clicks_along(clicks, database, planned, subscribers):
    """As they do their likes; the counts stay, which say nothing of them."""
    await clicks.record(
        {LinkName(planned, 1, 0): Tally(2, 0)},
        {Followed(1, planned, 1): NOW, Followed(2, planned, 1): NOW},
    )
    await subscribers.move(1, Event.UNSUBSCRIBE, NOW, "link")
    assert await rows(database) == [(2, planned, 1)]
    assert await clicks.of(planned) == (LinkClicks(1, 0, Tally(2, 0)),)
