"""How fast an edition goes out by one process and by several: SQLite, PostgreSQL, one worker, two, beside
smtp-source on the same sink. Prints JSON; see README.md."""

import argparse
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from crew import Figures, Watcher, deliver, server
from peers import CONNECTIONS, sink, smtp_source
from sending import SIGNING, of, ratio, run, send, summed_up
from support.postgres import Cluster

WAYS = ("sqlite", "postgresql", "worker", "two_workers")


def compare(folder: Path, cluster: Cluster, readers: int, rounds: int, *, signed: bool) -> Figures:
    """Each way once, then the peer, and all of it again."""
    env = SIGNING if signed else {}
    in_file, shared = folder / "file", folder / "shared"
    for one in (in_file, shared):
        one.mkdir()
    page = run("plan", in_file, readers)
    planned = cluster.create()
    run("plan", shared, readers, {"NEWSLETTER_STORE__URL": cluster.url(planned)})
    size = len(page["message"])
    runs: dict[str, list[Figures]] = {way: [] for way in WAYS}
    source = []
    for _ in range(rounds):
        with sink() as port:
            runs["sqlite"].append(send(in_file, port, env))
            runs["postgresql"].append(_send(shared, cluster, planned, port, env))
        for workers, way in enumerate(("worker", "two_workers"), 1):
            copy = cluster.create(like=planned)
            runs[way].append(deliver(shared, cluster.url(copy), workers, env=env))
            cluster.drop(copy)
        with sink() as port:
            source.append(smtp_source(port, size, readers))
    told = {
        way: summed_up(found) | {"of_smtp_source": ratio(found, source)} | _database(found)
        for way, found in runs.items()
    }
    return {
        "recipients": readers,
        "cores": os.cpu_count(),
        "signed": signed,
        "connections_of_each_process": CONNECTIONS,
        "message_bytes": size,
        **told,
        "two_workers_of_one": ratio(
            runs["two_workers"], [one["messages_per_second"] for one in runs["worker"]]
        ),
        "smtp_source_messages_per_second": of(source, 0),
    }


def _send(shared: Path, cluster: Cluster, planned: str, port: int, env: dict[str, str]) -> Figures:
    """By `newsletter send`'s own code, in one process, with batches that are leased."""
    copy = cluster.create(like=planned)
    watcher = Watcher(cluster.url(copy))
    done = run("send", shared, port, {**env, "NEWSLETTER_STORE__URL": cluster.url(copy)})
    done["database"] = watcher.cost(max(done["accepted"], 1))
    watcher.close()
    cluster.drop(copy)
    return done


def _database(runs: list[Figures]) -> Figures:
    return {"database": runs[-1]["database"]} if "database" in runs[-1] else {}


def main() -> None:
    """Measure on a server and in folders that are thrown away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--signed", action="store_true", help="with an RSA-2048 signature on each copy")
    args = parser.parse_args()
    with TemporaryDirectory() as name, server(Path(name) / "server") as cluster:
        answer = compare(Path(name), cluster, args.recipients, args.rounds, signed=args.signed)
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
