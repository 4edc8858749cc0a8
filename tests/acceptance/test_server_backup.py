"""A dump of the server that is put back as docs/operating.md says: what it calls pending is held, where a
machine has sent since."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.commands import Mailbox, answer, newsletter
from support.faults import SEND
from support.newsroom import newsroom, publish
from support.postgres import Cluster, programs

from newsletter.adapters.jobs import JobBoard

COPIES = 30


def program(name: str, *arguments: str) -> None:
    """One of PostgreSQL's own."""
    folder = programs()
    assert folder
    done = subprocess.run([folder / name, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def name(cluster: Cluster, with_tables: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database that every command uses."""
    made = cluster.create(with_tables)
    monkeypatch.setenv("NEWSLETTER_STORE__URL", cluster.url(made))
    yield made
    cluster.drop(made)


async def test_a_dump_that_is_put_back_sends_nothing_again(
    cluster: Cluster, name: str, inbox: Mailbox, tmp_path: Path
) -> None:
    """The dump is of before the send; jobs are in it as well. A person's word sends what was held."""
    inbox.empty()
    async with newsroom(tmp_path, port=inbox.port, readers=COPIES) as app:
        await publish(app)
    async with JobBoard(cluster.url(name), []).open():
        pass
    program("pg_dump", "--format=custom", f"--file={tmp_path / 'newsletter.dump'}", cluster.url(name))
    assert answer(*SEND, cwd=tmp_path)["outbox"]["accepted"] == COPIES
    assert inbox.count == COPIES

    cluster.cut_off(name)
    cluster.admin.execute(f'ALTER DATABASE "{name}" RENAME TO "{name}_before"')
    try:
        cluster.admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        restored = f"--dbname={cluster.url(name)}"
        program("pg_restore", "--no-owner", "--exit-on-error", restored, str(tmp_path / "newsletter.dump"))
        held = newsletter(*SEND, cwd=tmp_path, code=1)
        assert "a backup was put back" in held.stderr
        assert inbox.count == COPIES
        answer("editions", "resume", 1, cwd=tmp_path)
        assert answer(*SEND, cwd=tmp_path)["outbox"]["accepted"] == COPIES
    finally:
        cluster.drop(f"{name}_before")
