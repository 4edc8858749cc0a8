"""Letters through a real store to a real server: each ends where it belongs, and none holds up the others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.newsroom import newsroom, publish
from support.samples import NOW
from support.smtp import ScriptedServer, scripted_server, times

from newsletter.adapters.stores.schema import letters
from newsletter.bootstrap import App, open_app
from newsletter.core.letters import STALE
from newsletter.core.model import DeliveryState as State
from newsletter.errors import ServerRefused, ServerUnavailable

pytestmark = pytest.mark.usefixtures("any_store")

ADA, BO = "ada@example.org", "bo@example.org"


@asynccontextmanager
async def asked(folder: Path, server: ScriptedServer, *people: str, more: str = "") -> AsyncIterator[App]:
    """A newsletter for which these people have signed up."""
    async with newsroom(folder, port=server.port, more=more) as app:
        for email in people:
            await app.signup.signups.subscribe(email, "", NOW)
        yield app


async def states(app: App) -> list[tuple[str, int]]:
    async with app.database.read() as connection:
        found = await connection.execute(sa.select(letters.c.state, letters.c.attempts).order_by("id"))
        return [(state, attempts) for state, attempts in found]


def later(app: App, by: timedelta) -> None:
    """Let the clock go on."""
    object.__setattr__(app.clock, "instant", app.clock.now() + by)


async def test_each_letter_once_over_one_connection(tmp_path: Path) -> None:
    """However often and by how many it is sent."""
    people = [f"reader{number}@example.org" for number in range(10)]
    async with scripted_server() as server, asked(tmp_path, server, *people) as app:
        await app.post().run()
        assert server.connections == 1
        await asyncio.gather(app.post().run(), app.post().run())
        assert set(await states(app)) == {("accepted", 1)}
    assert dict(server.accepted) == dict.fromkeys(people, 1)
    assert server.connections == 1


async def test_two_senders_at_once_share_the_letters(tmp_path: Path) -> None:
    """Nobody gets one of each."""
    people = [f"reader{number}@example.org" for number in range(20)]
    async with scripted_server() as server, asked(tmp_path, server, *people) as app:
        async with open_app(tmp_path / "newsletter.toml", NOW) as another:
            await asyncio.gather(app.post().run(), another.post().run())
        assert set(await states(app)) == {("accepted", 1)}
    assert dict(server.accepted) == dict.fromkeys(people, 1)


async def test_after_a_crash_the_same_letter_comes_again(tmp_path: Path) -> None:
    """With the same bytes, its Message-ID among them: many mailboxes then show one."""
    async with scripted_server() as server, asked(tmp_path, server, ADA) as app:
        before = await app.letterbox.claim(NOW)
        assert before
        first = app.letters.write(before.kind, before.person, before.created, row=before.id)[1].data
        await app.post().run()
        assert not server.accepted
        later(app, STALE)
        await app.post().run()
        assert await states(app) == [("accepted", 2)]
    assert server.messages[ADA] == [first]


@pytest.mark.parametrize(
    ("answer", "state", "attempts"),
    [
        ("550 5.1.1 no such user", State.REJECTED, 1),
        ("450 4.2.0 greylisted", State.DEFERRED, 1),
        ("454 4.7.0 too much", State.DEFERRED, 0),
    ],
)
async def test_what_a_reply_means(tmp_path: Path, answer: str, state: State, attempts: int) -> None:
    """The same as for a copy; the other letters are none the worse for it."""
    replies = times(answer, 1)

    def on_rcpt(address: str) -> str | None:
        return replies(address) if address == ADA else None

    async with scripted_server(on_rcpt=on_rcpt) as server, asked(tmp_path, server, ADA, BO) as app:
        await app.post().run()
        assert await states(app) == [(state.value, attempts), ("accepted", 1)]
        later(app, timedelta(minutes=2))
        await app.post().run()
        assert ADA not in server.accepted or state is State.DEFERRED
        assert (await app.letterbox.waiting()) == 0


async def test_without_a_server_letters_wait(tmp_path: Path) -> None:
    """They are pending, and no attempt counts."""
    async with scripted_server() as server, asked(tmp_path, server, ADA) as app:
        pass
    async with open_app(tmp_path / "newsletter.toml", NOW) as app:
        with pytest.raises(ServerUnavailable):
            await app.post().run()
        assert await states(app) == [("pending", 0)]


async def test_who_is_no_sender_there_loses_no_letter(tmp_path: Path) -> None:
    """A refusal of MAIL is about us, and a person must look."""
    async with (
        scripted_server(on_mail=lambda _: "550 5.7.1 not you") as server,
        asked(tmp_path, server, ADA) as app,
    ):
        with pytest.raises(ServerRefused):
            await app.post().run()
        assert await states(app) == [("pending", 0)]


async def test_a_letter_on_which_the_server_hangs_up_does_not_stop_the_others(tmp_path: Path) -> None:
    """It waits, and those behind it go first."""

    def on_rcpt(address: str) -> str | None:
        return "hang up" if address == ADA else None

    async with scripted_server(on_rcpt=on_rcpt) as server, asked(tmp_path, server, ADA, BO) as app:
        with pytest.raises(ServerUnavailable):
            await app.post().run()
        await app.post().run()
        assert await states(app) == [("deferred", 1), ("accepted", 1)]


async def test_where_one_server_fails_another_takes_them(tmp_path: Path) -> None:
    """The same letter, at once."""
    table = '[[smtp.servers]]\nport = {}\ntls = "none"\nweight = {}\n'
    async with scripted_server(on_rcpt=lambda _: "hang up") as bad, scripted_server() as good:
        async with asked(tmp_path, bad, ADA) as app:
            config = app.database.path.parent / "newsletter.toml"
        text = config.read_text().partition("[smtp]")[0]
        config.write_text(text + table.format(bad.port, 2) + table.format(good.port, 1))
        async with open_app(config, NOW) as app:
            await app.post().run()
            assert await states(app) == [("accepted", 1)]
    assert dict(good.accepted) == {ADA: 1}


async def test_letters_wait_for_no_edition(tmp_path: Path) -> None:
    """Another process may hold the right to send copies."""
    async with scripted_server() as server, asked(tmp_path, server, ADA) as app:
        await publish(app)
        async with app.outbox.exclusive():
            await app.post().run()
    assert dict(server.accepted) == {ADA: 1}


async def test_a_letter_that_cannot_be_written_ends_there(tmp_path: Path) -> None:
    """With the reason; the next one is sent."""
    async with scripted_server() as server, asked(tmp_path, server, ADA, BO) as app:
        post = app.post()
        write = app.letters.write

        def one_fails(kind, person, now, due, row):  # type: ignore[no-untyped-def]
            if person.email == ADA:
                raise ValueError("no such word")
            return write(kind, person, now, due, row)

        object.__setattr__(app.letters, "write", one_fails)
        await post.run()
        assert await states(app) == [("rejected", 1), ("accepted", 1)]


async def test_told_to_stop_it_starts_no_other(tmp_path: Path) -> None:
    """What is left is pending."""
    async with scripted_server() as server, asked(tmp_path, server, ADA, BO) as app:
        post = app.post()
        server.on_data = lambda _: post.stop()  # type: ignore[func-returns-value]
        await post.run()
        assert await states(app) == [("accepted", 1), ("pending", 0)]
