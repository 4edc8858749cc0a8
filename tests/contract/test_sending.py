"""Sending an edition through a real store to a real server: every row ends where it belongs."""

import asyncio
import base64
import shutil
import subprocess
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import dkim
import pytest
from support.newsroom import newsroom, publish
from support.samples import NOW
from support.smtp import scripted_server, times

from newsletter.adapters.mailbox import LocalMailbox
from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.outbox import SqlOutbox
from newsletter.bootstrap import open_app, shipped
from newsletter.core.consent import Event
from newsletter.core.delivery import Decision
from newsletter.core.listfile import NewSubscriber
from newsletter.core.model import DeliveryState as State
from newsletter.core.slots import Outcome
from newsletter.errors import AlreadyRunning, ConfigError, ServerRefused, ServerUnavailable, TemplateError
from newsletter.services.compose import Composer
from newsletter.services.copydesk import ALL_MUTED

pytestmark = pytest.mark.usefixtures("any_store")

DKIM = '[dkim]\ndomain = "example.org"\nselector = "papers"\nkey_file = "dkim.pem"\n'


async def test_everybody_gets_one_copy_and_sending_again_sends_nothing(tmp_path: Path):
    """Over no more connections than configured."""
    async with scripted_server() as server, newsroom(tmp_path, port=server.port, readers=30) as app:
        published = await publish(app)
        await (await app.delivery()).run()
        await (await app.delivery()).run()
        assert (await app.outbox.accounting(published.id)).counts == {State.ACCEPTED: 30}
    assert set(server.accepted.values()) == {1}
    assert len(server.accepted) == 30
    assert server.connections <= 4


async def test_who_has_muted_all_gets_no_copy_and_is_accounted_for(tmp_path: Path):
    """With the reason, and nobody else is touched."""
    async with scripted_server() as server, newsroom(tmp_path, port=server.port, readers=3) as app:
        await app.subscribers.add([NewSubscriber("reader1@example.org", muted=("paper",))], NOW)
        published = await publish(app)
        await (await app.delivery()).run()
        [failure] = await app.outbox.failures(published.id)
        assert (await app.outbox.accounting(published.id)).counts == {State.ACCEPTED: 2, State.SUPPRESSED: 1}
    assert (failure.email, failure.reason) == ("reader1@example.org", ALL_MUTED)
    assert "reader1@example.org" not in server.accepted


async def test_a_bad_address_costs_nobody_else_their_copy(tmp_path: Path):
    """5yz is that row, 4yz waits for its time, the others are accepted."""
    answers = {"reader3@example.org": "550 5.1.1 no such user", "reader7@example.org": "450 4.2.2 full"}
    async with (
        scripted_server(on_rcpt=answers.get) as server,
        newsroom(tmp_path, port=server.port, readers=10) as app,
    ):
        published = await publish(app)
        await (await app.delivery()).run()
        accounting = await app.outbox.accounting(published.id)
        failures = await app.outbox.failures(published.id)
    assert accounting.counts == {State.ACCEPTED: 8, State.REJECTED: 1, State.DEFERRED: 1}
    assert [(row.email, row.state, row.reason) for row in failures] == [
        ("reader3@example.org", "rejected", "550 5.1.1 no such user"),
        ("reader7@example.org", "deferred", "450 4.2.2 full"),
    ]


async def test_a_server_that_closes_in_the_middle_costs_nobody_their_copy(tmp_path: Path):
    """421 now and then: reconnect, and everybody has exactly one copy in the end."""
    async with (
        scripted_server(on_rcpt=times("421 4.3.2 closing", 3)) as server,
        newsroom(tmp_path, port=server.port, readers=20) as app,
    ):
        published = await publish(app)
        await (await app.delivery()).run()
        assert (await app.outbox.accounting(published.id)).counts == {State.ACCEPTED: 20}
    assert set(server.accepted.values()) == {1}


