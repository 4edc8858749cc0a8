"""What every store promises of editions that wait for a person's word, or for nobody any more."""

import shutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from support.postgres import Cluster
from support.samples import NOW, PEOPLE, edition

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.outbox import SqlOutbox
from newsletter.adapters.stores.paces import SqlPaces
from newsletter.core.consent import Event
from newsletter.core.delivery import MOVES, Decision
from newsletter.core.model import DeliveryState as State
from newsletter.core.pace import Learned
from newsletter.errors import IllegalMove, NotFound

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


async def ids(outbox: SqlOutbox, now=NOW) -> list[int]:
    return [row.id for row in await outbox.due(now, 0, 100)]


async def counts(outbox: SqlOutbox, edition_id: int) -> dict[State, int]:
    return dict((await outbox.accounting(edition_id)).counts)


@pytest.fixture
async def second(editions, planned) -> int:
    """Another edition for the same readers, a day later."""
    return (await editions.publish(edition(2, 4, slot=NOW + DAY), "", "", "0" * 16, NOW + DAY)).id


# Pausing


async def test_a_paused_edition_is_not_sent(outbox, editions, planned, second):
    """Its rows are neither due, nor counted, nor waited for, and none can be begun, even if it was claimed
    before; the other edition goes on."""
    first = await ids(outbox)
    deferred = Decision(State.DEFERRED, 1, "451 later", NOW + HOUR)
    await outbox.record([first[0]], [], NOW)
    await outbox.record([], [(first[0], deferred)], NOW)
    assert await outbox.next_attempt() == NOW + HOUR
    await outbox.pause(planned, "stop it")
    assert (await editions.get("papers", 1)).paused == "stop it"
    assert [found.id for found in await editions.paused("papers")] == [planned]
    assert await editions.paused("other") == ()
    assert await outbox.record(first, [], NOW) == frozenset(first[5:])
    assert await ids(outbox, NOW + DAY) == []
    assert (await outbox.count_due(NOW + DAY), await outbox.next_attempt()) == (5, None)
    assert await outbox.unfinished() == (second,)
    assert len(await outbox.interrupted()) == 5


async def test_a_resumed_edition_goes_on(outbox, editions, planned):
    """With the rows that it had, and the edition says when."""
    before = await ids(outbox)
    await outbox.pause(planned, "stop it")
    await outbox.resume(planned, NOW + HOUR)
    found = await editions.get("papers", 1)
    assert (found.paused, found.resumed) == (None, NOW + HOUR)
    assert await ids(outbox) == before


async def test_what_was_begun_of_a_paused_edition_can_still_be_decided(outbox, planned):
    """The server's answer is worth as much as before, and nothing is left in `sending`."""
    first, second, *_ = await ids(outbox)
    await outbox.record([first, second], [], NOW)
    await outbox.pause(planned, "stop it")
    assert [row.id for row in await outbox.interrupted()] == [first, second]
    await outbox.record([], [(first, Decision(State.ACCEPTED, 1)), (second, Decision(State.PENDING, 1))], NOW)
    assert await counts(outbox, planned) == {State.ACCEPTED: 1, State.PENDING: 4}


async def test_an_edition_that_there_is_not_cannot_be_paused(outbox):
    """Nor resumed."""
    for change in (outbox.pause(7, ""), outbox.resume(7, NOW)):
        with pytest.raises(NotFound):
            await change


# What comes too late


async def test_what_nobody_wants_to_read_any_more_expires(outbox, planned, second):
    """Rows that wait, of editions older than that; those that are decided or on their way stay."""
    one, two, three, *_ = await ids(outbox)
    await outbox.record([one, two, three], [], NOW)
    await outbox.record(
        [], [(one, Decision(State.ACCEPTED, 1)), (two, Decision(State.DEFERRED, 1, "451", NOW + HOUR))], NOW
    )
    assert await outbox.expire(NOW + 2 * DAY, 2 * DAY) == 0
    assert await outbox.expire(NOW + 2 * DAY + HOUR, 2 * DAY) == 3
    assert await counts(outbox, planned) == {State.ACCEPTED: 1, State.SENDING: 1, State.EXPIRED: 3}
    assert await counts(outbox, second) == {State.PENDING: 5}
    failure = (await outbox.failures(planned))[0]
    assert failure.reason == "its edition was published more than 2 days before"
    assert failure.next_attempt is None


async def test_the_age_counts_from_resuming_and_not_while_paused(outbox, planned):
    """A person's word is newer than the edition."""
    await outbox.pause(planned, "wait")
    assert await outbox.expire(NOW + 9 * DAY, 36 * HOUR) == 0
    await outbox.resume(planned, NOW + 9 * DAY)
    assert await outbox.expire(NOW + 10 * DAY, 36 * HOUR) == 0
    assert await outbox.expire(NOW + 11 * DAY, 36 * HOUR) == 5
    assert "more than 36 hours before" in (await outbox.failures(planned))[0].reason


# What nobody knows


