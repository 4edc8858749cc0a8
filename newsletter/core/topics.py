"""Entries into sections by topic: the operator's first, then what the editor learned, then what is shared.

    entries ──affinities──▶ the operator's topics take those that ask for them by their words
            ──Filer, agreement, partition──▶ the others cut into groups that agree
            ──_name──▶ each group under the name of the house's topic that it is most about
            ──_settle, discover──▶ who stands apart to the group next to it, or to one named in their words
            ──_even_out──▶ no entry alone, none lost: what remains is "Also interesting"

Every entry is in exactly one group. The result depends on the set of entries, not on their order.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from math import ceil

from newsletter.core.agreement import View, agreement, views_of
from newsletter.core.discovery import discover
from newsletter.core.editor import Editor
from newsletter.core.model import Entry
from newsletter.core.partition import Matrix, partition
from newsletter.core.schemes import Filed, Filer
from newsletter.core.wanted import FITS, Topic, affinities

__all__ = ["CATCH_ALL", "Group", "Topic", "group", "is_catch_all", "topic_names"]

CATCH_ALL = "Also interesting"
"""The section of what fits no topic; a very mixed day has more of them, see `is_catch_all`."""

_MORE = "More to read"
_SMALLEST = 2
"""The fewest entries that make a section."""
_FINENESS = 1.2
"""How finely a page is cut; see `core.partition`."""
_KNOWN, _FAMILIAR = 0.6, 0.12
"""What part of an entry's words must be known, and how likely its likeliest topic be, for it to be of a field
that the editor has learned. Of papers on machine learning that it has never seen at least 0.73 is known."""
_LISTENED = 0.3
"""The say that a scheme must have for its topics to name sections."""
_NAMED = 0.2
"""How likely a topic must be, on average over a group, for the group to have its name."""
_BORROWED = 0.8
"""What a name from another scheme is worth beside one of the house's."""
_NEXT_TO = 0.3
"""How far an entry without a group must agree with one, and be likely to belong under its name, to join."""
_OUT_OF_PLACE, _AT_HOME = 0.05, 0.5
"""Who is less likely in their section than the first, and more likely in another than the second, moves."""

_Groups = dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Group:
    """A topic with the ids of its entries, in the order of the ids."""

    topic: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Page:
    """The entries of one day with what is known of them."""

    entries: Sequence[Entry]
    house: frozenset[str]
    """The names of the house's topics."""
    likelihoods: Mapping[str, Sequence[float]]
    """For each name that a section may have, how likely each entry belongs there."""
    own: Sequence[str]
    """The names of the operator's topics."""

    @classmethod
    def of(cls, entries: Sequence[Entry], views: Sequence[View], topics: Sequence[Topic]) -> "_Page":
        """A page as the house and the schemes that are listened to see it."""
        house, *others = views
        names: dict[str, list[float]] = {}
        for view in (house, *(view for view in others if view.say >= _LISTENED)):
            for name, likely in zip(view.topics, zip(*view.likely, strict=True), strict=True):
                known = names.get(name, [0.0] * len(entries))
                names[name] = [max(pair) for pair in zip(known, likely, strict=True)]
        names.pop("", None)
        return cls(entries, frozenset(house.topics), names, [topic.name for topic in topics])

    @property
    def share(self) -> int:
        """The most entries that one group may have."""
        return len(self.entries) // 3 if len(self.entries) >= 9 else len(self.entries)

    def likely(self, at: int, name: str) -> float:
        """How likely an entry belongs under a name; 0 for one that no scheme knows."""
        return self.likelihoods[name][at] if name in self.likelihoods else 0.0

    def rest(self, groups: _Groups) -> list[int]:
        """The entries that are in no group yet."""
        placed = {at for members in groups.values() for at in members}
        return [at for at in range(len(self.entries)) if at not in placed]


def is_catch_all(topic: str) -> bool:
    """Whether a section of this name holds what fits no topic."""
    return topic == CATCH_ALL or topic.startswith(_MORE)


def topic_names(editor: Editor) -> tuple[str, ...]:
    """All that the editor may call a section of its own, but for words that entries share."""
    filer = Filer(editor.topics)
    found = (*filer.topics, *(name for scheme in filer.others for name in scheme.topics), CATCH_ALL, _MORE)
    return tuple(dict.fromkeys(name for name in found if name))


def group(entries: Sequence[Entry], editor: Editor, topics: Sequence[Topic] = ()) -> tuple[Group, ...]:
    """Every entry in one group: `topics` in their order, then the largest first, what fits nowhere last.

    From nine entries on no group has more than a third of them, and none has one alone.
    """
    ordered = sorted(entries, key=lambda entry: entry.id)
    if not ordered:
        return ()
    filer = Filer(editor.topics)
    filed = [filer.file(entry) for entry in ordered]
    views = views_of(filed, filer)
    page = _Page.of(ordered, views, topics)
    groups = _take_own(page, topics)
    familiar = [at for at in page.rest(groups) if _is_familiar(filed[at])]
    agreed = agreement(filed, views)
    among = [[agreed[one][other] for other in familiar] for one in familiar]
    cut = [[familiar[at] for at in found] for found in partition(among, page.share, _FINENESS)]
    _name(page, groups, cut)
    _settle(page, groups, agreed)
    _discover(page, groups)
    _even_out(page, groups)
    rank = {name: place for place, name in enumerate(page.own)}
    names = sorted(groups, key=lambda t: (is_catch_all(t), rank.get(t, len(rank)), -len(groups[t]), t))
    return tuple(Group(name, tuple(ordered[at].id for at in sorted(groups[name]))) for name in names)


