"""How fast an edition goes out, beside smtp-source on the same sink. Prints JSON; see README.md."""

import argparse
import asyncio
import contextlib
import json
import os
import resource
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from newsletter.bootstrap import App, open_app, shipped
from newsletter.core.listfile import NewSubscriber
from newsletter.core.slots import local_time
from newsletter.ports import PublishedEdition

CONNECTIONS = 20


def tool(name: str) -> str:
    """Debian keeps these in /usr/sbin, which is not on everybody's path."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        raise SystemExit(f"{name} is missing: apt-get install --no-install-recommends postfix")
    return found


@contextlib.contextmanager
def sink() -> Iterator[int]:
    """smtp-sink on a free port of loopback."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [
        tool("smtp-sink"),
        *(["-u", "nobody"] if os.geteuid() == 0 else []),
        f"127.0.0.1:{port}",
        "1000",
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()


def smtp_source(port: int, size: int, messages: int) -> float:
    """Seconds that the peer takes for so many messages of this size."""
    start = time.perf_counter()
    subprocess.run(
        [tool("smtp-source"), "-d", "-s", str(CONNECTIONS), "-l", str(size), "-m", str(messages),
         "-f", "papers@example.org", "-t", "reader@example.org", f"127.0.0.1:{port}"],
        check=True,
    )  # fmt: skip
    return time.perf_counter() - start


async def publish(app: App, recipients: int) -> PublishedEdition:
    """The seed page's edition, planned for so many readers."""
    now = app.clock.now()
    await app.collect()
    await app.subscribers.add((NewSubscriber(f"reader{n}@example.org") for n in range(recipients)), now)
    published = (await app.daily.publish(local_time(now, app.schedule.zone), now)).edition
    if published is None:
        raise SystemExit("the seed page gave no edition")
    return published


async def measure(folder: Path, port: int, recipients: int) -> dict[str, object]:
    """Send the edition, and say what it cost."""
    async with open_app(folder / "newsletter.toml", smtp_port=port) as app:
        published = await publish(app, recipients)
        size = len((await app.preview(published))["email.eml"])
        delivery = app.delivery()
        cpu, start = time.process_time(), time.perf_counter()
        await delivery.run()
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        counts = (await app.outbox.accounting(published.id)).counts
    return {
        "accepted": sum(count for state, count in counts.items() if state == "accepted"),
        "message_bytes": size,
        "seconds": round(seconds, 2),
        "messages_per_second": round(recipients / seconds),
        "cpu_seconds_per_1000": round(1000 * cpu / recipients, 2),
    }


def main() -> None:
    """Measure both in one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipients", type=int, default=2000)
    recipients = parser.parse_args().recipients
    with tempfile.TemporaryDirectory() as name, sink() as port:
        folder = Path(name)
        for file in ("newsletter.toml", "papers.txt"):
            shutil.copyfile(shipped("seeds") / file, folder / file)
        (folder / "newsletter.secret").write_text("0123456789abcdef" * 2)
        os.environ["NEWSLETTER_SMTP__CONNECTIONS"] = str(CONNECTIONS)
        ours = asyncio.run(measure(folder, port, recipients))
        theirs = smtp_source(port, int(str(ours["message_bytes"])), recipients)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        json.dumps(
            ours
            | {
                "connections": CONNECTIONS,
                "peak_memory_mb": peak,
                "smtp_source_messages_per_second": round(recipients / theirs),
                "of_smtp_source": round(theirs / float(str(ours["seconds"])), 3),
            }
        )
    )


if __name__ == "__main__":
    main()
