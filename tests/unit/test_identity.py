"""Identity: one id for one paper, whoever tells of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.identity import (
    arxiv_id,
    canonical_id,
    canonical_url,
    doi_name,
    identify,
    identities,
    normalise,
    web_address,
)
from newsletter.core.model import Entry
from newsletter.errors import InputError


@pytest.mark.parametrize(
    "written",
    [
        "2510.01459",
        "2510.01459v3",
        "arXiv:2510.01459v1",
        "oai:arXiv.org:2510.01459v2",
        "https://arxiv.org/abs/2510.01459v2",
        "http://www.arxiv.org/pdf/2510.01459.pdf",
        "https://arxiv.org/pdf/2510.01459v1?download=1#page=2",
        "https://arxiv.org/html/2510.01459v1/",
        "https://export.arxiv.org/abs/2510.01459",
        "https://huggingface.co/papers/2510.01459",
        "https://hf.co/papers/2510.01459",
        "https://www.alphaxiv.org/abs/2510.01459",
        "https://doi.org/10.48550/arXiv.2510.01459",
        " 2510.01459 ",
    ],
)
def test_an_arxiv_paper_is_known_by_any_notation(written: str) -> None:
    """The version, the host and the kind of page do not matter."""
    assert arxiv_id(written) == "2510.01459"
    assert canonical_id(written) == "arxiv:2510.01459"
    assert identify(title="T", url=written) == identify(title="U", arxiv=written) == "arxiv:2510.01459"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("hep-ex/0307015", "hep-ex/0307015"),
        ("oai:arXiv.org:hep-ex/0307015v2", "hep-ex/0307015"),
        ("https://arxiv.org/abs/hep-ex/0307015v1", "hep-ex/0307015"),
        ("math.GT/0309136", "math/0309136"),
        ("0704.0001", "0704.0001"),
    ],
)
def test_old_arxiv_ids_are_known(written: str, expected: str) -> None:
    """Archives of before 2007 stay part of the id, their subject classes do not; ids may have four digits."""
    assert arxiv_id(written) == expected


@pytest.mark.parametrize(
    "other",
    [
        "",
        "2513.01459",
        "12510.01459",
        "https://arxiv.org/list/cs.CL/recent",
        "https://notarxiv.org/abs/2510.01459",
        "https://arxiv.org.evil.example/abs/2510.01459",
        "https://huggingface.co/papers/month/2025-10",
        "https://example.org/2510.01459",
        "hash:2510.01459",
        "http://[",
    ],
)
def test_what_only_looks_like_an_arxiv_id_is_none(other: str) -> None:
    """Month 13, lists, and other hosts are no paper of arXiv."""
    assert arxiv_id(other) is None


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTP://Example.ORG/Path/", "https://example.org/Path"),
        ("https://example.org:443/", "https://example.org"),
        ("http://example.org:8080/a", "https://example.org:8080/a"),
        ("https://example.org/a?utm_source=x&id=3&fbclid=y#top", "https://example.org/a?id=3"),
        ("https://example.org/a?utm_medium=x", "https://example.org/a"),
        ("https://example.org/a?b=&c", "https://example.org/a?b=&c"),
        (" https://[2001:DB8::1]/a ", "https://[2001:db8::1]/a"),
    ],
)
def test_one_page_has_one_address(url: str, canonical: str) -> None:
    """Scheme, case of the host, tracking, fragment, default port and trailing slash are folded, no more."""
    assert canonical_url(url) == canonical
    assert identify(title="T", url=url) == canonical_id(url) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        "javascript:alert(1)",
        "ftp://a.org",
        "//a.org",
        "https://",
        "https://a b.org",
        "https://a.org:99999",
        "https://user@a.org/x",
        'https://a.org/"x',
        "https://a.org/\nx",
        "https://[",
        "https://a.org\\@b.org",
    ],
)
def test_what_readers_cannot_be_sent_to_is_no_address(text: str) -> None:
    """Other schemes, white space, quotes, user names and broken hosts are refused."""
    assert web_address(text) is None
    with pytest.raises(InputError, match="not a web address"):
        canonical_url(text)


def test_without_an_address_the_title_and_the_authors_tell() -> None:
    """Case, punctuation, hyphens and compatibility forms do not matter; the words and the authors do."""
    one = identify(title="Fine-Tuning: the ﬁrst Step", authors=["Ada Lovelace"])
    assert one.startswith("hash:")
    assert len(one) == len("hash:") + 32
    assert one == identify(title="fine tuning the first step!", authors=["ADA LOVELACE"])
    assert one != identify(title="Fine-Tuning: the first Step", authors=["Alan Turing"])
    assert one != identify(title="Fine-Tuning: the second Step", authors=["Ada Lovelace"])


def test_an_address_that_is_none_is_passed_over() -> None:
    """A bad address does not make an id."""
    assert identify(title="T", url="javascript:x") == identify(title="T", arxiv="none") == identify(title="T")


def test_titles_without_letters_are_told_apart() -> None:
    """Where nothing is left of a title, the title itself counts."""
    assert normalise("???") == ""
    assert identify(title="???") != identify(title="!!!")


@given(st.text(), st.lists(st.text(), max_size=3), st.text(), st.text())
def test_everything_has_a_stable_id(title: str, authors: list[str], url: str, arxiv: str) -> None:
    """No input raises, and an id that was written down is read as itself."""
    found = identify(title=title, authors=authors, url=url, arxiv=arxiv)
    assert found == identify(title=title, authors=authors, url=url, arxiv=arxiv)
    assert canonical_id(found) == found


_URL = st.builds(
    "{}://{}{}".format,
    st.sampled_from(["http", "https", "HTTP"]),
    st.text(alphabet="aZ0.-:[]İß@", min_size=1, max_size=12),
    st.text(alphabet="/aB?&=#%.;utm_:é", max_size=30),
)


@given(_URL)
def test_canonical_addresses_are_idempotent(url: str) -> None:
    """The canonical form of a canonical address is itself."""
    if web_address(url):
        once = canonical_url(url)
        assert canonical_url(once) == once


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("10.1145/3292500.3330701", "10.1145/3292500.3330701"),
        ("doi:10.1145/ABC.1", "10.1145/abc.1"),
        ("https://doi.org/10.1145/3292500", "10.1145/3292500"),
        ("http://dx.doi.org/10.1002/(SICI)1097%3C1", "10.1002/(sici)1097<1"),
        ("10.1145/3292500.", "10.1145/3292500"),
        ("11.1145/3292500", None),
        ("https://example.org/10.1145/3292500", None),
        ("10.1145/", None),
        ("", None),
    ],
)
def test_a_doi_is_known_with_or_without_its_resolver(written: str, name: str | None) -> None:
    """In lower case, since case does not matter in it."""
    assert doi_name(written) == name


def entry(**values: object) -> Entry:
    """An entry with an id of its own."""
    return Entry(**{"id": "own-7", "title": "A title"} | values)


@pytest.mark.parametrize(
    ("values", "keys"),
    [
        ({"url": "https://arxiv.org/abs/2510.01459v2"}, ["arxiv:2510.01459"]),
        ({"url": "https://a.org/1", "doi": "10.48550/arXiv.2510.01459"}, ["arxiv:2510.01459", "https://a.org/1"]),
        ({"discussion": "https://huggingface.co/papers/hep-ex/0307015"}, ["arxiv:hep-ex/0307015"]),
        ({"links": ("https://a.org/1/", "https://arxiv.org/pdf/2510.01459")}, ["arxiv:2510.01459", "https://a.org/1"]),
        ({"url": "https://doi.org/10.1000/A"}, ["doi:10.1000/a"]),
        ({"doi": "10.1000/A", "url": "http://a.org/1#x"}, ["doi:10.1000/a", "https://a.org/1"]),
        ({"url": "https://a.org/"}, []),
        ({"url": "https://github.com/a/b", "code": "https://github.com/a/b"}, []),
        ({"code": "https://github.com/a/b", "project": "https://a.org/1"}, []),
        ({"url": "javascript:1", "links": ("nowhere",)}, []),
    ],
)  # fmt: skip
def test_an_entry_is_known_under_all_its_names(values: dict[str, object], keys: list[str]) -> None:
    """Its arXiv id, its DOI and its pages; not under its code, its project or the front page of a site."""
    assert identities(entry(**values)) == ("own-7", *keys)


def test_title_and_authors_are_an_identity_where_they_say_enough() -> None:
    """The one that the same paper without an address would have as its id."""
    full = entry(title="Attention Is All You Need", authors=("Ada Lovelace",))
    assert identities(full)[1:] == (identify(title=full.title, authors=full.authors),)
    assert identities(entry(title="Editorial", authors=("Ada Lovelace",))) == ("own-7",)
    assert identities(entry(title="Attention Is All You Need")) == ("own-7",)


@given(st.builds(Entry, id=st.text(min_size=1), title=st.text(), url=st.text() | _URL, doi=st.text()))
def test_everything_has_identities(entry: Entry) -> None:
    """No input raises, the id is the first, and none comes twice."""
    found = identities(entry)
    assert found[0] == entry.id
    assert len(set(found)) == len(found)
