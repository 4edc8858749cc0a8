"""What one subscriber gets of an edition: the same entries in their own order and selection, with reasons.

    edition ──ReaderIndex.of──▶ which entries each topic, phrase and name leads to (once for all readers)
                                     │
    wishes ──────────────────────────┴──arrange_for──▶ Arrangement (by lookups alone)

- What is muted is not shown, whatever else is followed.
- The lead stays the editor's, unless it is muted: then it is the best of what is left.
- Sections of followed topics come first, then those with something else that is followed; inside of them
  what answers most wishes comes first. Everything else keeps the editor's order.
- What was to be shown by its title only is shown in full where the reader follows something in it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from newsletter.core.readerindex import ReaderIndex, Reason, ReasonKind
from newsletter.core.wishes import Wishes

__all__ = ["Arrangement", "SectionPlace", "arrange_for"]

_Ranks = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SectionPlace:
    """A section in one reader's copy."""

    index: int
    """Of the edition's sections."""
    count: int
    """How many entries of it the reader gets, the lead included."""
    entries: _Ranks
    """Them without the lead, in order; may be empty where the lead is all."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """One reader's copy. Entries go by their ranks, and each is in one place at most."""

    lead: int
    picks: _Ranks
    """Those to be shown by title only that the reader follows something in: in full for this reader."""
    sections: tuple[SectionPlace, ...]
    also: _Ranks
    """Those shown by title only."""
    followed: frozenset[int] = frozenset()
    """The indices of the sections whose topics the reader follows."""
    reasons: Mapping[int, Reason] = field(default_factory=dict)

    @property
    def in_full(self) -> _Ranks:
        """All but those shown by title only, in the order of the copy."""
        return (self.lead, *self.picks, *(rank for section in self.sections for rank in section.entries))


def arrange_for(index: ReaderIndex, wishes: Wishes) -> Arrangement | None:
    """What this reader gets; None where all of the edition is muted. Names of topics are the same if they
    differ in case or white space only; those that the edition does not have are ignored."""
    hidden = index.muted(wishes.muted)
    found = index.matches(wishes)
    followed = index.sections_of(wishes.topics)
    left = [tuple(rank for rank in ranks if rank not in hidden) for ranks in index.sections]
    also = [rank for rank in index.also if rank not in hidden]
    lead = min((ranks[0] for ranks in left if ranks), default=also[0] if also else None)
    if lead is None:
        return None
    sections = [
        SectionPlace(at, len(ranks), _in_order(ranks, found, without=lead))
        for at, ranks in enumerate(left)
        if ranks
    ]
    sections.sort(key=lambda section: _urgency(section, followed, found))
    return Arrangement(
        lead=lead,
        picks=_in_order([rank for rank in also if rank in found], found, without=lead),
        sections=tuple(sections),
        also=tuple(rank for rank in also if rank not in found and rank != lead),
        followed=followed,
        reasons={rank: _said(reasons) for rank, reasons in found.items() if rank not in hidden},
    )


def _in_order(ranks: Sequence[int], found: Mapping[int, Sequence[Reason]], *, without: int) -> _Ranks:
    """What answers most wishes first."""
    kept = [rank for rank in ranks if rank != without]
    if found:
        kept.sort(key=lambda rank: -len(found.get(rank, ())))
    return tuple(kept)


def _urgency(section: SectionPlace, followed: Collection[int], found: Collection[int]) -> int:
    if section.index in followed:
        return 0
    return 1 if any(rank in found for rank in section.entries) else 2


def _said(reasons: Sequence[Reason]) -> Reason:
    """One reason to show: the first kind, for a keyword or an author with all that were found."""
    first = reasons[0]
    if len(reasons) == 1 or first.kind is ReasonKind.LIKE:
        return first
    return Reason(first.kind, ", ".join(reason.wish for reason in reasons if reason.kind is first.kind))
