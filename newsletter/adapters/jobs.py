"""Jobs that any worker may take: Procrastinate, in the PostgreSQL database of the outbox.

    post ──▶ procrastinate_jobs ──a worker of its queue──▶ do ──▶ gone, or put off and tried again
                 ▲                        │ dies
                 └──────── revive ────────┘

A job says where to look, and never what is true: that is in our own tables. So its tables may be lost or
begun anew at any time, and each version of Procrastinate has its own: they lie in a schema named after it,
and two versions that run side by side during an upgrade never meet.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any, LiteralString

import psycopg
import structlog
from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from psycopg.sql import SQL, Identifier

from newsletter.adapters.stores.postgres import address_of, shown
from newsletter.errors import StoreError

__all__ = ["JobBoard", "Work"]

log = structlog.get_logger()

# What becomes of a job is said here, without its insides.
logging.getLogger("procrastinate").setLevel(logging.CRITICAL)

_PREPARED = 0x6E6D
"""The advisory lock of whoever makes the tables."""
_AGAIN = 1.0
"""Seconds before the database is asked again that did not answer."""
_POLL = 5.0
"""Seconds between looks for jobs that nobody told of."""
_TRIES = 6
"""How often a job is signed off, each after `_AGAIN`: by then a worker without a database has begun anew, and
what it had is revived."""
# Of what a worker has taken, and no other one since; one that is gone may have been struck out meanwhile.
_FORGET = (
    "DELETE FROM procrastinate_jobs"
    " WHERE id = %(job)s AND (worker_id IS NULL OR worker_id = %(worker)s::bigint)"
)
_PUT_OFF = (
    "UPDATE procrastinate_jobs SET status = 'todo', attempts = attempts + 1, scheduled_at = %(until)s"
    " WHERE id = %(job)s AND (worker_id IS NULL OR worker_id = %(worker)s::bigint)"
)


@dataclass(frozen=True)
class Work:
    """A kind of job."""

    name: str
    queue: str
    do: Callable[..., Awaitable[None]]
    priority: int = 0
    alone: bool = False
    """One at a time over all workers; one more may wait."""
    every_minute: bool = False
    """Posted by itself, once over all workers."""
    tries: int = 0
    """How often it is tried again where it raises one of `passing`, after 2, 4, 8, ... seconds."""
    passing: tuple[type[Exception], ...] = ()


class JobBoard:
    """The jobs of one newsletter, as one process posts and takes them."""

    def __init__(self, url: str, works: Sequence[Work]) -> None:
        """`url` is that of `[store]`."""
        plain = address_of(url).set(drivername="postgresql")
        self._address = plain.render_as_string(hide_password=False)
        self.name = shown(plain)
        major, minor, *_ = version("procrastinate").split(".")
        self.schema = f"jobs_{major}_{minor}"
        self._app = App(
            connector=PsycopgConnector(
                conninfo=self._address,
                kwargs={"options": f"-c search_path={self.schema}", "application_name": "newsletter jobs"},
                min_size=1,
                max_size=8,
            )
        )
        self._app.job_manager = _Manager(self._app.connector)
        self._works = {work.name: work for work in works}
        for work in works:
            self._add(work)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Makes its tables where there are none. Raises StoreError."""
        try:
            await self._prepare()
            await self._app.open_async()
        except (psycopg.Error, ConnectorException) as error:
            raise StoreError(f"{self.name}: no jobs ({' '.join(str(error).split())}).") from error
        try:
            yield
        finally:
            with suppress(ConnectorException):
                await self._app.close_async()

    async def post(self, name: str, key: str = "", **arguments: Any) -> bool:
        """False where a job of this key waits already. Raises StoreError."""
        work = self._works[name]
        waiting = f"{name}:{key}" if key else name
        job = self._app.configure_task(
            name,
            queue=work.queue,
            priority=work.priority,
            lock=name if work.alone else None,
            queueing_lock=waiting,
        )
        try:
            await job.defer_async(**arguments)
        except AlreadyEnqueued:
            return False
        except ConnectorException as error:
            raise StoreError(f"{self.name}: a job cannot be posted ({error}).") from error
        return True

    async def run(self, worker: str, queues: Mapping[str, int], sign: float) -> None:
        """Take jobs until cancelled, so many at a time of each queue; then those under way are ended first. A
        sign of life every `sign` seconds."""
        takers = [
            asyncio.create_task(self._take(f"{worker}/{queue}", queue, most, sign))
            for queue, most in queues.items()
        ]
        try:
            await asyncio.wait(takers, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for taker in takers:  # once each: it is what asks for the end, and a second one would not wait
                taker.cancel()
            ended = await asyncio.gather(*takers, return_exceptions=True)
        for trouble in ended:
            if isinstance(trouble, Exception):
                raise trouble

    async def revive(self, seconds: float) -> int:
        """Post anew what workers had taken who gave no sign of life for so long. Raises StoreError."""
        manager = self._app.job_manager
        try:
            stalled = list(await manager.get_stalled_jobs(seconds_since_heartbeat=seconds))
            for job in stalled:
                await manager.retry_job(job)
        except ConnectorException as error:
            raise StoreError(f"{self.name}: stalled jobs cannot be found ({error}).") from error
        return len(stalled)

    def _add(self, work: Work) -> None:
        async def do(timestamp: int | None = None, **arguments: Any) -> None:
            try:
                await work.do(**arguments)
            except work.passing as error:
                log.error("job put off", job=work.name, error=str(error), **arguments)
                raise
            except Exception:
                log.exception("job failed", job=work.name, **arguments)
                raise

        retry = (
            RetryStrategy(max_attempts=work.tries, exponential_wait=2, retry_exceptions=work.passing)
            if work.tries
            else False
        )
        task = self._app.task(
            name=work.name,
            queue=work.queue,
            priority=work.priority,
            lock=work.name if work.alone else None,
            queueing_lock=work.name if work.every_minute else None,
            retry=retry,
        )(do)
        if work.every_minute:
            self._app.periodic(cron="* * * * *")(task)

    async def _take(self, worker: str, queue: str, most: int, sign: float) -> None:
        """Over again where the database was away."""
        while True:
            try:
                await self._app.run_worker_async(
                    name=worker,
                    queues=[queue],
                    concurrency=most,
                    install_signal_handlers=False,
                    delete_jobs="always",
                    fetch_job_polling_interval=_POLL,
                    update_heartbeat_interval=sign,
                    stalled_worker_timeout=3 * sign,
                )
            except (ConnectorException, psycopg.Error) as error:
                log.error("no jobs", queue=queue, error=" ".join(str(error).split()))
            await asyncio.sleep(_AGAIN)

    async def _prepare(self) -> None:
        connection = await psycopg.AsyncConnection.connect(self._address, autocommit=True)
        async with connection:
            await connection.execute("SELECT pg_advisory_lock(%s)", (_PREPARED,))
            found = await connection.execute(
                "SELECT to_regclass(%s)", (f"{self.schema}.procrastinate_periodic_defers",)
            )
            if (await found.fetchone() or [None])[0] is None:
                await connection.execute(
                    SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(self.schema))
                )
                await connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(self.schema)))
                await connection.execute(SQL("SET search_path TO {}").format(Identifier(self.schema)))
                await connection.execute(self._app.schema_manager.get_schema())


class _Manager(JobManager):
    """Ends jobs only for the worker that has them still, and though a connection is lost: else it would end
    what another has taken up, or keep for ever what nobody takes from a worker that lives."""

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        """Forget it, however it ended."""
        await self._end(job, _FORGET)

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """Only the time is heeded."""
        try:
            await self._end(job, _PUT_OFF, until=retry_at)
        except UniqueViolation:  # one like it waits, and would for ever for the lock of this one
            await self._end(job, _FORGET)

    async def _end(self, job: Job, sql: LiteralString, **arguments: Any) -> None:
        trouble: object = None
        for _ in range(_TRIES):
            try:
                await self.connector.execute_query_async(sql, job=job.id, worker=job.worker_id, **arguments)
            except UniqueViolation:
                raise
            except ConnectorException as error:
                trouble = error.__cause__ or error
                await asyncio.sleep(_AGAIN)
            else:
                return
        log.error("job not signed off", job=job.task_name, error=" ".join(str(trouble).split()))
