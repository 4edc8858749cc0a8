"""What the operator is told, in words: how a slot ended, and that an edition waits."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from newsletter.core.address import without_addresses
from newsletter.core.model import Accounting, Edition
from newsletter.core.series import edition_name, name_in
from newsletter.core.slots import Outcome, SlotOutcome

__all__ = [
    "Circumstances",
    "Notice",
    "Step",
    "Tone",
    "is_trouble",
    "of_pause",
    "of_slot",
    "of_standstill",
    "spoken_day",
]

_WANTED = ("another edition", "an extra edition", "not approved", "the next edition")
"""How the reasons begin for which a slot is skipped as somebody wanted it."""


class Tone(StrEnum):
    """How good the news is; the value is the mark before it."""

    GOOD = "✓"
    QUIET = "–"
    """As somebody wanted it: a holiday."""
    EMPTY = "∅"
    WARNING = "!"
    """An edition is out, but not all is well."""
    BAD = "✗"


@dataclass(frozen=True)
class Step:
    """What to do next, and the command for it."""

    what: str
    command: str


@dataclass(frozen=True)
class Notice:
    """One thing to tell the operator."""

    key: str
    """Tells it from all others: told again, it is the same."""
    tone: Tone
    headline: str
    text: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    """What it is about, and how that stands."""
    steps: tuple[Step, ...] = ()
    data: Mapping[str, object] = field(default_factory=dict)
    """The same for programs."""

    @property
    def subject(self) -> str:
        """With its mark."""
        return f"{self.tone} {self.headline}"


@dataclass(frozen=True)
class Circumstances:
    """What is known around an outcome."""

    newsletter: str
    """Its id."""
    series: str
    next_slot: datetime
    edition: Edition | None = None
    planned: int = 0
    """Copies."""
    failed_sources: Mapping[str, str] = field(default_factory=dict)
    """Those that could not be read for this slot, with what was wrong."""

    @property
    def is_daily(self) -> bool:
        """And not the best of the week."""
        return self.series == self.newsletter


def is_trouble(outcome: SlotOutcome) -> bool:
    """No edition came although one should have, and not for want of entries."""
    if outcome.outcome is Outcome.SKIPPED:
        return not (outcome.is_holiday or outcome.reason.startswith(_WANTED))
    return outcome.outcome is Outcome.FAILED


def of_slot(ended: SlotOutcome, around: Circumstances) -> Notice:
    """How this slot ended. No address of a reader is in it, whatever the reason says."""
    outcome = replace(ended, reason=without_addresses(ended.reason))
    tone, headline, text = _story(outcome, around)
    return Notice(
        key=f"slot {around.series} {outcome.slot.isoformat()}",
        tone=tone,
        headline=headline,
        text=text,
        facts=_facts(outcome, around),
        steps=_steps(outcome, around),
        data=_data(outcome, around, f"{tone} {headline}"),
    )


def of_pause(
    edition: Edition, reason: str, since: datetime, accounting: Accounting, around: Circumstances
) -> Notice:
    """That an edition waits for a person's word; `since` tells this pause from others of the edition."""
    name, reason = edition_name(edition), without_addresses(reason)
    headline = f"Edition {name} is paused: {_sentence(reason)}"
    return Notice(
        key=f"pause {edition.newsletter} {edition.number} {since.isoformat()}",
        tone=Tone.BAD,
        headline=headline,
        text="None of its copies are sent until you say so. Nothing is lost.",
        facts=(
            ("Slot", _spoken(edition.slot)),
            ("Subject", edition.subject),
            ("Reason", reason),
            ("Copies", _copies(accounting)),
        ),
        steps=(
            Step("See how its copies stand and what servers said:", f"newsletter editions show {name}"),
            Step("When it is mended, let it go on:", f"newsletter editions resume {name}"),
        ),
        data=_common(around, f"{Tone.BAD} {headline}")
        | {"slot": edition.slot.isoformat(), "outcome": "paused", "reason": reason, "trouble": True},
    )


def of_standstill(copies: int, now: datetime, around: Circumstances) -> Notice:
    """That so many copies do not get away; once for each day, `now` being local time."""
    were = "copy was" if copies == 1 else "copies were"
    headline = f"{copies:,} {were} to be sent, and none has been for an hour"
    return Notice(
        key=f"standstill {around.series} {now.date().isoformat()}",
        tone=Tone.BAD,
        headline=headline,
        text="Nothing is lost: they wait for a mail server, as long as [delivery] lifetime allows.",
        steps=(
            Step("Send, and see what the mail server says:", "newsletter send"),
            Step("See whether all runs as it should:", "newsletter alive"),
        ),
        data=_common(around, f"{Tone.BAD} {headline}")
        | {
            "slot": None,
            "outcome": "standstill",
            "reason": "no copy was begun for an hour",
            "trouble": True,
            "planned": copies,
        },
    )


