"""serve: the scheduler, delivery and the web pages in one process, for one newsletter or for several."""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from structlog.contextvars import bound_contextvars

from newsletter.bootstrap import App, open_app
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, command_for_all
from newsletter.cli.output import print_json, print_lines, when
from newsletter.config import ConfigFile, newsletters_in
from newsletter.core.slots import next_slot
from newsletter.errors import ConfigError

if TYPE_CHECKING:
    from newsletter.scheduler import Scheduler
    from newsletter.scheduler.worker import Worker
    from newsletter.web.server import WebServer

__all__ = ["files_of", "serve"]


@command_for_all
async def serve(config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False) -> None:
    """Run the daily job at its times, and the web pages, until stopped.

    The pages are the sign-up and those that the emails link to: the archive, preferences, unsubscribing.
    Where the file has several newsletters, all of them run.
    """
    # Loaded where they are needed: every other command starts without them.
    from newsletter.bootstrap.listening import listeners
    from newsletter.web.server import listen

    async with AsyncExitStack() as stack:
        apps = [await stack.enter_async_context(open_app(file, now)) for file in files_of(config)]
        host, port = _address(apps)
        with listen(host, port, "[web] port") as socket:
            server = _server(apps)
            turn = asyncio.Lock()
            schedulers = [_runner(app, turn) for app in apps]
            for listener in listeners(apps):
                await stack.enter_async_context(listener)
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, server.stop)
            _start(schedulers, apps)
            _announce(apps, f"http://{host}:{socket.getsockname()[1]}/", json=json)
            try:
                await server.serve(sockets=[socket])
            finally:
                await asyncio.gather(*(scheduler.stop() for scheduler in schedulers))


def files_of(config: ConfigFile) -> list[ConfigFile]:
    """One for each newsletter that is to run."""
    names = () if config.newsletter else newsletters_in(config.path)
    return [replace(config, newsletter=name) for name in names] or [config]


def _address(apps: Sequence[App]) -> tuple[str, int]:
    """Where the pages of all are. Raises ConfigError."""
    places = {(app.settings.web.host, app.settings.web.port): app.newsletter.id for app in apps}
    if len(places) > 1:
        raise ConfigError(
            f"the newsletters {' and '.join(places.values())} have different [web] host or port, and there "
            "is one server for all: set both outside [newsletters], or run each by itself with --newsletter."
        )
    return next(iter(places))


def _server(apps: Sequence[App]) -> "WebServer":
    from newsletter.web.server import WebServer
    from newsletter.web.site import site
    from newsletter.web.sites import Sites

    return WebServer(site(apps[0]) if len(apps) == 1 else Sites(apps))


def _runner(app: App, turn: asyncio.Lock) -> "Scheduler | Worker":
    """What runs the daily job: beside others where there can be several."""
    if app.database.kind == "postgresql":
        from newsletter.scheduler.worker import Worker

        return Worker(app)
    from newsletter.scheduler import Scheduler

    return Scheduler(app, turn)


def _start(schedulers: "Sequence[Scheduler | Worker]", apps: Sequence[App]) -> None:
    """What each logs says whose it is, where there are several."""
    for scheduler, app in zip(schedulers, apps, strict=True):
        with bound_contextvars(**({"newsletter": app.newsletter.id} if len(apps) > 1 else {})):
            scheduler.start()


def _announce(apps: Sequence[App], address: str, *, json: bool) -> None:
    slots = {app.newsletter.id: next_slot(app.schedule, app.clock.now()) for app in apps}
    if json:
        said: dict[str, object] = {"web": address, "next_slot": min(slots.values()).isoformat()}
        if len(apps) > 1:
            said["newsletters"] = {name: {"next_slot": slot.isoformat()} for name, slot in slots.items()}
        print_json(said)
        return
    for app in apps:
        print_lines([f"{app.newsletter.name} is running. Next slot: {when(slots[app.newsletter.id])}"])
    reached = " and ".join(app.newsletter.base_url for app in apps)
    print_lines([f"Pages at {address} (readers come through {reached})", "Stop with Ctrl-C."])
