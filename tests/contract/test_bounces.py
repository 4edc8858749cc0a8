"""What came back and what it changes, on a real store: forged, repeated, out of order, damaged."""

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.commands import dump
from support.returned import complaint, dsn, leaving, original
from support.sent import ADA, CAME, Room, opened

from newsletter.adapters.stores.schema import letters, outbox
from newsletter.core import tokens
from newsletter.core.bounces import Kind
from newsletter.core.consent import Event
from newsletter.core.feedback import Feedback
from newsletter.core.model import SubscriberStatus
from newsletter.errors import IntakeError
from newsletter.ports import Fate
from newsletter.services import returns
from newsletter.services.returns import Taken

HARD, SOFT = Kind.HARD, Kind.SOFT


@pytest.fixture
async def room(tmp_path: Path):
    """Its clock stands still."""
    async with opened(tmp_path) as room:
        yield room


# What it changes


async def test_two_hard_bounces_on_two_days_end_it(room: Room):
    """The first costs nobody; the second is told in the history."""
    assert await room.take(dsn(ADA, room.address())) == [(HARD, Fate.NOTED)]
    assert await room.status() == "active"
    room.later(days=1)
    assert await room.take(dsn(ADA, room.address(), number=2)) == [(HARD, Fate.LEFT)]
    assert await room.status() == "bounced"
    assert await room.history() == [*CAME, ("bounce: 5.1.1 unknown-user", "bounce")]
    assert await room.status("reader1@example.org") == "active"


async def test_on_one_day_any_number_counts_once(room: Room):
    """A server that blunders does so for hours."""
    fates = [await room.take(dsn(ADA, room.address(), number=number)) for number in range(20)]
    assert fates == [[(HARD, Fate.NOTED)]] * 20
    assert (await room.status(), (await room.score())[0]) == ("active", 3.0)


async def test_a_soft_bounce_a_day_ends_it_after_a_week(room: Room):
    """And not earlier."""
    full = {"status": "5.2.2", "text": "552 5.2.2 Mailbox full"}
    for number in range(7):
        assert await room.status() == "active"
        await room.take(dsn(ADA, room.address(), number=number, **full))
        room.later(days=1)
    assert await room.status() == "bounced"


async def test_a_week_on_a_block_list_costs_nobody(room: Room):
    """What a server has against us is kept for us to see, and no reader's fault."""
    text = "550 5.7.1 Service unavailable; client host [192.0.2.1] blocked using zen.spamhaus.org"
    for number in range(14):
        message = dsn(ADA, room.address(), number=number, status="5.7.1", text=text)
        assert await room.take(message) == [(SOFT, Fate.NOTED)]
        room.later(days=1)
    assert (await room.status(), await room.score()) == ("active", (0.0, None))


async def test_a_complaint_ends_it_at_once(room: Room):
    """It is about the copy whose envelope or Message-ID it returns."""
    returned = original(ADA, returned_to=room.address())
    message = complaint(ADA, "abuse@papers.example.org", returned)
    assert await room.take(message) == [(Kind.COMPLAINT, Fate.LEFT)]
    other = "reader1@example.org"
    message = complaint(other, "abuse@papers.example.org", original(other, await room.message_id(other)))
    assert await room.take(message.replace(b"<complaint@", b"<other@")) == [(Kind.COMPLAINT, Fate.LEFT)]
    assert [await room.status(email) for email in (ADA, other)] == ["complained"] * 2
    assert await room.history() == [*CAME, *[("complain", "complaint")] * 2]


async def test_a_mail_ends_it(room: Room):
    """That which the button of a mail program sends, from whatever address."""
    message = leaving("somebody@else.example.net", room.address())
    assert await room.take(message) == [(Kind.UNSUBSCRIBE, Fate.LEFT)]
    assert (await room.status(), await room.history()) == ("unsubscribed", [*CAME, ("unsubscribe", "mail")])


async def test_whoever_asks_to_be_confirmed_and_is_not_there_is_let_go(room: Room):
    """The letter has come back: nobody has ever read mail there."""
    now = room.app.clock.now()
    await room.app.subscribers.move((await room.person()).id, Event.UNSUBSCRIBE, now, "form")
    await room.app.subscribers.move((await room.person()).id, Event.SUBSCRIBE, now, "form")
    room.later(days=30)
    person = (await room.person()).id
    async with room.app.database.begin() as connection:
        values = {"kind": "confirm", "state": "accepted", "attempts": 1, "reason": ""}
        at = {"created": room.app.clock.now(), "changed": room.app.clock.now()}
        await connection.execute(sa.insert(letters).values(subscriber_id=person, **values, **at))
    assert await room.take(dsn(ADA, "bounces@papers.example.org")) == [(HARD, Fate.LEFT)]
    assert await room.status() == "bounced"