def _story(outcome: SlotOutcome, around: Circumstances) -> tuple[Tone, str, str]:
    reason = _sentence(outcome.reason)
    nothing = f"No edition for {spoken_day(outcome.slot)}"
    match outcome.outcome:
        case Outcome.SENT:
            return _sent(outcome, around)
        case Outcome.EMPTY:
            return (
                Tone.EMPTY,
                f"{nothing}: {reason}",
                "Readers get nothing. What comes in counts for the next.",
            )
        case Outcome.SKIPPED if is_trouble(outcome):
            return Tone.BAD, f"{nothing}: skipped, {reason}", "What was new then is still there for the next."
        case Outcome.SKIPPED:
            return Tone.QUIET, f"{nothing}: {reason}", ""
    headline = f"Edition for {spoken_day(outcome.slot)} failed: {_unread(around.failed_sources) or reason}"
    return Tone.BAD, headline, "Readers got nothing, and nothing is tried again by itself."


def _sent(outcome: SlotOutcome, around: Circumstances) -> tuple[Tone, str, str]:
    entries = len(around.edition.featured) if around.edition else 0
    headline = (
        f"Edition {name_in(around.series, outcome.edition or 0)} is on its way: "
        f"{_count(entries, 'entry', 'entries')} to {_count(around.planned, 'reader', 'readers')}"
    )
    if failed := len(around.failed_sources):
        return Tone.WARNING, f"{headline}; {_count(failed, 'source', 'sources')} failed", ""
    return Tone.GOOD if around.planned else Tone.WARNING, headline, ""


def _unread(sources: Mapping[str, str]) -> str:
    names = _sentence(", ".join(sources)) if len(sources) < 4 else f"{len(sources)} sources"
    return f"{names} could not be read" if sources else ""


def _facts(outcome: SlotOutcome, around: Circumstances) -> tuple[tuple[str, str], ...]:
    facts = [("Slot", _spoken(outcome.slot)), ("Outcome", outcome.outcome.value)]
    if outcome.reason:
        facts.append(("Reason", outcome.reason))
    if edition := around.edition:
        facts += [
            ("Subject", edition.subject),
            ("Entries", f"{len(edition.featured)} with a summary, {len(edition.also)} by title"),
            ("Copies", f"{around.planned:,} planned"),
        ]
    if outcome.outcome is not Outcome.FAILED:  # else the reason has them
        facts += [("Source failed", f"{name}: {error}") for name, error in around.failed_sources.items()]
    return (*facts, ("Next slot", _spoken(around.next_slot)))


def _steps(outcome: SlotOutcome, around: Circumstances) -> tuple[Step, ...]:
    sources = Step("See what each source says now:", "newsletter collect")
    # There is no extra edition of the week.
    again = (Step("Make the edition after all:", "newsletter run --slot now"),) if around.is_daily else ()
    match outcome.outcome:
        case Outcome.SENT:
            show = f"newsletter editions show {name_in(around.series, outcome.edition or 0)}"
            return (
                *((sources,) if around.failed_sources else ()),
                Step("See how its copies stand:", show),
            )
        case Outcome.FAILED if around.failed_sources:
            return sources, *again
        case Outcome.FAILED:
            return Step("See the edition as it would be now:", "newsletter preview"), *again
        case Outcome.SKIPPED if is_trouble(outcome):
            return Step("See whether all runs as it should:", "newsletter alive"), *again
    return ()


def _data(outcome: SlotOutcome, around: Circumstances, text: str) -> dict[str, object]:
    return _common(around, text) | {
        "slot": outcome.slot.isoformat(),
        "outcome": outcome.outcome.value,
        "reason": outcome.reason,
        "trouble": is_trouble(outcome),
    }


def _common(around: Circumstances, text: str) -> dict[str, object]:
    """`text` is what chat programs show of a webhook."""
    edition = around.edition
    return {
        "text": text,
        "newsletter": around.newsletter,
        "series": "daily" if around.is_daily else "weekly",
        "edition": edition.number if edition else None,
        "subject": edition.subject if edition else None,
        "entries": len(edition.featured) if edition else 0,
        "planned": around.planned,
        "failed_sources": sorted(around.failed_sources),
    }


def spoken_day(slot: datetime) -> str:
    """ "Wed 11 March": without the year, for what is only some days away."""
    return f"{slot:%a} {slot.day} {slot:%B}"


def _spoken(slot: datetime) -> str:
    return f"{spoken_day(slot)} {slot.year}, {slot:%H:%M %z}"


def _sentence(reason: str) -> str:
    """As much as a subject can hold."""
    line = " ".join(reason.split()).rstrip(".")
    return line if len(line) <= 100 else line[:99].rstrip() + "…"


def _copies(accounting: Accounting) -> str:
    states = [f"{count:,} {state}" for state, count in accounting.counts.items() if count]
    return f"{accounting.planned:,} planned: {', '.join(states)}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
