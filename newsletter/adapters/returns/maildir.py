"""Returned messages in a Maildir, where a mail server of this machine puts them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from newsletter.errors import IntakeError
from newsletter.ports import Take

__all__ = ["MaildirIntake"]

_LARGEST = 50_000_000
"""Octets that are read of a file; what matters in a returned message is at its beginning."""


class MaildirIntake:
    """`ports.Intake` over a Maildir. What was taken is moved to its folder `.done`, or deleted."""

    def __init__(self, folder: Path, *, delete: bool = False) -> None:
        self.name = str(folder)
        self._folder = folder
        self._delete = delete

    async def scan(self, take: Take) -> int:
        """All that is there, whether a mail program has seen it or not. Raises IntakeError."""
        count = 0
        try:
            for file in await asyncio.to_thread(lambda: list(self._files())):
                message = await asyncio.to_thread(_content, file)
                if message is None:
                    continue
                # The addresses that it came to stand in its header, where the server has put them.
                await take(message, ())
                await asyncio.to_thread(self._file_away, file)
                count += 1
        except OSError as error:
            raise IntakeError(f"{self._folder}: cannot be read ({error.strerror}).") from error
        return count

    def _files(self) -> Iterator[Path]:
        for name in ("new", "cur"):
            files = (file for file in (self._folder / name).iterdir() if not file.name.startswith("."))
            yield from sorted(file for file in files if file.is_file() and not file.is_symlink())

    def _file_away(self, file: Path) -> None:
        if self._delete:
            file.unlink(missing_ok=True)
            return
        done = self._folder / ".done"
        for name in ("tmp", "new", "cur"):
            (done / name).mkdir(parents=True, exist_ok=True)
        # As seen: nobody need look at it.
        name = file.name if ":2," in file.name else f"{file.name}:2,S"
        try:
            file.rename(done / "cur" / name)
        except FileNotFoundError:
            return  # somebody else has moved it


def _content(file: Path) -> bytes | None:
    """None where somebody has moved it meanwhile."""
    try:
        with file.open("rb") as stream:
            return stream.read(_LARGEST)
    except FileNotFoundError:
        return None
