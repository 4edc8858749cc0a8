"""Weights come back from their file as they were written, and add up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.lexicon import Lexicon

TERMS = st.text(
    st.characters(exclude_characters="\n", exclude_categories=("Cs",)),
    min_size=1,
)
NUMBERS = st.floats(-1e6, 1e6)
ROWS = st.dictionaries(TERMS, st.tuples(NUMBERS, NUMBERS))


@given(ROWS, st.booleans())
def test_what_is_written_is_read_again(rows: dict[str, tuple[float, float]], wide: bool) -> None:
    """Terms, numbers and parameters survive the file, and the same weights make the same bytes."""
    written = Lexicon.of(("a", "b"), rows, {"bias": [0.5]}, wide=wide)
    assert Lexicon.parse(written.dump()) == written
    assert Lexicon.parse(written.dump()).dump() == written.dump()


@given(ROWS)
def test_numbers_are_kept_to_a_part_of_their_columns_range(rows: dict[str, tuple[float, float]]) -> None:
    """A number differs from what was put in by at most half a step."""
    lexicon = Lexicon.of(("a", "b"), rows, {}, wide=True)
    for term, row in rows.items():
        found = [lexicon.number(term, column) for column in range(2)]
        assert found == pytest.approx(row, abs=max(lexicon.scales) * 0.51)


def test_rows_add_up_by_weight_and_unknown_terms_add_nothing() -> None:
    """The sum of the rows of the known terms, each as often as asked."""
    lexicon = Lexicon.of(("a", "b"), {"lora": (1.0, -2.0), "video": (0.5, 2.0)}, {})
    assert lexicon.add_up({"lora": 2, "video": 1, "bees": 9}) == pytest.approx([2.5, -2.0], abs=0.02)
    assert lexicon.number("bees", 0) is None


@pytest.mark.parametrize("data", [b"", b"PNG", b'newsletter lexicon 1\n{"terms": 1}\n'])
def test_another_file_is_refused(data: bytes) -> None:
    """What is not a whole file of weights is a ValueError."""
    with pytest.raises(ValueError, match="weights"):
        Lexicon.parse(data)
