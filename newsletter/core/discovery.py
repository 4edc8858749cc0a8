"""Topics that no list has: what several of the entries left over are about, named in their own words."""

from collections import Counter
from collections.abc import Sequence

from newsletter.core.affinity import Page
from newsletter.core.terms import GENERIC, words

__all__ = ["discover"]


def discover(page: Page, indices: Sequence[int]) -> dict[str, list[int]]:
    """Groups of those entries that share a telling phrase, by its name; entries without one are in none."""
    left, groups = list(indices), dict[str, list[int]]()
    while shared := _shared(page, left):
        phrase = max(shared, key=lambda found: (len(shared[found]) * (1 + 0.5 * found.count(" ")), found))
        members = shared[phrase]
        groups[_as_written(phrase, [page.written[index] for index in members])] = members
        left = [index for index in left if index not in members]
    return groups


def _shared(page: Page, indices: Sequence[int]) -> dict[str, list[int]]:
    """Telling phrases with the entries that have them: two for a phrase, three for a single word."""
    holders: dict[str, list[int]] = {}
    for index in indices:
        for phrase in _telling(page, index):
            holders.setdefault(phrase, []).append(index)
    return {
        phrase: members
        for phrase, members in holders.items()
        if (2 if " " in phrase else 3) <= len(members) <= page.share
    }


def _telling(page: Page, index: int) -> list[str]:
    """The phrases that an entry is about: in its title or repeated, no word of them general."""
    return [
        phrase
        for phrase, often in page.texts[index].items()
        if (phrase in page.titles[index] or often >= 3)
        and phrase.count(" ") < 3
        and not any(word in GENERIC or len(word) < 3 or word.isdigit() for word in phrase.split())
    ]


def _as_written(phrase: str, texts: Sequence[str]) -> str:
    """The phrase as the texts write it most often, with a capital."""
    wanted, seen = phrase.split(), Counter[str]()
    for text in texts:
        tokens = text.split()
        for start in range(len(tokens)):
            for length in range(1, len(wanted) + 1):
                written = " ".join(tokens[start : start + length]).strip(".,;:!?()[]\"'")
                if words(written) == wanted:
                    seen[written if written.isupper() else written[:1].upper() + written[1:].lower()] += 1
    return max(seen, key=lambda written: (seen[written], written), default=phrase.capitalize())
