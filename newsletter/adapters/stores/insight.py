"""How things stand, read over a connection of its own: whoever looks keeps no delivery waiting.

What is counted of an edition comes out of indexes: all of its rows, the open ones, those that failed. The
accepted are the rest.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.pauses import unfinished
from newsletter.adapters.stores.schema import (
    ATTEMPTED_ROWS,
    FAILED_ROWS,
    OPEN_ROWS,
    bounces,
    drafts,
    editions,
    history,
    in_state,
    outbox,
    pulses,
)
from newsletter.core.address import domain_of
from newsletter.core.consent import Event
from newsletter.core.failures import FailureClass, classify_failure
from newsletter.core.model import Accounting
from newsletter.core.model import DeliveryState as State
from newsletter.ports.insight import (
    BounceDay,
    DomainFailures,
    EditionCounts,
    FailureGroup,
    Failures,
    InFlight,
    ListDay,
    Minute,
    Pulse,
    Timeline,
    WaitingDraft,
)

__all__ = ["SqlInsight"]

_MOST_FAILURES = 50_000
"""Rows that are read and classified."""
_WATCHED = timedelta(days=3)
"""After publishing: when an edition is over, also for those who get it at an hour of theirs."""

_FAILURES = in_state(State.REJECTED, State.EXPIRED, State.UNKNOWN, State.DEFERRED)


def _begins(column: sa.Column[Any], letters: int) -> sa.ColumnElement[str]:
    """Of an instant as text. With the numbers in the text of the statement: PostgreSQL groups by what stands
    there, and does not know that two bound ones are the same."""
    return sa.func.substr(sa.cast(column, sa.Text), sa.text("1"), sa.text(str(letters)))


_MINUTE = _begins(outbox.c.changed, 16)
_ACCEPTED = sa.and_(ATTEMPTED_ROWS, in_state(State.ACCEPTED))
_JOINED = sa.or_(
    history.c.event == Event.CONFIRM.value,
    # Who came by the form has not joined before they confirm.
    sa.and_(history.c.event == Event.SUBSCRIBE.value, history.c.source != "form"),
)
_LEFT = sa.or_(
    history.c.event.in_([Event.UNSUBSCRIBE.value, Event.ERASE.value]),
    *(history.c.event.startswith(event.value) for event in (Event.BOUNCE, Event.COMPLAIN)),
)


class SqlInsight:
    """`ports.insight.Insight` in the database. Closed by whoever made it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def editions(self, series: Sequence[str], newest: int = 30) -> tuple[EditionCounts, ...]:
        """In one transaction, so that all are of one moment."""
        return await self._database.ask(_editions, series, newest)

    async def in_flight(self, now: datetime) -> tuple[InFlight, ...]:
        """The only answer that reads each open row."""
        return await self._database.ask(_in_flight, now)

    async def failures(self, edition_ids: Sequence[int], domains: int = 20) -> Failures:
        """Of the newest editions first, where there are too many."""
        return await self._database.ask(_failures, edition_ids, domains)

    async def accepted(self, since: datetime, until: datetime) -> tuple[Minute, ...]:
        """Without looking at a row."""
        return await self._database.ask(_minutes, outbox.c.changed >= since, outbox.c.changed < until)

    async def timeline(self, edition_id: int) -> Timeline:
        """Likewise."""
        return await self._database.ask(_timeline, edition_id)

    async def list_days(self, since: datetime) -> tuple[ListDay, ...]:
        """Each person once a day."""
        joined, left = [
            dict(await self._per_day(history, sa.func.count(history.c.subscriber_id.distinct()), what, since))
            for what in (_JOINED, _LEFT)
        ]
        days = sorted({*joined, *left})
        return tuple(ListDay(day, joined.get(day, 0), left.get(day, 0)) for day in days)

    async def bounce_days(self, since: datetime) -> tuple[BounceDay, ...]:
        """What came back is forgotten after a while, so there is no index."""
        found: list[BounceDay] = []
        day = _day(bounces)
        query = sa.select(day, bounces.c.kind, sa.func.count()).where(bounces.c.at >= since)
        async with self._database.read() as connection:
            for text, kind, count in await connection.execute(
                query.group_by(day, bounces.c.kind).order_by(day, bounces.c.kind)
            ):
                found.append(BounceDay(date.fromisoformat(text), kind, count))
        return tuple(found)

    async def drafts(self, series: Sequence[str]) -> tuple[WaitingDraft, ...]:
        """By their slots."""
        names = ("newsletter", "number", "slot", "deadline")
        query = sa.select(*(drafts.c[name] for name in names)).where(drafts.c.newsletter.in_(series))
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(drafts.c.slot))
            return tuple(WaitingDraft(of, n, datetime.fromisoformat(slot), at) for of, n, slot, at in rows)

    async def pulses(self) -> tuple[Pulse, ...]:
        """By name."""
        query = sa.select(pulses.c.name, pulses.c.at).order_by(pulses.c.name)
        async with self._database.read() as connection:
            return tuple(Pulse(*row) for row in await connection.execute(query))

    async def close(self) -> None:
        """Give the connection back."""
        await self._database.close()

    async def _per_day(
        self, table: sa.Table, count: sa.ColumnElement[int], what: sa.ColumnElement[bool], since: datetime
    ) -> list[tuple[date, int]]:
        day = _day(table)
        query = sa.select(day, count).where(table.c.at >= since, what).group_by(day)
        async with self._database.read() as connection:
            return [(date.fromisoformat(text), number) for text, number in await connection.execute(query)]


