"""Entries into sections by topic: the operator's first, then the built-in ones, then what the day shares.

    entries ──Page──▶ how well each fits each topic
            ──_settle, _pair_up, _limit──▶ the topics that hold together, each within its share of the page
            ──_fill, discover──▶ what is left: to topics that nearly fit, or groups named in their own words
            ──_even_out──▶ no entry alone, none lost: what remains is "Also interesting"

Every entry is in exactly one group. The result depends on the set of entries, not on their order.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count
from math import ceil

from newsletter.core.affinity import FITS, NEARLY_FITS, Page
from newsletter.core.discovery import discover
from newsletter.core.editor import Editor
from newsletter.core.model import Entry
from newsletter.core.vocabulary import Topic

__all__ = ["CATCH_ALL", "Group", "Topic", "group", "is_catch_all"]

CATCH_ALL = "Also interesting"
"""The section of what fits no topic; a very mixed day has more of them, see `is_catch_all`."""

_MORE = "More to read"
_SMALLEST = 2
"""The fewest entries that make a section."""


@dataclass(frozen=True, slots=True)
class Group:
    """A topic with the ids of its entries, in the order of the ids."""

    topic: str
    ids: tuple[str, ...]


def is_catch_all(topic: str) -> bool:
    """Whether a section of this name holds what fits no topic."""
    return topic == CATCH_ALL or topic.startswith(_MORE)


def group(
    entries: Sequence[Entry], editor: Editor, topics: Sequence[Topic] = (), *, target: int | None = None
) -> tuple[Group, ...]:
    """Every entry in one group: `topics` in their order, then the largest first, what fits nowhere last.

    `target` is the most built-in topics that the page should have (default: by the number of entries). From
    nine entries on no group has more than a third of them, and none has one alone.
    """
    ordered = sorted(entries, key=lambda entry: entry.id)
    if not ordered:
        return ()
    page = Page.of(ordered, topics)
    groups = _settle(page)
    _pair_up(page, groups)
    _limit(page, groups, target or max(3, round(1.3 * len(ordered) ** 0.55)))
    rest = _fill(page, groups)
    rest = _group_rest(page, groups, rest)
    _even_out(page, groups, rest)
    rank = {name: place for place, name in enumerate(page.own)}
    names = sorted(groups, key=lambda t: (is_catch_all(t), rank.get(t, len(rank)), -len(groups[t]), t))
    return tuple(Group(name, tuple(ordered[index].id for index in sorted(groups[name]))) for name in names)


_Groups = dict[str, list[int]]


def _settle(page: Page) -> _Groups:
    """The topics that at least two entries call for; those of the others go to their next choice."""
    active = sorted({topic for fits in page.affinity for topic in fits})
    while True:
        placed = _place(page, active)
        active = [topic for topic in active if placed[topic]]
        weak = [topic for topic in active if len(placed[topic]) < _SMALLEST]
        if not weak:
            return {topic: placed[topic] for topic in active}
        active.remove(min(weak, key=lambda topic: _worth_keeping(page, placed, topic)))


def _worth_keeping(page: Page, groups: _Groups, topic: str) -> tuple[bool, float, str]:
    """How much a topic would be missed; the lowest goes first: another fits its entries nearly as well."""
    others = [other for other in groups if other != topic and groups[other]]
    missed = 0.0
    for index in groups[topic]:
        _, second = page.best(index, others)
        affinity = page.affinity[index].get(topic, 0.0)
        missed += 1.0 if second < FITS else max(0.0, 1.0 - second / affinity)
    return topic in page.own, missed, topic


def _place(page: Page, active: Sequence[str]) -> _Groups:
    """Entries to topics, the best fit first, each topic up to its share of the page."""
    choices = [
        (topic not in page.own, -page.affinity[index].get(topic, 0.0), index, topic)
        for topic in active
        for index in range(page.size)
        if page.fits(index, topic)
    ]
    placed: _Groups = {topic: [] for topic in active}
    done: set[int] = set()
    for _, _, index, topic in sorted(choices):
        if index not in done and len(placed[topic]) < page.share:
            placed[topic].append(index)
            done.add(index)
    return placed


def _pair_up(page: Page, groups: _Groups) -> None:
    """An entry whose own topic nobody else chose gets the company of one that fits there nearly as well."""
    for index in _unplaced(page, groups):
        topic, affinity = page.best(index, [topic for topic in page.affinity[index] if topic not in groups])
        companions = [
            (page.affinity[other].get(topic, 0.0), other, source)
            for source, members in groups.items()
            for other in members
            if len(members) > 3 and source not in page.own
            if page.affinity[other].get(topic, 0.0) >= max(FITS, 0.7 * page.affinity[other].get(source, 0.0))
        ]
        if affinity >= FITS and companions:
            _, other, source = max(companions)
            groups[source].remove(other)
            groups[topic] = [index, other]


def _limit(page: Page, groups: _Groups, target: int) -> None:
    """At most `target` topics, the operator's all: those missed least go, their entries to the next best."""
    while len(groups) > target and (spare := [topic for topic in groups if topic not in page.own]):
        least = min(spare, key=lambda topic: _worth_keeping(page, groups, topic))
        for index in groups.pop(least):
            topic, affinity = page.best(index, [t for t in groups if len(groups[t]) < page.share])
            if affinity >= FITS:
                groups[topic].append(index)


def _fill(page: Page, groups: _Groups) -> list[int]:
    """Entries that nearly fit a topic into those with room; returns the others."""
    left = []
    for index in _unplaced(page, groups):
        open_topics = [t for t in groups if len(groups[t]) < page.share and t not in page.own]
        topic, affinity = page.best(index, open_topics)
        if affinity >= NEARLY_FITS:
            groups[topic].append(index)
        else:
            left.append(index)
    return left


def _group_rest(page: Page, groups: _Groups, rest: Sequence[int]) -> list[int]:
    """Entries that share a phrase of their own into a group of that name; returns the others."""
    found = {name: members for name, members in discover(page, rest).items() if name not in groups}
    groups |= found
    return [index for index in rest if not any(index in members for members in found.values())]


def _even_out(page: Page, groups: _Groups, rest: Sequence[int]) -> None:
    """What is left into the catch-all, or several where it is more than a share; nobody stays alone."""
    left = _accommodate(page, groups, rest[0]) if len(rest) == 1 and groups else list(rest)
    pieces = ceil(len(left) / page.share)
    for piece, name in zip(range(pieces), _free_catch_alls(groups), strict=False):
        groups[name] = left[piece::pieces]


def _accommodate(page: Page, groups: _Groups, index: int) -> list[int]:
    """The last entry without a group gets company, the one that fits its own group least, or joins one."""
    placed = [
        (page.affinity[other].get(topic, 0.0), other, topic)
        for topic, members in groups.items()
        for other in members
        if len(members) > _SMALLEST
    ]
    if placed and page.size >= 6:
        _, other, topic = min(placed)
        groups[topic].remove(other)
        return [index, other]
    groups[page.best(index, list(groups))[0]].append(index)
    return []


def _free_catch_alls(groups: _Groups) -> Iterator[str]:
    """Names for what fits nowhere, without those that are in use."""
    names = chain((CATCH_ALL, _MORE), (f"{_MORE} ({number})" for number in count(2)))
    return (name for name in names if name not in groups)


def _unplaced(page: Page, groups: _Groups) -> list[int]:
    placed = {index for members in groups.values() for index in members}
    return [index for index in range(page.size) if index not in placed]