@pytest.fixture
async def unknown(outbox, planned) -> list[int]:
    """Three rows in doubt, those of readers 0 to 2."""
    doubtful = (await ids(outbox))[:3]
    await outbox.record(doubtful, [], NOW)
    await outbox.record([], [(row, Decision(State.UNKNOWN, 1, "silence")) for row in doubtful], NOW)
    return doubtful


async def test_a_person_decides_on_rows_in_doubt(outbox, planned, unknown):
    """All, or those of some addresses, however they are spelt; the attempt is not forgotten."""
    assert await outbox.resolve(planned, State.ACCEPTED, NOW, ["READER1@Example.org", "no@example.org"]) == 1
    assert await outbox.resolve(planned, State.PENDING, NOW) == 2
    assert await outbox.resolve(planned, State.PENDING, NOW) == 0
    assert await counts(outbox, planned) == {State.ACCEPTED: 1, State.PENDING: 4}
    assert [row.attempts for row in await outbox.due(NOW, 0, 9)] == [1, 1, 0, 0]


async def test_what_is_sent_again_on_a_persons_word_does_not_expire_at_once(outbox, planned, unknown):
    """However old its edition is."""
    await outbox.resolve(planned, State.PENDING, NOW + 9 * DAY)
    assert await outbox.expire(NOW + 9 * DAY + HOUR, DAY) == 0


async def test_whoever_left_is_not_sent_to_again(outbox, subscribers, planned, unknown):
    """Whatever a person says of the rows in doubt."""
    gone = await subscribers.find(PEOPLE[0].email)
    await subscribers.move(gone.id, Event.UNSUBSCRIBE, NOW, "test")
    assert await outbox.resolve(planned, State.PENDING, NOW) == 3
    assert (await counts(outbox, planned))[State.SUPPRESSED] == 1


@pytest.mark.parametrize("state", sorted(set(State) - MOVES[State.UNKNOWN]))
async def test_rows_in_doubt_go_only_where_the_table_says(outbox, planned, unknown, state):
    """And stay in doubt otherwise."""
    with pytest.raises(IllegalMove):
        await outbox.resolve(planned, state, NOW)
    assert (await counts(outbox, planned))[State.UNKNOWN] == 3


# Questions


async def test_wanted_are_the_rows_of_those_who_have_not_left(outbox, subscribers, planned):
    """Of those that are asked for."""
    first, second, third, *_ = await outbox.due(NOW, 0, 100)
    await subscribers.move(second.subscriber_id, Event.COMPLAIN, NOW, "test")
    assert await outbox.wanted([first.id, second.id, 999]) == {first.id}
    assert await outbox.wanted([third.id]) == {third.id}
    assert await outbox.wanted([]) == frozenset()


async def test_attempts_are_counted_from_a_moment_on(outbox, planned):
    """Those whose outcome was recorded, whatever it was; not what was given up unsent."""
    found = await ids(outbox)
    outcomes = (State.ACCEPTED, State.REJECTED, State.UNKNOWN, State.DEFERRED, State.SUPPRESSED)
    await outbox.record(found, [], NOW)
    for hours, (row, state) in enumerate(zip(found, outcomes, strict=True)):
        await outbox.record([], [(row, Decision(state, 1, "", NOW + DAY))], NOW + hours * HOUR)
    assert [await outbox.begun_since(NOW + hours * HOUR) for hours in range(5)] == [4, 3, 2, 1, 0]


async def test_an_edition_is_unfinished_while_a_copy_has_a_way_to_go(outbox, planned, second):
    """The oldest first."""
    assert await outbox.unfinished() == (planned, second)
    first = [row.id for row in await outbox.due(NOW, 0, 5)]
    await outbox.record(first, [], NOW)
    await outbox.record([], [(row, Decision(State.ACCEPTED, 1)) for row in first], NOW)
    assert await outbox.unfinished() == (second,)


async def test_pages_of_several_editions_come_in_order(outbox, planned, second):
    """Each row once, however the pages fall."""
    found: list[int] = []
    while page := await outbox.due(NOW, found[-1] if found else 0, 3):
        found += [row.id for row in page]
    assert found == sorted(set(found))
    assert len(found) == 10


# A backup that was put back


class FileBackup:
    """The database's files, as they were."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._kept = folder, folder / "backup"
        self._kept.mkdir()
        for file in self._files():
            shutil.copy(file, self._kept)

    def put_back(self) -> None:
        """In the place of those that are there now."""
        for file in self._files():
            file.unlink()
        for file in self._kept.iterdir():
            shutil.copy(file, self._folder)

    def _files(self) -> list[Path]:
        return [file for file in self._folder.glob("papers.db*") if file.suffix not in (".sends", ".lock")]


class ServerBackup:
    """A copy of the server's database, as it was."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self._cluster, self._name = cluster, name
        cluster.cut_off(name)  # whoever has the right to send: there is no copy of a database that is used
        self._kept = cluster.create(like=name)

    def put_back(self) -> None:
        """In the place of what is there now."""
        self._cluster.drop(self._name)
        self._cluster.admin.execute(f"ALTER DATABASE {self._kept} RENAME TO {self._name}")


Backup = FileBackup | ServerBackup