async def test_a_letter_is_known_by_its_envelope(room: Room):
    """Whoever calls the question spam is not asked again."""
    app, new = room.app, "new@example.org"
    await app.signup.signups.subscribe(new, "", app.clock.now())
    letter = await app.letterbox.claim(app.clock.now())
    assert letter
    _, message = app.letters.write(letter.kind, letter.person, letter.created, None, letter.id)
    back = message.envelope.sender
    said = complaint(new, "feedback@papers.example.org", original(new, returned_to=back))
    assert await room.take(said) == [(Kind.COMPLAINT, Fate.LEFT)]
    assert (await app.subscribers.find(new)).status == "complained"


async def test_who_comes_back_begins_anew(room: Room):
    """What their old mailbox refused is not held against them."""
    await room.take(dsn(ADA, room.address()))
    room.later(days=1)
    await room.take(dsn(ADA, room.address(), number=2))
    for event in (Event.SUBSCRIBE, Event.CONFIRM):
        room.later(hours=1)
        await room.app.subscribers.move((await room.person()).id, event, room.app.clock.now(), "form")
    room.later(hours=1)
    assert await room.take(dsn(ADA, room.address(), number=3)) == [(HARD, Fate.NOTED)]
    assert (await room.status(), (await room.score())[0]) == ("active", 3.0)


# Forged


@pytest.mark.parametrize("bit", range(0, 160, 7))
async def test_a_token_with_one_bit_changed_is_nobodys(room: Room, bit: int):
    """Nothing on the list changes by it."""
    good = tokens.make_envelope(room.app.secret, room.app.newsletter.id, room.rows[ADA])
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    place, mask = bit // 5, 1 << bit % 5
    bad = good[:place] + alphabet[alphabet.index(good[place]) ^ mask] + good[place + 1 :]
    before = room.list_as_it_is()
    stranger = "nobody@example.net"
    for message in (dsn(stranger, room.address(token=bad)), leaving(ADA, room.address(token=bad))):
        assert {fate for _, fate in await room.take(message)} == {Fate.NOBODY}
    assert room.list_as_it_is() == before


async def test_what_was_never_sent_cannot_come_back(room: Room, tmp_path: Path):
    """By its token or by its address: the row is there, and nothing was begun."""
    async with room.app.database.begin() as connection:
        await connection.execute(sa.update(outbox).values(state="pending", attempts=0))
    before = room.list_as_it_is()
    returned = original(ADA, await room.message_id(), room.address())
    forged = [
        dsn(ADA, room.address()),
        dsn(ADA, "bounces@papers.example.org", number=2, returned=returned),
        leaving(ADA, room.address()),
        complaint(ADA, room.address(), returned),
    ]
    for message in forged:
        assert {fate for _, fate in await room.take(message)} == {Fate.NOBODY}
    assert room.list_as_it_is() == before


async def test_an_address_alone_proves_little(room: Room):
    """Anybody can write it: no complaint and no wish to leave, and of a hard bounce a soft one is left."""
    plain = "bounces@papers.example.org"
    assert await room.take(leaving(ADA, plain)) == [(Kind.UNSUBSCRIBE, Fate.NOBODY)]
    assert await room.take(complaint(ADA, plain, original(ADA))) == [(Kind.COMPLAINT, Fate.NOBODY)]
    assert await room.score() == (0.0, None)
    assert await room.take(dsn(ADA, plain)) == [(SOFT, Fate.NOTED)]
    assert (await room.score())[0] == 1.0
    room.later(days=15)
    assert await room.take(dsn(ADA, plain, number=2)) == [(HARD, Fate.NOBODY)]


async def test_the_message_id_of_a_copy_proves_whose_it_is(room: Room):
    """It stands in the original that servers return, also where returned mail has no address of its own."""
    returned = original(ADA, await room.message_id())
    message = dsn(ADA, "papers@example.org", returned=returned)
    assert await room.take(message) == [(HARD, Fate.NOTED)]
    assert (await room.score())[0] == 3.0
    others = original(ADA, await room.message_id("reader1@example.org"))
    message = dsn(ADA, "papers@example.org", returned=others, number=2)
    assert await room.take(message) == [(SOFT, Fate.NOTED)]


