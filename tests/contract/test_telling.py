"""The operator is told how each slot ended: real mail, real web, the real database."""

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from support.newsroom import newsroom, publish
from support.samples import NOW
from support.smtp import ScriptedServer, scripted_server
from support.watcher import Watcher, watcher

from newsletter.adapters.http import HttpCaller
from newsletter.adapters.stores.outbox import SqlOutbox
from newsletter.bootstrap import App
from newsletter.core.delivery import Decision
from newsletter.core.model import DeliveryState
from newsletter.core.slots import Outcome, SlotOutcome
from newsletter.errors import SourceError
from newsletter.services.heartbeat import trouble_address

pytestmark = pytest.mark.usefixtures("any_store")

OPERATOR = "op@example.org"
EMPTY = SlotOutcome(NOW, Outcome.EMPTY, "no new entries")
FAILED = SlotOutcome(NOW, Outcome.FAILED, "Page: no such file")


@pytest.fixture
def watch() -> Iterator[Watcher]:
    with watcher() as running:
        yield running


def table(watch: Watcher | None = None, *, mail: bool = False, more: str = "") -> str:
    lines = ["[operator]"]
    lines += [f'slot_url = "{watch.address}/hook"'] if watch else []
    lines += [f'mail = ["{OPERATOR}"]'] if mail else []
    return "\n".join([*lines, more])


async def close(app: App, outcome: SlotOutcome) -> None:
    assert await app.slots.close("papers", outcome, NOW)


async def untold(app: App) -> int:
    return len(await app.tellings.untold(["papers"]))


def subjects(server: ScriptedServer) -> list[str]:
    """Of the operator's mail."""
    messages = server.messages.get(OPERATOR, [])
    return [message_from_bytes(data, policy=policy.default)["Subject"] for data in messages]


async def test_an_edition_that_goes_out_is_told_by_both_ways(tmp_path: Path, watch: Watcher) -> None:
    """With its facts, once; no reader's address is in it."""
    async with scripted_server() as server:
        more = table(watch, mail=True)
        async with newsroom(tmp_path, port=server.port, readers=3, more=more) as app:
            await publish(app)
            assert await app.heartbeat.tell(NOW) == ()
            assert await app.heartbeat.tell(NOW) == ()
            assert await untold(app) == 0
        ((method, path, told),) = watch.calls
        assert (method, path) == ("POST", "/hook")
        assert (told["outcome"], told["edition"], told["planned"]) == ("sent", 1, 3)
        assert (told["newsletter"], told["series"], told["trouble"]) == ("papers", "daily", False)
        assert subjects(server) == ["✓ Edition 1 is on its way: 12 entries to 3 readers"] == [told["text"]]
        assert b"reader0" not in server.messages[OPERATOR][0]


async def test_trouble_goes_to_an_address_of_its_own(tmp_path: Path, watch: Watcher) -> None:
    """/fail behind the path, as such services have it; what is empty is no trouble."""
    async with newsroom(tmp_path, more=table(watch)) as app:
        await close(app, FAILED)
        await close(app, SlotOutcome(NOW - timedelta(days=1), Outcome.EMPTY, "no new entries"))
        await close(app, SlotOutcome(NOW - timedelta(days=2), Outcome.SKIPPED, "nothing ran"))
        assert await app.heartbeat.tell(NOW) == ()
    assert watch.told == [("/hook/fail", "skipped"), ("/hook", "empty"), ("/hook/fail", "failed")]


async def test_the_address_for_trouble_can_be_chosen(tmp_path: Path, watch: Watcher) -> None:
    """Also without one for the rest, which is then told to nobody and settled."""
    only = f'[operator]\ntrouble_url = "{watch.address}/alarm"'
    async with newsroom(tmp_path, more=only) as app:
        await close(app, FAILED)
        await close(app, SlotOutcome(NOW - timedelta(days=1), Outcome.EMPTY, "no new entries"))
        assert await app.heartbeat.tell(NOW) == ()
        assert await untold(app) == 0
    assert watch.told == [("/alarm", "failed")]


