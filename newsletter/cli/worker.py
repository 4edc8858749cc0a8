"""worker: one more process, here or on another machine, that takes its part of the daily job."""

import asyncio
import signal
from contextlib import AsyncExitStack
from typing import Annotated

import typer

from newsletter.bootstrap import App, open_app
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, command_for_all
from newsletter.cli.output import print_json, print_lines, when
from newsletter.cli.serve import files_of
from newsletter.core.slots import next_slot
from newsletter.errors import ConfigError

__all__ = ["worker"]

Queues = Annotated[
    list[str] | None,
    typer.Option("--queue", metavar="NAME", help="Take only letters, day or deliver; can be repeated."),
]


@command_for_all
async def worker(
    config: Config = DEFAULT_CONFIG, queue: Queues = None, now: Now = None, json: Json = False
) -> None:
    """Take a part of the daily job and its delivery, beside other workers, until stopped.

    Start as many as you like, on as many machines as you like: they share a PostgreSQL database. They may
    come and go at any time; what one was doing when it died another takes up.
    """
    async with AsyncExitStack() as stack:
        apps = [await stack.enter_async_context(open_app(file, now)) for file in files_of(config)]
        for app in apps:
            _check(app)
        # Loaded where it is needed: every other command starts without it.
        from newsletter.scheduler.worker import QUEUES, Worker

        for name in queue or ():
            if name not in QUEUES:
                raise typer.BadParameter(f"--queue takes {', '.join(QUEUES)} (it is {name!r}).")
        workers = [Worker(app, queue or QUEUES) for app in apps]
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
        running = [asyncio.create_task(worker.run()) for worker in workers]
        _announce(apps, json=json)
        stopping = asyncio.create_task(stopped.wait())
        await asyncio.wait([stopping, *running], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        for one in workers:
            await one.stop()
        await asyncio.gather(*running)


def _check(app: App) -> None:
    """Raises ConfigError."""
    if app.database.kind != "postgresql":
        raise ConfigError(
            f"workers share a PostgreSQL database, and [store] url is {app.settings.store.url!r}: one "
            "process does it all there, `newsletter serve`. docs/scaling.md says how to go on to many."
        )


def _announce(apps: list[App], *, json: bool) -> None:
    slots = {app.newsletter.id: next_slot(app.schedule, app.clock.now()) for app in apps}
    if json:
        print_json({"worker": apps[0].worker, "next_slot": min(slots.values()).isoformat()})
        return
    for app in apps:
        print_lines(
            [f"{app.newsletter.name}: working as {app.worker}. Next slot: {when(slots[app.newsletter.id])}"]
        )
    print_lines(["Stop with Ctrl-C."])
