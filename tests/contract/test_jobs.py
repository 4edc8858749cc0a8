"""The board of jobs: what a dead worker has taken keeps nobody waiting."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, LiteralString

import psycopg
import pytest
from support.postgres import Cluster

from newsletter.adapters.jobs import JobBoard, Work
from newsletter.errors import StoreError

QUEUES = {"day": 1}


class Board:
    """One with one kind of job, which is done by one worker at a time."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.begun = 0
        self.done = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.fails = False
        self.board = JobBoard(url, [Work("day", "day", self._do, alone=True, tries=3, passing=(StoreError,))])

    async def _do(self) -> None:
        self.begun += 1
        await self.may_end.wait()
        if self.fails:
            self.fails = False
            raise StoreError("Not now.")
        self.done.set()

    def ask(self, sql: LiteralString) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url, options=f"-c search_path={self.board.schema}") as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def take_and_die(self) -> None:
        """A worker takes the job that waits, and gives no sign of life any more."""
        self.ask(
            "WITH dead AS (INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - interval '1 hour') RETURNING id) "
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM dead)"
        )

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        working = asyncio.create_task(self.board.run("living", QUEUES, 0.5))
        try:
            yield
        finally:
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working

    @asynccontextmanager
    async def in_the_middle(self) -> AsyncIterator[None]:
        """Of a job, which ends afterwards."""
        self.may_end.clear()
        await self.board.post("day")
        async with self.working():
            assert await within(20, lambda: self.begun)
            yield
            self.may_end.set()

    async def is_done(self) -> bool:
        """By a worker that lives, within seconds."""
        async with self.working():
            await self.board.revive(1)
            return await within(40, self.done.is_set)

    @property
    def jobs(self) -> list[tuple[object, ...]]:
        return self.ask("SELECT id, status::text FROM procrastinate_jobs")


async def within(seconds: float, found: Callable[[], object]) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not found():
                await asyncio.sleep(0.05)
            return True
    return False


@pytest.fixture
async def unheard() -> AsyncIterator[list[dict[str, Any]]]:
    """Exceptions of tasks that nobody asked for their result."""
    loop = asyncio.get_running_loop()
    found: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: found.append(context))
    yield found
    loop.set_exception_handler(None)


@pytest.fixture
async def board(cluster: Cluster) -> AsyncIterator[Board]:
    name = cluster.create()
    made = Board(cluster.url(name))
    async with made.board.open():
        yield made
    cluster.drop(name)


async def test_what_a_dead_worker_has_taken_is_done_by_another(board: Board) -> None:
    """As soon as somebody looks."""
    await board.board.post("day")
    board.take_and_die()
    assert await board.is_done()


async def test_what_waits_behind_a_dead_worker_is_done(board: Board) -> None:
    """It was posted meanwhile: of two that are alike one is enough, and the dead one gives up its lock."""
    await board.board.post("day")
    board.take_and_die()
    assert await board.board.post("day")
    assert await board.is_done()


@pytest.mark.parametrize("fails", [False, True])
async def test_a_slow_worker_leaves_alone_what_another_has_taken(
    board: Board, unheard: list[dict[str, Any]], fails: bool
) -> None:
    """It was taken for dead, and comes to an end after all: the job is that of the other one."""
    board.fails = fails
    async with board.in_the_middle():
        board.ask(
            "WITH other AS (INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now()) RETURNING id)"
            "UPDATE procrastinate_jobs SET worker_id = (SELECT id FROM other)"
        )
        before = board.jobs
    gc.collect()
    assert not unheard
    assert board.jobs == before


async def test_what_ends_while_it_is_taken_for_lost_is_forgotten(
    board: Board, unheard: list[dict[str, Any]]
) -> None:
    """Whoever deleted it was right."""
    async with board.in_the_middle():
        board.ask("DELETE FROM procrastinate_jobs")
    gc.collect()
    assert not unheard


async def test_a_job_that_is_put_off_makes_room_for_one_like_it(
    board: Board, unheard: list[dict[str, Any]]
) -> None:
    """Of two that wait one is enough, and neither stays with a worker that has given it up."""
    board.fails = True
    async with board.in_the_middle():
        assert await board.board.post("day")
        board.may_end.set()
        assert await within(20, board.done.is_set)
    gc.collect()
    assert not unheard
    assert not board.jobs


async def test_a_job_ends_though_its_connection_was_cut(board: Board, unheard: list[dict[str, Any]]) -> None:
    """Its worker lives, so nobody would take it up."""
    async with board.in_the_middle():
        board.ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'newsletter jobs' AND datname = current_database()"
        )
        board.may_end.set()
        assert await within(20, lambda: not board.jobs)
    gc.collect()
    assert not unheard
