"""One paper is one entry, whoever tells of it, in which version, on which day; and what is remembered."""

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from support.samples import NOW, edition, entry

from newsletter.adapters.stores.editions import SqlEditions
from newsletter.adapters.stores.entries import SqlEntries
from newsletter.adapters.stores.sources import SqlSourceMemory
from newsletter.core.model import Signals
from newsletter.ports import SourceState, Validator

HOUR = timedelta(hours=1)
TITLE = "Thinking Less and Knowing More by Pruned Reasoning"
PEOPLE = ("Ada Lovelace", "Alan Turing")
BLOG = entry(1, id="https://blog.org/1", url="https://blog.org/1", title=TITLE, authors=PEOPLE, source="blog")
ARXIV = entry(1, title=TITLE, authors=PEOPLE, summary="We prune.", upvotes=3, source="arxiv")


# Identity


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(entry(1, source="daily"), id="the id"),
        pytest.param(replace(BLOG, url="https://arxiv.org/pdf/2603.00001v3", title="T"), id="a version"),
        pytest.param(replace(BLOG, discussion="https://hf.co/papers/2603.00001", title="T"), id="discussion"),
        pytest.param(replace(BLOG, doi="10.48550/arxiv.2603.00001", title="T"), id="the DOI of arXiv"),
        pytest.param(replace(BLOG, doi="10.1000/a", title="T"), id="a DOI"),
        pytest.param(replace(BLOG, links=("https://journal.org/7?utm_source=x",), title="T"), id="a page"),
        pytest.param(BLOG, id="title and authors"),
        pytest.param(replace(BLOG, authors=()), id="the title"),
        pytest.param(replace(BLOG, title=f"{TITLE} (v2)"), id="a version of the title"),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
async def test_two_sources_tell_of_one_paper(entries, other, at_once):
    """In one reading or one after the other: one entry, which stays who it was first."""
    first = replace(ARXIV, doi="10.1000/a", links=("https://journal.org/7",))
    if at_once:
        assert await entries.add([first, other], NOW) == 1
    else:
        assert await entries.add([first], NOW) == 1
        assert await entries.add([other], NOW + HOUR) == 0
    (kept,) = await entries.list()
    assert (kept.id, kept.source, kept.first_seen, kept.upvotes) == (first.id, "arxiv", NOW, 3)
    assert await entries.get_many([other.id]) == (kept,)
    assert await entries.add([other], NOW + 2 * HOUR) == 0


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(ARXIV, id="arxiv:2603.00002", url=None), id="another arXiv id"),
        pytest.param(replace(BLOG, title="Something Else Entirely Is Told", authors=()), id="another title"),
        pytest.param(replace(BLOG, title="T", code="https://github.com/a/b"), id="the same repository"),
        pytest.param(replace(ARXIV, id="x", url="https://arxiv.org/abs/2603.00003"), id="its page"),
    ],
)  # fmt: skip
async def test_two_papers_stay_two(entries, other):
    """In whichever order they come, and when they come again."""
    first = replace(ARXIV, code="https://github.com/a/b")
    assert await entries.add([first, other], NOW) == 2
    assert await entries.add([other, first], NOW + HOUR) == 0
    assert {kept.id for kept in await entries.list()} == {first.id, other.id}


async def test_an_old_title_is_no_evidence(entries):
    """After two months a title may be used again; an address never."""
    await entries.add([replace(ARXIV, authors=())], NOW)
    later = NOW + timedelta(days=61)
    assert await entries.add([replace(BLOG, authors=())], later) == 1
    assert await entries.add([replace(BLOG, id="y", url=ARXIV.url, title="T")], later) == 0


async def test_two_entries_that_turn_out_to_be_one_are_told_of_once(entries, database):
    """The older one stays, has been featured where either was, and is found by both ids."""
    blog = replace(BLOG, title="A title of its own", upvotes=9)
    await entries.add([ARXIV], NOW)
    await entries.add([blog], NOW + HOUR)
    await SqlEditions(database).publish(
        replace(edition(1, 1), sections=(_section(blog),)), "", "", "0" * 16, NOW
    )
    link = replace(blog, id="z", links=(ARXIV.url,), source="third")
    assert await entries.add([link, entry(5)], NOW + 2 * HOUR) == 1
    (kept,) = await entries.get_many([blog.id])
    assert (kept.id, kept.upvotes, kept.first_seen) == (ARXIV.id, 9, NOW)
    assert kept.links == ("https://blog.org/1",)
    assert [found.id for found in await entries.candidates("papers", NOW)] == [entry(5).id]
    assert await entries.add([blog, ARXIV], NOW + 3 * HOUR) == 0


async def test_what_is_one_after_all_was_one_new_paper(entries):
    """Within one reading, however far apart they stand in it."""
    blog = replace(BLOG, title="A title of its own")
    between = [entry(n) for n in range(10, 1010)]
    link = replace(blog, id="z", links=(ARXIV.url,), source="third")
    assert await entries.add([ARXIV, blog, *between, link], NOW) == 1001