# Repeated and out of order


async def test_what_is_repeated_changes_nothing(room: Room):
    """A message that comes again, by whatever way and on whatever day."""
    first, again = dsn(ADA, room.address()), b"Received: from elsewhere\r\n" + dsn(ADA, room.address())
    await room.take(first)
    before = dump(room.app.database.path.parent)
    for _ in range(3):
        room.later(days=1)
        assert await room.take(first) == [(HARD, Fate.REPEATED)]
        assert await room.take(again, room.address()) == [(HARD, Fate.REPEATED)]
    assert dump(room.app.database.path.parent) == before


def told(key: str, kind: Kind, at: datetime) -> Feedback:
    """By a provider that has proved who it is."""
    return Feedback(key=key, kind=kind, recipient=ADA, at=at, vouched=True)


async def test_the_order_does_not_matter(tmp_path: Path):
    """The same events in any order leave the same score and the same list."""
    ends = set()
    for number, seed in enumerate(range(6)):
        folder = tmp_path / str(number)
        folder.mkdir()
        async with opened(folder) as room:
            now = room.app.clock.now()
            room.later(days=9)
            said = [
                told(f"{day}{kind}", kind, now + timedelta(days=day, hours=hour))
                for day in range(0, 9, 4)
                for hour, kind in enumerate([SOFT, HARD, SOFT])
            ]
            random.Random(seed).shuffle(said)
            for feedback in said:
                await room.app.returns.hear([feedback], "webhook")
            ends.add((await room.status(), await room.score()))
    assert len(ends) == 1
    assert ends.pop()[0] == "bounced"


async def test_the_clock_of_others_is_not_believed(room: Room):
    """What is said to happen tomorrow happens now."""
    tomorrow = room.app.clock.now() + timedelta(days=1)
    assert {taken.fate for taken in await room.app.returns.hear([told("a", HARD, tomorrow)])} == {Fate.NOTED}
    assert (await room.app.bounces.recent(1))[0].at == room.app.clock.now()


# Refused at once


async def rejected(room: Room, email: str, reason: str) -> None:
    async with room.app.database.begin() as connection:
        values = {"state": "rejected", "reason": reason, "changed": room.app.clock.now()}
        await connection.execute(sa.update(outbox).where(outbox.c.email == email).values(**values))


async def test_what_is_refused_at_once_counts_like_what_comes_back(room: Room):
    """Each copy once; on the second day the reader is let go."""
    await rejected(room, ADA, "550 5.1.1 User unknown")
    await rejected(room, "reader1@example.org", "550 5.7.1 Blocked by Spamhaus")
    await rejected(room, "reader2@example.org", "its text cannot be written")
    counted = await room.app.returns.count_rejections()
    noted = dict.fromkeys((HARD, SOFT, Kind.NONE), 1)
    assert counted == {Taken(kind, Fate.NOTED): count for kind, count in noted.items()}
    assert not await room.app.returns.count_rejections()
    room.later(days=1)
    assert await room.take(dsn(ADA, room.address())) == [(HARD, Fate.LEFT)]
    assert [await room.status(f"reader{n}@example.org") for n in (1, 2)] == ["active"] * 2


async def test_a_letter_that_is_refused_at_once_counts_too(room: Room):
    """Whoever has asked for it and is not there is let go."""
    person, now = (await room.person()).id, room.app.clock.now()
    for event in (Event.UNSUBSCRIBE, Event.SUBSCRIBE):
        await room.app.subscribers.move(person, event, now, "form")
    values = {"kind": "confirm", "state": "rejected", "attempts": 1, "reason": "550 5.1.1 User unknown"}
    async with room.app.database.begin() as connection:
        row = {"subscriber_id": person, "created": now, "changed": now, **values}
        await connection.execute(sa.insert(letters).values(row))
    assert await room.app.returns.count_rejections() == {Taken(HARD, Fate.LEFT): 1}
    assert await room.status() == "bounced"
    assert not await room.app.returns.count_rejections()


async def test_rejections_are_found_in_an_index(room: Room):
    """However many copies were accepted."""
    query = "EXPLAIN QUERY PLAN SELECT reason FROM outbox WHERE state = 'rejected' AND changed >= '2026'"
    async with room.app.database.read() as connection:
        plan = [row[3] for row in await connection.execute(sa.text(query))]
    assert any("ix_outbox_rejected" in step for step in plan)


