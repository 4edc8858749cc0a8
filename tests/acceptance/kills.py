"""`kill -9` at random moments of sends to many readers, until so many kills are done: nobody may be lost, and
nobody may get more copies than one and one for each kill while theirs was in doubt.

    python tests/acceptance/kills.py --kills 1000 --readers 10000

Prints JSON; exit 1 where a promise is broken.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support import store
from support.newsroom import newsroom, publish, write_config
from support.samples import NOW
from support.sink import LINE, sink
from support.store import database

from newsletter.bootstrap import open_app
from newsletter.cli.options import new_runner

CONNECTIONS = 8
IN_DOUBT = 3 * CONNECTIONS
"""Rows in `sending` that a crash may leave."""


def _start(folder: Path) -> int:
    """A process that sends what is due: the real program, forked after its imports to save their time. The
    number of the process."""
    child = os.fork()
    if child:
        return child
    try:

        async def send() -> None:
            async with open_app(folder / "newsletter.toml", NOW) as app:
                await (await app.delivery()).run()

        with new_runner() as runner:
            runner.run(send())
        os._exit(0)
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
        os._exit(1)


def _lines(record: Path) -> int:
    """About how many messages came in: lines are of nearly one length."""
    return record.stat().st_size // LINE if record.exists() else 0


def _interrupted(folder: Path, record: Path, rng: random.Random) -> bool:
    """Start a send and kill it; False where it was quicker."""
    goal = _lines(record) + rng.choice([0, 1, rng.randint(1, 100), rng.randint(1, 1500)])
    deadline = time.monotonic() + (rng.uniform(0, 0.5) if rng.random() < 0.1 else 60)
    child = _start(folder)
    while _lines(record) < goal and time.monotonic() < deadline:
        if os.waitpid(child, os.WNOHANG)[0]:
            return False
        time.sleep(0.001)
    time.sleep(rng.choice([0, rng.uniform(0, 0.01)]))
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def _in_doubt(folder: Path) -> list[str]:
    with database(folder) as connection:
        return [email for (email,) in connection.execute("SELECT email FROM outbox WHERE state = 'sending'")]


async def _plan(folder: Path, readers: int) -> None:
    async with newsroom(folder, readers=readers) as app:
        await publish(app)


class Broken(AssertionError):
    """A promise was."""


def one_send(folder: Path, readers: int, kills: int, rng: random.Random) -> Counter[str]:
    """One edition to everybody, with at most so many kills on the way. Raises Broken."""
    record = folder / "record"
    doubts: Counter[str] = Counter()
    done = Counter(sends=1)
    with sink(record) as port:
        write_config(folder, port, CONNECTIONS)
        while done["kills"] < kills and _interrupted(folder, record, rng):
            store.let_lapse(folder)
            left = _in_doubt(folder)
            if len(left) > IN_DOUBT:
                raise Broken(f"{len(left)} copies in doubt after a kill")
            doubts.update(left)
            done.update(kills=1, in_doubt=len(left))
        if os.waitpid(_start(folder), 0)[1]:
            raise Broken("the last send failed")
        time.sleep(0.1)
    _check(folder, record, readers, doubts)
    done["extra"] = len(record.read_text().splitlines()) - readers
    return done


def _check(folder: Path, record: Path, readers: int, doubts: Counter[str]) -> None:
    copies: dict[str, list[str]] = {}
    for line in record.read_text().splitlines():
        reader, digest, _ = line.split()
        copies.setdefault(reader, []).append(digest)
    for reader, found in copies.items():
        if len(found) > 1 + doubts[reader]:
            raise Broken(f"{reader} has {len(found)} copies and was in doubt {doubts[reader]} times")
        if len(set(found)) > 1:
            raise Broken(f"{reader} has copies that differ")
    with database(folder) as connection:
        states = dict(connection.execute("SELECT state, count(*) FROM outbox GROUP BY state"))
    if len(copies) < readers or states != {"accepted": readers}:
        raise Broken(f"{readers - len(copies)} lost, the ledger says {states}")


def main() -> None:
    """All of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--readers", type=int, default=10_000)
    parser.add_argument("--kills-a-send", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rng, total, start = random.Random(asked.seed), Counter(kills=0, lost=0), time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        plan = Path(name) / "plan"
        plan.mkdir()
        asyncio.run(_plan(plan, asked.readers))
        while total["kills"] < asked.kills:
            folder = Path(name) / "send"
            store.copy(plan, folder)
            kills = min(asked.kills_a_send, asked.kills - total["kills"])
            total.update(one_send(folder, asked.readers, kills, rng))
            shutil.rmtree(folder)
    print(json.dumps(dict(total) | {"readers": asked.readers, "seconds": round(time.monotonic() - start, 1)}))


if __name__ == "__main__":
    main()
