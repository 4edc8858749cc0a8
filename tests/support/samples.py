"""Small objects of the core, made with as little as a test needs to say."""

from datetime import UTC, datetime

from newsletter.core.listfile import NewSubscriber
from newsletter.core.model import Edition, Entry, RankedEntry, Section

NOW = datetime(2026, 3, 11, 7, 30, tzinfo=UTC)
PEOPLE = [NewSubscriber(f"reader{n}@example.org", f"Reader {n}", ("Agents",)) for n in range(5)]


def entry(number: int, **values: object) -> Entry:
    """Entry number n: arxiv:2603.0000n, "Paper n"."""
    known = {
        "id": f"arxiv:2603.{number:05}",
        "title": f"Paper {number}",
        "summary": f"We show fact {number}.",
        "url": f"https://arxiv.org/abs/2603.{number:05}",
        "source": "page",
        "position": number,
    }
    return Entry(**known | values)


def ranked(number: int) -> RankedEntry:
    """Entry n in place n."""
    return RankedEntry(
        entry=entry(number), rank=number, score=1 / number, reasons=("first",), line=f"Fact {number}."
    )


def edition(number: int = 1, *entries: int, slot: datetime = NOW) -> Edition:
    """Edition n with these entries in one section."""
    return Edition(
        newsletter="papers",
        number=number,
        slot=slot,
        subject=f"Edition {number}",
        preheader="More",
        sections=(Section(topic="Agents", entries=tuple(map(ranked, entries))),),
    )
