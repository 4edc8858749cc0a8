"""A long list on one edition, all the way: imported, planned, sent by several processes. Prints JSON; see
README.md."""

import argparse
import csv
import json
import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from crew import Figures, Watcher, deliver, finished, server
from delivery import furnish
from peers import sink
from sending import SIGNING

MORNING, NOON = "2026-03-11T05:00:00+00:00", "2026-03-11T12:00:00+00:00"
"""When the edition is published, and when all hours that were chosen are over."""
SUNDAYS = 'time = "07:30"\ndays = ["sun"]'
"""This is a Wednesday: the workers make no edition of their own."""
TOPICS = ("Agents", "Reasoning", "Robotics", "Image generation", "Video generation", "Language models")
WORDS = ("diffusion", "alignment", "benchmark", "retrieval", "multimodal", "reinforcement learning", "speech")
AUTHORS = ("Ada Lovelace", "Grace Hopper", "Emmy Noether", "Wei Zhang")
COLUMNS = ("email", "name", "topics", "keywords", "authors", "muted", "hour", "zone")


def people(count: int) -> Iterator[tuple[str, ...]]:
    """Three of ten follow topics, two have keywords, one an author, one mutes something, two have an hour;
    all independent of each other."""
    chance = random.Random(1)  # noqa: S311

    def some(share: float, words: tuple[str, ...]) -> str:
        return ";".join(chance.sample(words, chance.randint(1, 3))) if chance.random() < share else ""

    for n in range(count):
        wishes = (some(0.3, TOPICS), some(0.2, WORDS), some(0.1, AUTHORS), some(0.1, TOPICS))
        hour = str(chance.randint(6, 9)) if chance.random() < 0.2 else ""
        zone = chance.choice(("UTC", "Europe/Berlin")) if hour else ""
        yield f"reader{n}@mail{n % 500}.example.org", f"Reader {n}" if n % 2 else "", *wishes, hour, zone


def write_list(file: Path, count: int) -> None:
    """The CSV file that is imported."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows(people(count))


def _tell(step: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {step}", file=sys.stderr, flush=True)


def prepare(folder: Path, url: str, count: int) -> Figures:
    """All that comes before sending, each step by its command."""
    furnish(folder)
    config = folder / "newsletter.toml"
    config.write_text(config.read_text().replace('time = "07:30"', SUNDAYS))
    write_list(folder / "people.csv", count)
    env = {"NEWSLETTER_STORE__URL": url}
    steps = {
        "collect": ("collect", "--now", MORNING),
        "import": ("subscribers", "import", "people.csv", "--now", MORNING),
        "publish": ("publish", "--slot", "now", "--now", MORNING),
    }
    told = {}
    for name, command in steps.items():
        told[name] = finished(folder, command, env)
        _tell(f"{name}: {told[name]}")
    for name in ("import", "publish"):
        told[name]["rows_per_second"] = round(count / told[name]["seconds"])
    return told


def send(folder: Path, url: str, workers: int, env: dict[str, str]) -> Figures:
    """By workers, or by `newsletter send` where there are none."""
    if workers:
        done = deliver(folder, url, workers, "--now", NOON, env=env)
        del done["peak_memory_mb"]
        return done
    with sink() as port:
        settings = {**env, "NEWSLETTER_STORE__URL": url, "NEWSLETTER_SMTP__PORT": str(port)}
        return finished(folder, ("send", "--now", NOON), settings)


def look(folder: Path, url: str) -> Figures:
    """What people ask for afterwards, and what is still done each minute."""
    env = {"NEWSLETTER_STORE__URL": url}
    asked = {
        "status": ("status", "--now", NOON),
        "editions_show": ("editions", "show", "1", "--now", NOON),
        "send_nothing": ("send", "--now", NOON),
    }
    return {name: finished(folder, command, env) for name, command in asked.items()}


def measure(folder: Path, url: str, args: argparse.Namespace) -> Figures:
    """Step by step."""
    answer: Figures = {
        "recipients": args.recipients,
        "cores": os.cpu_count(),
        **prepare(folder, url, args.recipients),
    }
    watcher = Watcher(url) if url.startswith("postgresql") else None
    if watcher:
        answer["planned"] = watcher.states()
        answer["outbox"], answer["people"] = watcher.bytes_of("outbox"), watcher.bytes_of("subscribers")
    if not args.plan:
        answer["send"] = send(folder, url, args.workers, SIGNING if args.signed else {})
        _tell(f"send: {answer['send']}")
        answer["afterwards"] = look(folder, url)
    if watcher:
        answer["states"] = watcher.states()
        answer["outbox_afterwards"] = watcher.bytes_of("outbox")
        watcher.close()
    return answer


def main() -> None:
    """Measure in a folder, and on a server, that are thrown away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipients", type=int, default=1_000_000)
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--workers", type=int, default=2, help="0 is `newsletter send`")
    parser.add_argument("--signed", action="store_true", help="with an RSA-2048 signature on each copy")
    parser.add_argument("--plan", action="store_true", help="end when it is planned")
    args = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name) / "newsletter"
        folder.mkdir()
        if args.store == "sqlite":
            args.workers = 0
            answer = measure(folder, "sqlite:///newsletter.db", args)
        else:
            with server(Path(name) / "server") as cluster:
                answer = measure(folder, cluster.url(cluster.create()), args)
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