@pytest.fixture
def back_up(request, database, tmp_path) -> Callable[[], Awaitable[Backup]]:
    """Make a backup of the database as it is."""

    async def make() -> Backup:
        if database.kind == "sqlite":
            return FileBackup(tmp_path)
        await database.close()  # it is opened again when it is used
        return ServerBackup(request.getfixturevalue("cluster"), database.path.name)

    return make


async def restored(database: Database, backup: Backup) -> tuple[Database, SqlOutbox]:
    """A backup in the place of the database, opened by the next process."""
    await database.close()
    backup.put_back()
    again = database.again()
    return again, SqlOutbox(again)


async def send_all(outbox: SqlOutbox) -> None:
    async with outbox.exclusive():
        found = await ids(outbox)
        await outbox.record(found, [], NOW)
        await outbox.record([], [(row, Decision(State.ACCEPTED, 1)) for row in found], NOW)


@pytest.mark.parametrize("moment", ["before the send", "while it ran"])
async def test_an_old_backup_sends_nothing_by_itself(database, back_up, planned, moment):
    """Every edition that it calls unfinished is paused and named, with what to do, before a row can be
    begun; so it stays, until a person resumes it."""
    outbox = SqlOutbox(database)
    if moment == "before the send":
        backup = await back_up()
        await send_all(outbox)
    else:
        async with outbox.exclusive():
            backup = await back_up()
    again, outbox = await restored(database, backup)
    async with outbox.exclusive():
        assert await outbox.hold_stale(NOW, DAY) == (planned,)
        assert await ids(outbox) == []
    async with outbox.exclusive():
        assert await outbox.hold_stale(NOW, DAY) == ()
        assert await ids(outbox) == []
    await outbox.resume(planned, NOW)
    async with outbox.exclusive():
        assert await outbox.hold_stale(NOW, DAY) == ()
        assert len(await ids(outbox)) == 5
    await again.close()


async def test_the_reason_of_a_held_edition_says_what_to_do(database, back_up, planned):
    """With the number by which people know the edition, and once."""
    backup = await back_up()
    await send_all(SqlOutbox(database))
    again, outbox = await restored(database, backup)
    async with outbox.exclusive():
        pass
    held = await outbox.edition(planned)
    assert "older than the last send" in held.paused
    assert held.pause_notice == (
        f"Edition 1 is paused: {held.paused}. `newsletter editions resume 1` lets `newsletter send` go on "
        "with what is left."
    )
    await again.close()


async def test_a_send_that_failed_is_no_reason_to_hold(outbox, planned):
    """The next one goes on."""
    with suppress(ZeroDivisionError):
        async with outbox.exclusive():
            _ = 1 / 0
    async with outbox.exclusive():
        assert await outbox.hold_stale(NOW, DAY) == ()
        assert len(await ids(outbox)) == 5


@pytest.mark.parametrize("content", [None, "", "half", "x y", "00 99999", "ü"])
async def test_a_file_that_says_nothing_of_this_database_holds_nothing(outbox, database, planned, content):
    """Lost, damaged, or of another database that was here before."""
    async with outbox.exclusive():
        pass
    file = database.path.with_name(f"{database.path.name}.sends")
    if content is None:
        file.unlink()
    else:
        file.write_text(content)
    async with outbox.exclusive():
        assert await outbox.hold_stale(NOW, DAY) == ()
    assert file.read_text().split()[1] == "4"


async def test_a_copy_on_another_machine_is_held_when_nothing_happened_for_long(
    outbox, entries, editions, planned, second, tmp_path
):
    """There is no file to tell, but what its rows, its publishing and its resuming say: it may have gone
    out from elsewhere. An edition that is being sent is left alone."""
    first = (await ids(outbox))[0]
    late = NOW + 3 * DAY
    await outbox.record([first], [], NOW + 2 * DAY)
    async with outbox.exclusive():
        assert await outbox.hold_stale(NOW + DAY, DAY) == ()
        assert await outbox.hold_stale(late - HOUR, DAY) == (second,)
        assert await outbox.hold_stale(late + HOUR, DAY) == (planned,)
    assert "nothing was recorded of it for more than 1 day" in (await outbox.edition(second)).paused
    await outbox.resume(second, late)
    async with outbox.exclusive():
        assert await outbox.hold_stale(late + HOUR, DAY) == ()


async def test_a_finished_edition_is_never_held(outbox, planned):
    """However long ago it was."""
    await send_all(outbox)
    async with outbox.exclusive():
        assert await outbox.hold_stale(NOW + 99 * DAY, DAY) == ()
    assert (await outbox.edition(planned)).paused is None


# Paces


async def test_paces_are_kept_as_they_are_learned(database):
    """What several have learned of the same server or domain is what the last of them did; the rest stays."""
    paces = SqlPaces(database)
    assert await paces.load() == {}
    learned = {"mx.example.org": Learned(0.5, 2, NOW), "example.com": Learned(None, 1, NOW)}
    await paces.save(learned)
    await paces.save({})
    assert await paces.load() == learned
    older, newest = Learned(9.0, 9, NOW - DAY), Learned(0.25, 1, NOW + DAY)
    await paces.save({"mx.example.org": older, "example.com": newest})
    assert await paces.load() == learned | {"example.com": newest}
