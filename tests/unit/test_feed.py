"""Feeds of every format: what is read of them, what is refused, and fetching them from a real server."""

import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from support.web import Asked, Memory, reply, web_server

from newsletter.adapters.http import FetchLimits, HttpFetcher
from newsletter.adapters.sources.feed import FeedSource
from newsletter.adapters.sources.feedprocess import read_apart
from newsletter.adapters.sources.feedreader import LARGEST, ReadFeed, read_feed
from newsletter.core.feed import FeedItem, Parsed, entry_from_item, parse_items
from newsletter.core.model import Entry
from newsletter.errors import InputError, SourceError
from newsletter.ports import Fetched

SAMPLES = Path(__file__).parents[1] / "samples"
NOW = datetime(2025, 10, 2, tzinfo=UTC)
ADDRESS = "https://feeds.example.org/all.xml"


def parse(content: bytes | str, content_type: str = "", limit: int = 100) -> Parsed:
    """The entries of a feed, with what is wrong with the feed before what is wrong with its items."""
    data = content.encode() if isinstance(content, str) else content
    read = read_feed(data, content_type, limit=limit)
    found = parse_items(read.items, partial(entry_from_item, base=ADDRESS), where=ADDRESS)
    return Parsed(found.entries, (*read.problems, *found.problems))


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def rss(*items: str) -> str:
    return f'<rss version="2.0"><channel><title>t</title>{"".join(items)}</channel></rss>'


def test_rss_2_is_read_with_every_field() -> None:
    """Markup becomes text, the mail address of the author goes, the page keeps its tracking but not who
    the entry is."""
    entries, problems = parse(sample("rss2.xml"))
    assert entries[0] == Entry(
        id="https://lab.example.org/posts/small-models",
        title="Small models & large claims",
        summary="Summary. We compare models of three sizes.",
        authors=("Ada Lovelace",),
        url="https://lab.example.org/posts/small-models?utm_source=rss",
        published=datetime(2025, 10, 2, 8, tzinfo=UTC),
        discussion="https://lab.example.org/posts/small-models#talk",
        categories=("models", "evaluation"),
    )
    assert [entry.title for entry in entries[1:]] == [
        "A note that its author did not find a title for, though…",
        "New on arXiv: counting to ten",
        "A link that leads nowhere",
    ]
    assert entries[1].url == "https://feeds.example.org/posts/untitled"
    assert (entries[2].id, entries[2].code) == ("arxiv:2510.01459", "https://github.com/example/counting")
    assert entries[3].id == "https://feeds.example.org/all.xml#post-4"
    assert problems == (
        f"{ADDRESS}: item 2: its date 'some day in autumn' cannot be read; left out",
        f"{ADDRESS}: item 4: link: 'javascript:alert(1)' is not an http or https address; left out",
        f"{ADDRESS}: item 5: has neither a title nor a text nor a link; left out",
    )


def test_atom_is_read_with_every_field() -> None:
    """A text is not taken for HTML, a link starts from xml:base, an entry without a page has its id."""
    entries, problems = parse(sample("atom.xml"))
    assert entries[0] == Entry(
        id="https://blog.example.org/notes/generics",
        title="Why List<String> is not List<Object>",
        summary="Because of variance. And that is that.",
        authors=("Ada Lovelace", "Jürgen Groß"),
        url="https://blog.example.org/notes/generics",
        published=datetime(2025, 10, 1, 6, tzinfo=UTC),
        categories=("types",),
    )
    assert (entries[1].id, entries[1].summary, entries[1].published) == (
        *("urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a", "Some text."),
        datetime(2025, 10, 2, 8, tzinfo=UTC),
    )
    assert problems == ()


def test_rss_1_is_read_with_its_doi() -> None:
    """Journals say so in RSS 1.0."""
    (entry,), problems = parse(sample("rss1.xml"))
    assert (entry.doi, entry.authors) == ("10.5555/example.7.1", ("Cy Twombly", "Dee Dee"))
    assert entry.published == datetime(2025, 10, 1, tzinfo=UTC)
    assert problems == ()


