"""The board of jobs: what a dead worker has taken keeps nobody waiting."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import psycopg
import pytest
from support.postgres import Cluster

from newsletter.adapters.jobs import JobBoard, Work

QUEUES = {"day": 1}


class Board:
    """One with one kind of job, which is done by one worker at a time."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.done = asyncio.Event()
        self.board = JobBoard(url, [Work("day", "day", self._do, alone=True)])

    async def _do(self) -> None:
        self.done.set()

    def take_and_die(self) -> None:
        """A worker takes the job that waits, and gives no sign of life any more."""
        with psycopg.connect(self.url, options=f"-c search_path={self.board.schema}") as connection:
            connection.execute(
                "WITH dead AS (INSERT INTO procrastinate_workers (last_heartbeat)"
                " VALUES (now() - interval '1 hour') RETURNING id) "
                "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM dead)"
            )

    async def is_done(self) -> bool:
        """By a worker that lives, within seconds."""
        working = asyncio.create_task(self.board.run("living", QUEUES, 0.5))
        try:
            await self.board.revive(1)
            await asyncio.wait_for(self.done.wait(), 40)
        except TimeoutError:
            return False
        finally:
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working
        return True


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