def _is_familiar(filed: Filed) -> bool:
    return filed.known >= _KNOWN and max(filed.house) >= _FAMILIAR


def _take_own(page: _Page, topics: Sequence[Topic]) -> _Groups:
    """The operator's topics with the entries that ask for them, the best fit first, each up to its share."""
    known_names = {name.casefold(): name for name in page.likelihoods}
    fits = affinities(page.entries, topics)
    choices = []
    for topic in topics:
        known = known_names.get(topic.name.casefold(), "")
        for at, affinity in enumerate(fits):
            fit = affinity.get(topic.name, 0.0) + page.likely(at, known)
            if fit >= FITS:
                choices.append((-fit, at, topic.name))
    groups: _Groups = {topic.name: [] for topic in topics}
    placed: set[int] = set()
    for _, at, name in sorted(choices):
        if at not in placed and len(groups[name]) < page.share:
            groups[name].append(at)
            placed.add(at)
    return {name: members for name, members in groups.items() if len(members) >= _SMALLEST}


def _name(page: _Page, groups: _Groups, cut: Sequence[Sequence[int]]) -> None:
    """Each group of at least two under the name that fits it best, a name once; others stay unplaced."""
    taken = {name.casefold() for name in (*groups, *page.own)}
    wishes = sorted(
        (-worth * (1 if name in page.house else _BORROWED), number, name)
        for number, members in enumerate(cut)
        for name in page.likelihoods
        if name.casefold() not in taken and len(members) >= _SMALLEST
        if (worth := sum(page.likely(at, name) for at in members)) >= _NAMED * len(members)
    )
    done: set[int] = set()
    for _, number, name in wishes:
        if number not in done and name not in groups:
            groups[name] = list(cut[number])
            done.add(number)
    for number, members in enumerate(cut):
        if number not in done:
            _name_by_words(page, groups, members)


def _name_by_words(page: _Page, groups: _Groups, members: Sequence[int]) -> None:
    """What most of a group shares makes its name, and takes those who share it."""
    found = discover([page.entries[at] for at in members], set(groups), page.share)
    for name, inside in found.items():
        if 2 * len(inside) > len(members):
            groups[name] = [members[at] for at in inside]


def _settle(page: _Page, groups: _Groups, agreed: Matrix) -> None:
    """Who stands apart joins the group next to it; who is out of place goes to where it is at home."""
    for at in page.rest(groups):
        near = {
            name: sum(agreed[at][other] for other in members) / len(members) + page.likely(at, name)
            for name, members in groups.items()
            if len(members) < page.share and page.likely(at, name) >= _OUT_OF_PLACE
        }
        if near and max(near.values()) >= _NEXT_TO:
            groups[max(near, key=lambda name: (near[name], name))].append(at)
    for name in list(groups):
        for at in [at for at in groups[name] if page.likely(at, name) < _OUT_OF_PLACE]:
            other = _home(page, groups, at)
            if other and len(groups[name]) > _SMALLEST and name not in page.own:
                groups[name].remove(at)
                groups[other].append(at)


def _home(page: _Page, groups: _Groups, at: int) -> str:
    """The section with room where an entry is at home; "" where it is in none."""
    open_names = [name for name in groups if len(groups[name]) < page.share and name not in page.own]
    best = max(open_names, key=lambda name: (page.likely(at, name), name), default="")
    return best if page.likely(at, best) > _AT_HOME else ""


def _discover(page: _Page, groups: _Groups) -> None:
    """Entries that share a phrase of their own into a group of that name."""
    rest = page.rest(groups)
    found = discover([page.entries[at] for at in rest], set(groups), page.share)
    groups |= {name: [rest[at] for at in members] for name, members in found.items()}


def _even_out(page: _Page, groups: _Groups) -> None:
    """What is left into the catch-all, or several where it is more than a share; nobody stays alone."""
    left = page.rest(groups)
    if len(left) == 1 and groups:
        left = _accommodate(page, groups, left[0])
    pieces = ceil(len(left) / page.share)
    for piece, name in zip(range(pieces), _free_catch_alls(groups), strict=False):
        groups[name] = left[piece::pieces]


def _accommodate(page: _Page, groups: _Groups, at: int) -> list[int]:
    """The last entry without a group gets company, the one that fits its own group least, or joins one."""
    placed = [
        (page.likely(other, topic), other, topic)
        for topic, members in groups.items()
        for other in members
        if len(members) > _SMALLEST
    ]
    if placed and len(page.entries) >= 6:
        _, other, topic = min(placed)
        groups[topic].remove(other)
        return [at, other]
    groups[max(groups, key=lambda topic: (page.likely(at, topic), topic))].append(at)
    return []


def _free_catch_alls(groups: _Groups) -> Iterator[str]:
    """Names for what fits nowhere, without those that are in use."""
    names = chain((CATCH_ALL, _MORE), (f"{_MORE} ({number})" for number in count(2)))
    return (name for name in names if name not in groups)