async def test_a_message_that_makes_the_server_hang_up_each_time_ends_the_tries(tmp_path: Path):
    """It waits for its next time instead of being tried for ever."""
    async with (
        scripted_server(
            on_rcpt=lambda address: "hang up" if address == "reader1@example.org" else None
        ) as server,
        newsroom(tmp_path, port=server.port, readers=5) as app,
    ):
        published = await publish(app)
        await (await app.delivery()).run()
        assert (await app.outbox.accounting(published.id)).counts == {State.ACCEPTED: 4, State.DEFERRED: 1}


async def test_without_a_server_everything_stays_pending(tmp_path: Path, unused_tcp_port: int):
    """Nobody is counted against, and a later run sends everything."""
    async with newsroom(tmp_path, port=unused_tcp_port, readers=5) as app:
        published = await publish(app)
        with pytest.raises(ServerUnavailable):
            await (await app.delivery()).run()
        assert (await app.outbox.accounting(published.id)).counts == {State.PENDING: 5}


async def test_a_server_that_refuses_us_stops_the_run_at_once(tmp_path: Path):
    """5yz at MAIL: no address is blamed, and nobody else is tried."""
    async with (
        scripted_server(on_mail=lambda _: "550 5.7.1 blocked") as server,
        newsroom(tmp_path, port=server.port, readers=50) as app,
    ):
        published = await publish(app)
        with pytest.raises(ServerRefused, match="blocked"):
            await (await app.delivery()).run()
        assert (await app.outbox.accounting(published.id)).counts == {State.PENDING: 50}
    assert server.connections <= 4


@pytest.mark.parametrize(
    ("policy", "state", "copies"), [("resend", State.ACCEPTED, 2), ("hold", State.UNKNOWN, 1)]
)
async def test_after_an_ambiguous_break_the_policy_decides(
    tmp_path: Path, policy: str, state: State, copies: int
):
    """`resend`: at least one copy, the second with the same Message-ID. `hold`: at most one."""
    more = f'[delivery]\nambiguous = "{policy}"\n'
    async with (
        scripted_server(on_data=times("hang up", 1)) as server,
        newsroom(tmp_path, port=server.port, readers=1, more=more) as app,
    ):
        published = await publish(app)
        await (await app.delivery()).run()
        retry = await app.outbox.next_attempt()
        if retry is not None:
            object.__setattr__(app.clock, "instant", retry)
            await (await app.delivery()).run()
        assert (await app.outbox.accounting(published.id)).counts == {state: 1}
    assert server.accepted == {"reader0@example.org": copies}
    assert len(server.message_ids["reader0@example.org"]) == 1


async def test_what_a_dead_sender_left_is_sent(tmp_path: Path):
    """A row that says `sending` while nobody sends is taken up again by the next run."""
    async with scripted_server() as server, newsroom(tmp_path, port=server.port, readers=3) as app:
        published = await publish(app)
        rows = SqlOutbox(app.database)  # whoever has no lease of them leaves none
        row = (await rows.due(app.clock.now(), 0, 1))[0]
        await rows.record([row.id], [], app.clock.now())
        await (await app.delivery()).run()
        assert (await app.outbox.accounting(published.id)).counts == {State.ACCEPTED: 3}
    assert set(server.accepted.values()) == {1}


async def test_who_unsubscribes_during_the_send_gets_no_copy(tmp_path: Path):
    """Rows are read ahead, but none is begun after the unsubscribing is committed."""
    async with (
        scripted_server() as server,
        newsroom(tmp_path, port=server.port, readers=20, connections=1) as app,
    ):
        published = await publish(app)
        last = await app.subscribers.find("reader19@example.org")
        first = asyncio.Event()
        sending = asyncio.create_task((await app.delivery(lambda _: first.set())).run())
        await first.wait()
        await app.subscribers.move(last.id, Event.UNSUBSCRIBE, app.clock.now(), "test")
        await sending
        assert (await app.outbox.accounting(published.id)).counts == {State.ACCEPTED: 19, State.SUPPRESSED: 1}
    assert "reader19@example.org" not in server.accepted


