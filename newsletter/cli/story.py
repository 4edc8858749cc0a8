"""What happened to one person, in words, in the order of time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from newsletter.cli.look import BAD, DIM, GOOD, WAITS, moment
from newsletter.core.bounces.verdict import detail_of
from newsletter.core.cleaning import clean_text
from newsletter.core.model import DeliveryState as State
from newsletter.core.series import name_in
from newsletter.ports.records import BounceRecord, CopyRecord, HistoryRecord, LetterRecord, PersonRecord

__all__ = ["Happening", "story"]

Local = Callable[[datetime], datetime]

_COLOURS = {
    State.ACCEPTED: GOOD,
    State.PENDING: WAITS,
    State.SENDING: WAITS,
    State.DEFERRED: WAITS,
    State.REJECTED: BAD,
    State.EXPIRED: BAD,
    State.UNKNOWN: BAD,
    State.SUPPRESSED: DIM,
}
_CONSENT = {
    "subscribe": ("joined", GOOD, ""),
    "confirm": ("confirmed", GOOD, ""),
    "unsubscribe": ("left", DIM, "unsubscribed"),
    "bounce": ("stopped", BAD, "the mailbox refuses, and gets nothing more"),
    "complain": ("stopped", BAD, "complained, and gets nothing more"),
    "erase": ("erased", DIM, ""),
}
_BY = {
    "form": "on a sign-up form",
    "link": "by the link in a letter",
    "import": "by an import",
    "operator": "by the operator",
    "api": "by the API",
    "one-click": "by the button of their mail program",
    "mail": "by a mail",
    "bounce": "",
    "complaint": "",
}
_JOINED = "subscribe"
_LETTERS = {"confirm": "please confirm", "welcome": "welcome", "goodbye": "goodbye"}


@dataclass(frozen=True)
class Happening:
    """One line of the story."""

    at: datetime
    kind: str
    """"consent", "copy", "letter", "bounce" or "click"."""
    mark: str
    """A word for what it was: "joined", "accepted"."""
    words: str
    colour: str = ""
    edition: str | None = None


def story(record: PersonRecord, local: Local) -> list[Happening]:
    """The oldest first. `local` makes an instant a time of the newsletter."""
    reasons = [*(copy.reason for copy in record.copies), *(letter.reason for letter in record.letters)]
    known = set(map(detail_of, reasons))
    joined = [line for line in record.history if line.event == _JOINED]
    lines = [
        *map(_consent, joined),
        *(_letter(letter) for letter in record.letters),
        *(_copy(copy, local) for copy in record.copies),
        # Refusals that the mail server gave at once stand at their copies already.
        *(_bounce(bounce) for bounce in record.bounces if bounce.detail not in known),
        *_clicks(record),
        *(_consent(line) for line in record.history if line.event != _JOINED),
    ]
    return sorted(lines, key=lambda line: line.at)


def _consent(line: HistoryRecord) -> Happening:
    event, _, reason = line.event.partition(": ")
    mark, colour, words = _CONSENT.get(event, (event, "", ""))
    said = " ".join(filter(None, (words, _by(line.source))))
    return Happening(line.at, "consent", mark, ": ".join(filter(None, (said, clean_text(reason)))), colour)


def _by(source: str) -> str:
    return _BY.get(source, f"by {clean_text(source)}")


def _letter(letter: LetterRecord) -> Happening:
    state = State(letter.state)
    words = f'letter "{_LETTERS.get(letter.kind, letter.kind)}"{_answer(letter.attempts, letter.reason)}'
    return Happening(letter.at, "letter", state.value, words, _COLOURS[state])


def _copy(copy: CopyRecord, local: Local) -> Happening:
    name = name_in(copy.series, copy.edition)
    words = f"edition {name}"
    if copy.state in (State.PENDING, State.DEFERRED) and copy.next_attempt:
        wait = "for their hour" if copy.state is State.PENDING else "to be tried again"
        words += f" waits {wait}, {moment(local(copy.next_attempt))}"
    words += _answer(copy.attempts, copy.reason)
    if copy.at.timestamp() - copy.planned.timestamp() >= 60:
        words += f" (planned {moment(local(copy.planned))})"
    return Happening(copy.at, "copy", copy.state.value, words, _COLOURS[copy.state], name)


def _answer(attempts: int, reason: str) -> str:
    tried = f" after {attempts} attempts" if attempts > 1 else ""
    return f"{tried}: {clean_text(reason)}" if reason else tried


def _bounce(bounce: BounceRecord) -> Happening:
    said = " ".join(filter(None, ("came back", _by(bounce.source), bounce.status, bounce.cause)))
    words = ": ".join(filter(None, (said, clean_text(bounce.detail))))
    return Happening(bounce.at, "bounce", bounce.kind, words, BAD)


def _clicks(record: PersonRecord) -> Iterator[Happening]:
    for click in record.clicks:
        name = name_in(click.series, click.edition)
        yield Happening(click.at, "click", "followed", f"entry {click.place} of edition {name}", "", name)
