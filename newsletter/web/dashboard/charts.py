"""Charts as SVG: shapes alone, without words, scripts or styles; their colours come from the style sheet.

Each fills the box that the page gives it, whatever its proportions, so letters would be stretched: what an
axis says stands beside it in HTML. The same numbers are in a table below each chart.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import floor, isfinite, log10

from markupsafe import Markup

__all__ = ["Part", "area", "bar", "ceiling", "columns"]

_WIDTH, _HEIGHT = 1000.0, 200.0
_GAP = 0.25
"""Of a column's place."""
_LEAST = 3.0
"""Units in which the smallest share of something can still be seen."""
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Part:
    """A share of a bar or a column."""

    kind: str
    """The class that gives it its colour."""
    value: float
    """Not negative."""


def ceiling(value: float) -> float:
    """The top of an axis for values up to this one: 1, 2, 2.5 or 5 times a power of ten.

    >>> ceiling(0), ceiling(7), ceiling(12_345)
    (1.0, 10.0, 20000.0)
    """
    if not isfinite(value) or value <= 1:
        return 1.0
    power = 10.0 ** floor(log10(value))
    return next(step * power for step in _STEPS if step * power >= value * (1 - 1e-12))


def bar(parts: Sequence[Part], label: str) -> Markup:
    """One bar across, divided among the parts that are more than nothing."""
    shares = _shares([part.value for part in parts], _WIDTH)
    shapes, left = [], 0.0
    for part, width in zip(parts, shares, strict=True):
        if width:
            shapes.append(_rect(part.kind, left, 0, width, 20))
            left += width
    return _svg("bar", _WIDTH, 20, shapes or [_rect("none", 0, 0, _WIDTH, 20)], label)


def columns(stacks: Sequence[Sequence[Part]], label: str, top: float | None = None) -> Markup:
    """A column for each stack, whose parts stand on each other in order; `top` is at full height."""
    highest = top or ceiling(max((sum(part.value for part in stack) for stack in stacks), default=0.0))
    place = _WIDTH / max(len(stacks), 1)
    shapes = [
        shape
        for number, stack in enumerate(stacks)
        for shape in _column(stack, place * (number + _GAP / 2), place * (1 - _GAP), highest)
    ]
    return _svg("columns", _WIDTH, _HEIGHT, [_grid(), *shapes], label)


def area(values: Sequence[float], label: str, bottom: float = 0.0, top: float | None = None) -> Markup:
    """A line through the values, from left to right, and what is below it."""
    highest = top or ceiling(max(values, default=0.0))
    span = max(highest - bottom, 1e-9)
    step = _WIDTH / max(len(values) - 1, 1)
    heights = [_HEIGHT * (1 - min(max((value - bottom) / span, 0.0), 1.0)) for value in values]
    if len(heights) == 1:
        heights *= 2
    points = " ".join(f"{_n(step * number)},{_n(height)}" for number, height in enumerate(heights))
    shapes = [_grid()]
    if points:
        below = f"0,{_n(_HEIGHT)} {points} {_n(_WIDTH)},{_n(_HEIGHT)}"
        shapes.append(Markup('<polygon class="below" points="{}"/>').format(below))
        shapes.append(Markup('<polyline class="line" points="{}"/>').format(points))
    return _svg("area", _WIDTH, _HEIGHT, shapes, label)


def _column(stack: Sequence[Part], left: float, width: float, top: float) -> Iterator[Markup]:
    floor_ = _HEIGHT
    for part in stack:
        height = min(max(_HEIGHT * part.value / top, _LEAST), floor_) if part.value > 0 else 0.0
        if height:
            floor_ -= height
            yield _rect(part.kind, left, floor_, width, height)


def _shares(values: Sequence[float], whole: float) -> list[float]:
    """How much of the whole each gets; what is more than nothing can be seen, at the cost of the largest."""
    total = sum(values)
    if total <= 0:
        return [0.0] * len(values)
    widths = [max(whole * value / total, _LEAST) if value > 0 else 0.0 for value in values]
    largest = widths.index(max(widths))
    widths[largest] -= sum(widths) - whole
    return widths


def _grid() -> Markup:
    lines = [
        Markup('<line class="grid" x1="0" x2="{}" y1="{}" y2="{}"/>').format(_n(_WIDTH), _n(y), _n(y))
        for y in (0.0, _HEIGHT / 2, _HEIGHT)
    ]
    return Markup("").join(lines)


def _rect(kind: str, x: float, y: float, width: float, height: float) -> Markup:
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
        kind, *map(_n, (x, y, width, height))
    )


def _svg(kind: str, width: float, height: float, shapes: Sequence[Markup], label: str) -> Markup:
    return Markup(
        '<svg class="chart {}" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">'
        "{}</svg>"
    ).format(kind, _n(width), _n(height), label, Markup("").join(shapes))


def _n(number: float) -> str:
    """With two places at most."""
    return f"{number:.2f}".rstrip("0").rstrip(".")
