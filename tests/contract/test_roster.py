"""What every store promises to programs that read and change the list."""

from datetime import date, timedelta

import pytest
from support.samples import NOW, PEOPLE

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.roster import SqlRoster
from newsletter.core.consent import Event
from newsletter.core.listfile import NewSubscriber
from newsletter.core.model import SubscriberStatus
from newsletter.core.rhythm import Frequency, Rhythm
from newsletter.errors import NotFound
from newsletter.ports import Changes


@pytest.fixture
def roster(database: Database) -> SqlRoster:
    return SqlRoster(database)


async def test_pages_are_by_address_without_case(roster, subscribers):
    """Each begins behind the last address of the one before, which need not be there any more."""
    await subscribers.add([NewSubscriber(f"{letter}@example.org") for letter in "bAdC"], NOW)
    first = await roster.page(limit=2)
    assert [person.email[0] for person in first] == ["A", "b"]
    assert [person.email[0] for person in await roster.page(after=first[-1].email.upper(), limit=9)] == [
        "C",
        "d",
    ]
    assert await roster.page(after="d@example.org", limit=9) == ()
    assert [person.email[0] for person in await roster.page(after="c", limit=9)] == ["C", "d"]


async def test_a_page_has_those_of_a_status_and_a_tag(roster, subscribers):
    """A tag is one of theirs as a whole, whatever signs it has."""
    await subscribers.add(PEOPLE, NOW)
    for reader, tags in ((1, ("team",)), (2, ("team%", 'a"b')), (3, ("teams", "team"))):
        await roster.change(reader, Changes(tags=tags), NOW)
    await subscribers.move(3, Event.UNSUBSCRIBE, NOW, "link")

    async def found(**query: object) -> list[int]:
        return [person.id for person in await roster.page(limit=9, **query)]

    assert await found(tag="team") == [1, 3]
    assert await found(tag="team%") == await found(tag='a"b') == [2]
    assert await found(tag="team", status=SubscriberStatus.ACTIVE) == [1]
    assert await found(status=SubscriberStatus.UNSUBSCRIBED) == [3]
    assert await found(tag="' OR 1=1 --") == []


async def test_a_change_is_of_what_is_named(roster, subscribers):
    """Everything comes back as it was given; what is not named stays, and an empty list is not nothing."""
    await subscribers.add(PEOPLE, NOW)
    rhythm = Rhythm(
        frequency=Frequency.WEEKLY, weekdays=(0, 6), hour=23, zone="Asia/Tokyo", paused_until=date(2026, 4, 1)
    )
    everything = Changes(
        name="Ada",
        topics=("A",),
        keywords=("k",),
        authors=("B",),
        muted=("m",),
        tags=("t",),
        attributes={"city": "London"},
        rhythm=rhythm,
        language="de",
    )
    changed = await roster.change(1, everything, NOW + timedelta(hours=1))
    assert changed == await subscribers.get(1)
    assert (changed.name, changed.tags, changed.language) == ("Ada", ("t",), "de")
    assert (changed.rhythm, changed.attributes) == (rhythm, {"city": "London"})
    assert (changed.wishes.topics, changed.wishes.muted) == (("A",), ("m",))
    assert await roster.change(1, Changes(), NOW) == changed
    emptied = await roster.change(1, Changes(tags=(), attributes={}, name=""), NOW)
    assert (emptied.tags, emptied.attributes, emptied.name, emptied.rhythm) == ((), {}, "", rhythm)
    assert (await subscribers.get(2)).tags == ()


async def test_nobody_can_be_changed_who_is_not_there(roster):
    """Whether much is named or nothing."""
    for changes in (Changes(), Changes(name="x")):
        with pytest.raises(NotFound):
            await roster.change(7, changes, NOW)
