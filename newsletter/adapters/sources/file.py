"""Entries from files: JSONL (`.jsonl`, `.ndjson`) and CSV (`.csv`) by name, any other as a text page."""

import asyncio
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import quote, quote_plus

from newsletter.core.entrytable import parse_entries_csv
from newsletter.core.identity import web_address
from newsletter.core.jsonl import parse_entries_jsonl
from newsletter.core.model import Entry
from newsletter.core.page import parse_page
from newsletter.errors import ConfigError, InputError, SourceError
from newsletter.ports import Fetched

__all__ = ["FileSource"]

_LIMIT = 50_000_000
_PLACE = "{title}"

_Read = tuple[tuple[Entry, ...], tuple[str, ...]]


class FileSource:
    """A file that is read anew at every fetch, or every file of a folder whose name fits `pattern`.

    `search_url` is where readers may look for an entry without an address of its own, such as
    `https://huggingface.co/papers?q={title}`. Raises ConfigError if it is not of that form, or if the
    pattern is more than a name.
    """

    def __init__(self, name: str, path: Path, search_url: str | None = None, pattern: str = "*") -> None:
        if search_url and not (_PLACE in search_url and web_address(search_url.replace(_PLACE, "x"))):
            raise ConfigError(
                f"search_url of the source {name!r}: {search_url!r} must be an http or https address with"
                f" {_PLACE} in it, such as https://huggingface.co/papers?q={_PLACE}"
            )
        if not pattern or "/" in pattern or "\\" in pattern:
            raise ConfigError(
                f"pattern of the source {name!r}: {pattern!r} must fit the names of files in one folder,"
                ' such as "*.txt"'
            )
        self.name = name
        self._path = path
        self._search_url = search_url
        self._pattern = pattern

    async def fetch(self, now: datetime) -> Fetched:
        """The entries of the file, in its order, or of all files, in the order of their names. Raises
        SourceError if nothing can be read, or a single file has no entries."""
        return Fetched(*await asyncio.to_thread(self._read))

    def _read(self) -> _Read:
        return self._read_folder() if self._path.is_dir() else self._read_file(self._path)

    def _read_folder(self) -> _Read:
        entries: dict[str, Entry] = {}
        problems: list[str] = []
        failures: list[str] = []
        files = self._files()
        for file in files:
            try:
                found, odd = self._read_file(file)
            except SourceError as error:
                failures.append(str(error))
                continue
            problems += odd
            for entry in found:
                entries.setdefault(entry.id, entry)
        if failures and len(failures) == len(files):
            raise SourceError(failures[0])
        return tuple(entries.values()), (*failures, *problems)

    def _files(self) -> list[Path]:
        """Hidden files are half-written ones of editors and copies."""
        try:
            names = sorted(file.name for file in self._path.iterdir() if file.is_file())
        except OSError as error:
            raise SourceError(f"{self._path}: cannot be read ({error.strerror})") from error
        return [
            self._path / name
            for name in names
            if fnmatchcase(name, self._pattern) and not name.startswith(".")
        ]

    def _read_file(self, path: Path) -> _Read:
        text = _read_text(path)
        try:
            entries, problems = _parse(text, path)
        except InputError as error:
            raise SourceError(str(error)) from error
        own = (self._own(entry, place) for place, entry in enumerate(entries))
        return tuple(own), tuple(map(str, problems))

    def _own(self, entry: Entry, place: int) -> Entry:
        search = entry.search
        if self._search_url and not entry.url:
            search = _filled(self._search_url, entry.title)
        position = place if entry.position is None else entry.position
        return replace(entry, source=self.name, search=search, position=position)


def _parse(text: str, path: Path) -> tuple[tuple[Entry, ...], tuple[InputError, ...]]:
    match path.suffix.lower():
        case ".jsonl" | ".ndjson":
            return parse_entries_jsonl(text.split("\n"), name=str(path))
        case ".csv":
            return parse_entries_csv(text, name=str(path))
    return parse_page(text, name=str(path)), ()


def _filled(search_url: str, title: str) -> str:
    """In a query spaces are plus signs, which readers of plain text can read."""
    before, _, after = search_url.partition(_PLACE)
    return before + (quote_plus(title) if "?" in before else quote(title, safe="")) + after


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_LIMIT + 1)
    except FileNotFoundError as error:
        raise SourceError(
            f"{path}: no such file; mend the path of this source in the configuration"
        ) from error
    except (OSError, ValueError) as error:
        raise SourceError(f"{str(path)!r}: cannot be read ({error}); it must be a readable file") from error
    if len(data) > _LIMIT:
        raise SourceError(f"{path}: larger than {_LIMIT // 1_000_000} MB; split it into several files")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SourceError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from error
