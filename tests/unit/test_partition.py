"""A page cut by agreement: who belongs together stands together, within the limits."""

from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.partition import partition


def matrix(size: int, numbers: list[float]) -> list[list[float]]:
    """A symmetric matrix filled from a list."""
    made = [[0.0] * size for _ in range(size)]
    left = iter(numbers)
    for one in range(size):
        for other in range(one):
            made[one][other] = made[other][one] = next(left)
    return made


MATRICES = st.integers(0, 12).flatmap(
    lambda size: st.lists(
        st.floats(0, 2), min_size=size * (size - 1) // 2, max_size=size * (size - 1) // 2
    ).map(lambda numbers: matrix(size, numbers))
)


@given(agreement=MATRICES, largest=st.integers(1, 12))
def test_everybody_is_in_one_group_of_the_size_allowed(agreement: list[list[float]], largest: int) -> None:
    """Nobody is lost, nobody stands twice, no group is too large."""
    groups = partition(agreement, largest, 1.2)
    assert sorted(at for group in groups for at in group) == list(range(len(agreement)))
    assert all(1 <= len(group) <= largest for group in groups)


def test_two_fields_are_two_groups() -> None:
    """Those who agree more than is usual on the page stand together; their number is not given."""
    agreement = [[1.0 if one % 2 == other % 2 else 0.1 for other in range(8)] for one in range(8)]
    assert partition(agreement, 8, 1.2) == [[0, 2, 4, 6], [1, 3, 5, 7]]


def test_who_agrees_with_nobody_stays_alone() -> None:
    """A stranger is not forced into company."""
    agreement = [[0.0 if 4 in (one, other) else 1.0 for other in range(5)] for one in range(5)]
    assert partition(agreement, 5, 1.2) == [[0, 1, 2, 3], [4]]