async def test_a_stop_lets_what_is_under_way_arrive(tmp_path: Path):
    """Nothing is left in `sending`, the rest is pending, and the next run sends it."""
    async with scripted_server() as server, newsroom(tmp_path, port=server.port, readers=40) as app:
        published = await publish(app)
        seen: list[Decision] = []

        def stop_after_five(decision: Decision) -> None:
            seen.append(decision)
            if len(seen) == 5:
                delivery.stop()

        delivery = await app.delivery(stop_after_five)
        await delivery.run()
        accounting = await app.outbox.accounting(published.id)
        assert (
            5 <= accounting[State.ACCEPTED] <= 5 + 2 * 4
        )  # each connection has one on its way and one announced
        assert accounting[State.SENDING] == 0
        await (await app.delivery()).run()
        assert (await app.outbox.accounting(published.id)).counts == {State.ACCEPTED: 40}
    assert set(server.accepted.values()) == {1}


@pytest.mark.parametrize("store_url", ["sqlite:///newsletter.db"])
async def test_two_runs_at_once_do_not_send_side_by_side(tmp_path: Path):
    """The second is told that another one is sending."""
    async with scripted_server() as server, newsroom(tmp_path, port=server.port, readers=3) as app:
        await publish(app)
        async with SqlOutbox(app.database).exclusive():
            with pytest.raises(AlreadyRunning):
                await (await app.delivery()).run()
        assert not server.accepted


async def test_a_copy_that_cannot_be_written_is_rejected_with_its_reason(tmp_path: Path):
    """Counted, not skipped; the others are sent."""

    class Picky(Composer):
        def unsigned(self, row):
            if row.email == "reader1@example.org":
                raise ValueError("no words")
            return super().unsigned(row)

    async with scripted_server() as server, newsroom(tmp_path, port=server.port, readers=3) as app:
        published = await publish(app)
        delivery = await app.delivery()
        delivery._writer = lambda edition: Picky(edition, app.newsletter, app.secret)
        await delivery.run()
        assert (await app.outbox.accounting(published.id)).counts == {State.ACCEPTED: 2, State.REJECTED: 1}
        [failure] = await app.outbox.failures(published.id)
        assert failure.reason == "could not be written: no words"


async def test_a_rate_is_kept_over_all_connections(tmp_path: Path):
    """Ten messages at 50 a second take at least the nine gaps between them."""
    async with (
        scripted_server() as server,
        newsroom(tmp_path, port=server.port, readers=10, more="rate = 50\n") as app,
    ):
        await publish(app)
        loop = asyncio.get_running_loop()
        start = loop.time()
        await (await app.delivery()).run()
        assert loop.time() - start >= 9 / 50
    assert len(server.accepted) == 10


async def test_who_leaves_while_their_copy_is_on_its_way_gets_no_further_attempt(tmp_path: Path):
    """The server says "later" after they left: there is no later for them."""
    async with newsroom(tmp_path, readers=2) as app:
        published = await publish(app)
        now, rows = app.clock.now(), SqlOutbox(app.database)
        row = (await rows.due(now, 0, 1))[0]
        await rows.record([row.id], [], now)
        await app.subscribers.move(row.subscriber_id, Event.UNSUBSCRIBE, now, "test")
        await rows.record([], [(row.id, Decision(State.DEFERRED, 1, "450 later", now))], now)
        assert (await app.outbox.accounting(published.id)).counts == {State.PENDING: 1, State.SUPPRESSED: 1}


async def test_a_server_that_is_down_uses_up_nobodys_attempts(tmp_path: Path):
    """However long it is down, the copies are pending and none expires."""
    async with (
        scripted_server(on_mail=lambda _: "421 4.3.2 down") as server,
        newsroom(tmp_path, port=server.port, readers=3) as app,
    ):
        published = await publish(app)
        with pytest.raises(ServerUnavailable):
            await (await app.delivery()).run()
        assert (await app.outbox.accounting(published.id)).counts == {State.PENDING: 3}
        assert {row.attempts for row in await SqlOutbox(app.database).due(app.clock.now(), 0, 10)} == {0}


