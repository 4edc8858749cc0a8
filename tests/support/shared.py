"""An edition in PostgreSQL that several processes send at once, each the real program, started by its command
and forked after its imports to save their time."""

import asyncio
import multiprocessing
import os
import secrets
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from newsletter.adapters.stores import batches
from support.audit import Audit, install
from support.newsroom import newsroom, publish, write_config
from support.postgres import Cluster
from support.room import DUE

__all__ = ["LEASE", "SEND", "Broken", "Sender", "SharedEdition", "plan", "until"]

SEND = ("send",)
LEASE = 2.0
"""Seconds."""
_MORE = "# what each sender has of its own"
_STORE = """
[store]
url = "{url}"

[delivery]
lease = "{lease:g}s"
{more}
"""
_WORLD = multiprocessing.get_context("forkserver")
_WORLD.set_forkserver_preload(
    [
        "newsletter.cli",
        "newsletter.cli.work",
        "newsletter.scheduler.worker",
        "psycopg",
        "aiosmtplib",
        "uvloop",
    ]
)


class Broken(AssertionError):
    """A promise was."""


def plan(cluster: Cluster, folder: Path, readers: int, *, like: str = "template0", size: int = 20) -> str:
    """The name of a database with an edition for so many readers, in batches of this size, and the audit: to
    be copied, not used."""
    name = cluster.create(like)
    url = cluster.url(name)

    async def make() -> None:
        async with newsroom(folder, readers=readers, more=f'[store]\nurl = "{url}"\n') as app:
            await publish(app)
            await app.database.write(batches.make_batches, size)

    asyncio.run(make())
    install(url)
    return name


