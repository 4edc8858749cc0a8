"""A work bench in the browser that follows the files it is made of."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from socket import socket

from watchfiles import Change, awatch

from newsletter.bootstrap import App
from newsletter.web.bench import Bench, bench_app
from newsletter.web.server import WebServer

__all__ = ["Watched", "serve_bench", "watched"]

DEBOUNCE = 400
"""Milliseconds at most over which changes are gathered: an editor writes several files when it saves one."""


@dataclass(frozen=True)
class Watched:
    """What a preview is made of on disk."""

    folders: tuple[Path, ...]
    """With all that is below them."""
    config: Path

    def changes(self, stop: asyncio.Event) -> Sequence[AsyncIterator[object]]:
        """Something for each change, until it is told to stop."""
        # The folder of the configuration, since editors put a new file in its place.
        beside = partial(awatch, self.config.parent, watch_filter=self._is_config, recursive=False)
        below = partial(awatch, *self.folders, watch_filter=None)
        return [watch(debounce=DEBOUNCE, stop_event=stop) for watch in (below, beside)]

    def _is_config(self, _: Change, path: str) -> bool:
        return Path(path).name == self.config.name


async def _follow(changes: AsyncIterator[object], bench: Bench, renewed: Callable[[], None]) -> None:
    """`renewed` is called where a change makes something else to see."""
    async for _ in changes:
        if await bench.renew():
            renewed()


def watched(app: App, config: Path, *, weekly: bool) -> Watched:
    """The theme, the other themes beside it, and the configuration."""
    desk, own = app.weekly_desk if weekly else app.desk, app.settings.path("templates")
    theme = desk.theme.folder
    folders = [own] if own.is_dir() else []
    if not theme.is_relative_to(own):
        folders.append(theme)
    return Watched(tuple(folders), config.absolute())


async def serve_bench(bench: Bench, web: socket, places: Watched, renewed: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM, and renew what is shown."""
    server = WebServer(bench_app(bench))
    stopped = asyncio.Event()

    def stop() -> None:
        stopped.set()
        bench.close()
        server.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    followers = (_follow(changes, bench, renewed) for changes in places.changes(stopped))
    await asyncio.gather(server.serve(sockets=[web]), *followers)
