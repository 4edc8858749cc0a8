"""The subscriber list written as `listfile` reads it: CSV that no spreadsheet executes, or JSONL."""

import csv
import io
import json
from collections.abc import Sequence

from newsletter.core.listcolumns import COLUMNS, LISTS, RHYTHM, WEEKDAYS
from newsletter.core.model import Subscriber

__all__ = ["ListWriter", "csv_lines", "live", "person_to_json"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SUSPECT = frozenset((*_FORMULA, "'"))


class ListWriter:
    """Writes people as lines; `attributes` are the columns that CSV has for those."""

    def __init__(self, *, jsonl: bool, attributes: Sequence[str] = ()) -> None:
        self._jsonl = jsonl
        self._attributes = tuple(attributes)

    def header(self) -> str:
        """What stands before all people."""
        return "" if self._jsonl else csv_lines([(*COLUMNS, *self._attributes)])

    def lines(self, people: Sequence[Subscriber]) -> str:
        """Theirs, one a person."""
        if self._jsonl:
            return "".join(json.dumps(person_to_json(person), ensure_ascii=False) + "\n" for person in people)
        return csv_lines([self._cells(person) for person in people])

    def _cells(self, person: Subscriber) -> Sequence[str]:
        wishes, rhythm = person.wishes, person.rhythm
        return (
            person.email,
            person.name,
            *[";".join(getattr(wishes, column)) for column in LISTS],
            ";".join(person.tags),
            rhythm.frequency.value,
            ";".join([WEEKDAYS[day] for day in rhythm.weekdays]),
            "" if rhythm.hour is None else str(rhythm.hour),
            rhythm.zone,
            rhythm.paused_until.isoformat() if rhythm.paused_until else "",
            person.language,
            person.status.value,
            person.created.isoformat() if person.created else "",
            *[person.attributes.get(name, "") for name in self._attributes],
        )


def person_to_json(person: Subscriber) -> dict[str, object]:
    """A subscriber with the keys of the file."""
    rhythm = person.rhythm
    return {
        "email": person.email,
        "name": person.name,
        **{column: list(getattr(person.wishes, column)) for column in LISTS},
        "tags": list(person.tags),
        **{column: getattr(rhythm, column) for column in RHYTHM},
        "weekdays": [WEEKDAYS[day] for day in rhythm.weekdays],
        "paused_until": rhythm.paused_until.isoformat() if rhythm.paused_until else None,
        "language": person.language,
        "status": person.status,
        "created": person.created.isoformat() if person.created else None,
        "attributes": dict(person.attributes),
    }


def live(cell: str) -> str:
    """The cell without the apostrophe that keeps it from being a formula."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell


def csv_lines(rows: Sequence[Sequence[str]]) -> str:
    """Rows of which a spreadsheet executes nothing."""
    lines = io.StringIO(newline="")
    csv.writer(lines).writerows(
        [_inert(cell) if cell[:1] in _SUSPECT else cell for cell in row] for row in rows
    )
    return lines.getvalue()


def _inert(cell: str) -> str:
    """A spreadsheet takes a cell that begins like a formula for one; an apostrophe makes it text."""
    return f"'{cell}" if cell.lstrip("'").startswith(_FORMULA) else cell
