"""The one-line summary: which sentence, how it is told, how it is shortened."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.adapters.weights import shipped_editor
from newsletter.core import summary
from newsletter.core.clauses import ends, parse
from newsletter.core.page import parse_page
from newsletter.core.sentences import clean, sentences

SEEDS = Path(__file__).parents[2] / "seeds" / "papers.txt"
PAPERS = {entry.title: entry for entry in parse_page(SEEDS.read_text(encoding="utf-8"), name=SEEDS.name)}


LINES = shipped_editor().lines


def one_line(title: str, abstract: str, limit: int = 240, tldr: str = "") -> str:
    return summary.one_line(title, abstract, LINES, tldr=tldr, limit=limit)


@pytest.mark.parametrize(
    ("abstract", "line"),
    [
        (
            "Tuning is costly. In this paper, we propose CorDA, an adaptation method that builds adapters "
            "from weight decompositions of the context. It beats LoRA.",
            "We propose CorDA, an adaptation method that builds adapters from weight decompositions of the "
            "context.",
        ),
        (
            "Data is scarce. To this end, we introduce a novel approach that uses the first half of a "
            "random text as the instruction. Extensive experiments show its worth.",
            "We introduce a novel approach that uses the first half of a random text as the instruction.",
        ),
        (
            "Data is scarce. In this work, we also study how the order of training data changes models.",
            "We study how the order of training data changes models.",
        ),
        (
            "Coders need it. This paper presents a framework, MFTcoder, that enables tuning on many tasks.",
            "This paper presents a framework, MFTcoder, that enables tuning on many tasks.",
        ),
    ],
)
def test_a_line_begins_with_what_the_authors_did(abstract: str, line: str) -> None:
    """Openings such as "In this paper" go, and words that lean on other sentences; the rest is kept."""
    assert one_line("", abstract) == line


@pytest.mark.parametrize(
    ("sentence", "whole"),
    [
        ("We propose a cache for adapters that are used by many people", 0),
        ("We employ a large and general text-to-image model of our own", 1),
        ("We build a general model for images that relies on data from users", 0),
    ],
)
def test_a_line_ends_where_something_is_whole(sentence: str, whole: int) -> None:
    """No line ends within "text-to-image", after "relies on" or after a preposition."""
    parsed = parse(sentence)
    for end in ends(parsed, parsed.starts[-1]):
        assert parsed.tokens[end - 1] not in {"for", "on", "from", "by", "that", "relies", "text-", "to-"}
    assert not whole or ends(parsed, parsed.starts[-1]) == [len(parsed.tokens)]


def test_the_sources_own_sentence_is_the_line() -> None:
    """Cleaned like an abstract; the best of several; too short or endless ones give way to the abstract."""
    abstract = "In this paper, we propose a cache that keeps all of the adapters in main memory."
    own = "A cache keeps **all adapters** of a server in memory."
    told = "We propose a cache that keeps all of the adapters in main memory."
    assert one_line("", abstract, tldr=own) == "A cache keeps all adapters of a server in memory."
    assert (
        one_line("", abstract, tldr=f"It hums. {own}") == "A cache keeps all adapters of a server in memory."
    )
    assert one_line("", abstract, tldr="They count.") == told
    assert one_line("", abstract, tldr="word " * 100) == told


def test_an_empty_abstract_has_no_line() -> None:
    """'' stands for nothing to say, and for nothing else."""
    assert one_line("A title", "") == one_line("A title", " \n ") == ""
    assert one_line("A title", "alpha") == "Alpha."


def test_abbreviations_decimals_and_brackets_end_no_sentence() -> None:
    """A sentence ends where the reader would say so."""
    text = (
        "Models (e.g. BERT, cf. Fig. 2 of Smith et al. 2020) score 81.8 vs. 79.2. i.i.d. data helps, i.e. "
        "a lot. "
        "It is true (We know. Really.) for all. mT5 is next! Is it? Yes."
    )
    assert sentences(text) == [
        "Models (e.g. BERT, cf. Fig. 2 of Smith et al. 2020) score 81.8 vs. 79.2. i.i.d. data helps, i.e. "
        "a lot.",
        "It is true (We know. Really.) for all.",
        "mT5 is next!",
        "Is it?",
        "Yes.",
    ]


def test_markup_addresses_and_labels_are_cleaned_away() -> None:
    """TeX and Markdown become plain text; labels of structured abstracts and addresses go."""
    raw = "Motivation: We use $S^{2}FT$ and {\\mu}-Bench,\n**fast** by 3times\\% -- see [here](https://a.org/b)."
    assert clean(raw) == "We use S²FT and μ-Bench, fast by 3×% – see here."
    assert "http" not in one_line("", "We release all of it at https://github.com/a/b.git today.")


def test_an_abbreviation_of_its_own_is_spelled_out() -> None:
    """A line on its own cannot use what only the abstract explains."""
    line = one_line("", "Pose-Guided Image Synthesis (PGIS) is hard. We propose a latent diffusion for PGIS.")
    assert line == "We propose a latent diffusion for Pose-Guided Image Synthesis."


def test_too_long_a_sentence_ends_where_a_clause_does() -> None:
    """Asides go first; then the sentence ends before a clause, with a full stop and no open bracket."""
    abstract = (
        "We present Flexo (a flexible method), a system for the serving of many adapters on one machine, "
        "which keeps "
        "all of them in main memory and fetches those that are needed, while the rest waits for its turn."
    )
    assert one_line("", abstract, 120) == (
        "We present Flexo, a system for the serving of many adapters on one machine."
    )


def test_of_two_sentences_the_one_that_fits_is_taken() -> None:
    """A shorter sentence that says what is new is better than a long one that must be cut."""
    long = "Methods for the summaries are " + ", ".join(f"method {n} of the year" for n in range(30)) + "."
    short = "We show that reading less is enough for the summaries that people like to read in the morning."
    assert one_line("", f"{long} {short}").startswith(("We show that reading less", "Reading less"))


def test_nothing_is_cut_where_another_sentence_fits() -> None:
    """However long the best sentences are, a whole one of the others is better than a cut."""
    endless = "We propose " + "very " * 80 + "long things."
    abstract = f"{endless} {endless.replace('propose', 'introduce')} A short sentence stands here."
    assert one_line("", abstract) == "A short sentence stands here."


def test_the_seed_papers_read_as_whole_sentences() -> None:
    """Every seed paper has one sentence within the limit, without an opening and without a cut."""
    lines = [one_line(entry.title, entry.summary) for entry in PAPERS.values()]
    assert len(lines) == 99
    for line in lines:
        assert 30 <= len(line) <= 240
        assert line[-1] in '.”"'
        assert "http" not in line
        assert not line.startswith(("In this paper", "In this work", "To this end", "However", "Finally"))
        assert line.count("(") == line.count(")")


@pytest.mark.parametrize(
    ("title", "line"),
    [
        (
            "FineTuneBench: How well do commercial fine-tuning APIs infuse knowledge into LLMs?",
            "We introduce FineTuneBench, an evaluation framework and dataset for understanding how "
            "well commercial fine-tuning APIs can successfully learn new and updated knowledge.",
        ),
        (
            "CorDA: Context-Oriented Decomposition Adaptation of Large Language Models",
            "We propose CorDA, a Context-oriented Decomposition Adaptation method that builds "
            "learnable adapters from weight decomposition oriented by the context of downstream task "
            "or world knowledge.",
        ),
        (
            "S-LoRA: Serving Thousands of Concurrent LoRA Adapters",
            "We present S-LoRA, a system designed for the scalable serving of many LoRA adapters.",
        ),
        (
            "Aligning Text-to-Image Diffusion Models with Reward Backpropagation",
            "We propose AlignProp, a method that aligns diffusion models to downstream reward "
            "functions using end-to-end backpropagation of the reward gradient.",
        ),
        (
            "Weak-to-Strong Reasoning",
            "We introduce a progressive learning framework that enables the strong model to "
            "autonomously refine its training data, without requiring input from either a more "
            "advanced model or human-annotated data.",
        ),
        (
            "MFTCoder: Boosting Code LLMs with Multitask Fine-Tuning",
            "We present a multi-task fine-tuning framework, MFTcoder, that enables simultaneous and "
            "parallel fine-tuning on multiple tasks.",
        ),
    ],
)
def test_seed_lines_that_an_editor_signed(title: str, line: str) -> None:
    """Lines of the seed page that were read and approved; a change here wants an editor's eye."""
    assert one_line(title, PAPERS[title].summary) == line


@given(title=st.text(max_size=80), abstract=st.text(max_size=600), limit=st.integers(20, 300))
@example(title=":", abstract="A", limit=40)
@example(title="", abstract="x" * 500, limit=40)
@example(title="", abstract="We propose " + "very " * 100 + "long things.", limit=60)
def test_a_line_never_exceeds_the_limit_nor_breaks(title: str, abstract: str, limit: int) -> None:
    """Whatever the text: one line, within the limit, the same each time."""
    line = one_line(title, abstract, limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1
    assert line == one_line(title, abstract, limit)
    assert line or not any(character.isalnum() for character in abstract)