def test_rss_0_91_is_read_without_its_document_type() -> None:
    """Naming one is harmless; it is never asked for."""
    (entry,), problems = parse(sample("rss091.xml"))
    assert (entry.title, problems) == ("Feeds are here to stay", ())


def test_json_feed_is_read_in_both_versions() -> None:
    """Authors of an item, else of the feed; what is missing is made up for or named."""
    entries, problems = parse(sample("feed.json"))
    assert entries[0] == Entry(
        id="https://json.example.org/first",
        title="The first",
        summary="It begins. and goes on.",
        authors=("Ada Lovelace", "Bo Li"),
        url="https://json.example.org/first",
        published=datetime(2025, 10, 2, 8, tzinfo=UTC),
        categories=("json", "feeds"),
    )
    assert [(entry.id, entry.title, entry.authors) for entry in entries[1:]] == [
        (f"{ADDRESS}#2", "Only a text, without a page.", ("The Editors",)),
        ("https://json.example.org/fourth", "json.example.org/fourth", ("Cy Twombly",)),
    ]
    assert problems == (
        f"{ADDRESS}: item 2: its date 'yesterday' cannot be read; left out",
        f"{ADDRESS}: item 3: has neither a title nor a text nor a link; left out",
    )


def test_a_feed_that_is_not_well_formed_gives_what_can_be_read() -> None:
    """And says where it is wrong."""
    entries, problems = parse(sample("broken.xml"))
    assert [entry.url for entry in entries] == [
        "https://hand.example.org/qa?a=1&b=2",
        "https://hand.example.org/end",
    ]
    assert problems[0].startswith("is not well-formed (3:")
    assert problems[0].endswith("items that could be read: 2")


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (sample("latin1.xml"), ""),
        (sample("latin1.xml").decode("cp1252").encode(), "text/xml; charset=utf-8"),
        (sample("latin1.xml").decode("cp1252").encode("utf-16"), "text/xml"),
        (sample("latin1.xml").decode("cp1252").encode("utf-16-le"), ""),
        (sample("latin1.xml").decode("cp1252").encode("utf-8-sig"), "text/xml; charset=iso-8859-1"),
        (b"\r\n" + sample("latin1.xml"), "application/rss+xml; charset='windows-1252'"),
    ],
    ids=["declared", "header", "utf-16", "unmarked", "marked", "blank-line"],
)
def test_the_encoding_is_found(content: bytes, content_type: str) -> None:
    """By the mark at its beginning, the header, or the document, in this order."""
    (entry,), problems = parse(content, content_type)
    assert (entry.title, problems) == ("Schöne Grüße – naïve café", ())


@pytest.mark.parametrize(
    "label", ["unicode_escape", "zlib", "idna", "utf-7", "no-such", "../../etc/passwd", "utf-8"]
)
def test_an_encoding_that_is_none_is_not_used(label: str) -> None:
    """What unpacks or unescapes is no encoding; bytes that fit no encoding are read as windows-1252."""
    feed = rss("<item><title>caf\xe9 \\x41</title></item>")
    content = f'<?xml version="1.0" encoding="{label}"?>{feed}'
    (entry,), problems = parse(content.encode("latin-1"))
    assert entry.title == "café \\x41"
    assert "read as windows-1252" in problems[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "neither RSS, Atom nor JSON Feed"),
        (b"<html><body><p>Not found</p></body></html>", "is this the address of a feed"),
        (b'<rss version="2.0"><channel><title>cut', "neither RSS, Atom nor JSON Feed: .*no element found"),
        (b"{}", 'no JSON Feed: its "version" does not begin with https://jsonfeed.org/version/'),
        (b'{"version": "https://jsonfeed.org/version/1"}', 'without its list of "items"'),
        (b'{"a":' * 100_000, "not JSON that can be read"),
        (b"{" + b" " * LARGEST, "larger than 16 MB"),
        (b"<rss><channel><item><title>" + b"x" * LARGEST, "its first item alone is larger than 16 MB"),
        (sample("bomb.xml"), "declares entities of its own"),
        (sample("bomb.xml").decode().encode("utf-16"), "declares entities of its own"),
        (sample("bomb.xml").replace(b"?>", b"??>"), "declares entities of its own"),
        (rss("<a>" * 300 + "</a>" * 300).encode(), "nests its elements more than 200 deep"),
    ],
)
def test_what_is_no_feed_or_a_trap_is_refused(content: bytes, message: str) -> None:
    """With the reason."""
    with pytest.raises(InputError, match=message):
        read_feed(content, limit=10)


