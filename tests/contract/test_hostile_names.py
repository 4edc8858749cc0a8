"""Names that are SQL: the store keeps them as what they are, and finds by them only who is called so."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from support.samples import NOW, edition, entry

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.editions import SqlEditions
from newsletter.adapters.stores.entries import SqlEntries
from newsletter.adapters.stores.outbox import SqlOutbox
from newsletter.adapters.stores.roster import SqlRoster
from newsletter.adapters.stores.schema import metadata
from newsletter.adapters.stores.sources import SqlSourceMemory
from newsletter.adapters.stores.subscribers import SqlSubscribers
from newsletter.core.delivery import Decision
from newsletter.core.listfile import NewSubscriber
from newsletter.core.model import DeliveryState as State
from newsletter.core.model import SubscriberStatus
from newsletter.core.wishes import Like, Wishes
from newsletter.errors import NotFound
from newsletter.ports import Validator

HOSTILE = [
    "Robert'); DROP TABLE subscribers; --",
    "' OR '1'='1",
    "' OR 1=1 --",
    '" OR ""="',
    "x'; UPDATE subscribers SET status = 'active'; --",
    "' UNION SELECT email FROM subscribers --",
    "'; ATTACH DATABASE '/tmp/x.db' AS x; --",
    "x' || (SELECT email FROM subscribers) || '",
    *(":name", ":1", "?", "?1", "$1", "%s", "%(name)s", "{0}", "@x"),
    *("%", "_", "\\", "\\'", "'", "''", '"', "`", "[", ";", "--", "/*", "*/", "# x"),
    *("ʼ; DROP TABLE entries", "＇ OR 1=1", "x\ny", "\u202e' OR 1=1", "NULL", "null", "0", "[]", '{"a": 1}'),
]


@pytest.fixture
def memory(database: Database) -> SqlSourceMemory:
    return SqlSourceMemory(database)


async def tables(database: Database) -> dict[str, int]:
    """How many rows each has."""
    async with database.read() as connection:
        queries = {
            name: sa.select(sa.func.count()).select_from(table) for name, table in metadata.tables.items()
        }
        return {name: (await connection.execute(query)).scalar_one() for name, query in queries.items()}


@pytest.mark.parametrize("text", HOSTILE)
async def test_a_subscriber_may_be_called_anything(subscribers: SqlSubscribers, text: str) -> None:
    """Name and wishes come back as they were, and whoever stands beside them is untouched."""
    await subscribers.add([NewSubscriber("bob@example.org", "Bob")], NOW)
    await subscribers.add([NewSubscriber("ada@example.org", text, (text,), (text,), (text,), (text,))], NOW)
    ada, bob = [await subscribers.find(f"{name}@example.org") for name in ("ada", "bob")]
    await subscribers.like(ada.id, Like(text, text, text, ((text, 1.0),)), NOW)
    ada = await subscribers.get(ada.id)
    like = ada.wishes.likes[0]
    assert ada.name == like.entry == text
    one = (text,)
    assert ada.wishes == Wishes(topics=one, keywords=one, authors=one, muted=one, likes=(like,))
    await subscribers.unlike(ada.id, text, NOW)
    assert (await subscribers.get(ada.id)).wishes.likes == ()
    assert await subscribers.get(bob.id) == bob


async def test_what_no_database_can_keep_is_kept_without_it(
    database: Database,
    subscribers: SqlSubscribers,
    entries: SqlEntries,
    editions: SqlEditions,
    outbox: SqlOutbox,
) -> None:
    """NUL in what people, servers and sources say: where it cannot be stored, a sign stands for it. Tags can
    still be asked for, and subjects be read out."""
    odd, said = "a\0b", ("a\0b", "a\ufffdb")
    person = NewSubscriber("ada@example.org", odd, (odd,), tags=(odd, "\\u0000"), attributes={odd: odd})
    await subscribers.add([person], NOW)
    ada = await subscribers.find("ada@example.org")
    assert ada.name in said
    assert ada.wishes.topics[0] in said
    assert ada.tags[0] in said
    assert ada.tags[1] == "\\u0000"
    assert [person.id for person in await SqlRoster(database).page(tag="\\u0000", limit=9)] == [ada.id]
    await entries.add([entry(1, title=odd, authors=(odd,), summary=odd)], NOW)
    assert (await entries.list())[0].title in said
    published = await editions.publish(replace(edition(1, 1), subject=odd), odd, odd, "0" * 16, NOW)
    assert published is not None
    [headline] = await editions.headlines("papers")
    assert headline.subject.startswith("a")  # SQLite's JSON ends there
    [row] = await outbox.due(NOW, 0, 10)
    await outbox.record([row.id], [], NOW)
    await outbox.record([], [(row.id, Decision(State.REJECTED, 1, odd))], NOW)
    assert (await outbox.failures(published.id))[0].reason in said


@pytest.mark.parametrize("text", HOSTILE)
async def test_nobody_is_found_by_a_condition(subscribers: SqlSubscribers, text: str) -> None:
    """What is looked for is an address, whatever it says."""
    await subscribers.add([NewSubscriber(f"reader{n}@example.org") for n in range(3)], NOW)
    with pytest.raises(NotFound):
        await subscribers.find(text)
    with pytest.raises(NotFound):
        await subscribers.find(f"reader0@example.org{text}")
    assert await subscribers.counts() == {SubscriberStatus.ACTIVE: 3}


@pytest.mark.parametrize("text", HOSTILE)
async def test_an_entry_may_say_anything(
    entries: SqlEntries, editions: SqlEditions, database: Database, memory: SqlSourceMemory, text: str
) -> None:
    """In every field, its id and its source included; and so may the page that it came from."""
    known = entry(1)
    hostile = entry(2, id=text, title=text, summary=text, authors=(text,), organization=text, source=text)
    await entries.add([known, hostile], NOW)
    before = await tables(database)
    assert {found.title for found in await entries.get_many([text, known.id])} >= {text}
    assert text in {found.id for found in await entries.list()}
    await entries.history([text])
    await entries.candidates(text, NOW)
    await memory.succeeded(text, [Validator(text, text, text)], NOW)
    await memory.failed(text, text, NOW)
    assert await memory.validators(text) == {text: Validator(text, text, text)}
    assert [state.name for state in await memory.states()] == [text]
    assert await editions.list(text) == ()
    assert await editions.headlines(text) == ()
    after = await tables(database)
    assert {name: count for name, count in after.items() if count != before[name]} == {
        "sources": 1,
        "validators": 1,
    }
