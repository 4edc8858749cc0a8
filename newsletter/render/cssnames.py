"""The names in CSS that a misspelt one is compared with; others are no mistake."""

__all__ = ["KEYWORDS", "LENGTHS", "PROPERTIES", "UNITS"]

_FLOW = ("block-start", "block-end", "inline-start", "inline-end")
_SIDES = (
    "top",
    "right",
    "bottom",
    "left",
    "block",
    "inline",
    "block-start",
    "block-end",
    "inline-start",
    "inline-end",
)
_CORNERS = (
    "top-left",
    "top-right",
    "bottom-left",
    "bottom-right",
    "start-start",
    "start-end",
    "end-start",
    "end-end",
)

LENGTHS = frozenset(
    [
        *_LENGTHS.split(),
        *(f"{edge}-{side}" for edge in ("padding", "margin", "inset") for side in _SIDES),
        *(f"border-{corner}-radius" for corner in _CORNERS),
    ]
)
"""The properties whose numbers need a unit."""

PROPERTIES = LENGTHS | frozenset(
    [
        *(f"border-{side}" for side in _SIDES),
        *(f"border-{side}-{part}" for side in _SIDES for part in ("color", "style", "width")),
        *(f"scroll-{edge}-{side}" for edge in ("padding", "margin") for side in _SIDES),
        *_NAMES.split(),
    ]
)
"""Common properties, and those that have a name like theirs."""

KEYWORDS = {
    name: frozenset(f"{values} inherit initial unset revert".split())
    for name, values in {
        "clear": "none left right both inline-start inline-end",
        "direction": "ltr rtl",
        "display": "none block inline inline-block table inline-table table-row table-cell table-caption flex"
        " inline-flex grid inline-grid list-item contents flow-root",
        "float": "none left right inline-start inline-end",
        "font-style": "normal italic oblique",
        "font-variant": "normal none small-caps",
        "font-weight": "normal bold bolder lighter",
        "border-collapse": "collapse separate",
        "overflow": "visible hidden scroll auto clip",
        "text-align": "left right center justify start end match-parent",
        "text-decoration": "none underline overline line-through blink",
        "text-decoration-line": "none underline overline line-through",
        "text-transform": "none uppercase lowercase capitalize",
        "vertical-align": "baseline sub super top text-top middle bottom text-bottom",
        "visibility": "visible hidden collapse",
        "white-space": "normal nowrap pre pre-line pre-wrap break-spaces",
        "word-break": "normal break-all keep-all break-word auto-phrase",
    }.items()
}
"""The words that some properties take: one that is like none of them is no mistake either."""

UNITS = frozenset(_UNITS.split())
"""In lower case; `e` is that of 1e3."""