def until(true: Callable[[], object], what: str, seconds: float = 100) -> None:
    """Wait for it. Raises Broken."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise Broken(what)
        time.sleep(0.01)


@dataclass(frozen=True)
class Sender:
    """One of the processes. `name` is also that of its role in the database."""

    name: str
    process: Any
    log: Path

    def signal(self, number: signal.Signals) -> None:
        """Send it."""
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, number)

    def kill(self) -> None:
        """At once, and see it gone."""
        self.process.kill()
        self.process.join(20)

    @property
    def runs(self) -> bool:
        return bool(self.process.is_alive())

    def end(self, seconds: float = 100) -> int:
        """Its exit code. Raises Broken where it does not end by itself."""
        self.process.join(seconds)
        if self.process.exitcode is None:
            raise Broken(f"{self.name} did not end: {self.said}")
        return int(self.process.exitcode)

    @property
    def said(self) -> str:
        """All that it printed and logged."""
        return self.log.read_text() if self.log.exists() else ""


@dataclass
class SharedEdition:
    """A copy of a planned database, and those who send it. A context manager that ends them all."""

    cluster: Cluster
    folder: Path
    planned: str
    """The database to copy."""
    mail: int
    """The port of the mail server."""
    readers: int
    connections: int = 4
    lease: float = LEASE
    more: str = ""
    """In the table `[delivery]`, and further tables."""
    mail_host: str = "127.0.0.1"
    record: Path = field(init=False)
    """What the mail server wrote down."""
    senders: list[Sender] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.record = self.folder / "record"
        self.name = self.cluster.create(like=self.planned)
        self.url = self.cluster.url(self.name)
        written = write_config(self.folder, self.mail, self.connections, _MORE).read_text()
        self._config = written.replace("[smtp]", f'[smtp]\nhost = "{self.mail_host}"')

    def __enter__(self) -> "SharedEdition":
        return self

    def __exit__(self, *_: object) -> None:
        for sender in self.senders:
            sender.kill()
        with suppress(psycopg.Error):
            self.cluster.drop(self.name)

    def start(
        self,
        command: Sequence[str] = SEND,
        *,
        port: int | None = None,
        now: str = DUE,
        on: Callable[[], None] | None = None,
    ) -> Sender:
        """One more, that reaches the database over this port. `on` is called in the new process first."""
        name = f"sender_{secrets.token_hex(4)}"
        self.cluster.admin.execute(f"CREATE ROLE {name} SUPERUSER LOGIN")
        url = self.cluster.url(self.name, port).replace("//tests@", f"//{name}@")
        more = _STORE.format(url=url, lease=self.lease, more=self.more)
        config = self.folder / f"{name}.toml"
        config.write_text(self._config.replace(_MORE, more))
        log = self.folder / f"{name}.log"
        arguments = [*command, "--config", str(config), "--now", now]
        process = _WORLD.Process(target=_work, args=(arguments, log, on), daemon=True)
        process.start()
        sender = Sender(name, process, log)
        self.senders.append(sender)
        return sender

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Of the database, past the program."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(query).fetchall()

    @property
    def states(self) -> Counter[str]:
        """How many rows are in which."""
        return Counter(dict(self.ask("SELECT state, count(*) FROM outbox GROUP BY state")))

    @property
    def all_sent(self) -> bool:
        """Whether nothing is left to do."""
        return not self.ask("SELECT 1 FROM outbox WHERE state IN ('pending', 'sending', 'deferred') LIMIT 1")

    @property
    def unfinished(self) -> str:
        """Who has what is left, and what they said."""
        held = self.ask(
            "SELECT b.*, clock_timestamp(), (SELECT count(*) FROM outbox WHERE id BETWEEN b.first AND b.last"
            " AND state = 'sending') FROM batches b WHERE due IS NOT NULL OR holder <> ''"
        )
        said = [f"{sender.name}: {sender.said[-500:]}" for sender in self.senders if sender.runs]
        return "\n".join(map(str, [*held, *said]))

    @property
    def messages(self) -> list[tuple[str, str, str]]:
        """Recipient, hash and Message-ID of what the mail server has."""
        if not self.record.exists():
            return []
        return [
            (who, digest, name) for who, digest, name in map(str.split, self.record.read_text().splitlines())
        ]

    @property
    def came(self) -> int:
        """How many messages."""
        return self.record.read_bytes().count(b"\n") if self.record.exists() else 0

    def until_some_came(self, count: int) -> None:
        """So many messages. Raises Broken, also where a sender ends before."""

        def came() -> bool:
            for sender in self.senders:
                if not sender.runs:
                    raise Broken(f"{sender.name} ended: {sender.said}")
            return self.came >= count

        until(came, "nothing was sent")

    def finish(self, seconds: float = 100, on: Callable[[], None] | None = None) -> None:
        """Start senders one after the other until all is sent."""
        end = time.monotonic() + seconds
        while not self.all_sent:
            if time.monotonic() > end:
                raise Broken(f"some are left: {dict(self.states)}; {self.senders[-1].said}")
            if self.start(on=on).end(seconds):
                raise Broken(f"a sender failed: {self.senders[-1].said}")
            time.sleep(0.1)

    def check(self) -> tuple[Audit, int]:
        """Nobody is lost, nothing was sent by two at once, and nobody has more copies than one and one for
        each doubt, all of the same bytes. Answers the history, and how many extra copies there were. Raises
        Broken."""
        time.sleep(0.1)  # the mail server may still have a message in its hands
        audit = Audit.of(self.url)
        if audit.wrong:
            raise Broken("; ".join(audit.wrong[:5]))
        if self.states != Counter(accepted=self.readers):
            raise Broken(f"the ledger says {dict(self.states)} of {self.readers}")
        return audit, self._check_copies(audit.doubts)

    def _check_copies(self, doubts: Counter[str]) -> int:
        """How many are extra."""
        copies: dict[str, list[tuple[str, str]]] = {}
        for reader, digest, name in self.messages:
            copies.setdefault(reader, []).append((digest, name))
        for reader, found in copies.items():
            if len(found) > 1 + doubts[reader]:
                raise Broken(f"{reader} has {len(found)} copies and was in doubt {doubts[reader]} times")
            if len(set(found)) > 1:
                raise Broken(f"{reader} has copies that differ")
        if len(copies) != self.readers:
            raise Broken(f"{self.readers - len(copies)} lost")
        if len({found[0][1] for found in copies.values()}) != self.readers:
            raise Broken("two readers have one Message-ID")
        return sum(map(len, copies.values())) - self.readers


def _work(arguments: Sequence[str], log: Path, on: Callable[[], None] | None) -> None:
    with log.open("ab", buffering=0) as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
    if on is not None:
        on()
    sys.argv = ["newsletter", *arguments]
    from newsletter.cli import main

    main()
