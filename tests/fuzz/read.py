"""Every file of a folder read as the source would read it that asks for it. Prints JSON.

    python tests/fuzz/read.py feed FOLDER
    python tests/fuzz/read.py arxiv FOLDER

For each file: how many entries, how many problems, or the reason why it could not be read. Ends with exit
code 1 where anything but a SourceError was raised.
"""

import asyncio
import json
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

from newsletter.adapters.sources.arxiv import ArxivSource
from newsletter.adapters.sources.feed import FeedSource
from newsletter.errors import SourceError
from newsletter.ports import Page, Source, Validator

ADDRESS = "https://example.org/all"
MOST = 20_000


class FromFile:
    """A fetcher that answers every address with one file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def get(self, url: str, *, source: str) -> Page:
        """Its bytes, of unknown type."""
        return Page(url, self._file.read_bytes(), "", Validator(url))


def source_of(kind: str, file: Path) -> Source:
    """The source that would meet such a file."""
    if kind == "arxiv":
        return ArxivSource(
            kind,
            FromFile(file),
            query=None,
            categories=("all",),
            url=ADDRESS,
            max_entries=MOST,
            announce=("new", "cross"),
        )
    return FeedSource(kind, FromFile(file), ADDRESS, MOST)


async def read(kind: str, file: Path) -> dict[str, object]:
    """What became of one file."""
    try:
        fetched = await source_of(kind, file).fetch(datetime.now(UTC))
    except SourceError as error:
        return {"error": str(error)}
    except Exception:
        return {"uncaught": traceback.format_exc()}
    return {"entries": len(fetched.entries), "problems": list(fetched.problems)}


async def main(kind: str, folder: str) -> int:
    """Read them all."""
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    results = {str(path.relative_to(folder)): await read(kind, path) for path in files}
    entries = sum(int(str(result.get("entries", 0))) for result in results.values())
    print(json.dumps({"files": results, "read": len(results), "entries": entries}, indent=1))
    return int(any("uncaught" in result for result in results.values()) or not results)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:3])))
