"""arXiv's search and daily lists: what they say, and asking for them from a real server."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from support.web import Asked, Memory, reply, web_server

from newsletter.adapters.http import FetchLimits, HttpFetcher
from newsletter.adapters.sources.arxiv import ArxivSource
from newsletter.adapters.sources.feedreader import read_feed
from newsletter.core.arxiv import parse_arxiv, refusal
from newsletter.core.feed import FeedItem, Parsed
from newsletter.core.model import Entry
from newsletter.errors import SourceError
from newsletter.ports import Fetched

SAMPLES = Path(__file__).parents[1] / "samples"
NOW = datetime(2025, 10, 2, tzinfo=UTC)
PAPER = "<entry><id>http://arxiv.org/abs/2510.{0:05}v1</id><title>Paper {0}</title></entry>"
Answer = Callable[[Asked], bytes]


def parse(sample: str, **values: object) -> Parsed:
    read = read_feed((SAMPLES / sample).read_bytes(), limit=100, markup=False)
    return parse_arxiv(read.items, where="https://arxiv.example.org", **values)


def answer(numbers: range, total: int) -> bytes:
    """A page of the API."""
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">'
        f"<opensearch:totalResults>{total}</opensearch:totalResults>"
        f"{''.join(map(PAPER.format, numbers))}</feed>"
    ).encode()


def test_the_api_is_read_with_every_field() -> None:
    """Formulas stay, the rest is made readable; the version is no part of who it is; the primary category
    comes first; the comment knows where the code is."""
    entries, problems = parse("arxiv_api.xml")
    assert entries[0] == Entry(
        id="arxiv:2510.01459",
        title="Counting to ten when $a<b$ and $b < c$",
        summary="We count to ten, as Schrödinger did, and find that $a<b$ holds in 50% of all cases.",
        authors=("Ada Lovelace", "Erwin Schrödinger"),
        url="https://arxiv.org/abs/2510.01459",
        doi="10.5555/count.10",
        published=datetime(2025, 10, 1, 16, tzinfo=UTC),
        code="https://github.com/example/counting",
        categories=("cs.AI", "cs.CL"),
    )
    assert (entries[1].id, entries[1].url) == (
        "arxiv:hep-ex/0307015",
        "https://arxiv.org/abs/hep-ex/0307015",
    )
    assert problems == (
        "https://arxiv.example.org: item 3: has no arXiv id (it is 'http://arxiv.org/abs/nothing'); left out",
    )


@pytest.mark.parametrize(
    ("announce", "ids"),
    [
        (("new", "cross"), ["arxiv:2510.00001", "arxiv:2509.00002"]),
        (("new",), ["arxiv:2510.00001"]),
        (("replace-cross",), ["arxiv:2203.01250"]),
        ((), []),
    ],
)
def test_the_daily_list_gives_what_is_announced_as_wanted(announce: tuple[str, ...], ids: list[str]) -> None:
    """A reason that only the abstract's head tells counts too, and none of them is a problem."""
    entries, problems = parse("arxiv_daily.xml", announce=announce)
    assert [entry.id for entry in entries] == ids
    assert problems == ()


def test_an_abstract_of_the_daily_list_begins_where_the_abstract_does() -> None:
    """Its head is cut off, its authors are told apart; only a new paper is as new as its list."""
    entries = parse("arxiv_daily.xml").entries
    assert entries[0].summary == "We are new, and $a<b$ is too."
    assert entries[0].authors == ("Ada Lovelace", "Bo Li", "Cy Twombly")
    assert [entry.published for entry in entries] == [datetime(2025, 10, 2, 4, tzinfo=UTC), None, None]


def test_an_item_that_does_not_say_its_reason_is_new() -> None:
    """A list in a format of its own is read all the same."""
    item = FeedItem(guid="oai:arXiv.org:2510.00009v1", title="Paper", text="We say nothing.")
    assert len(parse_arxiv([item], where="x", announce=["new"]).entries) == 1
    assert parse_arxiv([item], where="x", announce=["cross"]).entries == ()


def test_a_refusal_is_told_from_papers() -> None:
    """The API refuses in the form of an entry."""
    items = read_feed((SAMPLES / "arxiv_error.xml").read_bytes(), limit=9, markup=False).items
    assert refusal(items) == "incorrect id format for abc"
    assert refusal([FeedItem(guid="http://arxiv.org/abs/2510.00001v1")]) is None


async def fetch(script: Answer | bytes, **values: object) -> tuple[Fetched, list[str]]:
    """What the source makes of this server, and what it asked."""
    given = script if callable(script) else lambda _: reply(script)
    known = {"query": None, "categories": (), "max_entries": 500, "announce": ("new", "cross")}
    async with (
        web_server(given) as server,
        HttpFetcher(Memory(), FetchLimits(attempts=1), allow_hosts=["127.0.0.1"]) as fetcher,
    ):
        source = ArxivSource("arxiv", fetcher, **known | {"url": server.url("/api?x=1")} | values)
        fetched = await source.fetch(NOW)
        return fetched, [asked.path for asked in server.asked]