# Kept


async def test_what_is_nobodys_can_be_looked_at(room: Room):
    """It is known for ninety days, and then forgotten; so is what is somebody's."""
    await room.take(dsn("stranger@example.net", "bounces@papers.example.org"))
    await room.take(dsn(ADA, room.address(), number=2))
    found = await room.app.bounces.recent(10)
    assert [(bounce.email, bounce.kind, bounce.cause) for bounce in found] == [
        (ADA, "hard", "unknown-user"),
        (None, "hard", "unknown-user"),
    ]
    room.later(days=89)
    await room.app.returns.scan([])
    assert len(await room.app.bounces.recent(10)) == 2
    room.later(days=2)
    await room.app.returns.scan([])
    assert await room.app.bounces.recent(10) == ()


async def test_of_the_erased_nothing_is_kept(room: Room):
    """Not even that it was about them."""
    await room.app.subscribers.move((await room.person()).id, Event.ERASE, room.app.clock.now(), "link")
    assert await room.take(dsn(ADA, room.address())) == [(HARD, Fate.NOBODY)]
    (bounce,) = await room.app.bounces.recent(10)
    assert (bounce.email, bounce.detail) == (None, "")


async def test_what_cannot_be_read_is_put_aside(room: Room, monkeypatch: pytest.MonkeyPatch):
    """As it came, once, and nothing changes."""

    def fail(*_: object) -> Sequence[Feedback]:
        raise RecursionError

    monkeypatch.setattr(returns, "feedback_of_message", fail)
    before = dump(room.app.database.path.parent)
    for _ in range(2):
        assert await room.take(dsn(ADA, room.address())) == [(Kind.NONE, Fate.ASIDE)]
    assert dump(room.app.database.path.parent) == before
    (file,) = (room.app.database.path.parent / "bounces-aside" / "new").iterdir()
    assert file.read_bytes() == dsn(ADA, room.address())


async def test_what_can_be_kept_nowhere_stays_where_it_is(room: Room, monkeypatch: pytest.MonkeyPatch):
    """Whoever brought it is told."""
    monkeypatch.setattr(returns, "feedback_of_message", None)
    (room.app.database.path.parent / "bounces-aside").write_text("in the way")
    with pytest.raises(IntakeError, match="bounces-aside"):
        await room.take(dsn(ADA, room.address()))


@given(st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_reports_are_never_lost(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject):
    """Whatever bytes are cut out, changed or repeated: it is taken or put aside, and nothing is raised."""
    folder = tmp_path_factory.mktemp("damaged")

    async def take() -> None:
        async with opened(folder) as room:
            whole = data.draw(
                st.sampled_from(
                    [
                        dsn(ADA, room.address()),
                        complaint(ADA, room.address(), original(ADA)),
                        leaving(ADA, ""),
                    ]
                )
            )
            for _ in range(10):
                raw = bytearray(whole)
                for _ in range(data.draw(st.integers(0, 8))):
                    start = data.draw(st.integers(0, len(raw)))
                    end = data.draw(st.integers(start, min(len(raw), start + 40)))
                    raw[start:end] = data.draw(st.binary(max_size=20)) * data.draw(st.integers(1, 3))
                before = len(await room.app.bounces.recent(1000))
                fates = [fate for _, fate in await room.take(bytes(raw))]
                kept = [fate for fate in fates if fate not in (Fate.REPEATED, Fate.ASIDE)]
                assert fates
                assert len(await room.app.bounces.recent(1000)) == before + len(kept)
                if Fate.ASIDE in fates:
                    assert bytes(raw) in {
                        file.read_bytes() for file in (folder / "bounces-aside" / "new").iterdir()
                    }

    asyncio.run(take())


async def test_statuses_are_only_ever_those_of_the_table(room: Room):
    """A reader who has complained stays so, whatever comes back."""
    await room.app.subscribers.move((await room.person()).id, Event.COMPLAIN, room.app.clock.now(), "link")
    assert await room.take(leaving(ADA, room.address())) == [(Kind.UNSUBSCRIBE, Fate.NOTED)]
    assert await room.take(dsn(ADA, room.address())) == [(HARD, Fate.NOTED)]
    assert (await room.person()).status is SubscriberStatus.COMPLAINED
