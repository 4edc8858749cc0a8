"""serve: the scheduler, delivery and the web pages in one process."""

import asyncio
import signal
from contextlib import AsyncExitStack

from newsletter.bootstrap import App, open_app
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, async_command
from newsletter.cli.output import print_json, print_lines, when
from newsletter.core.slots import next_slot

__all__ = ["serve"]


@async_command
async def serve(config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False) -> None:
    """Run the daily job at its times, and the web pages, until stopped.

    The pages are the sign-up and those that the emails link to: the archive, preferences, unsubscribing.
    """
    # Loaded where they are needed: every other command starts without them.
    from newsletter.scheduler import Scheduler
    from newsletter.web.server import WebServer, listen
    from newsletter.web.site import site

    async with open_app(config, now) as app, AsyncExitStack() as stack:
        web = app.settings.web
        with listen(web.host, web.port, "[web] port") as socket:
            server = WebServer(site(app))
            scheduler = Scheduler(app)
            if listener := app.listener:
                await stack.enter_async_context(listener)
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, server.stop)
            scheduler.start()
            _announce(app, f"http://{web.host}:{socket.getsockname()[1]}/", json=json)
            try:
                await server.serve(sockets=[socket])
            finally:
                await scheduler.stop()


def _announce(app: App, address: str, *, json: bool) -> None:
    upcoming = next_slot(app.schedule, app.clock.now())
    if json:
        print_json({"web": address, "next_slot": upcoming.isoformat()})
        return
    print_lines(
        [
            f"{app.newsletter.name} is running. Next slot: {when(upcoming)}",
            f"Pages at {address} (readers come through {app.newsletter.base_url})",
            "Stop with Ctrl-C.",
        ]
    )
