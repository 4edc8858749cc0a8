"""Topics that no list has: what several entries are about, named in their own words."""

from collections import Counter
from collections.abc import Collection, Sequence

from newsletter.core.model import Entry
from newsletter.core.terms import GENERIC, phrases, words

__all__ = ["discover"]


def discover(entries: Sequence[Entry], taken: Collection[str], largest: int) -> dict[str, list[int]]:
    """Groups of those that share a telling phrase, by its name: indices, each in one group or none.

    No name is one of `taken`, no group has more than `largest` entries.
    """
    telling = [_telling(entry) for entry in entries]
    left, groups = list(range(len(entries))), dict[str, list[int]]()
    while shared := _shared(telling, left, largest):
        phrase = max(shared, key=lambda found: (len(shared[found]) * (1 + 0.5 * found.count(" ")), found))
        members = shared[phrase]
        name = _as_written(phrase, [entries[at] for at in members])
        if name in groups or name in taken:
            telling = [[other for other in found if other != phrase] for found in telling]
            continue
        groups[name] = members
        left = [at for at in left if at not in members]
    return groups


def _shared(telling: Sequence[Collection[str]], indices: Sequence[int], largest: int) -> dict[str, list[int]]:
    """Telling phrases with the entries that have them: two for a phrase, three for a single word."""
    holders: dict[str, list[int]] = {}
    for at in indices:
        for phrase in telling[at]:
            holders.setdefault(phrase, []).append(at)
    return {
        phrase: members
        for phrase, members in holders.items()
        if (2 if " " in phrase else 3) <= len(members) <= largest
    }


def _telling(entry: Entry) -> list[str]:
    """The phrases that an entry is about: in its title or repeated, no word of them general."""
    title = phrases(entry.title, 3)
    text = phrases(f"{entry.title} . {' '.join(entry.keywords)} . {entry.summary}", 3)
    return [
        phrase
        for phrase, often in text.items()
        if (phrase in title or often >= 3)
        and not any(word in GENERIC or len(word) < 3 or word.isdigit() for word in phrase.split())
    ]


def _as_written(phrase: str, entries: Sequence[Entry]) -> str:
    """The phrase as the texts write it most often, with a capital."""
    wanted, seen = phrase.split(), Counter[str]()
    for entry in entries:
        tokens = f"{entry.title} {entry.summary}".split()
        for start in range(len(tokens)):
            for length in range(1, len(wanted) + 1):
                written = " ".join(tokens[start : start + length]).strip(".,;:!?()[]\"'")
                if words(written) == wanted:
                    seen[written if written.isupper() else written[:1].upper() + written[1:].lower()] += 1
    return max(seen, key=lambda written: (seen[written], written), default=phrase.capitalize())
