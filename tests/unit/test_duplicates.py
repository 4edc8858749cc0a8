"""One paper or two, where the identities do not say: titles, authors, abstracts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.duplicates import belongs, differ, same_paper, title_keys
from newsletter.core.identity import identities
from newsletter.core.model import Entry

ABSTRACT = (
    "Reasoning models spend most of their tokens on steps that change nothing. We show which steps those are,"
    " cut them while decoding, and keep the accuracy of five models on nine tasks at half of the cost,"
    " without any training and with one parameter that needs no tuning."
)
OTHER_ABSTRACT = (
    "This week we read about protein folding, weather models, a robot that ties knots, two surveys of speech"
    " translation, and an unusual proof that was found by a machine and checked by three people in a month."
)
PAPER = Entry(
    id="https://a.org/1",
    title="Thinking Less, Knowing More: Pruned Reasoning",
    summary=ABSTRACT,
    authors=("Ada Lovelace", "Alan Turing", "Émilie du Châtelet"),
    url="https://a.org/1",
    source="a",
)


def told(**values: object) -> Entry:
    """The same paper as another source might tell of it."""
    return replace(PAPER, **{"id": "https://b.org/2", "url": "https://b.org/2", "source": "b"} | values)


def found(one: Entry, other: Entry) -> bool:
    """Whether the two are looked at together, and are the same."""
    return bool({*title_keys(one)} & {*title_keys(other)}) and same_paper(one, other)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(told(), id="the same elsewhere"),
        pytest.param(told(title="THINKING LESS — knowing more, pruned reasoning"), id="case and punctuation"),
        pytest.param(told(authors=("Lovelace, A.", "Turing, A.")), id="initials, and the last left out"),
        pytest.param(told(authors=("A. Lovelace", "A. Turing", "E. du Chatelet")), id="without accents"),
        pytest.param(told(authors=()), id="no authors"),
        pytest.param(told(authors=(), summary=""), id="no authors and no abstract"),
        pytest.param(told(summary=OTHER_ABSTRACT), id="same authors, the abstract written anew"),
        pytest.param(told(authors=("The Team",)), id="an organisation for its people, the same abstract"),
        pytest.param(told(title=f"{PAPER.title} (v2)"), id="a version"),
        pytest.param(told(title=f"{PAPER.title} v2", summary=""), id="a version without an abstract"),
        pytest.param(told(title=f"{PAPER.title}: A Closer Look", summary=""), id="a subtitle added"),
        pytest.param(told(title="Thinking Less, Knowing More"), id="the subtitle left out"),
        pytest.param(told(title="Thinking Less, Knowing More: Trimmed Reasoning"), id="a word exchanged"),
        pytest.param(told(title="Thinking Less, Yet Knowing More: Pruned Reasoning"), id="a word put in"),
        pytest.param(told(title="Thinking Less, Knowing: Pruned Reasoning"), id="a word taken out"),
        pytest.param(
            told(title="Thinking Less, Knowing More: Trimmed Reasoning", summary=ABSTRACT[:170] + "…"),
            id="a word exchanged, the abstract cut",
        ),
    ],
)
def test_small_differences_are_one_paper(other: Entry) -> None:
    """Whoever is asked first."""
    assert found(PAPER, other)
    assert same_paper(other, PAPER)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(told(title="Thinking Less: Pruned Reasoning in Models"), id="another title"),
        pytest.param(told(authors=("Grace Hopper",), summary=OTHER_ABSTRACT), id="somebody else's"),
        pytest.param(told(authors=("Grace Hopper",), summary=""), id="somebody else's, no abstract"),
        pytest.param(told(authors=(), summary=OTHER_ABSTRACT), id="no authors, another abstract"),
        pytest.param(told(source="a", summary=OTHER_ABSTRACT), id="the same column in the next week"),
        pytest.param(told(source="a", authors=(), summary=""), id="and without authors"),
        pytest.param(
            told(title=PAPER.title.replace("Pruned", "Trimmed"), summary=""), id="no abstract to tell"
        ),
        pytest.param(
            told(title=f"{PAPER.title} v2", authors=("Grace Hopper", "Ada Lovelace")),
            id="a version by others",
        ),
        pytest.param(told(title="Thinking Less, Knowing More 2: Pruned Reasoning"), id="a number put in"),
        pytest.param(told(title=f"{PAPER.title}: Part Two", summary=""), id="a sequel"),
    ],
)
def test_what_may_be_another_paper_is_one(other: Entry) -> None:
    """A paper that is told of twice is a nuisance, one that is lost is worse."""
    assert not same_paper(PAPER, other)
    assert not same_paper(other, PAPER)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Qwen2 Technical Report", "Qwen2.5 Technical Report"),
        ("Qwen3-TTS Technical Report", "Qwen3-ASR Technical Report"),
        ("RecGPT Technical Report", "RecGPT-V2 Technical Report"),
        ("VibeVoice Technical Report", "VIBEVOICE-ASR Technical Report"),
        ("Vision language models are blind", "Vision Language Models are Biased"),
        ("The Diffusion Duality", "The Diffusion Duality, Chapter II: Samplers and Efficient Curriculum"),
        ("Large Language Diffusion Models", "LLaDA-V: Large Language Diffusion Models"),
    ],
)
def test_sequels_are_papers_of_their_own(one: str, other: str) -> None:
    """The same people, nearly the same title, nothing known of the abstract."""
    assert not same_paper(told(title=one, summary=""), told(title=other, summary="", source="c"))


@pytest.mark.parametrize("title", ["Editorial", "Technical Report", "Gemma 3"])
def test_a_title_that_says_little_is_no_evidence(title: str) -> None:
    """Not even with the same authors."""
    assert not found(told(title=title, summary=""), told(title=title, summary="", source="c"))


def test_two_arxiv_ids_are_two_papers_whatever_else_is_equal() -> None:
    """The same for DOIs, unless the arXiv ids agree."""
    one, other = told(id="arxiv:2510.00001"), told(id="arxiv:2510.00002")
    assert differ(one, other)
    assert not same_paper(one, other)
    assert not belongs("https://b.org/2", one, other)
    assert differ(told(doi="10.1000/a"), told(doi="10.1000/b"))
    assert not differ(replace(one, doi="10.1000/a"), replace(one, doi="10.1000/b"))
    assert not differ(replace(one, doi="10.1000/a"), told(doi="10.1000/a"))


def test_an_identity_makes_one_paper_unless_another_one_differs() -> None:
    """A hash of title and authors counts as much as a title does."""
    assert belongs("https://b.org/2", PAPER, told(title="Something else entirely"))
    (key,) = [key for key in identities(PAPER) if key.startswith("hash:")]
    assert belongs(key, PAPER, told())
    assert not belongs(key, PAPER, told(source="a", summary=OTHER_ABSTRACT))


_TEXT = st.text(max_size=30) | st.sampled_from([PAPER.title, f"{PAPER.title} (v2)", "Thinking Less, More"])
_ENTRY = st.builds(
    told,
    title=_TEXT,
    authors=st.lists(st.text(max_size=8) | st.just("Ada Lovelace"), max_size=3).map(tuple),
    summary=st.sampled_from(["", ABSTRACT, OTHER_ABSTRACT]),
    source=st.sampled_from(["", "a", "b"]),
)


@given(_ENTRY, _ENTRY)
def test_it_does_not_matter_who_was_first(one: Entry, other: Entry) -> None:
    """And nothing that a source writes makes it fail."""
    assert same_paper(one, other) == same_paper(other, one)
    assert len(title_keys(one)) <= 5