def served(total: int, lost: tuple[int, ...] = (), status: int = 200) -> Answer:
    """An API with so many papers; the starts in `lost` answer empty, or with the status, for ever."""

    def script(asked: Asked) -> bytes:
        query = parse_qs(urlsplit(asked.path).query)
        start, size = int(query["start"][0]), int(query["max_results"][0])
        if start in lost and status != 200:
            return reply(status=status)
        numbers = range(0) if start in lost else range(start, min(start + size, total))
        return reply(answer(numbers, total), headers={"ETag": f'"{start}"'})

    return script


async def test_a_search_is_read_page_by_page() -> None:
    """The newest first, to the end of what there is, each page remembered."""
    fetched, asked = await fetch(served(total=230), query="cat:cs.CL AND all:agents")
    assert [entry.id for entry in fetched.entries] == [f"arxiv:2510.{number:05}" for number in range(230)]
    assert {entry.source for entry in fetched.entries} == {"arxiv"}
    assert asked[0] == (
        "/api?x=1&search_query=cat%3Acs.CL+AND+all%3Aagents&start=0&max_results=100"
        "&sortBy=submittedDate&sortOrder=descending"
    )
    assert [parse_qs(urlsplit(path).query)["start"][0] for path in asked] == ["0", "100", "200"]
    assert [validator.etag for validator in fetched.validators] == ['"0"', '"100"', '"200"']
    assert fetched.problems == ()


async def test_a_search_ends_where_enough_is_read() -> None:
    """No more papers are asked for than wanted."""
    fetched, asked = await fetch(served(total=1000), query="all:a", max_entries=130)
    assert len(fetched.entries) == 130
    assert [parse_qs(urlsplit(path).query)["max_results"][0] for path in asked] == ["100", "30"]


async def test_an_empty_page_is_asked_for_once_more_and_then_reported() -> None:
    """What was read before counts; the rest is told to be missing."""
    fetched, asked = await fetch(served(total=300, lost=(100,)), query="all:a")
    assert len(fetched.entries) == 100
    assert len(asked) == 3
    assert "an empty page, though arXiv says that there are 300 papers; 100 were read" in fetched.problems[0]


async def test_a_page_that_fails_does_not_cost_those_before_it() -> None:
    """The first page does."""
    fetched, _ = await fetch(served(total=300, lost=(100,), status=500), query="all:a")
    assert len(fetched.entries) == 100
    assert "only the 100 papers before it were read" in fetched.problems[0]
    with pytest.raises(SourceError, match="the server answers 500"):
        await fetch(served(total=300, lost=(0,), status=500), query="all:a")


async def test_a_search_may_find_nothing() -> None:
    """That is no problem, and is not asked twice."""
    fetched, asked = await fetch(served(total=0), query="all:nothing")
    assert fetched == Fetched(())
    assert len(asked) == 1


async def test_a_refused_query_is_an_error_with_arxivs_reason() -> None:
    """And with the address."""
    with pytest.raises(
        SourceError, match=r"http://127.*/api.*: arXiv refuses the query: incorrect id format for abc"
    ):
        await fetch((SAMPLES / "arxiv_error.xml").read_bytes(), query="id:abc")


async def test_the_daily_list_is_asked_for_once() -> None:
    """With the address as configured."""
    fetched, asked = await fetch((SAMPLES / "arxiv_daily.xml").read_bytes(), categories=["cs.AI"])
    assert [entry.id for entry in fetched.entries] == ["arxiv:2510.00001", "arxiv:2509.00002"]
    assert asked == ["/api?x=1"]
    assert len(fetched.validators) == 1


async def test_a_list_that_is_none_is_an_error() -> None:
    """It names the address."""
    with pytest.raises(SourceError, match=r"http://127.*/api\?x=1: neither RSS, Atom nor JSON Feed"):
        await fetch(b"<html><p>Busy</p></html>", categories=["cs.AI"])


async def test_an_empty_list_is_a_holiday() -> None:
    """Neither an entry nor a problem."""
    empty = b'<feed xmlns="http://www.w3.org/2005/Atom"><title>cs.AI</title></feed>'
    fetched, _ = await fetch(empty, categories=["cs.AI"])
    assert (fetched.entries, fetched.problems) == ((), ())


@pytest.mark.parametrize(
    ("values", "address"),
    [
        (
            {"query": "all:a", "categories": ()},
            "https://export.arxiv.org/api/query?search_query=all%3Aa&start=0",
        ),
        ({"query": None, "categories": ("cs.AI", "math.CO")}, "https://rss.arxiv.org/atom/cs.AI+math.CO"),
    ],
)
async def test_without_an_address_arxivs_own_is_asked(values: dict[str, object], address: str) -> None:
    """The API where there is a query, else the list of the categories."""

    class Recorder:
        async def get(self, url: str, *, source: str) -> None:
            assert url.startswith(address)

    source = ArxivSource("arxiv", Recorder(), url=None, max_entries=10, announce=(), **values)
    assert await source.fetch(NOW) == Fetched(())
