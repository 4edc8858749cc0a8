"""`kill -9` at random moments of several processes that race for the batches of one edition in PostgreSQL,
others in their place, until so many kills are done and all is sent: nobody may be lost, nothing sent by two
at once, and nobody may get more copies than one and one for each time that theirs was in doubt.

    python tests/acceptance/races.py --workers 8 --kills 100 --readers 10000 --command worker

Prints JSON; exit 1 where a promise is broken.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.postgres import Cluster, running
from support.shared import Broken, SharedEdition, plan
from support.sink import sink

_PATIENCE = 90.0
"""Seconds in which something must come in."""


class Race:
    """One edition, sent by `workers` processes at once, of which at most `kills` are killed."""

    def __init__(self, edition: SharedEdition, command: str, workers: int, rng: random.Random) -> None:
        self._edition, self._command, self._rng = edition, command, rng
        self._racing = [edition.start([command]) for _ in range(workers)]
        self.done = Counter(editions=1)

    def run(self, kills: int) -> None:
        """To the end. Raises Broken."""
        while self.done["kills"] < kills and self._wait_for(self._moment()):
            self.done["kills"] += self._kill_one()
        came, since = 0, time.monotonic()
        while not self._edition.all_sent:
            if self._edition.came > came:
                came, since = self._edition.came, time.monotonic()
            if time.monotonic() - since > _PATIENCE:
                raise Broken(f"it does not end: {dict(self._edition.states)}, {self._edition.unfinished}")
            self._replace_those_that_ended()
            time.sleep(0.05)
        for sender in self._racing:
            sender.signal(15)
        for sender in self._racing:
            if sender.end(30) not in (0, -15):  # by the signal itself, where it had only just begun
                raise Broken(f"{sender.name} failed: {sender.said}")

    def _moment(self) -> tuple[int, float]:
        """So many messages more, or so many seconds."""
        more = self._rng.choice([1, self._rng.randint(1, 50), self._rng.randint(1, 400)])
        return self._edition.came + more, self._rng.uniform(
            0.05, 0.4
        ) if self._rng.random() < 0.2 else _PATIENCE

    def _wait_for(self, moment: tuple[int, float]) -> bool:
        """False where all was sent before."""
        goal, seconds = moment
        begun = looked = time.monotonic()
        while self._edition.came < goal and time.monotonic() - begun < seconds:
            if time.monotonic() - looked > 0.2:
                looked = time.monotonic()
                if self._edition.all_sent:
                    return False
                self._replace_those_that_ended()
            time.sleep(0.002)
        if time.monotonic() - begun >= _PATIENCE:
            raise Broken(f"nothing comes: {dict(self._edition.states)}, {self._edition.unfinished}")
        time.sleep(self._rng.choice([0, self._rng.uniform(0, 0.01)]))
        return True

    def _kill_one(self) -> bool:
        place = self._rng.randrange(len(self._racing))
        victim = self._racing[place]
        victim.kill()
        killed = victim.process.exitcode == -9
        self._racing[place] = self._edition.start([self._command])
        return killed

    def _replace_those_that_ended(self) -> None:
        """A `send` ends where others have all that is left."""
        for place, sender in enumerate(self._racing):
            if not sender.runs:
                if sender.process.exitcode:
                    raise Broken(f"{sender.name} failed: {sender.said}")
                self._racing[place] = self._edition.start([self._command])
                self.done["restarts"] += 1


def race(asked: argparse.Namespace, folder: Path, cluster: Cluster) -> Counter[str]:
    """Editions one after the other until all kills are done. Raises Broken."""
    rng, total = random.Random(asked.seed), Counter(kills=0, lost=0, double_claims=0)
    planned = plan(cluster, folder, asked.readers, size=asked.batch)
    while total["kills"] < asked.kills:
        (folder / "record").unlink(missing_ok=True)
        with (
            sink(folder / "record", delay=asked.delay) as mail,
            SharedEdition(
                cluster, folder, planned, mail, asked.readers, asked.connections * asked.workers, asked.lease
            ) as edition,
        ):
            one = Race(edition, asked.command, asked.workers, rng)
            one.run(min(asked.kills_a_send, asked.kills - total["kills"]))
            audit, extra = edition.check()
            total.update(one.done)
            total.update(
                extra=extra, in_doubt=audit.doubts.total(), claims=audit.claims, takeovers=audit.takeovers
            )
    return total


def main() -> None:
    """All of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--readers", type=int, default=10_000)
    parser.add_argument("--command", choices=["send", "worker"], default="send")
    parser.add_argument("--kills-a-send", type=int, default=25)
    parser.add_argument("--batch", type=int, default=100, help="Rows in a batch.")
    parser.add_argument("--connections", type=int, default=4, help="Of each process.")
    parser.add_argument("--delay", type=float, default=0.01, help="Seconds until the mail server answers.")
    parser.add_argument("--lease", type=float, default=2.0, help="Seconds.")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as name, running(Path(name) / "cluster") as cluster:
        total = race(asked, Path(name), cluster)
    said = {key: vars(asked)[key] for key in ("command", "workers", "readers", "seed")}
    print(json.dumps(said | dict(total) | {"seconds": round(time.monotonic() - start, 1)}))


if __name__ == "__main__":
    main()