def test_a_file_is_never_opened(tmp_path: Path) -> None:
    """Neither a name in place of a feed, nor an entity that names a file, nor an include."""
    canary = tmp_path / "canary.xml"
    canary.write_text(rss("<item><title>canary</title></item>"), encoding="utf-8")
    uri = canary.as_uri()
    uses_entity = rss("<item><title>&c;</title></item>")
    includes = (
        '<item xmlns:xi="http://www.w3.org/2001/XInclude"><title>x<xi:include href="{}"/></title></item>'
    )
    for refused in (str(canary), uri, f'<!DOCTYPE rss [<!ENTITY c SYSTEM "{uri}">]>{uses_entity}'):
        with pytest.raises(InputError, match=r"declares entities|neither RSS"):
            parse(refused)
    for harmless in (f'<!DOCTYPE rss SYSTEM "{uri}">{uses_entity}', rss(includes.format(uri))):
        assert "canary" not in repr(parse(harmless).entries)


@pytest.mark.parametrize("name", ["rss2.xml", "rss1.xml", "atom.xml", "feed.json", "broken.xml"])
def test_no_more_items_are_read_than_wanted(name: str) -> None:
    """The first are the same as without the limit, and what is left out is said."""
    entries = parse(sample(name)).entries
    first = parse(sample(name), limit=1)
    assert first.entries == entries[:1]
    assert any(
        "only the first 1" in problem or "more than the 1" in problem for problem in first.problems
    ) == (len(entries) > 1)


def test_a_feed_that_is_too_large_is_read_to_there() -> None:
    """To the last whole item within the first 16 MB."""
    item = f"<item><title>{'x' * 1_000_000} end</title></item>"
    read = read_feed(rss(*[item] * 20).encode(), limit=100)
    assert len(read.items) == 15
    assert all(item.title.endswith(" end") for item in read.items)
    assert read.problems == ("has more than the 15 items that were read",)


@pytest.mark.parametrize(
    ("values", "identity"),
    [
        ({"link": "https://A.org/x/?utm_source=rss#top", "guid": "1"}, "https://a.org/x"),
        ({"link": "https://a.org/x", "guid": "oai:arXiv.org:2510.01459v2"}, "arxiv:2510.01459"),
        ({"link": "https://arxiv.org/pdf/2510.01459v3", "guid": "1"}, "arxiv:2510.01459"),
        ({"guid": "tag:a.org,2025:1"}, "tag:a.org,2025:1"),
        ({"guid": "news/1234567"}, f"{ADDRESS}#news/1234567"),
        ({"link": "https://a.org/", "guid": "release-5"}, f"{ADDRESS}#release-5"),
        ({"link": "https://a.org/", "guid": "https://a.org/"}, f"{ADDRESS}#https://a.org/"),
    ],
)
def test_an_item_is_known_by_its_page_and_else_by_its_guid(values: dict[str, str], identity: str) -> None:
    """A guid that changes while the page stays makes no new entry; the front page of a site is nobody's
    page; an id that looks like arXiv's is one only where it says so."""
    entry, problems = entry_from_item(FeedItem(title="T", **values), "x", base=ADDRESS)
    assert (entry.id, problems) == (identity, [])


def test_two_items_with_one_page_are_one_entry() -> None:
    """A second one with another title is named, because it is lost."""
    items = [f"<item><title>{title}</title><link>https://a.org/x#{title}</link></item>" for title in "AAB"]
    entries, problems = parse(rss(*items))
    assert [entry.title for entry in entries] == ["A"]
    assert problems == (f"{ADDRESS}: item 3: leads to the page of another item, https://a.org/x#B; left out",)


