"""A newsletter of one's own in a temporary folder, ready to publish."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from newsletter.bootstrap import App, open_app
from newsletter.core.listfile import NewSubscriber
from newsletter.ports import PublishedEdition
from support import store
from support.samples import NOW, entry

CONFIG = """
[newsletter]
id = "papers"
name = "Morning Papers"
from = "Morning Papers <papers@example.org>"
base_url = "https://papers.example.org"
secret_file = "newsletter.secret"

[smtp]
port = {port}
tls = "none"
connections = {connections}
{more}
"""


def write_config(
    folder: Path, port: int = 2525, connections: int = 4, more: str = "", timeout: float | None = None
) -> Path:
    """newsletter.toml and its signing key; `timeout` is that of the store."""
    (folder / "newsletter.secret").write_text("0123456789abcdef" * 2)
    config = folder / "newsletter.toml"
    config.write_text(
        CONFIG.format(port=port, connections=connections, more=more) + store.table(folder, timeout)
    )
    return config


@asynccontextmanager
async def newsroom(
    folder: Path,
    *,
    port: int = 2525,
    connections: int = 4,
    readers: int = 0,
    more: str = "",
    timeout: float | None = None,
) -> AsyncIterator[App]:
    """The app with twelve entries and so many readers, its clock at NOW."""
    async with open_app(write_config(folder, port, connections, more, timeout), NOW) as app:
        await app.entries.add([entry(n, title=f"Paper {n} on subject {n}") for n in range(1, 13)], NOW)
        await app.subscribers.add([NewSubscriber(f"reader{n}@example.org") for n in range(readers)], NOW)
        yield app


async def publish(app: App) -> PublishedEdition:
    """The first edition, planned."""
    published = (await app.daily.publish(NOW, NOW)).edition
    assert published is not None
    return published
