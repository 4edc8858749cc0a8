"""Entries as CSV with a header line: the keys of the JSONL as columns, in any order.

Lists (`authors`, `categories`, `keywords`, `links`) are separated by semicolons. An empty cell is the same as
a missing key; columns with other names are passed over.
"""

import csv
import io
from collections.abc import Iterator

from newsletter.core.jsonl import read_entry
from newsletter.core.model import Entry
from newsletter.errors import InputError

__all__ = ["parse_entries_csv"]

_LISTS = frozenset(("authors", "categories", "keywords", "links"))
_COUNTS = frozenset(("upvotes", "comments", "stars", "position"))
_Row = tuple[str, dict[str, object] | InputError]


def parse_entries_csv(text: str, *, name: str) -> tuple[tuple[Entry, ...], tuple[InputError, ...]]:
    """The entries of a CSV file, in order, and what is wrong with the other rows; `name` is the file's.

    Raises InputError where there is no column `title`.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [column.strip().casefold() for column in next(reader, [])]
    except csv.Error as error:
        raise InputError(f"{name}:1: not valid CSV ({error}); check the quotation marks") from error
    if "title" not in header:
        found = ", ".join(header)[:200] or "nothing"
        raise InputError(
            f'{name}:1: the first line must name the columns, "title" among them (it has {found})'
        )
    entries: list[Entry] = []
    problems: list[InputError] = []
    for where, row in _rows(reader, header, name):
        try:
            if isinstance(row, InputError):
                raise row
            entry, links = read_entry(row, where)
        except InputError as problem:
            problems.append(problem)
        else:
            entries.append(entry)
            problems += links
    return tuple(entries), tuple(problems)


def _rows(reader: Iterator[list[str]], header: list[str], name: str) -> Iterator[_Row]:
    """Each row with its place, which is the line that it ends on."""
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            where = _line(name, reader)
            yield where, InputError(f"{where}: not valid CSV ({error}); check the quotation marks")
            continue
        where = _line(name, reader)
        if len(cells) > len(header):
            yield where, InputError(f"{where}: {len(cells)} columns where the header has {len(header)}")
        elif any(map(str.strip, cells)):
            columns = zip(header, map(str.strip, cells), strict=False)
            yield where, {key: _value(key, cell) for key, cell in columns if cell}


def _value(key: str, cell: str) -> object:
    if key in _LISTS:
        return cell.split(";")
    return int(cell) if key in _COUNTS and cell.isascii() and cell.isdecimal() and len(cell) < 20 else cell


def _line(name: str, reader: object) -> str:
    return f"{name}:{getattr(reader, 'line_num', '?')}"
