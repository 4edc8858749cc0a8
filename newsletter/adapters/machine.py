"""What the doctor wants to know of this machine. Nothing is changed, and no file is made."""

import asyncio
import importlib
import os
import re
import shutil
import socket
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from zoneinfo import TZPATH

from newsletter.core.doctor.machine import DatabaseState, Space, Zones

__all__ = ["ThisMachine"]

_SECONDS = 5.0
"""For the look at the database."""
_STEPS = 10_000
"""Of SQLite, after which the time is looked at."""
_FAR = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Nobody's. Nothing is sent there: the system only says by which of its addresses it would be."""


class ThisMachine:
    """`ports.Machine`."""

    def zones(self, zone: str) -> Zones:
        """Where Python finds the zone: the system comes first."""
        for folder in map(Path, TZPATH):
            if (folder / zone).is_file():
                return Zones(zone, _version_in(folder), "the system")
        return Zones(zone, _packaged(), "the package tzdata")

    def space(self, folder: Path) -> Space:
        """The folder with all that lies on its disk."""
        try:
            free = shutil.disk_usage(folder).free
        except OSError:  # not there, or behind a folder that may not be entered
            return Space(str(folder), None, writable=False)
        return Space(str(folder), free, os.access(folder, os.W_OK | os.X_OK))

    async def database(self, file: Path) -> DatabaseState:
        """Its state on disk, without waiting for whoever writes."""
        return await asyncio.to_thread(_look_at, file)

    def open_files(self) -> int | None:
        """The limit of this process, where there is one."""
        try:
            import resource
        except ImportError:  # Windows
            return None
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return None if soft == resource.RLIM_INFINITY else soft

    def sqlite(self) -> tuple[int, ...]:
        """Its version."""
        return sqlite3.sqlite_version_info

    def addresses(self) -> Sequence[IPv4Address | IPv6Address]:
        """Those by which this machine would speak to the world."""
        found = []
        for family, far in _FAR:
            try:
                with socket.socket(family, socket.SOCK_DGRAM) as talk:
                    talk.connect((far, 9))
                    found.append(ip_address(talk.getsockname()[0]))
            except OSError:  # no way out by this kind of address
                continue
        return found


def _version_in(folder: Path) -> str:
    for name, pattern in (("tzdata.zi", r"# version (\w+)"), ("+VERSION", r"(\w+)")):
        try:
            with (folder / name).open(encoding="utf-8", errors="replace") as file:
                match = re.match(pattern, file.readline())
        except OSError:
            continue
        if match:
            return match[1]
    return ""


def _packaged() -> str:
    try:
        return str(importlib.import_module("tzdata").IANA_VERSION)
    except ModuleNotFoundError:
        return ""


def _look_at(file: Path) -> DatabaseState:
    path = str(file)
    try:
        parts = (file, file.with_name(f"{file.name}-wal"))
        size = sum(part.stat().st_size for part in parts if part.is_file())
    except OSError as error:
        return DatabaseState(path, 0, trouble=f"it cannot be looked at ({error.strerror})")
    if not size:
        return DatabaseState(path, 0)
    deadline = time.monotonic() + _SECONDS
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=1)) as talk:
            talk.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
            return _asked(talk, path, size)
    except sqlite3.Error as error:
        return DatabaseState(path, size, trouble=str(error))


def _asked(talk: sqlite3.Connection, path: str, size: int) -> DatabaseState:
    (journal,) = talk.execute("PRAGMA journal_mode").fetchone()
    named = talk.execute("SELECT 1 FROM sqlite_schema WHERE name = 'alembic_version'").fetchone()
    row = talk.execute("SELECT version_num FROM alembic_version").fetchone() if named else None
    revision = row[0] if row else ""
    try:
        (said,) = talk.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            raise
        return DatabaseState(path, size, unfinished=True, revision=revision, journal=journal)
    trouble = "" if said == "ok" else f"SQLite finds it damaged: {said}"
    return DatabaseState(path, size, trouble, revision=revision, journal=journal)
