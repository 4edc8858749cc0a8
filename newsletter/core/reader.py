"""What one subscriber gets of an edition: the same entries in their own order and selection, with reasons.

    edition ──ReaderIndex.of──▶ which entries each topic, phrase and name leads to (once for all readers)
                                     │
    wishes ──────────────────────────┴──arrange_for──▶ Arrangement (by lookups alone)

- What is muted is not shown, whatever else is followed.
- The lead stays the editor's, unless it is muted: then it is the best of what is left.
- Sections of followed topics come first, then those with something else that is followed; inside of them
  what answers most wishes comes first. Everything else keeps the editor's order.
- What was to be shown by its title only is shown in full where the reader follows something in it.
- What is like entries that the reader has looked at moves up in its section; like four of them, it counts as
  something that they follow. That is never named as a reason.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from newsletter.core.readerindex import ReaderIndex, Reason, ReasonKind
from newsletter.core.wishes import Wishes

__all__ = ["Arrangement", "SectionPlace", "arrange_for"]

_Ranks = tuple[int, ...]
_LOOKED_AT = 0.25
"""What an entry like one that its reader has looked at counts, beside one like one that they asked for."""


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
    found = {rank: reasons for rank, reasons in index.matches(wishes).items() if rank not in hidden}
    strength = _strengths(found, {} if not wishes.likes else index.nudges(wishes), hidden)
    followed_in = {rank for rank, weight in strength.items() if weight >= 1}
    left, also = _without(index.sections, hidden), _without((index.also,), hidden)[0]
    lead = min((ranks[0] for ranks in left if ranks), default=also[0] if also else None)
    if lead is None:
        return None
    followed = index.sections_of(wishes.topics)
    changed = {index.section_of[rank] for rank in strength if rank in index.section_of and rank != lead}
    moved = {index.section_of[rank] for rank in followed_in if rank in index.section_of and rank != lead}
    sections = [
        SectionPlace(at, len(ranks), _after(lead, ranks, strength) if at in changed else _past(lead, ranks))
        for at, ranks in enumerate(left)
        if ranks
    ]
    sections.sort(key=lambda section: 0 if section.index in followed else 1 if section.index in moved else 2)
    return Arrangement(
        lead=lead,
        picks=_after(lead, [rank for rank in also if rank in followed_in], strength) if followed_in else (),
        sections=tuple(sections),
        also=_past(lead, tuple(rank for rank in also if rank not in followed_in) if followed_in else also),
        followed=followed,
        reasons={rank: _said(reasons) for rank, reasons in found.items()},
    )


def _without(groups: Sequence[_Ranks], hidden: Collection[int]) -> Sequence[_Ranks]:
    return [tuple([rank for rank in ranks if rank not in hidden]) for ranks in groups] if hidden else groups


def _strengths(
    found: Mapping[int, Sequence[Reason]], nudges: Mapping[int, int], hidden: Collection[int]
) -> dict[int, float]:
    """How many wishes each entry answers that answers any."""
    strength: dict[int, float] = {rank: len(reasons) for rank, reasons in found.items()}
    for rank, count in nudges.items():
        if rank not in hidden:
            strength[rank] = strength.get(rank, 0) + _LOOKED_AT * count
    return strength


def _after(lead: int, ranks: Sequence[int], strength: Mapping[int, float]) -> _Ranks:
    """Without the lead; what answers most wishes first."""
    first = [rank for rank in ranks if rank in strength and rank != lead]
    first.sort(key=lambda rank: -strength[rank])
    return (*first, *[rank for rank in ranks if rank not in strength and rank != lead])


def _past(lead: int, ranks: _Ranks) -> _Ranks:
    """Without the lead, which can only be the first."""
    return ranks[1:] if ranks[:1] == (lead,) else ranks


def _said(reasons: Sequence[Reason]) -> Reason:
    """One reason to show: the first kind, for a keyword or an author with all that were found."""
    first = reasons[0]
    if len(reasons) == 1 or first.kind is ReasonKind.LIKE:
        return first
    return Reason(first.kind, ", ".join(reason.wish for reason in reasons if reason.kind is first.kind))
