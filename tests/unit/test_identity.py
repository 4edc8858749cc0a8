"""Identity: one id for one paper, whoever tells of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.identity import arxiv_id, canonical_id, canonical_url, identify, normalise, web_address
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
