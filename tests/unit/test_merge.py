"""Two tellings of one paper become one entry."""

from dataclasses import fields, replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.merge import merge
from newsletter.core.model import Entry

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
LATER = datetime(2026, 3, 2, tzinfo=UTC)
KNOWN = Entry(
    id="arxiv:2603.00001",
    title="A Title",
    summary="We show it.",
    authors=("Ada Lovelace",),
    url="https://huggingface.co/papers/2603.00001",
    upvotes=7,
    code="https://github.com/a/b",
    keywords=("models", "proofs"),
    source="daily",
    position=4,
    first_seen=FIRST,
)


def test_another_source_fills_the_gaps_and_replaces_nothing() -> None:
    """Who an entry is, its title and its page stay; authors are the fuller list, votes the larger number."""
    new = Entry(
        id="arxiv:2603.00001", title="A title!", summary="Other words.",
        authors=("Ada Lovelace", "Alan Turing"),
        url="https://arxiv.org/abs/2603.00001v2", doi="10.1000/x", published=FIRST, upvotes=3, comments=2,
        code="https://github.com/c/d", project="https://p.org", categories=("cs.CL",),
        keywords=("proofs", "cost"), organization="O", source="arxiv", position=0, first_seen=LATER,
    )  # fmt: skip
    assert merge(KNOWN, new) == replace(
        KNOWN, authors=new.authors, doi="10.1000/x", links=(new.url,), published=FIRST, comments=2,
        project="https://p.org", categories=("cs.CL",), keywords=("models", "proofs", "cost"),
        organization="O",
    )  # fmt: skip


def test_the_same_source_corrects_itself_and_its_silence_erases_nothing() -> None:
    """Votes may fall; a word that is taken back stays known."""
    new = Entry(id="x", title="A Better Title", summary="We show more.", upvotes=5, source="daily")
    merged = merge(KNOWN, new)
    assert (merged.title, merged.summary, merged.upvotes) == ("A Better Title", "We show more.", 5)
    assert merged == replace(KNOWN, title="A Better Title", summary="We show more.", upvotes=5)


def test_a_shortened_abstract_gives_way_to_the_whole() -> None:
    """And a missing one to any; a longer one that says something else does not count as the whole."""
    for part in ("We show it …", "We show it", "We show it [...]", ""):
        assert merge(replace(KNOWN, summary=part), _other(summary="We show it. Twice.")).summary.endswith(
            "Twice."
        )
    assert merge(KNOWN, _other(summary="Something longer than that.")).summary == KNOWN.summary


def test_other_pages_are_kept_once_in_any_spelling() -> None:
    """Versions, tracking and http make no second page; the entry's own page is none of them."""
    entry = KNOWN
    for url in (
        "https://arxiv.org/abs/2603.00001",
        "http://arxiv.org/abs/2603.00001v3",
        "https://blog.org/post?utm_source=x",
        "https://blog.org/post/",
        "https://huggingface.co/papers/2603.00001#community",
    ):
        entry = merge(entry, _other(url=url))
    assert entry.links == ("https://arxiv.org/abs/2603.00001", "https://blog.org/post?utm_source=x")
    assert merge(replace(KNOWN, url=None), _other(url="https://a.org/1")).url == "https://a.org/1"


def test_a_source_that_never_stops_does_not_make_an_entry_grow_forever() -> None:
    """Pages, categories and keywords have a limit."""
    entry = KNOWN
    for n in range(100):
        entry = merge(entry, _other(url=f"https://a.org/{n}", keywords=(f"word {n}",), categories=(f"c{n}",)))
    assert max(len(entry.links), len(entry.keywords), len(entry.categories)) <= 30


def _other(**values: object) -> Entry:
    return Entry(**{"id": "y", "title": "T", "source": "other"} | values)


_NAMES = st.lists(st.sampled_from("abcd"), max_size=3).map(tuple)
_LINK = st.none() | st.sampled_from(
    ["https://a.org/1", "http://a.org/1/", "https://arxiv.org/abs/2603.00001v2", "no link", "https://b.org"]
)
_COUNT = st.none() | st.integers(0, 5)
_TIME = st.none() | st.sampled_from([FIRST, LATER])
_TEXT = st.none() | st.sampled_from(["o", "p", "doi"])
_ENTRY = st.builds(
    Entry,
    id=st.sampled_from(["x", "y"]),
    title=st.sampled_from(["T", "U"]),
    summary=st.sampled_from(["", "We", "We show", "We show.", "We …", "Else"]),
    source=st.sampled_from(["", "a", "b"]),
    authors=_NAMES,
    categories=_NAMES,
    keywords=_NAMES,
    links=st.lists(_LINK.filter(bool), max_size=3).map(tuple),
    **dict.fromkeys(["url", "code", "project", "discussion", "search"], _LINK),
    **dict.fromkeys(["upvotes", "comments", "stars", "position"], _COUNT),
    **dict.fromkeys(["published", "first_seen"], _TIME),
    **dict.fromkeys(["doi", "organization", "tldr"], _TEXT),
)


@given(_ENTRY, _ENTRY)
def test_merging_the_same_again_changes_nothing(known: Entry, new: Entry) -> None:
    """A source may be read as often as one likes."""
    once = merge(known, new)
    assert merge(once, new) == once


@given(_ENTRY, _ENTRY)
def test_nothing_that_was_known_is_lost(known: Entry, new: Entry) -> None:
    """Where either says something, the merged entry does; and it stays who it was."""
    merged = merge(known, new)
    for name in (field.name for field in fields(Entry) if field.name not in ("links", "source")):
        said = {getattr(known, name), getattr(new, name)} - {None, "", ()}
        assert not said or getattr(merged, name) not in (None, "", ())
    assert (merged.id, merged.source) == (known.id, known.source)
    assert merged.first_seen == (known.first_seen or new.first_seen)
