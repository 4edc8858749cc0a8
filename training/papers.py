"""The papers of the development data."""

import gzip
import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

__all__ = ["Row", "fold_of", "identity", "papers_of", "read"]

Row = dict[str, Any]


def read(file: Path) -> list[Row]:
    """The objects of a gzipped JSONL file."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def identity(row: Row) -> str:
    """The same for a paper that stands in the data twice."""
    return re.sub(r"\W+", "", row["title"].lower())


def fold_of(key: str, folds: int) -> int:
    """Which part of the data a paper of this identity is in."""
    return int(hashlib.md5(key.encode(), usedforsecurity=False).hexdigest(), 16) % folds


def papers_of(rows: Iterable[Row]) -> dict[str, tuple[str, str]]:
    """Title and abstract by identity."""
    return {identity(row): (row["title"], row["abstract"]) for row in rows}