def test_fail_stands_before_a_query() -> None:
    """Services take options behind it."""
    assert trouble_address("https://hc.example.org/uuid?rid=1") == "https://hc.example.org/uuid/fail?rid=1"
    assert trouble_address("https://hc.example.org/uuid/") == "https://hc.example.org/uuid/fail"


async def test_a_way_that_failed_is_tried_again_and_the_other_is_not(tmp_path: Path, watch: Watcher) -> None:
    """Until it worked, each time that the program wakes."""
    async with (
        scripted_server() as server,
        newsroom(tmp_path, port=server.port, more=table(watch, mail=True)) as app,
    ):
        await close(app, EMPTY)
        watch.status = 404
        for _ in range(2):
            (trouble,) = await app.heartbeat.tell(NOW)
            assert trouble == "web: 127.0.0.1: it answers 404"
            assert await untold(app) == 1
        watch.status = 200
        assert await app.heartbeat.tell(NOW) == ()
        assert await untold(app) == 0
    assert len(watch.calls) == 3
    assert server.accepted[OPERATOR] == 1


async def test_a_mail_server_that_is_down_keeps_nothing_else_back(
    tmp_path: Path, watch: Watcher, unused_tcp_port: int
) -> None:
    """The web is told; the mail is not forgotten."""
    async with newsroom(tmp_path, port=unused_tcp_port, more=table(watch, mail=True)) as app:
        await close(app, EMPTY)
        (trouble,) = await app.heartbeat.tell(NOW)
        assert trouble.startswith("mail: ")
        assert watch.told == [("/hook", "empty")]
        assert await untold(app) == 1


async def test_who_wants_only_trouble_hears_nothing_of_a_good_day(tmp_path: Path) -> None:
    """But of an empty one."""
    async with scripted_server() as server:
        more = table(mail=True, more='tell = "trouble"')
        async with newsroom(tmp_path, port=server.port, readers=1, more=more) as app:
            await publish(app)
            await close(app, SlotOutcome(NOW - timedelta(days=1), Outcome.SKIPPED, "holiday: Whit Monday"))
            await app.heartbeat.tell(NOW)
            assert await untold(app) == 0
            assert subjects(server) == []
            await close(app, SlotOutcome(NOW - timedelta(days=2), Outcome.EMPTY, "no new entries"))
            await app.heartbeat.tell(NOW)
        assert subjects(server) == ["∅ No edition for Mon 9 March: no new entries"]


async def test_a_source_that_failed_makes_a_good_day_trouble(tmp_path: Path) -> None:
    """One that failed on another day does not."""
    async with scripted_server() as server:
        more = table(mail=True, more='tell = "trouble"')
        async with newsroom(tmp_path, port=server.port, readers=1, more=more) as app:
            await app.memory.failed("Old", "gone", NOW - timedelta(days=1))
            await app.memory.failed("arXiv", "the server answers 503", NOW)
            await publish(app)
            await app.heartbeat.tell(NOW)
        assert subjects(server) == ["! Edition 1 is on its way: 12 entries to 1 reader; 1 source failed"]


async def test_who_begins_to_listen_is_not_flooded(tmp_path: Path, watch: Watcher) -> None:
    """What is old is marked and not told; so is everything while nobody listens."""
    async with newsroom(tmp_path, more=table(watch)) as app:
        await close(app, SlotOutcome(NOW - timedelta(days=8), Outcome.EMPTY, "no new entries"))
        await app.heartbeat.tell(NOW)
        assert await untold(app) == 0
    async with newsroom(tmp_path) as app:
        await close(app, FAILED)
        await app.heartbeat.tell(NOW)
        assert await untold(app) == 0
    assert watch.calls == []


async def test_an_edition_that_is_paused_is_told_once(tmp_path: Path, watch: Watcher) -> None:
    """And again where it was resumed in between; an address that the server quoted is not in it."""
    async with newsroom(tmp_path, readers=2, more=table(watch)) as app:
        edition = await publish(app)
        await app.outbox.pause(edition.id, "535 <reader0@example.org> refused")
        for _ in range(2):
            assert await app.heartbeat.tell(NOW) == ()
        assert watch.told == [("/hook", "sent"), ("/hook/fail", "paused")]
        assert watch.calls[1][2]["reason"] == "535 <…@example.org> refused"
        await app.outbox.resume(edition.id, NOW + timedelta(hours=1))
        await app.outbox.pause(edition.id, "again")
        assert await app.heartbeat.tell(NOW) == ()
        assert watch.told[2:] == [("/hook/fail", "paused")]


