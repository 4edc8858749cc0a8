"""How large it is (points 7, 8)."""

import re
from collections.abc import Iterator
from html import escape

from newsletter.render.check.css import nested
from newsletter.render.check.reading import Reading
from newsletter.render.check.verdict import MJML, PLAIN, STYLE, Problem, Verdict
from newsletter.render.findings import Status
from newsletter.render.fitting import CLIP_LIMIT

__all__ = ["CSS_LIMIT", "fits", "little_css"]

CSS_LIMIT = 16_384
"""Bytes of CSS from which Gmail drops a style sheet."""
_NEARLY = CLIP_LIMIT * 9 // 10
_SMALLER = (
    "Show fewer entries or shorter summaries: [edition] in newsletter.toml, or less markup an entry in "
    + MJML
)


def fits(reading: Reading) -> Verdict:
    """7: nobody's copy is clipped, and what had to be left out is counted and linked."""
    specimen = reading.specimen
    sizes = {"this copy": len(specimen.html.encode("utf-8", "replace"))}
    if leaf := reading.letter.leaf("text/html"):
        sizes["this copy, encoded"] = leaf.encoded
    steps = ""
    if specimen.fitting is not None:
        sizes["the largest copy"] = specimen.fitting.decoded
        sizes["the largest copy, encoded"] = specimen.fitting.encoded
        steps = f" To make it fit: {'; '.join(specimen.fitting.steps)}." if specimen.fitting.steps else ""
    figures = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
    left = f" {specimen.more:,} entries are left to the web, counted and linked." if specimen.more else ""
    return Verdict.of(
        f"Of {CLIP_LIMIT:,} bytes: {figures}.{steps}{left}",
        (*_sizes(sizes, steps), *_unsubscribe(reading), *_left_out(reading)),
    )


def _sizes(sizes: dict[str, int], steps: str) -> Iterator[Problem]:
    name, size = max(sizes.items(), key=lambda item: item[1])
    if size > CLIP_LIMIT:
        yield Problem(
            f"HTML, {name}: {size:,} bytes, over the {CLIP_LIMIT:,} that Gmail shows.{steps}", _SMALLER + "."
        )
    elif size > _NEARLY:
        yield Problem(
            f"HTML, {name}: {size:,} bytes, {size / CLIP_LIMIT:.0%} of what Gmail shows.{steps}",
            _SMALLER + ".",
            Status.WARN,
        )


def _unsubscribe(reading: Reading) -> Iterator[Problem]:
    specimen = reading.specimen
    mend = f"Put {{{{ reader.unsubscribe }}}} as a link into {MJML} and {PLAIN}"
    wanted = escape(specimen.unsubscribe, quote=True).encode("utf-8", "replace")
    at = specimen.html.encode("utf-8", "replace").find(wanted)
    if specimen.unsubscribe not in {link.get("href") for link in reading.page.all("a")}:
        yield Problem("The HTML has no link that ends the subscription.", f"{mend}.")
    elif at + len(wanted) > CLIP_LIMIT:
        yield Problem(
            f"The link that ends the subscription comes at byte {at:,}, where Gmail has stopped.",
            f"{mend}, above the entries.",
        )
    if specimen.unsubscribe not in specimen.text.split():
        yield Problem("The plain text has no address that ends the subscription.", f"{mend}.")


def _left_out(reading: Reading) -> Iterator[Problem]:
    specimen = reading.specimen
    if not specimen.more:
        return
    links = [link for link in reading.page.all("a") if link.get("href") == specimen.archive]
    around = [link.text_content() for link in links]
    around += [link.getparent().text_content() for link in links if link.getparent() is not None]
    mend = "Link {{ edition.archive }} with words.more(edition.more) in"
    if not any(specimen.more in _numbers(text) for text in around):
        yield Problem(
            f"{specimen.more:,} entries are left out, and the HTML does not say so with a link.",
            f"{mend} {MJML}.",
        )
    if specimen.archive not in specimen.text.split() or specimen.more not in _numbers(specimen.text):
        yield Problem(
            f"{specimen.more:,} entries are left out, and the plain text does not say so with an address.",
            f"{mend} {PLAIN}.",
        )


def _numbers(text: str) -> set[int]:
    """With or without separators of thousands, as any language writes them."""
    found = re.findall(r"[0-9]{1,3}(?:[.,'\u2019\u00a0\u202f ][0-9]{3}){1,4}|[0-9]{1,12}", text)
    return {int(re.sub("[^0-9]", "", number)) for number in found}


def little_css(reading: Reading) -> Verdict:
    """8: Gmail keeps the style sheets."""
    styles = reading.page.styles
    octets = sum(len(style.encode("utf-8", "replace")) for style in styles)
    problems = []
    if octets > CSS_LIMIT:
        problems.append(
            Problem(
                f"The style sheets have {octets:,} bytes, over the {CSS_LIMIT:,} that Gmail keeps.",
                f"Move rules from mj-style in {MJML} to {STYLE}, which is inlined.",
            )
        )
    if any(map(nested, styles)):
        problems.append(
            Problem(
                "An at-rule stands inside of another: Gmail drops the style sheet.",
                f"Write each @media of {MJML} and {STYLE} by itself.",
            )
        )
    return Verdict.of(f"{octets:,} bytes of CSS in {len(styles)} style sheets, of {CSS_LIMIT:,}.", problems)
