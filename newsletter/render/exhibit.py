"""What there is to see of one email: the copy, and all that is known of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from newsletter.core.model import Edition, Newsletter, RankedEntry
from newsletter.core.reader import Arrangement
from newsletter.core.readerindex import Reason, ReasonKind
from newsletter.render.copy import Copy
from newsletter.render.findings import Finding
from newsletter.render.fitting import Fitting
from newsletter.render.text import clean

__all__ = ["Exhibit", "Standing", "edition_exhibit"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Why an entry stands where it stands."""

    rank: int
    title: str
    place: str
    """Its section, or "Also new"."""
    score: float
    reasons: tuple[str, ...]
    """The editor's, in words."""
    own: str = ""
    """The reader's own: "because you follow Agents"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """An email to be looked at: a copy of an edition, or a letter, which has no standings."""

    newsletter: Newsletter
    label: str
    """Which email it is: "No. 42"."""
    copy: Copy
    message: bytes
    """`copy` as it would be sent."""
    standings: Sequence[Standing] = ()
    findings: Sequence[Finding] = ()
    """None where nobody has judged it."""
    fitting: Fitting | None = None


def edition_exhibit(
    edition: Edition,
    newsletter: Newsletter,
    copy: Copy,
    message: bytes,
    *,
    findings: Sequence[Finding] = (),
    fitting: Fitting | None = None,
    arrangement: Arrangement | None = None,
) -> Exhibit:
    """A copy of an edition. `arrangement` is its reader's, for the reasons that are theirs alone."""
    return Exhibit(
        newsletter=newsletter,
        label=f"No. {edition.number}",
        copy=copy,
        message=message,
        standings=tuple(_standings(edition, arrangement)),
        findings=findings,
        fitting=fitting,
    )


def _standings(edition: Edition, arrangement: Arrangement | None) -> Iterator[Standing]:
    sections = {item.rank: at for at, part in enumerate(edition.sections) for item in part.entries}
    for item in sorted((*edition.featured, *edition.also), key=_rank):
        at = sections.get(item.rank)
        topic = "" if at is None else clean(edition.sections[at].topic)
        yield Standing(
            rank=item.rank,
            title=clean(item.entry.title),
            place=topic or "Also new",
            score=item.score,
            reasons=tuple(map(clean, item.reasons)),
            own=_own(item.rank, at, topic, arrangement) if arrangement else "",
        )


def _rank(item: RankedEntry) -> int:
    return item.rank


def _own(rank: int, section: int | None, topic: str, arrangement: Arrangement) -> str:
    if rank not in (*arrangement.in_full, *arrangement.also):
        return "not in this copy: muted"
    if reason := arrangement.reasons.get(rank):
        return _in_words(reason)
    return f"because you follow {topic}" if section in arrangement.followed else ""


def _in_words(reason: Reason) -> str:
    wish = clean(reason.wish)
    match reason.kind:
        case ReasonKind.AUTHOR:
            return f"by {wish}, whom you follow"
        case ReasonKind.KEYWORD:
            return f"because you follow {wish}"
        case ReasonKind.LIKE:
            return f"because you wanted more like “{wish}”"