async def test_two_processes_do_not_both_tell(tmp_path: Path, watch: Watcher) -> None:
    """While one tells, the other leaves it to it."""
    async with newsroom(tmp_path, more=table(watch)) as app:
        await close(app, EMPTY)
        async with app.tellings.alone() as alone:
            assert alone
            assert await app.heartbeat.tell(NOW) == ()
            assert watch.calls == []
        await app.heartbeat.tell(NOW)
        assert watch.told == [("/hook", "empty")]


async def test_a_bug_in_one_message_keeps_nothing_back(
    tmp_path: Path, watch: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is one way's trouble."""

    def broken(*_: object) -> None:
        raise KeyError("frame")

    monkeypatch.setattr("newsletter.services.heartbeat.render_notice", broken)
    async with (
        scripted_server() as server,
        newsroom(tmp_path, port=server.port, more=table(watch, mail=True)) as app,
    ):
        await close(app, EMPTY)
        assert await app.heartbeat.tell(NOW) == ("mail: KeyError: 'frame'",)
        assert watch.told == [("/hook", "empty")]


async def test_copies_that_do_not_get_away_are_told_once_a_day(tmp_path: Path, watch: Watcher) -> None:
    """An edition that was told to be on its way, and for an hour no copy is; `alive` says so all the time."""
    async with newsroom(tmp_path, readers=2, more=table(watch)) as app:
        await publish(app)
        await app.heartbeat.tell(NOW + timedelta(minutes=59))
        assert (await app.watch.look(NOW + timedelta(minutes=59))).findings == ()
        for minutes in (60, 61):
            await app.heartbeat.tell(NOW + timedelta(minutes=minutes))
            (found,) = (await app.watch.look(NOW + timedelta(minutes=minutes))).findings
            assert found.what == "2 copies are to be sent, and none has been for an hour"
        assert watch.told == [("/hook", "sent"), ("/hook/fail", "standstill")]
        await app.heartbeat.tell(NOW + timedelta(days=1))
        assert watch.told[2:] == [("/hook/fail", "standstill")]


async def test_a_send_that_is_slow_does_not_stand_still(tmp_path: Path, watch: Watcher) -> None:
    """One copy was begun in the hour."""
    async with newsroom(tmp_path, readers=2, more=table(watch)) as app:
        await publish(app)
        rows = SqlOutbox(app.database)
        (row, _) = await rows.due(NOW, 0, 10)
        later = NOW + timedelta(minutes=30)
        await rows.record([row.id], [], later)
        await rows.record([], [(row.id, Decision(DeliveryState.ACCEPTED, 1, "250"))], later)
        await app.heartbeat.tell(NOW + timedelta(hours=1))
        assert watch.told == [("/hook", "sent")]


# The way to the web


async def test_a_redirect_is_not_followed(watch: Watcher) -> None:
    """It could lead into a network that nobody has named; the secret path is not told."""
    with watcher() as other:
        watch.status, watch.location = 307, f"{other.address}/steal"
        with pytest.raises(
            SourceError, match=r"^127\.0\.0\.1: it redirects, which is not followed"
        ) as raised:
            await HttpCaller("https://papers.example.org").call(f"{watch.address}/secret-token", {"a": 1})
        assert "secret-token" not in str(raised.value)
        assert other.calls == []


async def test_what_may_pass_is_tried_once_more(watch: Watcher) -> None:
    """At once, since cron may come again only tomorrow."""
    watch.status = 503
    with pytest.raises(SourceError, match="it answers 503"):
        await HttpCaller("me", pauses=(0.01,)).call(watch.address)
    assert [method for method, *_ in watch.calls] == ["GET", "GET"]
