"""A page cut into groups so that those who agree most stand together.

Correlation clustering (Bansal, Blum and Chawla, 2004): every two that stand in one group gain by how much
their agreement exceeds what is usual on the page, so that how many groups there are follows from the page.
"""

from collections.abc import Sequence

__all__ = ["Matrix", "partition"]

Matrix = Sequence[Sequence[float]]
_SWEEPS = 20


def partition(agreement: Matrix, largest: int, fineness: float) -> list[list[int]]:
    """Groups of indices, each of at most `largest`, the one with the lowest index first.

    `agreement` is symmetric; two gain together by what theirs exceeds the page's mean times `fineness`.
    """
    size = len(agreement)
    pairs = size * (size - 1)
    off_diagonal = sum(map(sum, agreement)) - sum(agreement[at][at] for at in range(size))
    usual = fineness * off_diagonal / pairs if pairs else 0.0
    gain = [
        [0.0 if row == column else agreement[row][column] - usual for column in range(size)]
        for row in range(size)
    ]
    groups = _move(gain, _merge(gain, largest), largest)
    return sorted(sorted(group) for group in groups if group)


def _merge(gain: Matrix, largest: int) -> list[list[int]]:
    """From everybody alone, always the two groups that gain most by standing together."""
    groups = {at: [at] for at in range(len(gain))}
    between = {at: {other: gain[at][other] for other in groups if other != at} for at in groups}
    while True:
        best = max(
            (
                (worth, -one, -other)
                for one, row in between.items()
                for other, worth in row.items()
                if one < other and worth > 0 and len(groups[one]) + len(groups[other]) <= largest
            ),
            default=None,
        )
        if best is None:
            return list(groups.values())
        one, other = -best[1], -best[2]
        groups[one] += groups.pop(other)
        gone = between.pop(other)
        for third, row in between.items():
            del row[other]
            if third != one:
                row[one] += gone[third]
                between[one][third] += gone[third]


def _move(gain: Matrix, groups: list[list[int]], largest: int) -> list[list[int]]:
    """One after the other to where they gain most, until nobody wants to move."""
    home = {at: number for number, group in enumerate(groups) for at in group}
    for _ in range(_SWEEPS):
        moved = False
        for at in range(len(gain)):
            worth = [sum(gain[at][other] for other in group) for group in groups]
            open_to = (
                number for number, group in enumerate(groups) if number == home[at] or len(group) < largest
            )
            best = max(open_to, key=lambda number: (worth[number], -number))
            if worth[best] > worth[home[at]] + 1e-9:
                groups[home[at]].remove(at)
                groups[best].append(at)
                home[at] = best
                moved = True
        if not moved:
            break
    return groups
