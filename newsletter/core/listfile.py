"""The subscriber list as a file: CSV with a header line, or JSONL, in any column order.

Columns: `email`; and where wanted `name`, `topics`, `keywords`, `authors`, `muted` (each in CSV separated by
semicolons) and `status`. Others are passed over. Whoever has a status other than active is not imported: a
list that travels must not bring back people who left.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from newsletter.core.address import normalise_address
from newsletter.core.cleaning import clean_text
from newsletter.core.model import Subscriber, SubscriberStatus
from newsletter.errors import InputError

__all__ = ["LISTS", "NewSubscriber", "parse_csv", "parse_jsonl", "write_csv", "write_jsonl"]

LISTS = ("topics", "keywords", "authors", "muted")
COLUMNS = ("email", "name", *LISTS, "status")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Parsed = tuple[tuple["NewSubscriber", ...], tuple[InputError, ...]]


@dataclass(frozen=True)
class NewSubscriber:
    """A person to put on the list; the address is normalised. None leaves what is known as it is."""

    email: str
    name: str | None = None
    topics: tuple[str, ...] | None = None
    keywords: tuple[str, ...] | None = None
    authors: tuple[str, ...] | None = None
    muted: tuple[str, ...] | None = None


def parse_csv(text: str, *, name: str) -> Parsed:
    """The people of a CSV file and what is wrong with the other lines; `name` is the file's. Raises
    InputError where there is no column `email`."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [column.strip().casefold() for column in next(reader, [])]
    except csv.Error as error:
        raise InputError(f"{name}:1: not valid CSV ({error}); check the quotation marks.") from error
    if "email" not in header:
        found = ", ".join(header) or "nothing"
        raise InputError(
            f'{name}:1: the first line must name the columns, "email" among them (it has {found}).'
        )
    return _collect(_csv_rows(reader, header, name))


def parse_jsonl(text: str, *, name: str) -> Parsed:
    """The same for JSONL, in which `topics` and the like are lists or texts as in CSV."""
    return _collect(_jsonl_rows(text, name))


def write_csv(people: Iterable[Subscriber]) -> Iterator[str]:
    """Lines of a CSV file that a spreadsheet shows and does not execute."""
    yield _csv_line(COLUMNS)
    for person in people:
        lists = (";".join(getattr(person.wishes, column)) for column in LISTS)
        cells = (person.email, person.name, *lists, person.status)
        yield _csv_line([_inert(cell) for cell in cells])


def write_jsonl(people: Iterable[Subscriber]) -> Iterator[str]:
    """Lines of a JSONL file."""
    for person in people:
        yield json.dumps(person_to_json(person), ensure_ascii=False) + "\n"


def person_to_json(person: Subscriber) -> dict[str, object]:
    """A subscriber with the keys of the file."""
    return {
        "email": person.email,
        "name": person.name,
        **{column: list(getattr(person.wishes, column)) for column in LISTS},
        "status": person.status,
    }


def _collect(rows: Iterator[tuple[str, dict[str, object] | InputError]]) -> Parsed:
    people: list[NewSubscriber] = []
    problems: list[InputError] = []
    for where, row in rows:
        try:
            if isinstance(row, InputError):
                raise row
            people.append(_person(row))
        except InputError as problem:
            problems.append(InputError(f"{where}: {problem}"))
    return tuple(people), tuple(problems)


def _csv_rows(
    reader: Any, header: list[str], name: str
) -> Iterator[tuple[str, dict[str, object] | InputError]]:
    while True:
        where = f"{name}:{reader.line_num + 1}"
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield where, InputError(f"not valid CSV ({error}); check the quotation marks.")
            continue
        if len(cells) > len(header):
            yield where, InputError(f"{len(cells)} columns where the header has {len(header)}.")
        elif any(cell.strip() for cell in cells):
            yield where, dict(zip(header, map(_live, cells), strict=False))


def _jsonl_rows(text: str, name: str) -> Iterator[tuple[str, dict[str, object] | InputError]]:
    for number, line in enumerate(text.split("\n"), start=1):
        where = f"{name}:{number}"
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield where, InputError(f"not valid JSON ({error}).")
            continue
        yield where, row if isinstance(row, dict) else InputError("not a JSON object.")


def _person(row: dict[str, object]) -> NewSubscriber:
    email = row.get("email")
    if not isinstance(email, str) or not email.strip():
        raise InputError("no email.")
    status = row.get("status") or SubscriberStatus.ACTIVE
    if status != SubscriberStatus.ACTIVE:
        raise InputError(f"{email} is {status}: not imported.")
    name = row.get("name")
    if not isinstance(name, str | None):
        raise InputError("name: not a text.")
    return NewSubscriber(
        normalise_address(email),
        None if name is None else clean_text(name)[:200],
        **{column: _list(column, row[column]) for column in LISTS if row.get(column) is not None},
    )


def _list(column: str, value: object) -> tuple[str, ...]:
    parts = value.split(";") if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise InputError(f"{column}: not a list of texts.")
    return tuple(dict.fromkeys(wish for part in parts if (wish := clean_text(part))))


def _csv_line(cells: Iterable[str]) -> str:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _inert(cell: str) -> str:
    """A spreadsheet takes a cell that begins like a formula for one; an apostrophe makes it text."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _live(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