@pytest.mark.parametrize(
    ("item", "title"),
    [
        ("<title> </title><description>One &lt;b&gt;two&lt;/b&gt;</description>", "One two"),
        ("<link>https://a.org/some/page/</link>", "a.org/some/page"),
        (f"<title>{'word ' * 100}</title>", "word " * 59 + "word…"),
        ("<title>evil\u202e&#x7;title&#10;two</title>", "eviltitle two"),
    ],
)
def test_a_title_is_never_empty_nor_endless(item: str, title: str) -> None:
    """The first words of the text, else the address, stand in for it."""
    assert parse(rss(f"<item>{item}</item>")).entries[0].title == title


async def test_apart_is_as_at_home() -> None:
    """The other process gives what the reader gives, and refuses what it refuses."""
    for name in ("rss2.xml", "atom.xml", "feed.json", "arxiv_api.xml"):
        assert await read_apart(sample(name), "", limit=3) == read_feed(sample(name), limit=3)
    with pytest.raises(InputError, match="declares entities"):
        await read_apart(sample("bomb.xml"), "", limit=3)


@pytest.mark.parametrize(
    "content",
    [rss(f"<item><author>{'a.' * 200_000}</author></item>"), '{"version": [' + "{}," * 5_000_000],
    ids=["time", "memory"],
)
async def test_a_feed_that_takes_too_much_is_given_up(content: str) -> None:
    """This process goes on; the other one is ended by the system."""
    with pytest.raises(InputError, match="could not be read in a few seconds and 256 MB of memory"):
        await read_apart(content.encode(), "", limit=10, seconds=1)


async def fetch(content: bytes, path: str = "/feed", **values: object) -> Fetched:
    known = {"Content-Type": "text/xml", "ETag": '"1"'}
    async with (
        web_server(reply(content, headers=known)) as server,
        HttpFetcher(Memory(), FetchLimits(), allow_hosts=["127.0.0.1"]) as fetcher,
    ):
        source = FeedSource("blog", fetcher, server.url(path), values.pop("max_entries", 100))
        return await source.fetch(NOW)


async def test_a_feed_is_fetched_with_the_name_of_the_source() -> None:
    """Problems begin with its address, and what to ask with the next time is handed on."""
    fetched = await fetch(sample("broken.xml"))
    assert [entry.source for entry in fetched.entries] == ["blog", "blog"]
    assert fetched.problems[0].startswith("http://127.0.0.1:")
    assert "/feed: is not well-formed" in fetched.problems[0]
    assert [validator.etag for validator in fetched.validators] == ['"1"']


async def test_a_feed_that_cannot_be_read_is_an_error_with_its_address() -> None:
    """And so is a trap."""
    for name, message in (("bomb.xml", "declares entities"), ("entries.csv", "neither RSS, Atom")):
        with pytest.raises(SourceError, match=rf"http://127.*/feed: {message}"):
            await fetch(sample(name))


async def test_a_feed_that_has_not_changed_says_nothing() -> None:
    """304 is neither an entry nor a problem."""
    memory = Memory()

    def script(asked: Asked) -> bytes:
        if "if-none-match" in asked.headers:
            return reply(status=304)
        return reply(
            json.dumps({"version": "https://jsonfeed.org/version/1", "items": []}).encode(),
            headers={"ETag": '"1"'},
        )

    async with (
        web_server(script) as server,
        HttpFetcher(memory, FetchLimits(), allow_hosts=["127.0.0.1"]) as fetcher,
    ):
        source = FeedSource("blog", fetcher, server.url(), 10)
        first = await source.fetch(NOW)
        assert len(first.validators) == 1
        await memory.succeeded("blog", first.validators, NOW)
        assert await source.fetch(NOW) == Fetched(())


def test_an_empty_feed_is_a_feed() -> None:
    """Without entries and without problems."""
    assert read_feed(rss().encode(), limit=10) == ReadFeed()
