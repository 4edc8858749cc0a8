"""The disk of the PostgreSQL server is full in the middle of a send, for a while."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.faults import GOES_ON
from support.hosts import NOT_PERMITTED
from support.postgres import Cluster
from support.shared import Broken, SharedEdition, plan, until
from support.sink import sink

pytestmark = pytest.mark.timeout(240)

READERS = 400
DELAY = 0.03
"""Seconds that the mail server takes for a message."""
_SIZE = 48_000_000
"""Bytes of the disk: a database with the edition takes a quarter."""


@dataclass(frozen=True)
class Disk:
    """A small one."""

    folder: Path

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"

    def fill(self) -> None:
        """To the last byte."""
        with self._filler.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(4096)):
                pass

    def make_room(self) -> None:
        self._filler.unlink()


@pytest.fixture(scope="module")
def planned(own: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    return plan(own, tmp_path_factory.mktemp("planned"), READERS)


@pytest.fixture
def disk(own: Cluster) -> Iterator[Disk]:
    """Where the tablespace `small` is."""
    folder = Path(tempfile.mkdtemp(prefix="newsletter-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", folder]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        folder.rmdir()
        pytest.skip(f"a disk of our own is {NOT_PERMITTED}: {done.stderr}")
    try:
        tables = folder / "tables"
        tables.mkdir()
        owner = own.owner
        for path in (folder, tables):
            os.chown(path, owner, -1)
        own.admin.execute(f"CREATE TABLESPACE small LOCATION '{tables}'")
        yield Disk(folder)
        own.admin.execute("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def edition(own: Cluster, planned: str, disk: Disk, tmp_path: Path) -> Iterator[SharedEdition]:
    """On the small disk."""
    with (
        sink(tmp_path / "record", delay=DELAY) as port,
        SharedEdition(own, tmp_path, planned, port, READERS) as edition,
    ):
        own.admin.execute(f'ALTER DATABASE "{edition.name}" SET TABLESPACE small')
        yield edition


def test_it_stops_with_what_it_knows_and_goes_on_when_there_is_room(
    edition: SharedEdition, disk: Disk
) -> None:
    """Nothing leaves whose intent the server has not confirmed; it says what to do, and the next send makes
    up for the rest."""
    sender = edition.start()
    edition.until_some_came(20)
    disk.fill()
    assert sender.end() == 1
    assert "make room on the server's disk" in sender.said
    assert "Traceback" not in sender.said
    assert edition.states["pending"] > 0
    came = edition.came
    assert edition.start().end() == 1  # and again, as long as it is full
    assert edition.came == came
    disk.make_room()
    edition.finish()
    edition.check()


def going_on() -> None:
    """The broken variant hands messages over whose intent was never committed."""
    exec(GOES_ON, {})  # noqa: S102


def test_the_check_notices_who_goes_on(edition: SharedEdition, disk: Disk) -> None:
    """By the copies that the ledger knows nothing of."""
    sender = edition.start(on=going_on)
    edition.until_some_came(20)
    disk.fill()
    came = edition.came
    with suppress(Broken):
        until(lambda: edition.came > came + 50, "it did not go on", 20)
    sender.kill()
    disk.make_room()
    edition.finish()
    with pytest.raises(Broken):
        edition.check()
