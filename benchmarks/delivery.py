"""The real program, in a process of its own for each thing that `sending.py` has it do. Prints JSON.

plan FOLDER READERS    an edition of the seed page, planned for so many readers
send FOLDER PORT       hand all copies over to the server on this port, and say what it cost
check FOLDER           hand them to a server that keeps them, and compare
"""

import argparse
import asyncio
import json
import resource
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import uvloop
from checking import Keeping, compared
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from newsletter.adapters.stores.outbox import SqlOutbox
from newsletter.bootstrap import App, open_app, shipped
from newsletter.core.listfile import NewSubscriber
from newsletter.core.slots import local_time
from newsletter.ports import DueCopy, PublishedEdition

ENTRIES = 17
"""Of the seed page: a message of about 60,000 bytes."""
KEY_FILE = "dkim.pem"


def furnish(folder: Path) -> None:
    """A newsletter that can send."""
    config = (shipped("seeds") / "newsletter.toml").read_text()
    (folder / "newsletter.toml").write_text(f"{config}\n[edition]\nmax_entries = {ENTRIES}\n")
    shutil.copyfile(shipped("seeds") / "papers.txt", folder / "papers.txt")
    (folder / "newsletter.secret").write_text("0123456789abcdef" * 2)
    key = rsa.generate_private_key(65537, 2048)
    (folder / KEY_FILE).write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def people(count: int) -> Iterator[NewSubscriber]:
    """Of many domains, some with names."""
    return (
        NewSubscriber(f"reader{n}@mail{n % 50}.example.org", f"Reader {n}" if n % 2 else "")
        for n in range(count)
    )


async def publish(app: App, readers: int) -> PublishedEdition:
    """The seed page's edition, planned for so many."""
    now = app.clock.now()
    await app.collect()
    await app.subscribers.add(people(readers), now)
    published = (await app.daily.publish(local_time(now, app.schedule.zone), now)).edition
    if published is None:
        raise SystemExit("the seed page gave no edition")
    return published


async def plan(folder: Path, readers: int) -> dict[str, object]:
    """All that comes before sending; answers one message in full, for the peers."""
    furnish(folder)
    async with open_app(folder / "newsletter.toml") as app:
        published = await publish(app, readers)
        composer, row = app.composer(published), (await _rows(app, 1))[0]
        message, written = composer.message(row), composer.write(row)
    if message is None or written is None:
        raise SystemExit("the first reader gets nothing")
    return {
        "subject": written.subject,
        "text": written.copy.text,
        "html": written.copy.html,
        "message": message.data.decode(),
    }


async def send(folder: Path, port: int) -> dict[str, object]:
    """Claim, personalise, sign where there is a key, hand over, record."""
    async with open_app(folder / "newsletter.toml", smtp_port=port) as app:
        delivery = await app.delivery()
        cpu, start = time.process_time(), time.perf_counter()
        await delivery.run()
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        edition = await app.editions.newest(app.newsletter.id)
        counts = (await app.outbox.accounting(edition.id)).counts if edition else {}
    planned, accepted = sum(counts.values()), counts.get("accepted", 0)
    return {
        "planned": planned,
        "accepted": accepted,
        "seconds": seconds,
        "messages_per_second": accepted / seconds,
        "cpu_seconds_per_1000": 1000 * cpu / planned,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


async def check(folder: Path) -> dict[str, object]:
    """What arrived, beside what the composer makes for the same rows."""
    with Keeping() as keeping:
        async with open_app(folder / "newsletter.toml", smtp_port=keeping.port) as app:
            edition = await app.editions.newest(app.newsletter.id)
            if edition is None:
                raise SystemExit("nothing is planned")
            composer, rows = app.composer(edition), await _rows(app, 1_000_000)
            await (await app.delivery()).run()
            written = {row.email: message.data for row in rows if (message := composer.message(row))}
    return compared(keeping.received, written, folder / KEY_FILE)


async def _rows(app: App, most: int) -> tuple[DueCopy, ...]:
    return await SqlOutbox(app.database).due(app.clock.now(), 0, most)  # whoever may claim them


def main() -> None:
    """One of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("plan", "send", "check"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("number", type=int, nargs="?", default=0)
    args = parser.parse_args()
    match args.what:
        case "plan":
            answer = asyncio.run(plan(args.folder, args.number))
        case "send":
            answer = uvloop.run(send(args.folder, args.number))
        case _:
            answer = uvloop.run(check(args.folder))
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
