"""How PostgreSQL goes about it: no hot statement and no question of the dashboard reads what is finished,
also where the statistics are of yesterday."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import event
from support.postgres import Cluster
from support.samples import NOW

from newsletter.adapters.stores import batches, ledger, outbox, pauses
from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.insight import SqlInsight
from newsletter.adapters.stores.prepared import Prepared, _compiled

READERS = 5000
FINISHED = 4
"""Editions of which every copy was accepted; the newest is still to be sent to everybody."""
FILL = f"""
    INSERT INTO subscribers (id, email, email_key, name, topics, status, zone, created, changed)
        SELECT n, n || '@example.org', n || '@example.org', '', '[]', 'active', '', now(), now()
        FROM generate_series(1, {READERS}) n;
    INSERT INTO editions (id, newsletter, number, slot, content, html, text, nonce, created)
        SELECT n, 'papers', n, to_char(date '2025-02-05' + n, 'YYYY-MM-DD"T07:30:00+01:00"'), '{{}}', '', '',
            '', '2026-03-11 07:30Z' FROM generate_series(1, 400) n;
    INSERT INTO outbox (edition_id, subscriber_id, email, name, topics, state, attempts, reason, changed)
        SELECT e, n, n || '@example.org', '', '[]', 'accepted', 1, '250 ok',
            timestamptz '2026-03-01 07:30Z' + e * interval '1 day' + n * interval '10 ms'
        FROM generate_series(1, {FINISHED}) e, generate_series(1, {READERS}) n;
    INSERT INTO batches (edition_id, first, last)
        SELECT e, 500 * n, 500 * n + 499 FROM generate_series(1, 100) e, generate_series(1, 20) n;
"""  # noqa: S608
OPEN = f"""
    INSERT INTO outbox (edition_id, subscriber_id, email, name, topics, state, attempts, reason, changed)
        SELECT 400, n, n || '@example.org', '', '[]', 'pending', 0, '', '2026-03-11 07:30Z'
        FROM generate_series(1, {READERS}) n;
    INSERT INTO batches (edition_id, first, last, due)
        SELECT 400, 500 * n, 500 * n + 499, '2026-03-11 07:30Z' FROM generate_series(40, 49) n;
"""  # noqa: S608
VALUES = {
    "edition": 400, "after": 20_000, "first": 20_000, "last": 20_499, "limit": 500, "covered": 20_000,
    "row": 20_001, "ids": "[20001, 20002, 20003]", "attempts": 1, "reason": "451", "next_attempt": None,
    "batch": 2001, "fence": 0, "worker": "one", "ttl": 30.0, "size": 500, "now": NOW + timedelta(hours=1),
}  # fmt: skip
LARGE = ("outbox", "batches", "editions")


def prepared() -> dict[str, Prepared]:
    """The statements of the hot path."""
    found = {
        f"{module.__name__.rpartition('.')[2]}.{name}": value
        for module in (batches, ledger, outbox, pauses)
        for name, value in vars(module).items()
    }
    found |= {f"_DECIDE[{state}]": value for state, value in ledger._DECIDE.items()}
    return {name: value for name, value in found.items() if isinstance(value, Prepared)}


def filled(cluster: Cluster, like: str, *, analyzed: bool) -> str:
    """A database in which nearly all is finished, with statistics of now or of before the last edition."""
    name = cluster.create(like=like)
    with psycopg.connect(cluster.url(name), autocommit=True) as server:
        server.execute(FILL)
        server.execute("VACUUM ANALYZE")
        server.execute(OPEN)
        if analyzed:
            server.execute("VACUUM ANALYZE")
    return name


@pytest.fixture(scope="module", params=[True, False], ids=["statistics of now", "statistics of yesterday"])
def full(cluster: Cluster, with_tables: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Its address."""
    name = filled(cluster, with_tables, analyzed=request.param)
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture
def store_url(full: str) -> str:
    """Read only, so that all tests have one."""
    return full


def scans(plan: list[str], tables: tuple[str, ...] = LARGE) -> set[str]:
    """The steps that read whole tables of these, or open rows of which nobody asked."""
    found = {step.strip() for step in plan if re.search(rf"Seq Scan on ({'|'.join(tables)})\b", step)}
    for above, step, condition in zip(["", *plan], plan, [*plan[1:], ""], strict=False):
        of_index = re.search(r"Scan using \w+ on (outbox|batches)\b|Bitmap Index Scan on ix_outbox", step)
        needed = "Index Cond" in condition or "Limit" in above or "ix_batches_due" in step
        if of_index and not needed:
            found.add(step.strip())
    return found


@pytest.mark.parametrize("generic", [False, True], ids=["for these values", "for any values"])
async def test_no_hot_statement_reads_finished_rows(database: Database, generic: bool):
    """Planned for the values at hand, as at first, and once for all, as when it was run for some times."""
    statements = prepared()
    found = {
        name: scans(await database.beside(_plan, statement, generic))
        for name, statement in statements.items()
    }
    assert len(statements) > 30
    assert {name: steps for name, steps in found.items() if steps} == {}


async def test_the_check_of_plans_notices_a_scan(database: Database):
    """Of all rows, or of all open ones."""
    every = "SELECT count(*) FROM outbox WHERE reason = 'x'"
    for sql in (every, f"{every} AND {outbox.OPEN_ROWS}"):
        assert scans(await database.ask(_explained, sql, ()))


async def test_no_question_scans_the_outbox(database: Database):
    """However many rows there are; all rows of an edition are counted in an index."""
    insight = SqlInsight(database)
    asked: list[tuple[str, Any]] = []

    def remember(connection, cursor, statement, parameters, context, executemany):
        asked.append((statement, parameters))

    event.listen(sa.Engine, "before_cursor_execute", remember)
    try:
        await insight.editions(["papers"])
        await insight.in_flight(NOW)
        await insight.failures([400])
        await insight.accepted(NOW, NOW + timedelta(minutes=1))
        await insight.timeline(400)
    finally:
        event.remove(sa.Engine, "before_cursor_execute", remember)
    of_outbox = [question for question in asked if "FROM outbox" in question[0]]
    assert len(of_outbox) >= 8
    for statement, parameters in of_outbox:
        assert scans(await database.ask(_explained, statement, parameters), ("outbox",)) == set(), statement


def _plan(connection: sa.Connection, statement: Prepared, generic: bool) -> list[str]:
    compiled = _compiled(statement._statement, connection.dialect)
    if not generic:
        stored = compiled.stored({name: VALUES[name] for name in compiled._names if name in VALUES})
        return _explained(connection, compiled.sql, compiled.arguments(stored))
    number = iter(range(1, 100))
    cursor = connection.connection.cursor()
    cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    cursor.execute(f"PREPARE hot AS {re.sub('%s', lambda _: f'${next(number)}', compiled.sql)}")
    values = ", ".join(["NULL"] * len(compiled._names))
    try:
        return _explained(connection, f"EXECUTE hot ({values})" if values else "EXECUTE hot", ())
    finally:
        cursor.execute("DEALLOCATE hot")


def _explained(connection: sa.Connection, sql: str, values: Any) -> list[str]:
    cursor = connection.connection.cursor()
    cursor.execute(f"EXPLAIN (COSTS OFF) {sql}", values)
    return [step for (step,) in cursor.fetchall()]
