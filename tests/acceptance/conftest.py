"""The demo, run once for all tests that look at it; a mail server, and a newsletter that sends over it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.commands import Mailbox, answer, mailbox
from support.demo import NOW, Demo
from support.postgres import Cluster
from support.room import Room, furnish


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """One run in an empty folder, as the README says."""
    cwd = tmp_path_factory.mktemp("cwd")
    return Demo(cwd, answer("demo", "--now", NOW, cwd=cwd))


@pytest.fixture
def folder(demo: Demo, tmp_path: Path) -> Path:
    """A copy of the demo's folder, to be changed."""
    shutil.copytree(demo.folder, tmp_path / "demo")
    return tmp_path / "demo"


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    """Takes all mail, and keeps it."""
    with mailbox(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def room(tmp_path: Path, inbox: Mailbox) -> Room:
    """Three readers and a page of papers; nothing is collected yet."""
    inbox.empty()
    return furnish(tmp_path, inbox.port)


@pytest.fixture
def store(cluster: Cluster, with_tables: str) -> Iterator[str]:
    """`[store] url` of a database with nothing in it."""
    name = cluster.create(like=with_tables)
    yield cluster.url(name)
    cluster.drop(name)
