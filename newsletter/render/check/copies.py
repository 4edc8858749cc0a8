"""One copy beside others: the same again, and nothing of anybody else's (points 19, 20)."""

import re
from collections.abc import Iterator

from newsletter.render.check.letter import Letter
from newsletter.render.check.page import Page
from newsletter.render.check.reading import Reading
from newsletter.render.check.verdict import Problem, Verdict, quote

__all__ = ["nothing_of_others", "reproducible"]


def reproducible(reading: Reading) -> Verdict:
    """19: a second attempt sends the same message."""
    one, other = reading.specimen.message, reading.specimen.again
    problems = []
    if one != other:
        at = next(
            (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
        )
        line = one.count(b"\n", 0, at) + 1
        what = f"Composed a second time, the message differs from line {line:,} (byte {at:,}) on."
        problems = [
            Problem(what, "Take whatever differs from time to time, such as random(), out of the theme.")
        ]
    return Verdict.of(f"{len(one):,} bytes, the same when composed a second time.", problems)


def nothing_of_others(reading: Reading) -> Verdict:
    """20: no address, name or token of one reader in another's message."""
    specimen = reading.specimen
    both = set(specimen.private) & set(specimen.other_private)
    mine, others = (
        [text for text in map(_line, private) if text and text not in both]
        for private in (specimen.private, specimen.other_private)
    )
    # A reader's name may well be an author's.
    common = f"{_line(specimen.rendered)} {reading.common.words}"
    return Verdict.of(
        f"None of {len(others)} things of another reader is in this message, and none of {len(mine)} of this"
        " reader's in the other.",
        (*_found(others, reading.letter, common), *_found(mine, reading.other, common)),
    )


def _found(private: list[str], letter: Letter, common: str) -> Iterator[Problem]:
    parts = [leaf.text for leaf in letter.leaves]
    words = _line(
        " ".join([letter.shown_head, *letter.all("List-Unsubscribe"), *parts, *map(_unmarked, parts)])
    )
    for text in private:
        if _has(text, words) and not _has(text, common):
            yield Problem(
                f"A message has {quote(text)}, which belongs to another reader.",
                "Send nothing before this is found: what a copy is filled with is in services/compose.py.",
            )


def _has(text: str, words: str) -> bool:
    return text in words and re.search(rf"(?<!\w){re.escape(text)}(?!\w)", words) is not None


def _unmarked(part: str) -> str:
    return Page(part).root.text_content() if "<" in part else part


def _line(text: str) -> str:
    return " ".join(text.split())
