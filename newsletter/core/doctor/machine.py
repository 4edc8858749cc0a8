"""This machine: time zones, disk, database, open files. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from shlex import quote

from newsletter.core.doctor.finding import Finding, ok, problem, sentence, unknown, warning

__all__ = ["DatabaseState", "Space", "Zones", "in_bytes", "judge_database", "judge_files", "judge_space"]
__all__ += ["judge_sqlite", "judge_zones", "newer", "older"]

_LITTLE = 1_000_000_000
"""Bytes of free space that are few."""
_NOTHING = 100_000_000
_TIMES = 3
"""The database may need its own size again, for its journal and to be put in order."""
_YEARS = 2
"""After which time zone data lacks what governments have changed."""
_SPARE = 64
"""Files besides connections: the database, its journals, pages, logs."""
_SOUND_SQLITE = (3, 51, 3)


@dataclass(frozen=True, slots=True)
class Zones:
    """The data of time zones."""

    zone: str
    """The configured one."""
    version: str
    """As "2026a"; empty where it is not known."""
    origin: str
    """Whose: "the system", "the package tzdata"."""


@dataclass(frozen=True, slots=True)
class Space:
    """A folder."""

    path: str
    free: int | None
    """Bytes; None where it is not there."""
    writable: bool


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """The file as it lies there."""

    path: str
    size: int
    """Bytes, with its journal; 0 where it is not there yet."""
    trouble: str = ""
    """Why it cannot be read, or what SQLite finds wrong in it."""
    unfinished: bool = False
    """The look took too long and was ended: what was seen was sound."""
    revision: str = ""
    journal: str = ""


def judge_zones(zones: Zones, now: datetime) -> Finding:
    """Whether changes of the clock come when they come."""
    title = f"Time zone data {zones.version or 'of unknown age'} of {zones.origin} knows {zones.zone}"
    year = zones.version[:4]
    if year.isdecimal() and int(year) <= now.year - _YEARS:
        return warning(
            "time-zone",
            title,
            "It is old: where rules of daylight saving have changed since, editions come an hour off.",
            "Bring it up to date, as on Debian:\napt-get install --only-upgrade tzdata",
        )
    return ok("time-zone", title)


def judge_space(space: Space, database: int) -> Finding:
    """A folder that is written to; `database` is the size in it of the database."""
    if space.free is None:
        mend = f"Make it:\nmkdir -p {quote(space.path)}"
        return problem(
            "disk",
            f"{space.path} does not exist, or may not be entered",
            "What is to be written there fails.",
            mend,
        )
    if not space.writable:
        mend = f"Give it to the user who runs the newsletter:\nchown USER {quote(space.path)}"
        return problem("disk", f"{space.path} cannot be written to", "The daily job fails.", mend)
    title = f"{in_bytes(space.free)} free in {space.path}"
    mend = f"Make room. What is large there:\ndu -xh {quote(space.path)} | sort -h | tail"
    if space.free < _NOTHING:
        detail = "When the disk is full nothing is sent, and nothing is lost."
        return problem("disk", f"Only {title}", detail, mend)
    if space.free < max(_LITTLE, _TIMES * database):
        detail = f"The database has {in_bytes(database)}, and can need {_TIMES} times that for a while."
        return warning("disk", f"Only {title}", detail, mend)
    return ok("disk", title)


def judge_database(state: DatabaseState, newest: str) -> Iterator[Finding]:
    """`newest` is this program's revision of the schema."""
    if not state.size and not state.trouble:
        yield ok("database", f"{state.path} is made by the first command that needs it")
    elif state.trouble:
        yield problem(
            "database",
            f"{state.path} cannot be relied on",
            sentence(state.trouble),
            "Stop the newsletter, and put your latest backup in its place; the file is kept beside it:\n"
            "newsletter restore FILE",
        )
    elif state.revision != newest:
        yield _other_revision(state, newest)
    elif state.unfinished:
        detail = "It is large, and the look at it was ended after a while; what was seen is sound."
        title = f"{state.path} was not looked at to its end"
        yield unknown(
            "database", title, detail, f'All of it:\nsqlite3 {quote(state.path)} "PRAGMA quick_check"'
        )
    else:
        size = in_bytes(state.size)
        yield ok("database", f"{state.path}: {size}, sound, schema {newest}, journal {state.journal}")


def _other_revision(state: DatabaseState, newest: str) -> Finding:
    if state.revision > newest:
        return newer(state.path, state.revision, newest)
    kept = f"The next command brings it to {newest}, and keeps a copy of it as it is beside it."
    return older(state.path, state.revision, kept)


def newer(database: str, revision: str, newest: str) -> Finding:
    """Its tables are of a version after this one."""
    return problem(
        "database",
        f"{database} was made by a newer version (schema {revision})",
        f"This one knows schemas up to {newest}.",
        "Install the newer version again.",
    )


def older(database: str, revision: str, detail: str) -> Finding:
    """Its tables are of a version before this one."""
    title = f"{database} is of an earlier version (schema {revision or 'none'})"
    return warning("database", title, detail, "Run the next command:\nnewsletter status")


def judge_sqlite(version: tuple[int, ...]) -> Finding:
    """That of the library which Python has."""
    text = ".".join(map(str, version))
    if version < _SOUND_SQLITE:
        return warning(
            "sqlite",
            f"SQLite {text} has a rare fault",
            "Before 3.51.3 two processes that write at the very same instant can, very rarely, damage the "
            "database. The newsletter writes by one connection in each process, which leaves little room "
            "for it.",
            "Make backups. Where you can choose, take a Python with SQLite 3.51.3 or later.",
        )
    return ok("sqlite", f"SQLite {text}")


def judge_files(limit: int | None, connections: int) -> Finding:
    """How many files and connections may be open at once."""
    wanted = connections + _SPARE
    if limit is not None and limit < wanted:
        return warning(
            "open-files",
            f"Only {limit} files may be open at once",
            f"{connections} connections to mail servers and what else is open want {wanted}.",
            f"Raise the limit; in a unit of systemd:\nLimitNOFILE={max(1024, wanted)}",
        )
    return ok("open-files", "Enough files may be open at once")


def in_bytes(count: int) -> str:
    """As people read it."""
    if count >= 1_000_000_000:
        return f"{count / 1_000_000_000:.1f} GB"
    return f"{count / 1_000_000:.1f} MB" if count >= 100_000 else f"{count / 1000:.0f} KB"