def _day(table: sa.Table) -> sa.ColumnElement[str]:
    return _begins(table.c.at, 10)


def _editions(connection: sa.Connection, series: Sequence[str], newest: int) -> tuple[EditionCounts, ...]:
    subject = editions.c.content["subject"].as_string()
    names = ("id", "newsletter", "number", "slot", "created", "paused")
    query = sa.select(*(editions.c[name] for name in names), subject.label("subject"))
    rows = connection.execute(
        query.where(editions.c.newsletter.in_(series)).order_by(editions.c.id.desc()).limit(newest)
    )
    return tuple(
        EditionCounts(
            id=row.id,
            series=row.newsletter,
            number=row.number,
            slot=datetime.fromisoformat(row.slot),
            subject=row.subject,
            created=row.created,
            paused=row.paused,
            accounting=_accounting(connection, row.id),
        )
        for row in rows.all()
    )


def _accounting(connection: sa.Connection, edition_id: int) -> Accounting:
    """As `Outbox.accounting`, for a fraction of the cost where nearly all were accepted."""
    mine = outbox.c.edition_id == edition_id
    counts: Counter[State] = Counter(
        {State(state): count for state, count in connection.execute(_by_state(FAILED_ROWS, mine))}
    )
    planned = _count(connection, mine)
    still_open = _count(connection, mine, OPEN_ROWS)
    if still_open:
        counts[State.SENDING] = _count(connection, mine, OPEN_ROWS, in_state(State.SENDING))
        counts[State.PENDING] = still_open - counts[State.SENDING] - counts[State.DEFERRED]
    failed = sum(counts[state] for state in counts if state not in (State.PENDING, State.SENDING))
    opened = counts[State.PENDING] + counts[State.SENDING]
    counts[State.ACCEPTED] = planned - failed - opened
    return Accounting(counts={state: count for state, count in counts.items() if count})


def _by_state(*where: sa.ColumnElement[bool] | sa.TextClause) -> sa.Select[Any]:
    return sa.select(outbox.c.state, sa.func.count()).where(*where).group_by(outbox.c.state)


def _count(connection: sa.Connection, *where: sa.ColumnElement[bool] | sa.TextClause) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(outbox).where(*where)) or 0


def _in_flight(connection: sa.Connection, now: datetime) -> tuple[InFlight, ...]:
    return tuple(_flight(connection, edition, now) for edition in unfinished(connection, paused=True))


