"""Trained weights: what each term tells, as a row of small integers, and the numbers that go with them.

A file of weights is, in this order: the line `newsletter lexicon 1`; a line of JSON with `columns` (their
names), `scales` (one a column: a number is its integer times its column's scale), `type` ("b" for int8, "h"
for int16), `terms` (how many) and `parameters` (whatever else the model needs); the terms, one a line,
sorted; the integers, little-endian, row after row.
"""

import json
import struct
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

__all__ = ["Lexicon"]

_MAGIC = b"newsletter lexicon 1\n"
_LARGEST = {"b": 127, "h": 32_767}
_NOTHING = 1e-30
"""A column of no more than this is empty: its steps would be too small to count with."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Terms with their rows of numbers."""

    columns: tuple[str, ...]
    scales: tuple[float, ...]
    index: Mapping[str, int]
    """The number of each term's row."""
    numbers: "array[int]"
    """All rows, one after the other."""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        columns: Sequence[str],
        rows: Mapping[str, Iterable[float]],
        parameters: Mapping[str, Any],
        *,
        wide: bool = False,
    ) -> Self:
        """The rows as integers: int8, or int16 where `wide`. Every column uses the whole range."""
        terms = sorted(rows)
        matrix = [list(rows[term]) for term in terms]
        kind = "h" if wide else "b"
        peaks = [max((abs(row[at]) for row in matrix), default=0.0) for at in range(len(columns))]
        scales = tuple(peak / _LARGEST[kind] if peak > _NOTHING else 1.0 for peak in peaks)
        numbers = array(kind, (round(n / s) for row in matrix for n, s in zip(row, scales, strict=True)))
        return cls(tuple(columns), scales, {term: at for at, term in enumerate(terms)}, numbers, parameters)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read what `dump` wrote; ValueError where it is something else."""
        if not data.startswith(_MAGIC):
            raise ValueError("not a file of trained weights")
        try:
            head, _, body = data[len(_MAGIC) :].partition(b"\n")
            told = json.loads(head)
            *terms, packed = body.split(b"\n", told["terms"])
            count = len(terms) * len(told["columns"])
            return cls(
                columns=tuple(told["columns"]),
                scales=tuple(told["scales"]),
                index={term.decode(): at for at, term in enumerate(terms)},
                numbers=array(told["type"], struct.unpack(f"<{count}{told['type']}", packed)),
                parameters=told["parameters"],
            )
        except (KeyError, TypeError, struct.error) as error:
            raise ValueError("a file of trained weights that is not whole") from error

    def dump(self) -> bytes:
        """The file: the same weights make the same bytes."""
        told = {
            "columns": self.columns,
            "scales": self.scales,
            "type": self.numbers.typecode,
            "terms": len(self.index),
            "parameters": self.parameters,
        }
        packed = struct.pack(f"<{len(self.numbers)}{self.numbers.typecode}", *self.numbers)
        terms = sorted(self.index, key=self.index.__getitem__)
        lines = [json.dumps(told, sort_keys=True), *terms, ""]
        return _MAGIC + "\n".join(lines).encode() + packed

    def number(self, term: str, column: int) -> float | None:
        """What a term has in a column, None where it is not known."""
        at = self.index.get(term)
        return None if at is None else self.numbers[at * len(self.columns) + column] * self.scales[column]

    def add_up(self, counted: Mapping[str, float]) -> list[float]:
        """The weighted sum of the rows of all known terms, one number a column."""
        width, numbers, index = len(self.columns), self.numbers, self.index
        known = [(index[term] * width, weight) for term, weight in counted.items() if term in index]
        return [
            scale * sum([weight * numbers[start + column] for start, weight in known])
            for column, scale in enumerate(self.scales)
        ]
