"""Entries from a file: JSONL by its name (`.jsonl`, `.ndjson`), any other file as a text page."""

import asyncio
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, quote_plus

from newsletter.core.identity import web_address
from newsletter.core.jsonl import parse_entries_jsonl
from newsletter.core.model import Entry
from newsletter.core.page import parse_page
from newsletter.errors import ConfigError, InputError, SourceError
from newsletter.ports import Fetched

__all__ = ["FileSource"]

_LIMIT = 50_000_000
_PLACE = "{title}"


class FileSource:
    """A file that is read anew at every fetch.

    `search_url` is where readers may look for an entry without an address of its own, such as
    `https://huggingface.co/papers?q={title}`. Raises ConfigError if it is not of that form.
    """

    def __init__(self, name: str, path: Path, search_url: str | None = None) -> None:
        if search_url and not (_PLACE in search_url and web_address(search_url.replace(_PLACE, "x"))):
            raise ConfigError(
                f"search_url of the source {name!r}: {search_url!r} must be an http or https address with"
                f" {_PLACE} in it, such as https://huggingface.co/papers?q={_PLACE}"
            )
        self.name = name
        self._path = path
        self._search_url = search_url

    async def fetch(self, now: datetime) -> Fetched:
        """The file's entries, in its order. Raises SourceError if it cannot be read or has none."""
        entries, problems = await asyncio.to_thread(self._read)
        return Fetched(
            tuple(self._own(entry, place) for place, entry in enumerate(entries)),
            tuple(str(problem) for problem in problems),
        )

    def _read(self) -> tuple[tuple[Entry, ...], tuple[InputError, ...]]:
        text = _read_text(self._path)
        if self._path.suffix.lower() in (".jsonl", ".ndjson"):
            return parse_entries_jsonl(text.split("\n"), name=str(self._path))
        try:
            return parse_page(text, name=str(self._path)), ()
        except InputError as error:
            raise SourceError(str(error)) from error

    def _own(self, entry: Entry, place: int) -> Entry:
        search = entry.search
        if self._search_url and not entry.url:
            search = _filled(self._search_url, entry.title)
        position = place if entry.position is None else entry.position
        return replace(entry, source=self.name, search=search, position=position)


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
