"""A whole copy of a database, while others read and write it.

    one read transaction ──▶ .NAME.xxxx beside the target ──▶ checked ──▶ on the disk ──▶ renamed

What has the name of a copy is therefore complete. It is one file without a journal, and for its owner's eyes
only: it has everybody's address in it.
"""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from newsletter.errors import StoreError

__all__ = ["copy_database", "new_file", "open_to_read", "sync_folder"]

Progress = Callable[[int, int], None]
"""Told after each step how many pages are done, of how many; the copy is given up where it raises."""

_STEP = 2000
"""Pages at a time, 8 MB."""
_BUSY = 30.0
"""Seconds."""


def copy_database(source: Path, target: Path, progress: Progress = lambda done, total: None) -> None:
    """What is committed in `source` at this moment. Raises StoreError where it is damaged, and OSError."""
    with new_file(target) as new, closing(open_to_read(source)) as reader:
        with closing(sqlite3.connect(new, timeout=_BUSY, isolation_level=None)) as writer:
            # The copy is of this moment, and nobody's writing makes it begin anew.
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            reader.backup(writer, pages=_STEP, progress=lambda _, left, total: progress(total - left, total))
            writer.execute("PRAGMA journal_mode = DELETE")
            (found,) = writer.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise StoreError(f"{source}: the file is damaged ({' '.join(found.split())}); it was not copied.")
        new.replace(target)
        sync_folder(target.parent)


def open_to_read(file: Path) -> sqlite3.Connection:
    """Raises sqlite3.Error, often at the first query only."""
    return sqlite3.connect(
        f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=_BUSY, isolation_level=None
    )


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """An empty file beside `target` that only its owner can read, gone afterwards if it is still there."""
    number, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # with mode 0600
    os.close(number)
    try:
        yield Path(name)
    finally:
        for end in ("", "-journal", "-wal", "-shm"):
            Path(f"{name}{end}").unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """The names in it are on the disk when this returns, where the system can say so."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