async def test_a_feed_that_gives_everything_one_title_is_read(entries):
    """Addresses tell its entries apart; they are not compared all with all."""
    same = [replace(BLOG, id=f"https://blog.org/{n}", url=f"https://blog.org/{n}", authors=(), summary="")
            for n in range(3000)]  # fmt: skip
    assert await entries.add(same, NOW) == 3000
    assert await entries.add(same, NOW + HOUR) == 0


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_comes_in_whichever_order_is_kept_once(entries, seed):
    """However the identities cross: every id leads to an entry, what is known is not new."""
    chance = random.Random(seed)
    pages = (None, "https://arxiv.org/abs/2603.00001", "https://b.org/1", "https://b.org/2")
    for hours in range(6):
        told = [
            entry(
                n,
                url=chance.choice(pages),
                doi=chance.choice((None, "10.1000/a", "10.1000/b")),
                id=chance.choice(("arxiv:2603.00001", "arxiv:2603.00002", "https://b.org/1", "x", "y")),
                title=chance.choice((TITLE, f"{TITLE} (v2)", "Other")),
                source=chance.choice("ab"),
                upvotes=chance.choice((None, 1, 2)),
            )
            for n in range(chance.randrange(5))
        ]
        before, new = len(await entries.list()), await entries.add(told, NOW + hours * HOUR)
        assert len(await entries.list()) <= before + new
        assert len(await entries.get_many([one.id for one in told])) == len(told)
        assert await entries.add(told, NOW + hours * HOUR) == 0


# The watermark


async def test_an_entry_is_a_candidate_until_it_is_told_or_too_old(entries, database):
    """A late one counts from when it was seen, one that comes back on a later date is not new."""
    late = entry(2, published=NOW - timedelta(days=300))
    await entries.add([entry(1), late], NOW)
    await SqlEditions(database).publish(edition(1, 1), "", "", "0" * 16, NOW)
    await entries.add([entry(1), entry(2), entry(3)], NOW + 48 * HOUR)
    assert [found.id for found in await entries.candidates("papers", NOW)] == [late.id, entry(3).id]
    assert [found.id for found in await entries.candidates("papers", NOW + HOUR)] == [entry(3).id]


# Signals


async def test_a_snapshot_is_kept_where_votes_have_changed(entries):
    """Nothing for silence, nothing for the same numbers; in the order of time, by any id."""
    readings = ({}, {"upvotes": 3}, {"upvotes": 3}, {}, {"upvotes": 5, "stars": 0}, {"upvotes": 4})
    for hours, values in enumerate(readings):
        await entries.add([entry(1, **values)], NOW + hours * HOUR)
    expected = (
        Signals(at=NOW + HOUR, upvotes=3),
        Signals(at=NOW + 4 * HOUR, upvotes=5, stars=0),
        Signals(at=NOW + 5 * HOUR, upvotes=4, stars=0),
    )
    assert await entries.history([entry(1).id, "unknown"]) == {entry(1).id: expected}


async def test_two_sources_at_one_moment_make_one_snapshot(entries):
    """With what both say together."""
    await entries.add([entry(1, upvotes=3)], NOW)
    await entries.add([entry(1, upvotes=7, stars=2, source="other")], NOW)
    (history,) = (await entries.history([entry(1).id])).values()
    assert history == (Signals(at=NOW, upvotes=7, stars=2),)


# Sources


async def test_validators_are_remembered_by_address(database):
    """The later answer counts; one without anything to remember is forgotten; each source has its own."""
    memory = SqlSourceMemory(database)
    one, two = Validator("https://a.org/1", '"x"'), Validator("https://a.org/2", None, "Mon, 01 Jan 2026")
    await memory.succeeded("feed", [one, two], NOW)
    assert await memory.validators("feed") == {one.url: one, two.url: two}
    assert await memory.validators("other") == {}
    newer = replace(one, etag='"y"')
    await memory.succeeded("feed", [newer, Validator(two.url)], NOW + HOUR)
    assert await memory.validators("feed") == {one.url: newer}
    await memory.succeeded("feed", [], NOW + 2 * HOUR)
    await memory.failed("feed", "down", NOW + 3 * HOUR)
    assert await memory.validators("feed") == {one.url: newer}
    await memory.succeeded("feed", [two], NOW + timedelta(days=100))
    assert await memory.validators("feed") == {two.url: two}


async def test_a_source_says_how_it_answered_last(database):
    """A failure keeps the time of the last success, a success ends the failure."""
    memory = SqlSourceMemory(database)
    await memory.failed("b", "b: no such host", NOW)
    await memory.succeeded("a", [], NOW)
    await memory.failed("a", "a: 500", NOW + HOUR)
    assert await memory.states() == (
        SourceState("a", NOW + HOUR, NOW, "a: 500"),
        SourceState("b", NOW, None, "b: no such host"),
    )
    await memory.succeeded("a", [], NOW + 2 * HOUR)
    assert (await memory.states())[0] == SourceState("a", NOW + 2 * HOUR, NOW + 2 * HOUR, None)


# The upgrade


@pytest.mark.parametrize("store_url", ["sqlite:///papers.db"])
async def test_a_database_of_the_first_version_keeps_its_entries_and_knows_them(tmp_path: Path, database):
    """What was collected before the upgrade is not new after it, under any of its identities."""
    _make_first_version(tmp_path / "papers.db")
    entries = SqlEntries(database)
    (kept,) = await entries.list()
    assert (kept.id, kept.links, kept.doi, kept.upvotes, kept.authors) == ("own-7", (), None, 4, PEOPLE)
    again = [ARXIV, replace(BLOG, url="https://b.org/2"), replace(BLOG, id="own-7"), BLOG]
    assert await entries.add(again, NOW + HOUR) == 0
    assert await entries.add([entry(2)], NOW + HOUR) == 1


def _section(featured):
    section = edition(1, 1).sections[0]
    return replace(section, entries=(replace(section.entries[0], entry=featured),))


def _make_first_version(path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", "newsletter.adapters.stores:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            sa.text(
                "INSERT INTO entries (id, title, summary, authors, url, upvotes, categories, keywords,"
                " source, first_seen) VALUES ('own-7', :title, 'We.', '[\"Ada Lovelace\", \"Alan Turing\"]',"
                " 'https://arxiv.org/abs/2603.00001v1', 4, '[]', '[]', 'page', '2026-03-11 07:30:00.000000')"
            ),
            {"title": TITLE},
        )
    engine.dispose()
