"""The rows of a file that were not taken: the first ones kept to be told, all written where wanted."""

import json
import os
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from newsletter.core.listwriter import csv_lines
from newsletter.errors import InputError
from newsletter.services.listimport import Remark

__all__ = ["Problems"]

_KEPT = 1000
_JSONL = (".jsonl", ".ndjson")


class Problems:
    """A context manager; `written` is where all of them go, as CSV or JSONL."""

    def __init__(self, name: str, written: Path | None) -> None:
        self._name = name
        self._written = written
        self._stream: IO[str] | None = None
        self.first: list[str] = []
        self.more = 0
        """How many are not among the first."""

    def __enter__(self) -> Self:
        if self._written:
            try:
                number = os.open(self._written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            except OSError as error:
                raise InputError(f"{self._written}: cannot be written ({error.strerror}).") from error
            self._stream = os.fdopen(number, "w", encoding="utf-8", newline="")
            if self._written.suffix not in _JSONL:
                self._stream.write(csv_lines([("line", "kind", "problem")]))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream:
            self._stream.close()

    def note(self, remark: Remark) -> None:
        """One of them."""
        if len(self.first) < _KEPT:
            self.first.append(f"{self._name}:{remark.line}: {remark.text}")
        else:
            self.more += 1
        if self._stream and self._written:
            if self._written.suffix in _JSONL:
                row = {"line": remark.line, "kind": remark.kind, "problem": remark.text}
                self._stream.write(json.dumps(row, ensure_ascii=False) + "\n")
            else:
                self._stream.write(csv_lines([(str(remark.line), remark.kind, remark.text)]))
