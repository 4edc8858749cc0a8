"""Why somebody does not get an edition, in a word and in words."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsletter.core.audience import EVERYBODY, Audience, aside_segment
from newsletter.core.consent import Event
from newsletter.core.model import Subscriber
from newsletter.core.model import SubscriberStatus as Status
from newsletter.core.rhythm import Frequency, Rhythm
from newsletter.core.segments import parse_segment
from newsletter.core.why import Change, Expected, Obstacle, next_expected, obstacle, status_at, why_not

SLOT = datetime(2026, 3, 11, 7, 30, tzinfo=UTC)
"""On a Wednesday."""
DAY = timedelta(days=1)
ADA = Subscriber(id=1, email="ada@example.org", created=SLOT - 9 * DAY)
WEEK = Audience(frequency=Frequency.WEEKLY)
BETA = EVERYBODY.part(parse_segment("tag:beta"))


@pytest.mark.parametrize(
    ("person", "audience", "found", "words"),
    [
        (replace(ADA, status=Status.PENDING), EVERYBODY, Obstacle.UNCONFIRMED, "had not confirmed"),
        (replace(ADA, status=Status.UNSUBSCRIBED), EVERYBODY, Obstacle.UNSUBSCRIBED, "had unsubscribed"),
        (replace(ADA, status=Status.BOUNCED), EVERYBODY, Obstacle.BOUNCED, "mailbox had refused too much"),
        (replace(ADA, status=Status.COMPLAINED), EVERYBODY, Obstacle.COMPLAINED, "had complained"),
        (replace(ADA, status=Status.ERASED), EVERYBODY, Obstacle.ERASED, "had been erased"),
        (ADA, WEEK, Obstacle.FREQUENCY, "they get the daily editions"),
        (
            replace(ADA, rhythm=Rhythm(frequency=Frequency.WEEKLY)),
            EVERYBODY,
            Obstacle.FREQUENCY,
            "they get the edition of the week",
        ),
        (
            replace(ADA, rhythm=Rhythm(paused_until=date(2026, 3, 12))),
            EVERYBODY,
            Obstacle.PAUSED,
            "they have paused until 2026-03-12",
        ),
        (
            replace(ADA, rhythm=Rhythm(weekdays=(0, 4))),
            EVERYBODY,
            Obstacle.WEEKDAY,
            "they want it on Mondays and Fridays, and this was for a Wednesday",
        ),
        (ADA, BETA, Obstacle.SEGMENT, "it was for those in tag:beta"),
    ],
)
def test_each_obstacle_has_its_words(person: Subscriber, audience: Audience, found: Obstacle, words: str):
    """And without it the edition is planned for them."""
    refusal = why_not(person, audience, SLOT, status=person.status)
    assert refusal is not None
    assert refusal.obstacle is obstacle(person, audience, SLOT) is found
    assert words in refusal.words
    reader = replace(ADA, tags=("beta",), rhythm=Rhythm(frequency=audience.frequency))
    assert why_not(reader, audience, SLOT, status=Status.ACTIVE) is None


def test_who_came_later_was_not_there():
    """Whatever they are now."""
    refusal = why_not(ADA, EVERYBODY, SLOT, status=None)
    assert refusal is not None
    assert refusal.obstacle is Obstacle.LATER


def test_a_wish_that_was_changed_since_is_told_with_a_doubt():
    """And where nothing of now keeps the edition away, it is said that something else did."""
    monday = replace(ADA, rhythm=Rhythm(weekdays=(0,)))
    refusal = why_not(monday, EVERYBODY, SLOT, status=Status.ACTIVE, changed=SLOT + DAY)
    assert refusal is not None
    assert refusal.words.endswith("(as it is now: changed on 2026-03-12)")
    refusal = why_not(ADA, EVERYBODY, SLOT, status=Status.ACTIVE, changed=SLOT + DAY)
    assert refusal is not None
    assert refusal.obstacle is Obstacle.CHANGED
    assert "changed on 2026-03-12" in refusal.words


def test_the_status_of_each_moment_follows_from_the_history():
    """Asked by a letter, confirmed, gone, back again."""
    start = SLOT - 9 * DAY
    events = [Event.SUBSCRIBE, Event.CONFIRM, Event.UNSUBSCRIBE, Event.SUBSCRIBE, Event.CONFIRM, Event.BOUNCE]
    changes = [Change(start + day * DAY, event) for day, event in enumerate(events)]
    person = replace(ADA, status=Status.BOUNCED)
    found = [status_at(start + day * DAY, person, changes) for day in range(-1, 7)]
    pending, active = Status.PENDING, Status.ACTIVE
    expected = [None, pending, active, Status.UNSUBSCRIBED, pending, active, Status.BOUNCED, Status.BOUNCED]
    assert found == expected


@pytest.mark.parametrize(("asked", "before"), [(True, Status.PENDING), (False, Status.ACTIVE)])
def test_who_was_asked_and_left_without_an_answer_was_never_active(asked: bool, before: Status):
    """An import asks nobody."""
    changes = [Change(ADA.created, Event.SUBSCRIBE), Change(SLOT, Event.UNSUBSCRIBE)]
    person = replace(ADA, status=Status.UNSUBSCRIBED)
    letters = {ADA.created} if asked else set()
    assert status_at(SLOT - DAY, person, changes, letters) is before
    assert status_at(SLOT, person, changes, letters) is Status.UNSUBSCRIBED


def test_who_has_no_history_is_what_they_always_were():
    """Those who came before one was written."""
    assert status_at(SLOT, ADA, []) is Status.ACTIVE
    assert status_at(SLOT, replace(ADA, created=None), []) is None


def test_the_next_edition_is_the_first_that_is_for_them():
    """With the hour from which it leaves; nothing where none is."""
    audience = Audience(zone=ZoneInfo("Europe/Berlin"))
    slots = [SLOT + day * DAY for day in range(5)]
    friday = replace(ADA, rhythm=Rhythm(weekdays=(4,), hour=18))
    assert next_expected(friday, audience, slots) == Expected(
        SLOT + 2 * DAY, datetime(2026, 3, 13, 17, tzinfo=UTC)
    )
    assert next_expected(ADA, audience, slots) == Expected(SLOT)
    assert next_expected(replace(ADA, status=Status.BOUNCED), audience, slots) is None
    assert next_expected(replace(ADA, rhythm=Rhythm(weekdays=(1,))), audience, slots[:3]) is None


@pytest.mark.parametrize("text", ["tag:beta", 'tag:"a b" or not (language:de and attribute.x = "y: z")'])
def test_for_whom_an_extra_was_is_read_back(text: str):
    """From what is written down of its slot; nothing is read from anything else."""
    segment = parse_segment(text)
    assert aside_segment(EVERYBODY.part(segment).aside_reason) == segment
    assert EVERYBODY.aside_reason == ""
    for other in ("", "no new entries", "an extra edition for a part of the readers"):
        assert aside_segment(other) is None