async def test_what_would_fail_for_everybody_is_said_before_anybody_is_rejected(tmp_path: Path):
    """A signing key that is none is a mistake of the configuration: nothing is sent, all is pending."""
    (tmp_path / "dkim.pem").write_text("no key")
    async with (
        scripted_server() as server,
        newsroom(tmp_path, port=server.port, readers=3, more=DKIM) as app,
    ):
        published = await publish(app)
        with pytest.raises(ConfigError, match=r"\[dkim\] key_file"):
            await (await app.delivery()).run()
        assert (await app.outbox.accounting(published.id)).counts == {State.PENDING: 3}
        assert not server.accepted


async def test_a_signature_verifies_on_the_bytes_that_arrived(tmp_path: Path):
    """With the public key as the DNS would give it, and over the headers that RFC 8058 asks for."""
    key = tmp_path / "dkim.pem"
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", key, "2048"], check=True)
    export = ["openssl", "rsa", "-in", key, "-pubout", "-outform", "DER"]
    public = subprocess.run(export, check=True, capture_output=True).stdout
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    async with (
        LocalMailbox(tmp_path / "mail") as mailbox,
        newsroom(tmp_path, port=mailbox.port, readers=1, more=DKIM) as app,
    ):
        await publish(app)
        await (await app.delivery()).run()
    [file] = (tmp_path / "mail" / "new").iterdir()
    received = file.read_bytes()
    assert dkim.verify(received, dnsfunc=lambda name, timeout=5: record)
    signature = "".join(message_from_bytes(received)["DKIM-Signature"].split())
    assert ";t=" not in signature  # or a second attempt would have other bytes than the first
    assert "list-unsubscribe:list-unsubscribe-post" in signature


@pytest.mark.parametrize("store_url", ["sqlite:///newsletter.db"])
async def test_a_lock_counts_for_every_name_of_the_database(tmp_path: Path):
    """Through a link it is the same database, and still only one may send."""
    async with newsroom(tmp_path) as app:
        (tmp_path / "other.db").symlink_to(tmp_path / "newsletter.db")
        other = Database("sqlite:///other.db", tmp_path)
        async with app.outbox.exclusive():
            with pytest.raises(AlreadyRunning):
                async with other.exclusive():
                    pass
        await other.close()


async def test_whoever_loses_a_race_for_an_edition_proposes_again(tmp_path: Path):
    """No slot is called empty while there are entries, and no entry is told twice."""
    async with (
        newsroom(tmp_path, readers=1, more="[edition]\nmax_entries = 1\n") as app,
        open_app(tmp_path / "newsletter.toml", NOW) as other,
    ):
        await other.editions.next_number("papers")
        results = await asyncio.gather(
            app.daily.publish(NOW, NOW), other.daily.publish(NOW + timedelta(days=1), NOW)
        )
    told = [
        item.entry.id
        for result in results
        if result.edition
        for item in (*result.edition.edition.featured, *result.edition.edition.also)
    ]
    assert [result.outcome.outcome for result in results] == [Outcome.SENT, Outcome.SENT]
    assert len(told) == len(set(told)) == 12


async def test_a_slot_whose_theme_is_broken_ends_as_failed_with_the_reason(tmp_path: Path):
    """Not as one at which nothing ran."""
    shutil.copytree(shipped("templates") / "digest", tmp_path / "templates" / "digest")
    (tmp_path / "templates" / "digest" / "edition.mjml").write_text("{{ nothing.of.this }}")
    async with newsroom(tmp_path, readers=1) as app:
        with pytest.raises(TemplateError):
            await app.daily.publish(NOW, NOW)
        [outcome] = await app.slots.outcomes("papers")
    assert outcome.outcome is Outcome.FAILED
    assert "edition.mjml" in outcome.reason
