"""The names in CSS that a misspelt one is compared with; others are no mistake."""

__all__ = ["KEYWORDS", "LENGTHS", "PROPERTIES", "UNITS"]

_FLOW = ("block-start", "block-end", "inline-start", "inline-end")
_SIDES = ("top", "right", "bottom", "left", "block", "inline", *_FLOW)
_CORNERS = ("top-left", "top-right", "bottom-left", "bottom-right")
_LENGTHS = """
font-size width height min-width min-height max-width max-height letter-spacing word-spacing text-indent
border-spacing border-radius padding margin top right bottom left
"""
_NAMES = """
accent-color align-content align-items align-self all animation animation-delay animation-direction
animation-duration animation-fill-mode animation-iteration-count animation-name animation-play-state
animation-timing-function appearance aspect-ratio azimuth backdrop-filter backface-visibility background
background-attachment background-blend-mode background-clip background-color background-image
background-origin background-position background-position-x background-position-y background-repeat
background-size block-size border border-collapse border-color border-image border-image-outset
border-image-repeat border-image-slice border-image-source border-image-width border-style border-width
box-decoration-break box-shadow box-sizing break-after break-before break-inside caption-side caret-color
clear clip clip-path color color-adjust color-scheme column-count column-fill column-gap column-rule
column-rule-color column-rule-style column-rule-width column-span column-width columns contain container
content counter-increment counter-reset cursor direction display empty-cells fill filter flex flex-basis
flex-direction flex-flow flex-grow flex-shrink flex-wrap float font font-display font-family
font-feature-settings font-kerning font-optical-sizing font-size-adjust font-smooth font-stretch font-style
font-synthesis font-variant font-variant-caps font-variant-east-asian font-variant-ligatures
font-variant-numeric font-variant-position font-variation-settings font-weight forced-color-adjust gap grid
grid-area grid-auto-columns grid-auto-flow grid-auto-rows grid-column grid-column-end grid-column-start
grid-gap grid-row grid-row-end grid-row-start grid-template grid-template-areas grid-template-columns
grid-template-rows hanging-punctuation hyphenate-character hyphens image-orientation image-rendering
inline-size inset isolation justify-content justify-items justify-self line-break line-clamp line-height
list-style list-style-image list-style-position list-style-type mask mask-image max-block-size
max-inline-size min-block-size min-inline-size mix-blend-mode object-fit object-position offset opacity
order orphans outline outline-color outline-offset outline-style outline-width overflow overflow-anchor
overflow-wrap overflow-x overflow-y page page-break-after page-break-before page-break-inside perspective
perspective-origin place-content place-items place-self pointer-events position print-color-adjust quotes
resize rotate row-gap scale scroll-behavior size speak src stroke supported-color-schemes tab-size
table-layout text-align text-align-last text-combine-upright text-decoration text-decoration-color
text-decoration-line text-decoration-skip text-decoration-skip-ink text-decoration-style
text-decoration-thickness text-emphasis text-justify text-orientation text-overflow text-rendering
text-shadow text-size-adjust text-transform text-underline-offset text-underline-position text-wrap
touch-action transform transform-origin transform-style transition transition-delay transition-duration
transition-property transition-timing-function translate unicode-bidi unicode-range user-select
vertical-align visibility white-space widows will-change word-break word-wrap writing-mode z-index zoom
"""
_UNITS = """
px em rem pt pc in cm mm q ex rex ch rch cap rcap ic ric lh rlh vw vh vi vb vmin vmax svw svh svi svb svmin
svmax lvw lvh lvi lvb lvmin lvmax dvw dvh dvi dvb dvmin dvmax cqw cqh cqi cqb cqmin cqmax fr deg grad rad
turn s ms hz khz dpi dpcm dppx x e
"""

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
