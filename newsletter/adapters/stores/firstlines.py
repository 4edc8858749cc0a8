"""Where each person of a file stands first, in bounded memory however long the file is."""

import sqlite3
from collections.abc import Sequence

__all__ = ["FirstLines"]


class FirstLines:
    """A database of its own that vanishes with the process; what does not fit into memory is in a temporary
    file without a name."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("PRAGMA cache_size = -32000")  # kilobytes
        self._database.execute("CREATE TABLE first (key TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID")

    def note(self, places: Sequence[tuple[str, int]]) -> dict[int, int]:
        """Remember on which lines these people stand; the lines of those that have been named before, with
        the first line of each."""
        self._database.execute("BEGIN")
        new = self._database.executemany("INSERT OR IGNORE INTO first VALUES (?, ?)", places).rowcount
        self._database.execute("COMMIT")
        if new == len(places):
            return {}
        firsts = {line: self._first(key) for key, line in places}
        return {line: first for line, first in firsts.items() if line != first}

    def close(self) -> None:
        """Forget them."""
        self._database.close()

    def _first(self, key: str) -> int:
        line: int = self._database.execute("SELECT line FROM first WHERE key = ?", (key,)).fetchone()[0]
        return line
