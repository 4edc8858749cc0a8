"""Entries as JSONL: reading, writing, and saying what is wrong."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.jsonl import entry_from_json, entry_to_json, parse_entries_jsonl
from newsletter.core.model import Entry
from newsletter.errors import InputError

FULL = {
    "id": "arxiv:2510.01459",
    "title": "One",
    "summary": "An abstract.",
    "authors": ["Ada Lovelace", "Alan Turing"],
    "url": "https://huggingface.co/papers/2510.01459",
    "published": "2025-10-02T08:00:00+00:00",
    "tldr": "In short.",
    "doi": "10.1145/3292500",
    "links": ["https://arxiv.org/abs/2510.01459"],
    "upvotes": 42,
    "comments": 0,
    "stars": 7,
    "code": "https://github.com/a/b",
    "project": "https://a.io",
    "discussion": "https://example.org/d",
    "search": "https://example.org/?q=One",
    "categories": ["cs.CL"],
    "keywords": ["small models"],
    "organization": "Example",
    "source": "papers",
    "position": 3,
    "first_seen": "2025-10-02T09:00:00+00:00",
}


def test_a_full_entry_is_read_and_written_the_same() -> None:
    """Every key has its place, in a fixed order."""
    written = entry_to_json(entry_from_json(FULL, "x:1"))
    assert list(written.items()) == list(FULL.items())


def test_a_title_is_enough() -> None:
    """What the object does not say is unknown, and the id is made from the rest; null says nothing either."""
    entry = entry_from_json({"title": "  One\nline ", "upvotes": None, "later": [1]}, "x:1")
    assert entry == Entry(id=entry.id, title="One line")
    assert entry.id.startswith("hash:")
    assert entry_to_json(entry) == {
        "id": entry.id,
        "title": "One line",
        "summary": "",
        "authors": [],
        "url": None,
        "published": None,
    }


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        ({"title": "T", "url": "https://arxiv.org/abs/2510.01459v2"}, "arxiv:2510.01459"),
        ({"title": "T", "url": "http://Example.org/a/"}, "https://example.org/a"),
        ({"title": "T", "id": "2510.01459v1"}, "arxiv:2510.01459"),
        ({"title": "T", "id": "our-own-7", "url": "https://example.org"}, "our-own-7"),
    ],
)
def test_ids_are_canonical(obj: dict[str, object], expected: str) -> None:
    """A given id is put into our notation where it is known, and stays where it is not."""
    assert entry_from_json(obj, "x:1").id == expected


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2025-10-02", datetime(2025, 10, 2, tzinfo=UTC)),
        ("2025-10-02T08:00:00", datetime(2025, 10, 2, 8, tzinfo=UTC)),
        ("2025-10-02T08:00:00.000Z", datetime(2025, 10, 2, 8, tzinfo=UTC)),
        ("2025-10-02T08:00:00+02:00", datetime(2025, 10, 2, 6, tzinfo=UTC)),
    ],
)
def test_times_are_aware_and_in_utc(written: str, read: datetime) -> None:
    """A time without an offset is UTC, any other is brought there."""
    published = entry_from_json({"title": "T", "published": written}, "x:1").published
    assert published == read
    assert published is not None
    assert published.tzinfo is UTC


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", r"not JSON: .* at column \d+"),
        ("[1]", "expected an object such as .* found a list"),
        ('"x"', 'found "x"'),
        ("null", "found null"),
        ("{}", "title: missing or empty"),
        ('{"title": " \\u200b"}', "title: missing or empty"),
        ('{"title": 7}', "title: expected a text, found 7"),
        ('{"title": "T", "authors": "Ada"}', 'authors: expected a list of texts, found "Ada"'),
        ('{"title": "T", "authors": ["Ada", {}]}', "authors: expected a list of texts, found an object"),
        ('{"title": "T", "upvotes": "many"}', 'upvotes: expected a whole number .* found "many"'),
        ('{"title": "T", "upvotes": true}', "upvotes: .* found true"),
        ('{"title": "T", "stars": -1}', "stars: .* found -1"),
        ('{"title": "T", "stars": 1.5}', "stars: .* found 1.5"),
        ('{"title": "T", "stars": NaN}', "stars: .* found nan"),
        ('{"title": "T", "comments": 99999999999}', "comments: .* from 0 to 2147483647"),
        ('{"title": "T", "published": "soon"}', 'published: expected an ISO 8601 time .* found "soon"'),
        ('{"title": "T", "published": "0001-01-01T00:00:00+23:00"}', "published: expected an ISO 8601 time"),
        ('{"title": "T", "url": 5}', "url: expected a text, found 5"),
        ("[" * 100_000, "not JSON that can be read"),
        ('{"title": "T", "stars": ' + "9" * 5000 + "}", "not JSON that can be read"),
    ],
    ids=str,
)
def test_a_bad_line_is_named_and_the_rest_goes_on(line: str, message: str) -> None:
    """The message begins with file and line and names the key; the lines around it are read."""
    lines = ['{"title": "Before"}\n', "\n", line, '{"title": "After"}']
    entries, problems = parse_entries_jsonl(lines, name="list.jsonl")
    assert [entry.title for entry in entries] == ["Before", "After"]
    (problem,) = problems
    assert str(problem).startswith("list.jsonl:3: ")
    with pytest.raises(InputError, match=message):
        raise problem


def test_a_link_that_cannot_be_followed_costs_only_the_link() -> None:
    """The entry stays, and the link is named."""
    line = json.dumps(
        {
            "title": "T",
            "url": "javascript:alert(1)",
            "code": "https://github.com/a/b",
            "project": "",
            "links": ["nowhere", "https://a.org/1"],
            "doi": "none",
        }
    )
    (entry,), problems = parse_entries_jsonl([line], name="list.jsonl")
    assert (entry.url, entry.code, entry.project) == (None, "https://github.com/a/b", None)
    assert (entry.links, entry.doi) == (("https://a.org/1",), None)
    assert [str(problem) for problem in problems] == [
        "list.jsonl:1: url: 'javascript:alert(1)' is not an http or https address; left out",
        "list.jsonl:1: doi: 'none' is not a DOI such as 10.1145/3292500; left out",
        "list.jsonl:1: links: 'nowhere' is not an http or https address; left out",
    ]


def test_a_byte_order_mark_is_passed_over() -> None:
    """Some editors begin a file with one."""
    assert parse_entries_jsonl(['\ufeff{"title": "T"}'], name="x")[0][0].title == "T"


_LINK = st.none() | st.sampled_from(["https://github.com/a/b", "http://a.io/?x=1", "nowhere", ""])
_COUNT = st.none() | st.integers(min_value=0, max_value=2**31 - 1)
_TIME = st.none() | st.datetimes(timezones=st.none() | st.just(UTC)).map(datetime.isoformat)
_NAMES = st.lists(st.text(max_size=12), max_size=3)
_OBJECT = st.fixed_dictionaries(
    {"title": st.text(max_size=40).map("T{}".format)},
    optional={
        "id": st.text(max_size=20) | st.just("2510.01459v2"),
        "summary": st.text(max_size=80) | st.just("We win. Code is at https://github.com/a/b."),
        "authors": _NAMES,
        "categories": _NAMES,
        "keywords": _NAMES,
        "links": st.lists(_LINK.filter(lambda link: link is not None), max_size=3),
        "doi": st.sampled_from(["10.1145/ABC.1", "https://doi.org/10.1/x", "", "none"]),
        **dict.fromkeys(["url", "code", "project", "discussion", "search"], _LINK),
        **dict.fromkeys(["upvotes", "comments", "stars", "position"], _COUNT),
        **dict.fromkeys(["published", "first_seen"], _TIME),
        **dict.fromkeys(["organization", "source", "tldr"], st.none() | st.text(max_size=20)),
    },
)


@given(_OBJECT)
def test_what_was_read_survives_writing_and_reading(obj: dict[str, object]) -> None:
    """Through JSON and back, an entry is the same."""
    entry = entry_from_json(obj, "x:1")
    assert entry_from_json(json.loads(json.dumps(entry_to_json(entry))), "x:1") == entry


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(FULL)), inner, max_size=6)
    ),
)


@given(st.lists(_JSON.map(json.dumps) | st.text(), max_size=5))
def test_any_lines_are_entries_or_problems(lines: list[str]) -> None:
    """Nothing is raised and nothing vanishes: every line that is not blank is an entry or has a problem."""
    entries, problems = parse_entries_jsonl(lines, name="x")
    assert len(entries) + len(problems) >= sum(bool(line.strip("\ufeff").strip()) for line in lines)
