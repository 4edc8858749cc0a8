"""Editions that wait for a person's word, in a real store: each ends once, whoever is quicker."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.newsroom import newsroom, write_config
from support.samples import NOW, edition, entry
from support.smtp import scripted_server

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.drafts import SqlDrafts
from newsletter.adapters.stores.editions import SqlEditions
from newsletter.adapters.stores.entries import SqlEntries
from newsletter.adapters.stores.slots import SqlSlots
from newsletter.bootstrap import App, open_app
from newsletter.core.audience import EVERYBODY
from newsletter.core.model import Edition
from newsletter.core.slots import Outcome, SlotOutcome
from newsletter.errors import DeliveryError, DraftChanged, NewsletterError, NotFound
from newsletter.ports import PublishedEdition, WaitingEdition
from newsletter.services.daily import Published

pytestmark = pytest.mark.usefixtures("any_store")

LATER = NOW + timedelta(hours=2)
REJECTED = SlotOutcome(NOW, Outcome.SKIPPED, "not approved")
ASKING = "[approval]\nrequired = true\n\n[edition]\nmax_entries = 5\n"


@pytest.fixture
def drafts(database: Database) -> SqlDrafts:
    return SqlDrafts(database)


@pytest.fixture
def slots(database: Database) -> SqlSlots:
    return SqlSlots(database)


async def kept(drafts: SqlDrafts, *entries: int) -> WaitingEdition:
    waiting = await drafts.keep(edition(1, *entries or (1, 2)), NOW, LATER)
    assert waiting
    return waiting


async def publish(
    editions: SqlEditions, waiting: WaitingEdition, approved: bool = True
) -> PublishedEdition | None:
    return await editions.publish(
        waiting.edition, "<p>", "text", "0" * 16, NOW, approved=waiting if approved else None
    )


async def test_what_waits_comes_back_as_it_was_kept(drafts: SqlDrafts) -> None:
    """Alone and in the list of its series; of another number there is none."""
    waiting = await kept(drafts)
    assert await drafts.get("papers", 1) == waiting == WaitingEdition(edition(1, 1, 2), 1, (), LATER)
    assert await drafts.waiting("papers") == (waiting,)
    assert await drafts.waiting("papers/weekly") == ()
    with pytest.raises(NotFound, match="no edition w2 waits"):
        await drafts.get("papers/weekly", 2)
    await drafts.tell(waiting, NOW)
    assert (await drafts.get("papers", 1)).told == NOW


async def test_nobody_else_takes_its_number_or_its_slot(
    drafts: SqlDrafts, editions: SqlEditions, entries: SqlEntries, slots: SqlSlots
) -> None:
    """Neither a draft nor an edition, nor does its slot end beside it; the next number is the one after."""
    await entries.add(map(entry, range(1, 5)), NOW)
    waiting = await kept(drafts)
    assert await editions.next_number("papers") == 2
    assert await editions.newest_number("papers") == 0
    for other in (edition(1, 3, slot=LATER), edition(2, 3), edition(3, 3, slot=LATER)):
        assert await drafts.keep(other, NOW, LATER) is None
    for other in (edition(1, 3, slot=LATER), edition(2, 3)):
        assert await editions.publish(other, "<p>", "text", "0" * 16, NOW) is None
    assert not await slots.close("papers", REJECTED, NOW)
    assert await slots.outcomes("papers") == ()
    extra = edition(2, 3, slot=LATER)
    assert await editions.publish(extra, "<p>", "text", "0" * 16, NOW, EVERYBODY.at_once())
    assert await drafts.waiting("papers") == (waiting,)
    assert await editions.beside("papers", 1) == (None, 2)
    assert (await editions.count("papers"), await editions.newest_number("papers")) == (1, 2)


async def test_a_slot_that_has_ended_keeps_nothing(drafts: SqlDrafts, slots: SqlSlots) -> None:
    """However it ended."""
    assert await slots.close("papers", REJECTED, NOW)
    assert await drafts.keep(edition(1, 1), NOW, LATER) is None


async def test_what_has_changed_is_neither_changed_nor_published_nor_ended(
    drafts: SqlDrafts, editions: SqlEditions, entries: SqlEntries, slots: SqlSlots
) -> None:
    """By whoever looked at it before; as it is now, it is."""
    await entries.add(map(entry, range(1, 5)), NOW)
    old = await kept(drafts)
    assert await drafts.change(old, edition(1, 3), ("arxiv:2603.00001",))
    assert not await drafts.change(old, edition(1, 4), ())
    assert not await drafts.end(old, REJECTED, NOW)
    assert await publish(editions, old) is None
    new = await drafts.get("papers", 1)
    assert (new.version, new.dropped, new.edition) == (2, ("arxiv:2603.00001",), edition(1, 3))
    assert await publish(editions, new)
    assert await drafts.waiting("papers") == ()
    assert [(one.outcome, one.edition) for one in await slots.outcomes("papers")] == [(Outcome.SENT, 1)]
    ids = [found.id for found in await entries.candidates("papers", NOW)]
    assert ids == [entry(2).id, entry(4).id], "what was dropped is not proposed again"


async def test_what_is_rejected_leaves_its_entries(
    drafts: SqlDrafts, editions: SqlEditions, entries: SqlEntries, slots: SqlSlots
) -> None:
    """Its slot has ended with the reason, and its number is free."""
    await entries.add(map(entry, range(1, 3)), NOW)
    waiting = await kept(drafts)
    assert await drafts.end(waiting, REJECTED, NOW)
    assert not await drafts.end(waiting, REJECTED, NOW)
    assert await publish(editions, waiting) is None
    assert await slots.outcomes("papers") == (REJECTED,)
    assert len(await entries.candidates("papers", NOW)) == 2
    assert await editions.next_number("papers") == 1


async def test_told_of_means_featured_in_the_series(entries: SqlEntries, editions: SqlEditions) -> None:
    """Nothing else, and by the ids that entries have now."""
    await entries.add(map(entry, range(1, 4)), NOW)
    assert await editions.publish(edition(1, 1, 3), "<p>", "text", "0" * 16, NOW)
    ids = [entry(n).id for n in range(1, 4)]
    assert await entries.told("papers", ids) == {ids[0], ids[2]}
    assert await entries.told("papers/weekly", ids) == frozenset()
    assert await entries.present_ids([*ids, "hash:none"]) == {id_: id_ for id_ in ids}


# Through the services


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    """An edition of five of twelve papers waits for a word, for three readers."""
    async with newsroom(tmp_path, readers=3, more=ASKING) as app:
        waiting = await app.daily.serve(NOW, NOW)
        assert isinstance(waiting, WaitingEdition)
        yield app


def numbers(made: Edition) -> list[int]:
    """Of the papers, in the order of the ranks."""
    return [int(item.entry.id[-5:]) for item in (*made.featured, *made.also)]


async def only(app: App) -> WaitingEdition:
    [waiting] = await app.approval.waiting()
    return waiting


async def test_while_it_waits_its_slot_is_neither_due_nor_missed(app: App) -> None:
    """Long after catch_up; nothing is featured, and no copy is planned. The next slot is due all the same."""
    day = timedelta(days=1)
    for late in (timedelta(0), timedelta(hours=7), timedelta(hours=20)):
        assert await app.daily.due(NOW + late) is None
    assert await app.daily.due(NOW + day) == NOW + day
    assert await app.slots.outcomes("papers") == ()
    assert len(await app.entries.candidates("papers", NOW)) == 12
    assert await app.outbox.count_due(NOW + day) == 0
    assert isinstance(await app.daily.serve(NOW, NOW), Published), "the slot is served already"


async def test_an_extra_edition_takes_neither_its_number_nor_is_told_of_twice(app: App) -> None:
    """What it took is left out; where that is all, there is no edition."""
    extra = (await app.extra_job().publish(NOW + timedelta(minutes=5), NOW)).edition
    assert extra
    assert (extra.edition.number, len(numbers(extra.edition))) == (2, 12)
    ended = await app.approval.approve(await only(app), NOW)
    assert ended.outcome.outcome is Outcome.EMPTY
    assert await app.approval.waiting() == ()


async def test_a_part_that_was_told_of_is_left_out(app: App) -> None:
    """The rest goes out under the same number, and the next best move up."""
    waiting = await only(app)
    taken = edition(2, 1, 3, slot=NOW + timedelta(minutes=5))
    assert await app.editions.publish(taken, "<p>", "text", "0" * 16, NOW, EVERYBODY.at_once())
    approved = (await app.approval.approve(waiting, NOW)).edition
    assert approved
    left = [number for number in numbers(waiting.edition) if number not in (1, 3)]
    assert (approved.edition.number, numbers(approved.edition)) == (1, left)
    assert [item.rank for item in approved.edition.featured] == [1, 2, 3, 4, 5]


async def test_papers_that_turn_out_to_be_one_are_told_of_once(tmp_path: Path) -> None:
    """Collecting goes on while an edition waits, and may find that two of its papers are the same; what was
    dropped by the id that is no more stays dropped."""
    blog = entry(20, id="https://blog.org/1", url="https://blog.org/1", title="Quite another title")
    async with newsroom(tmp_path, more=ASKING) as app:
        await app.entries.add([blog], NOW)
        waiting = await app.daily.serve(NOW, NOW)
        assert isinstance(waiting, WaitingEdition)
        assert blog.id in [item.entry.id for item in (*waiting.edition.featured, *waiting.edition.also)]
        await app.entries.add([replace(entry(1), url=blog.url)], NOW)
        present = await app.entries.present_ids([entry(1).id, blog.id])
        assert len(set(present.values())) == 1, "or this test shows nothing"
        approved = (await app.approval.approve(waiting, NOW)).edition
        assert approved
        told = [item.entry.id for item in (*approved.edition.featured, *approved.edition.also)]
        assert len(told) == len(set(told)) == 12
        assert not await app.entries.candidates("papers", NOW)


async def test_the_deadline_ends_it(app: App) -> None:
    """Not before; then its slot is skipped, and its papers are there for the next edition."""
    assert await app.approval.settle(LATER - timedelta(seconds=1)) == ()
    [settled] = await app.approval.settle(LATER)
    assert settled.outcome == SlotOutcome(NOW, Outcome.SKIPPED, "nobody approved it by 09:30")
    assert await app.slots.outcomes("papers") == (settled.outcome,)
    assert (await app.approval.settle(LATER), await app.approval.waiting()) == ((), ())
    assert len(await app.entries.candidates("papers", NOW)) == 12


async def test_at_the_deadline_it_may_be_sent(app: App) -> None:
    """Where the configuration says so; with the changes made until then."""
    waiting = await app.approval.drop(await only(app), entry(1).id)
    [settled] = await replace(app.approval, sends_at_deadline=True).settle(LATER)
    assert settled.edition
    assert settled.edition.edition == waiting.edition
    assert 1 not in numbers(settled.edition.edition)
    assert (await app.outbox.accounting(settled.edition.id)).planned == 3


async def at_once(folder: Path, words: Sequence[str]) -> list[Published | NewsletterError]:
    """Each word said to the edition by an app of its own, all having looked at it before."""

    async def say(app: App, waiting: WaitingEdition, word: str) -> Published | NewsletterError:
        try:
            if word == "approve":
                return await app.approval.approve(waiting, NOW)
            if word == "settle":
                late = replace(app.approval, sends_at_deadline=True)
                return ((await late.settle(LATER)) or (DraftChanged("nothing was left to settle"),))[0]
            return await app.approval.reject(waiting, "by hand", NOW)
        except DraftChanged as error:
            return error

    async with (
        open_app(folder / "newsletter.toml", NOW) as first,
        open_app(folder / "newsletter.toml", NOW) as second,
    ):
        apps = (first, second)
        seen = [await only(app) for app in apps]
        return list(
            await asyncio.gather(
                *(say(app, one, word) for app, one, word in zip(apps, seen, words, strict=True))
            )
        )


@pytest.mark.parametrize(
    "words", [("approve", "approve"), ("approve", "settle"), ("approve", "reject"), ("reject", "reject")]
)
async def test_of_two_words_at_once_one_counts(app: App, tmp_path: Path, words: Sequence[str]) -> None:
    """Over two connections to one file: one edition or none, one outcome, and the other is told."""
    said = await at_once(tmp_path, words)
    [done] = [one for one in said if isinstance(one, Published)]
    assert [type(one) for one in said if one is not done] == [DraftChanged]
    [outcome] = await app.slots.outcomes("papers")
    assert outcome == done.outcome
    published = await app.editions.list("papers")
    assert len(published) == (outcome.outcome is Outcome.SENT)
    planned = [(await app.outbox.accounting(one.id)).planned for one in published]
    assert planned == [3] * len(published)
    assert await app.approval.waiting() == ()


async def test_what_was_changed_in_between_is_not_approved(app: App) -> None:
    """Whoever approves has seen what goes out."""
    seen = await only(app)
    await app.approval.move(seen, entry(4).id, 1)
    for word in (app.approval.approve(seen, NOW), app.approval.reject(seen, "by hand", NOW)):
        with pytest.raises(DraftChanged, match="edition 1"):
            await word
    with pytest.raises(DraftChanged):
        await app.approval.drop(seen, entry(1).id)
    approved = (await app.approval.approve(await only(app), NOW)).edition
    assert approved
    assert numbers(approved.edition)[:2] == [4, 1]


async def test_without_the_table_nobody_is_asked(tmp_path: Path) -> None:
    """The slot is served at once, and an edition that has waited since before still ends at its deadline."""
    async with newsroom(tmp_path, more=ASKING) as app:
        assert isinstance(await app.daily.serve(NOW, NOW), WaitingEdition)
    async with open_app(write_config(tmp_path), NOW) as app:
        assert isinstance(await app.daily.serve(NOW + timedelta(days=1), NOW), Published)
        [settled] = await app.approval.settle(LATER)
        assert settled.outcome.outcome is Outcome.SKIPPED


async def test_who_is_asked_is_asked_once(tmp_path: Path) -> None:
    """An address that is refused does not bring the mail to the others again; where nobody takes it, it is
    tried again, as the same message, and the edition waits all the same."""
    answers = ["450 later"]

    def on_rcpt(address: str) -> str | None:
        return "550 nobody here" if address.startswith("gone") else answers[0] or None

    more = ASKING + '[operator]\nmail = ["gone@example.org", "boss@example.org"]\n'
    async with scripted_server(on_rcpt=on_rcpt) as server:
        async with newsroom(tmp_path, port=server.port, more=more) as app:
            await app.daily.serve(NOW, NOW)
            assert app.asking
            for _ in range(2):
                with pytest.raises(DeliveryError):
                    await app.asking.ask(NOW)
            assert (await only(app)).told is None
            answers[0] = ""
            for _ in range(2):
                await app.asking.ask(NOW)
            assert server.accepted == {"boss@example.org": 1}
            assert (await only(app)).told == NOW
            await app.approval.move(await only(app), entry(4).id, 1)
            await app.asking.ask(NOW)
        assert server.accepted == {"boss@example.org": 1}
