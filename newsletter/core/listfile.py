"""The subscriber list as a file: CSV with a header line, or JSONL, in any column order, read as a stream.

Columns are those of `listcolumns`; every other is an attribute of the person. Whoever has a status other
than active is not imported: a list that travels must not bring back people who left. Not in here: bytes
(`textlines`), and writing (`listwriter`).
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from newsletter.core.address import normalise_address
from newsletter.core.cleaning import clean_text
from newsletter.core.listcolumns import (
    ATTRIBUTES,
    COLUMNS,
    EMAIL_NAMES,
    LISTS,
    MOST_ATTRIBUTES,
    RHYTHM,
    attribute_value,
    column_name,
    read_cell,
)
from newsletter.core.listwriter import live
from newsletter.core.model import SubscriberStatus
from newsletter.errors import InputError

__all__ = ["LISTS", "ListFile", "NewSubscriber"]

_FIELDS = frozenset({"name", *LISTS, "tags", "language"})
_RHYTHM = frozenset(RHYTHM)
_APART = frozenset({"email", "status", "created"})
_DELIMITERS = (",", ";", "\t")
_LONGEST_PROBLEM = 300

Row = tuple[int, "NewSubscriber | InputError"]
"""The line where it begins, from 1, and what stands there."""


@dataclass(frozen=True, slots=True)
class NewSubscriber:
    """A person to put on the list; the address is normalised. None leaves what is known as it is."""

    email: str
    name: str | None = None
    topics: tuple[str, ...] | None = None
    keywords: tuple[str, ...] | None = None
    authors: tuple[str, ...] | None = None
    muted: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    attributes: Mapping[str, str] | None = None
    """Those that are named; an empty value takes one away."""
    rhythm: Mapping[str, Any] | None = None
    """Fields of `Rhythm` that are named."""
    language: str | None = None
    more_tags: tuple[str, ...] = ()
    """Put on besides those that are known or named."""


class ListFile:
    """The people of a file, and what is wrong with its other lines, one after the other.

    `lines` have their ends, `name` is the file's. Raises InputError where the first line of a CSV file does
    not say which column has the addresses.
    """

    def __init__(self, lines: Iterable[str], *, name: str, jsonl: bool = False) -> None:
        self.attributes: dict[str, None] = {}
        """The columns that were taken as attributes."""
        self._lines = iter(lines)
        self._name = name
        self._rows = self._jsonl_rows() if jsonl else self._csv_rows(*self._read_header())

    def __iter__(self) -> Iterator[Row]:
        for line, row in self._rows:
            try:
                yield line, self._person(row) if isinstance(row, dict) else row
            except InputError as problem:
                yield line, InputError(str(problem)[:_LONGEST_PROBLEM])

    def _read_header(self) -> tuple[list[str], str]:
        """The columns and the delimiter: that with which there is a column of addresses."""
        first = next(self._lines, "")
        found: list[str] = []
        for delimiter in _DELIMITERS:
            names = _split(first, delimiter)
            found = max(found, names, key=len)
            email = next((known for known in EMAIL_NAMES if known in names), None)
            if email:
                columns = ["email" if name == email else name for name in names]
                self._check(columns)
                return columns, delimiter
        raise InputError(
            f'{self._name}:1: the first line must name the columns, "email" among them (it has '
            f"{', '.join(found)[:_LONGEST_PROBLEM] or 'nothing that can be read'})."
        )

    def _check(self, columns: list[str]) -> None:
        if twice := sorted({name for name in columns if name and columns.count(name) > 1}):
            raise InputError(f'{self._name}:1: two columns are called "{twice[0]}".')
        self.attributes = dict.fromkeys(name for name in columns if name not in (*COLUMNS, ATTRIBUTES, ""))
        if len(self.attributes) > MOST_ATTRIBUTES:
            raise InputError(
                f"{self._name}:1: {len(self.attributes)} columns are not ours and would be attributes; "
                f"there can be {MOST_ATTRIBUTES}."
            )

    def _csv_rows(
        self, columns: list[str], delimiter: str
    ) -> Iterator[tuple[int, dict[str, object] | InputError]]:
        reader = csv.reader(self._lines, delimiter=delimiter, strict=True)
        while True:
            line = reader.line_num + 2
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                # An open quotation mark takes what follows with it.
                end = reader.line_num + 1
                where = f" up to line {end}" if end > line else ""
                yield line, InputError(f"not valid CSV{where} ({error}); check the quotation marks.")
                continue
            if len(cells) > len(columns):
                yield line, InputError(f"{len(cells)} columns where the header has {len(columns)}.")
            elif content := "".join(cells).strip():
                yield line, dict(zip(columns, map(live, cells) if "'" in content else cells, strict=False))

    def _jsonl_rows(self) -> Iterator[tuple[int, dict[str, object] | InputError]]:
        for number, line in enumerate(self._lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                yield number, InputError(f"not valid JSON ({error}).")
                continue
            if not isinstance(row, dict):
                yield number, InputError("not a JSON object.")
                continue
            yield number, self._named(row)

    def _named(self, row: Mapping[str, object]) -> dict[str, object]:
        """With the names of columns as keys."""
        named = {column_name(key): value for key, value in row.items()}
        email = next((known for known in EMAIL_NAMES if known in named), None)
        if email:
            named["email"] = named.pop(email)
        return named

    def _person(self, row: dict[str, object]) -> NewSubscriber:
        email = row.get("email")
        if not isinstance(email, str) or not email.strip():
            raise InputError("no email.")
        status = row.get("status") or SubscriberStatus.ACTIVE
        if status != SubscriberStatus.ACTIVE:
            raise InputError(f"{clean_text(email)} is {clean_text(str(status))}: not imported.")
        said: dict[str, Any] = {}
        rhythm: dict[str, object] = {}
        attributes: dict[str, str] = {}
        for column, value in row.items():
            if value is None or column in _APART or not column:
                continue
            if column in _FIELDS:
                said[column] = _read(column, value)
            elif column in _RHYTHM:
                rhythm[column] = _read(column, value)
            elif isinstance(value, str) and column != ATTRIBUTES:
                attributes[column] = _attribute(value)
            else:
                attributes |= _attributes(column, value)
        self._note(attributes)
        return NewSubscriber(
            normalise_address(email), **said, rhythm=rhythm or None, attributes=attributes or None
        )

    def _note(self, attributes: Mapping[str, str]) -> None:
        if len(attributes) > MOST_ATTRIBUTES:
            raise InputError(f"{len(attributes)} attributes; there can be {MOST_ATTRIBUTES}.")
        for name in attributes:
            if name not in self.attributes and len(self.attributes) < MOST_ATTRIBUTES:
                self.attributes[name] = None


def _split(line: str, delimiter: str) -> list[str]:
    """The columns of a first line; none where it cannot be read so."""
    try:
        cells = next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []
    return [column_name(live(cell)) for cell in cells]


# Most cells of a list say what other people's cells say.
_attribute = lru_cache(maxsize=2000)(attribute_value)
_read_text = lru_cache(maxsize=2000)(read_cell)


def _read(column: str, value: object) -> object:
    """Texts are read once; names are of many kinds, and cheap."""
    return (
        _read_text(column, value) if isinstance(value, str) and column != "name" else read_cell(column, value)
    )


def _attributes(column: str, value: object) -> dict[str, str]:
    """One that is a column, or all that are in an object of JSONL."""
    if column != ATTRIBUTES:
        # What is no text, number or truth value is not for us.
        return {} if isinstance(value, list | dict) else {column: attribute_value(value)}
    if value == "":
        return {}
    if not isinstance(value, dict):
        raise InputError("attributes: not a JSON object.")
    return {
        name: attribute_value(item)
        for key, item in value.items()
        if (name := column_name(key)) and name not in COLUMNS and name not in EMAIL_NAMES
    }
