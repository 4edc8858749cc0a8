"""A PostgreSQL server that keeps the data. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.core.doctor.finding import Finding, ok, problem, sentence, warning
from newsletter.core.doctor.machine import in_bytes, newer, older

__all__ = ["ServerState", "judge_clocks", "judge_postgresql", "judge_store", "judge_vacuum"]

_STORE, _SERVER = "database", "postgresql"
_OLDEST = 130000
"""PostgreSQL 13 is the first that says by its 64-bit number what became of a transaction."""
_EACH = 12
"""Connections that one process can need: its own, those of pages and locks, and those of jobs."""
_OFF, _FAR_OFF = 5.0, 600.0
"""Seconds between two clocks."""
_DEAD = 1_000_000
"""Rows of the outbox that were changed since and not cleared away."""


@dataclass(frozen=True, slots=True)
class ServerState:
    """What the server says of itself, to the user that the newsletter signs in as."""

    name: str
    """The address, without a password."""
    trouble: str = ""
    """Why it does not answer, and how to mend it."""
    revision: str = ""
    """Of the tables; empty where there are none."""
    version: int = 0
    """As 160004 for 16.4."""
    size: int = 0
    """Bytes of the database."""
    encoding: str = "UTF8"
    standby: bool = False
    """It only follows another, and cannot be written to."""
    may_create: bool = True
    """Tables, in the schema that comes first."""
    may_write: bool = True
    """All tables that are there are this user's, or a role's that it has: upgrades need that."""
    fsync: bool = True
    """Without it, what is committed can be lost in a crash of the machine."""
    free: int = 100
    """Connections that are left to this user."""
    autovacuum: bool = True
    dead: int = 0
    """Rows of the outbox that take room and are nobody's."""
    living: int = 0
    ahead: float = 0.0
    """Seconds by which its clock is before ours; what the way to it took is allowed for."""


def judge_store(state: ServerState, newest: str) -> Iterator[Finding]:
    """That it can be used; `newest` is this program's revision of the schema."""
    if state.trouble:
        mend = f"Try the address by hand; it asks for the password:\npsql {state.name.replace(':***@', '@')}"
        yield problem(_STORE, f"{state.name} cannot be used", sentence(state.trouble), mend)
    elif state.standby:
        detail = "It follows another server, and nothing can be written to it."
        yield problem(_STORE, f"{state.name} is a standby", detail, "Name the primary in [store] url.")
    elif state.encoding != "UTF8":
        yield _other_encoding(state)
    elif not (state.may_create and state.may_write):
        yield _without_rights(state)
    elif state.revision > newest:
        yield newer(state.name, state.revision, newest)
    elif not state.revision:
        yield ok(_STORE, f"{state.name}: its tables are made by the first command that needs them")
    elif state.revision != newest:
        kept = "Make a copy first (pg_dump): no other is kept."
        yield older(state.name, state.revision, f"The next command brings it to {newest}. {kept}")
    else:
        yield ok(_STORE, f"{state.name}: {in_bytes(state.size)}, schema {newest}")


def judge_postgresql(state: ServerState) -> Iterator[Finding]:
    """The server itself; it has answered."""
    major = f"PostgreSQL {state.version // 10000}.{state.version % 10000}"
    if state.version < _OLDEST:
        detail = "It cannot say what became of a transaction whose answer was lost, so nothing is sent."
        yield problem(_SERVER, f"{major} is too old", detail, "Upgrade the server to 13 or later.")
    elif not state.fsync:
        yield problem(
            _SERVER,
            f"{major} runs with fsync = off",
            "A crash of its machine can lose or damage what was committed: who has their copy would get "
            "another.",
            "As its superuser, in psql:\nALTER SYSTEM SET fsync = on;\nSELECT pg_reload_conf();",
        )
    else:
        yield ok(_SERVER, f"{major}: what is committed is on its disk")
    if state.free < _EACH:
        yield warning(
            _SERVER,
            f"Only {state.free} more connections to the server are free",
            f"Each worker or web server of the newsletter can need {_EACH}; one that gets none waits.",
            "As its superuser, in psql, and then restart it:\nALTER SYSTEM SET max_connections = 200;",
        )
    yield judge_vacuum(state)
    yield judge_clocks(state)


def judge_vacuum(state: ServerState) -> Finding:
    """Whether what each change of a copy's state leaves behind is cleared away."""
    if not state.autovacuum:
        return problem(
            _SERVER,
            "Nothing clears away the rows that were changed (autovacuum = off)",
            "Every copy that is sent leaves dead rows; after some editions all becomes slow, and in the end "
            "the server stops.",
            "As its superuser, in psql:\nALTER SYSTEM SET autovacuum = on;\nSELECT pg_reload_conf();",
        )
    if state.dead > max(_DEAD, state.living // 2):
        return warning(
            _SERVER,
            f"The outbox has {state.dead:,} dead rows beside {state.living:,}",
            "Clearing away does not keep up, or a transaction that was left open keeps it from it.",
            "See who is in a transaction for long, end that, and clear away by hand:\n"
            "SELECT pid, state, xact_start, query FROM pg_stat_activity ORDER BY xact_start;\n"
            "VACUUM (ANALYZE) outbox;",
        )
    return ok(_SERVER, f"Autovacuum is on; {state.dead:,} dead rows in the outbox")


def judge_clocks(state: ServerState) -> Finding:
    """The server's against this machine's: leases go by the one, what is due by the other."""
    off = abs(state.ahead)
    how = f"{off:.1f} s {'ahead of' if state.ahead > 0 else 'behind'} this machine's"
    if off < _OFF:
        return ok(_SERVER, f"The server's clock is this machine's, within {_OFF:g} s")
    detail = "Leases go by the server's clock, and what is due by that of each machine."
    mend = "Let both keep time; on each:\ntimedatectl set-ntp true"
    if off < _FAR_OFF:
        return warning(_SERVER, f"The server's clock is {how}", detail, mend)
    return problem(_SERVER, f"The server's clock is {how}", detail, mend)


def _other_encoding(state: ServerState) -> Finding:
    return problem(
        _STORE,
        f"{state.name} keeps text as {state.encoding}",
        "Names and titles of all languages need UTF8, which a database has from the day it is made.",
        "Make another, and name it in [store] url:\ncreatedb --encoding UTF8 --template template0 NAME",
    )


def _without_rights(state: ServerState) -> Finding:
    if not state.may_create:
        return problem(
            _STORE,
            f"Its user may make no tables in {state.name}",
            "They are made by the first command, and changed by upgrades.",
            "As the owner of the database, in psql:\nGRANT CREATE, USAGE ON SCHEMA public TO THAT_USER;",
        )
    return problem(
        _STORE,
        f"Tables in {state.name} are another user's",
        "Commands could be refused, and an upgrade is.",
        "Sign in as their owner, or give them away, as a superuser in psql:\n"
        "REASSIGN OWNED BY THEIR_OWNER TO THAT_USER;",
    )
