"""Colours of CSS, and the contrast between two of them (WCAG 2.2)."""

from functools import lru_cache
from typing import Any
from xml.dom import SyntaxErr

__all__ = ["BLACK", "WHITE", "Colour", "contrast", "parse_colour"]

Colour = tuple[float, float, float, float]
"""Red, green and blue from 0 to 255; opacity from 0 to 1."""

BLACK: Colour = (0, 0, 0, 1)
WHITE: Colour = (255, 255, 255, 1)


@lru_cache(maxsize=1024)
def parse_colour(value: str) -> Colour | None:
    """The first colour in a value of `color`, `background-color` or `background`; None without one."""
    from cssutils.css import ColorValue, PropertyValue

    try:
        values: list[Any] = list(PropertyValue(value))
    except (SyntaxErr, ValueError, TypeError, AttributeError, IndexError, KeyError):  # whatever cssutils has
        return None
    for found in values:
        if isinstance(found, ColorValue):
            red, green, blue, alpha = found.red, found.green, found.blue, found.alpha
            return (red, green, blue, min(1.0, max(0.0, alpha)))
    return None


def over(colour: Colour, ground: Colour) -> Colour:
    """What the eye sees of `colour` on an opaque ground."""
    alpha = colour[3]
    red, green, blue = (
        one * alpha + other * (1 - alpha) for one, other in zip(colour[:3], ground, strict=False)
    )
    return (red, green, blue, 1)


def contrast(one: Colour, other: Colour) -> float:
    """From 1, the same, to 21, black on white. Both opaque."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(min(255.0, max(0.0, channel)) / 255) for channel in colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
