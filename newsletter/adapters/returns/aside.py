"""A Maildir for messages that a person should look at."""

import asyncio
import os
from hashlib import sha256
from pathlib import Path

from newsletter.errors import IntakeError

__all__ = ["Aside"]


class Aside:
    """`ports.Quarantine` in the folder, which is made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, message: bytes) -> None:
        """Forced to the disk, with the name of the file. Raises IntakeError."""
        try:
            await asyncio.to_thread(self._write, message)
        except OSError as error:
            raise IntakeError(f"{self._folder}: cannot be written ({error.strerror}).") from error

    def _write(self, message: bytes) -> None:
        for name in ("tmp", "new", "cur"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        # The same message has the same name, so that it is there once.
        name = f"{sha256(message).hexdigest()[:40]}.newsletter"
        draft, new = self._folder / "tmp" / name, self._folder / "new"
        with draft.open("wb") as file:
            file.write(message)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(new / name)
        directory = os.open(new, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