def _flight(connection: sa.Connection, edition_id: int, now: datetime) -> InFlight:
    mine = outbox.c.edition_id == edition_id
    later = outbox.c.next_attempt > now
    pending = in_state(State.PENDING)
    counted = (
        sa.and_(pending, sa.or_(outbox.c.next_attempt.is_(None), ~later)),
        sa.and_(pending, later),
        in_state(State.DEFERRED),
        in_state(State.SENDING),
    )
    sums = [sa.func.count(sa.case((what, 1))) for what in counted]
    next_attempt = sa.func.min(sa.case((in_state(State.PENDING, State.DEFERRED), outbox.c.next_attempt)))
    counts = connection.execute(sa.select(*sums, next_attempt).where(mine, OPEN_ROWS)).one()
    which = ("id", "newsletter", "number", "created", "paused")
    edition = sa.select(*(editions.c[name] for name in which)).where(editions.c.id == edition_id)
    values = (*connection.execute(edition).one(), _count(connection, mine), *counts)
    return InFlight(*values)


def _failures(connection: sa.Connection, edition_ids: Sequence[int], domains: int) -> Failures:
    groups: Counter[tuple[FailureClass, State]] = Counter()
    at: defaultdict[str, Counter[FailureClass]] = defaultdict(Counter)
    left = _MOST_FAILURES
    for edition_id in sorted(edition_ids, reverse=True):
        query = sa.select(outbox.c.state, outbox.c.reason, outbox.c.email).where(
            FAILED_ROWS, outbox.c.edition_id == edition_id, _FAILURES
        )
        rows = connection.execute(query.limit(left + 1)).all()
        for state, reason, email in rows[:left]:
            failure = classify_failure(reason)
            groups[failure, State(state)] += 1
            # Of whoever was erased there is no address.
            at[domain_of(email) if email else ""][failure] += 1
        left -= len(rows)
        if left < 0:
            break
    return Failures(
        groups=tuple(FailureGroup(*key, count) for key, count in _most_first(groups)),
        domains=_domains({name: counts for name, counts in at.items() if name})[:domains],
        complete=left >= 0,
    )


def _domains(at: Mapping[str, Counter[FailureClass]]) -> tuple[DomainFailures, ...]:
    found = [DomainFailures(name, counts.total(), counts.most_common(1)[0][0]) for name, counts in at.items()]
    return tuple(sorted(found, key=lambda domain: (-domain.copies, domain.domain)))


def _most_first(
    groups: Counter[tuple[FailureClass, State]],
) -> list[tuple[tuple[FailureClass, State], int]]:
    return sorted(groups.items(), key=lambda item: (-item[1], item[0][0].code, item[0][0].label, item[0][1]))


def _minutes(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> tuple[Minute, ...]:
    query = sa.select(_MINUTE, sa.func.count()).where(_ACCEPTED, *where).group_by(_MINUTE).order_by(_MINUTE)
    return tuple(
        Minute(datetime.fromisoformat(text).replace(tzinfo=UTC), count)
        for text, count in connection.execute(query)
    )


def _timeline(connection: sa.Connection, edition_id: int) -> Timeline:
    created = connection.scalar(sa.select(editions.c.created).where(editions.c.id == edition_id))
    if created is None:
        return Timeline(None, None, 0, 0)
    ends = (sa.func.min(outbox.c.changed), sa.func.max(outbox.c.changed))
    query = sa.select(*ends, sa.func.count()).where(
        _ACCEPTED,
        outbox.c.edition_id == edition_id,
        outbox.c.changed >= created,
        outbox.c.changed < created + _WATCHED,
    )
    minutes = connection.execute(query.group_by(_MINUTE)).all()
    if not minutes:
        return Timeline(None, None, 0, 0)
    firsts, lasts, counts = zip(*minutes, strict=True)
    return Timeline(min(firsts), max(lasts), sum(counts), max(counts))
