"""The daily papers of Hugging Face: their answers, and asking for them from a real server."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.web import Asked, Memory, reply, web_server

from newsletter.adapters.http import FetchLimits, HttpFetcher
from newsletter.adapters.sources.huggingface import HuggingFaceSource
from newsletter.core.huggingface import parse_daily_papers
from newsletter.core.model import Entry
from newsletter.errors import InputError, SourceError
from newsletter.ports import Fetched

SAMPLE = (Path(__file__).parents[1] / "samples" / "huggingface.json").read_bytes()
NOW = datetime(2025, 10, 2, 0, 30, tzinfo=UTC)
WHERE = "https://hub.example.org/papers"


def item(number: int = 1, **paper: object) -> dict[str, object]:
    known = {
        "id": f"2510.{number:05}",
        "title": f"Paper {number}",
        "summary": "We count.",
        "authors": [],
        "publishedAt": "2025-10-01T16:00:00.000Z",
        "upvotes": 5,
    }
    return {"paper": known | paper, "numComments": 1, "publishedAt": "2025-10-01T12:00:00.000Z"}


def parse(*items: object) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    return parse_daily_papers(json.dumps(items).encode(), where=WHERE)


def test_every_field_is_where_it_belongs() -> None:
    """Line breaks are joined, the pointer to the code is dropped, hidden authors and the item's own date
    are left out."""
    entries, problems = parse_daily_papers(SAMPLE, where=WHERE)
    assert problems == ()
    assert entries[0] == Entry(
        id="arxiv:2510.01459",
        title="Counting to ten in one line",
        summary="We count to ten, which is hard.",
        tldr="They count.",
        authors=("Ada Lovelace", "Erwin Schrödinger"),
        url="https://arxiv.org/abs/2510.01459",
        published=datetime(2025, 10, 1, 16, tzinfo=UTC),
        listed=datetime(2025, 10, 2, 1, tzinfo=UTC),
        upvotes=42,
        comments=3,
        stars=7,
        code="https://github.com/example/counting",
        project="https://counting.example.org",
        discussion="https://huggingface.co/papers/2510.01459",
        keywords=("counting", "numbers"),
        organization="Example Lab",
    )
    assert (entries[1].upvotes, entries[1].stars, entries[1].organization) == (0, None, "outside")


@pytest.mark.parametrize("key", ["summary", "authors", "publishedAt", "upvotes"])
@pytest.mark.parametrize("value", [None, 5.5, {"a": 1}])
def test_a_field_that_should_be_there_is_missed_but_not_needed(key: str, value: object) -> None:
    """The entry stays without it, and the problem names the place and the field."""
    (entry,), problems = parse(item(**{key: value}))
    assert entry.title == "Paper 1"
    assert [problem.partition(" is ")[0] for problem in problems] == [f"{WHERE}: item 1: {key}"]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (item(title=None), "title is missing"),
        (item(title=" \n"), "title is ''"),
        (item(id=None), "id is missing"),
        (item(id="../../etc"), "id is '../../etc'"),
        ({"paper": None}, "paper is missing, not an object"),
        ({"paper": "neither JSON nor Python"}, "paper is 'neither JSON nor Python', not an object"),
        ([item()], "the item is a list, not an object"),
        (7, "the item is '7', not an object"),
        ("__import__('os').abort()", "the item is"),
        ("[" * 100_000, "the item is"),
        ("-" * 100_000 + "1", "the item is"),
    ],
)
def test_what_is_no_paper_is_a_problem_and_the_rest_goes_on(bad: object, message: str) -> None:
    """The problem names its place; its neighbours are read."""
    entries, problems = parse(item(1), bad, item(3))
    assert [entry.title for entry in entries] == ["Paper 1", "Paper 3"]
    assert any(problem.startswith(f"{WHERE}: item 2: {message}") for problem in problems)


def test_dicts_that_are_written_as_text_are_read() -> None:
    """Whole items and papers, as JSON and as Python writes them."""
    written = [repr(item(1)), json.dumps(item(2)), item(3) | {"paper": repr(item(3)["paper"])}]
    entries, problems = parse(*written)
    assert entries == parse(item(1), item(2), item(3))[0]
    assert problems == ()


def test_a_value_that_cannot_be_used_is_left_out() -> None:
    """Links, counts and dates are looked at."""
    odd = {"githubRepo": "javascript:alert(1)", "githubStars": -1, "publishedAt": "soon", "upvotes": 2**40}
    (entry,), problems = parse(item(**odd, ai_keywords="none", organization="none"))
    assert (entry.code, entry.stars, entry.published, entry.upvotes) == (None, None, None, None)
    assert entry.position == 0
    assert problems == (
        f"{WHERE}: item 1: githubRepo is 'javascript:alert(1)', which cannot be used; left out",
        f"{WHERE}: item 1: publishedAt is 'soon', which cannot be used; left out",
        f"{WHERE}: item 1: upvotes is '1099511627776', which cannot be used; left out",
        f"{WHERE}: item 1: githubStars is '-1', which cannot be used; left out",
    )


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"<html>busy</html>", "not JSON that can be read"),
        (b'{"error": "Invalid date"}', "the server says 'Invalid date'"),
        (b'{"papers": []}', "expected a list of papers, found an object"),
        (b"[" * 1_000_000, "not JSON that can be read"),
        (b"[1" + b"0" * 10_000 + b"]", "not JSON that can be read"),
        (b" " * 5_000_001, "larger than 5 MB"),
    ],
)
def test_an_answer_that_is_no_list_is_named(answer: bytes, message: str) -> None:
    """The error begins with the address."""
    with pytest.raises(InputError, match=f"^{WHERE}: {message}"):
        parse_daily_papers(answer, where=WHERE)


async def fetch(
    answers: dict[str, bytes], query: str = "", days: int = 3, most: int = 100
) -> tuple[Fetched, list[str]]:
    """What the source makes of a server that has these answers by date, and what it asked."""

    def script(asked: Asked) -> bytes:
        date = asked.path.partition("date=")[2][:10]
        return reply(answers[date], headers={"ETag": f'"{date}"'}) if date in answers else reply(status=404)

    async with (
        web_server(script) as server,
        HttpFetcher(Memory(), FetchLimits(attempts=1), allow_hosts=["127.0.0.1"]) as fetcher,
    ):
        source = HuggingFaceSource("hub", fetcher, server.url(f"/papers{query}"), days, most)
        fetched = await source.fetch(NOW)
        return fetched, [asked.path for asked in server.asked]


async def test_each_of_the_last_days_is_asked_for() -> None:
    """By UTC date, the newest first, on top of the query that the address has; a paper of two days counts
    once, and what to ask with the next time is handed on."""
    answers = {
        "2025-10-02": json.dumps([item(1)]).encode(),
        "2025-10-01": json.dumps([item(2), item(1)]).encode(),
        "2025-09-30": b"[]",
    }
    fetched, asked = await fetch(answers, query="?submitter=ada")
    assert asked == [f"/papers?limit=100&submitter=ada&date={date}" for date in answers]
    assert [(entry.title, entry.source) for entry in fetched.entries] == [
        ("Paper 1", "hub"),
        ("Paper 2", "hub"),
    ]
    assert fetched.problems == ()
    assert [validator.etag for validator in fetched.validators] == [f'"{date}"' for date in answers]


async def test_a_day_that_cannot_be_read_does_not_cost_the_others() -> None:
    """It is a problem, and nothing is remembered of it."""
    fetched, asked = await fetch({"2025-10-02": b"{}", "2025-09-30": json.dumps([item(3)]).encode()})
    assert [entry.title for entry in fetched.entries] == ["Paper 3"]
    assert len(asked) == 3
    assert [validator.etag for validator in fetched.validators] == ['"2025-09-30"']
    assert "date=2025-10-02: expected a list of papers, found an object" in fetched.problems[0]
    assert "date=2025-10-01: the server answers 404" in fetched.problems[1]


async def test_no_day_at_all_is_an_error() -> None:
    """With the first reason."""
    with pytest.raises(SourceError, match="date=2025-10-02: the server answers 404"):
        await fetch({})


async def test_no_more_is_kept_than_wanted() -> None:
    """The newest day's first."""
    answers = {"2025-10-02": json.dumps([item(number) for number in range(1, 6)]).encode()}
    fetched, _ = await fetch(answers, days=1, most=2)
    assert [entry.title for entry in fetched.entries] == ["Paper 1", "Paper 2"]
    assert "5 papers; only the first 2 were kept" in fetched.problems[0]


async def test_a_day_that_has_not_changed_says_nothing() -> None:
    """304 is neither an entry nor a problem."""
    validator_memory = Memory()

    def script(asked: Asked) -> bytes:
        known = "if-none-match" in asked.headers
        return reply(status=304) if known else reply(json.dumps([item(1)]).encode(), headers={"ETag": '"1"'})

    async with (
        web_server(script) as server,
        HttpFetcher(validator_memory, FetchLimits(), allow_hosts=["127.0.0.1"]) as fetcher,
    ):
        source = HuggingFaceSource("hub", fetcher, server.url(), 2, 100)
        first = await source.fetch(NOW)
        await validator_memory.succeeded("hub", first.validators, NOW)
        assert len(first.entries) == 1
        assert await source.fetch(NOW) == Fetched(())
