"""Seeded runs of the delivery: the program's own code, with time, disk and mail servers that misbehave by a
seed. Each run begins with a plan, goes through processes that are killed or fail, and ends in fair weather;
then every promise is checked. `python -m simulation.runs --count 100000` from the folder of the tests.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import timedelta

from newsletter.core.delivery import Alarm, Policy, RetrySchedule
from newsletter.core.model import DeliveryState as State
from newsletter.core.model import Edition
from newsletter.core.pace import Limits
from newsletter.core.wishes import Wishes
from newsletter.errors import DeliveryError, EditionPaused, StoreError
from newsletter.ports import DueCopy, PublishedEdition
from newsletter.services.deliver import Delivery, DeliveryOptions
from newsletter.services.outcomes import Rules
from newsletter.services.ways import Server
from simulation.virtual import bury, run_until_killed
from simulation.world import (
    EPOCH,
    Disk,
    MailServer,
    OutboxOnDisk,
    PacesOnDisk,
    Row,
    Violation,
    Writer,
    instant,
)

__all__ = ["Summary", "simulate"]

_TROUBLES = {
    "refuses": 0.02, "unreachable": 0.3, "closing": 0.1, "hangs up": 0.1, "busy": 0.2, "nobody": 0.1,
    "breaks": 0.05, "silent": 0.1, "bad": 0.1, "slow": 0.2,
}  # fmt: skip
_DOMAINS = ("gmail.example", "uni.example", "home.example")
_PROCESSES = 60
"""More than any run needs: after these something goes round in circles."""

Summary = Counter[str]


def simulate(seed: int) -> Summary:
    """One run. Raises Violation."""
    try:
        return _Run(random.Random(seed)).play()
    finally:
        bury()


class _Clock:
    """`ports.Clock` on the time of the simulation."""

    def now(self):
        return instant(asyncio.get_running_loop().time())


class _Run:
    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._policy = rng.choice(list(Policy))
        self._connections = rng.randint(1, 4)
        self._servers = rng.choice([1, 1, 1, 2])
        every = self._connections * self._servers * (1 if self._policy is Policy.HOLD else 3)
        self.disk = Disk(self._plan(), {1: _edition(1), 2: _edition(2)}, every)
        self._mail = [MailServer(self.disk, rng, {}) for _ in range(self._servers)]
        self._limits = {
            domain: Limits(rng.choice([None, 2.0, 20.0]), rng.choice([None, 1, 2]))
            for domain in rng.sample(_DOMAINS, rng.randint(0, 2))
        }
        self.happened: Summary = Counter()

    def play(self) -> Summary:
        """Bad weather for a few processes, then fair weather until nothing is left."""
        now, bad = 0.0, self._rng.randint(0, 4)
        for number in range(_PROCESSES):
            fair = number >= bad
            self._weather(fair)
            now = self._process(now, fair) + self._rng.choice([0.0, 60.0, 3600.0])
            self._check(at_the_end=False)
            if fair and not self._left():
                break
            self._resume(now, fair)
        else:
            raise Violation(f"still open after {_PROCESSES} processes: {self._states()}")
        self._check(at_the_end=True)
        self.happened.update(rows=len(self.disk.rows), copies=sum(map(len, self._got().values())))
        return self.happened

    def _plan(self) -> dict[int, Row]:
        rng, rows = self._rng, {}
        for number in range(1, rng.randint(1, 30) + 1):
            email = f"reader{number}@{rng.choice(_DOMAINS)}"
            name = rng.choices(["", "muted", "unwritable"], [20, 1, 1])[0]
            rows[number] = Row(DueCopy(number, rng.choice([1, 1, 2]), number, email, name, Wishes(), 0))
        return rows

    def _weather(self, fair: bool) -> None:
        for server in self._mail:
            likely = {name: most * self._rng.random() ** 2 for name, most in _TROUBLES.items()}
            server.weather = {} if fair else likely

    def _process(self, start: float, fair: bool) -> float:
        rng = self._rng
        kill_at = None if fair or rng.random() < 0.3 else start + rng.expovariate(1 / 0.3)
        try:
            with contextlib.suppress(DeliveryError, EditionPaused, StoreError):
                ended, killed = run_until_killed(self._deliver(fair), start, kill_at)
                self.happened["killed" if killed else "ended"] += 1
                return ended
            self.happened["failed"] += 1
            return start + 60
        finally:
            self.disk.die()

    async def _deliver(self, fair: bool) -> None:
        rng, disk = self._rng, self.disk
        options = DeliveryOptions(
            rules=Rules(self._policy, RetrySchedule(), Alarm(share=rng.choice([0.1, 1.0]), least=5)),
            domains=self._limits,
            budget=rng.choice([None, None, None, 5]),
        )
        servers = [
            Server(f"server{number}", server, self._connections, rng.choice([None, None, 50.0]), weight)
            for number, (server, weight) in enumerate(zip(self._mail, (2, rng.choice([0, 1])), strict=False))
        ]
        failures = 0.0 if fair else rng.choice([0.0, 0.0, 0.02])
        outbox = OutboxOnDisk(disk, rng, failures)
        delivery = Delivery(outbox, PacesOnDisk(disk), servers, Writer, _Clock(), options)
        loop = asyncio.get_running_loop()
        if rng.random() < 0.2:
            loop.call_later(rng.expovariate(1 / 0.3), delivery.stop)
        leaving, meanwhile = rng.choice([(0.05, 0.3), (0.05, 0.3), (0.6, 2.0)])
        for row_id in disk.rows:
            if rng.random() < leaving:
                moment = rng.expovariate(1 / meanwhile)
                loop.call_later(moment, lambda row_id=row_id: disk.unsubscribe(row_id, loop.time()))
        await delivery.run()
        sending = [row for row in disk.rows.values() if row.state is State.SENDING]
        if sending:
            raise Violation(f"a process that was not killed left {len(sending)} rows in sending")

    def _resume(self, now: float, fair: bool) -> None:
        """A person looks at what is paused, sooner or later."""
        for number, edition in self.disk.editions.items():
            if edition.paused and (fair or self._rng.random() < 0.5):
                self.disk.editions[number] = replace(edition, paused=None, resumed=instant(now))

    def _left(self) -> bool:
        ends = (State.ACCEPTED, State.REJECTED, State.EXPIRED, State.SUPPRESSED, State.UNKNOWN)
        return any(row.state not in ends for row in self.disk.rows.values())

    def _check(self, *, at_the_end: bool) -> None:
        """Promises 1 to 3, for each row."""
        got = self._got()
        for number, row in self.disk.rows.items():
            copies, doubts = len(got.get(number, ())), self.disk.doubts[number]
            where = f"row {number} is {row.state} ({row.reason}) with {copies} copies, {doubts} doubts"
            if row.state is State.ACCEPTED and not copies:
                raise Violation(f"lost: {where}")
            if copies > 1 + doubts or (copies > 1 and self._policy is Policy.HOLD):
                raise Violation(f"one too many: {where}")
            if not doubts and copies != (row.state is State.ACCEPTED):
                raise Violation(f"miscounted: {where}")
            if row.copy.name and copies:
                raise Violation(f"never to be sent: {where}")
            if len(set(got.get(number, ()))) > 1:
                raise Violation(f"other bytes: {where}")
            if at_the_end and row.state is State.PENDING:
                raise Violation(f"forgotten: {where}")
        self.happened.update(f"{row.state}" for row in self.disk.rows.values() if at_the_end)

    def _got(self) -> dict[int, list[bytes]]:
        found: dict[int, list[bytes]] = {}
        for server in self._mail:
            for number, copies in server.got.items():
                found.setdefault(number, []).extend(copies)
        return found

    def _states(self) -> dict[str, int]:
        return dict(Counter(f"{row.state}" for row in self.disk.rows.values()))


def _edition(number: int) -> PublishedEdition:
    edition = Edition(newsletter="papers", number=number, slot=EPOCH, subject="x", preheader="x", sections=())
    return PublishedEdition(number, edition, "", "", "", EPOCH - timedelta(hours=number))


def _several(seeds: range) -> tuple[Summary, list[str]]:
    """The sum of what happened, and a line for each seed that broke a promise."""
    total: Summary = Counter()
    broken = []
    for seed in seeds:
        try:
            total.update(simulate(seed))
        except Exception as error:
            broken.append(f"seed {seed}: {type(error).__name__}: {error}")
    return total, broken


def main() -> None:
    """Run many seeds on all cores; exit 1 where one broke a promise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1, help="the first one")
    asked = parser.parse_args()
    start = time.perf_counter()
    edges = range(asked.seed, asked.seed + asked.count + 1, max(asked.count // 50, 1))
    parts = [range(a, b) for a, b in itertools.pairwise([*edges, asked.seed + asked.count]) if a < b]
    total: Summary = Counter()
    broken: list[str] = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for happened, lines in pool.map(_several, parts):
            total.update(happened)
            broken += lines
    for line in broken[:20]:
        print(line, file=sys.stderr)
    print(
        json.dumps(
            {
                "runs": asked.count,
                "violations": len(broken),
                "happened": dict(sorted(total.items())),
                "seconds": round(time.perf_counter() - start, 1),
            }
        )
    )
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
