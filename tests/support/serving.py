"""The public pages of a newsletter on a port of this machine, for a browser."""

import asyncio
import json
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import uvicorn

from newsletter.bootstrap import App, open_app
from newsletter.web.site import site
from support.site import config_in

__all__ = ["served"]


@contextmanager
def served(
    folder: Path, now: datetime, furnish: Callable[[App], Awaitable[Any]], name: str = "The Papers"
) -> Iterator[tuple[str, Any]]:
    """Its address, and what `furnish` answers, which may put people and editions into it. `name` is the
    newsletter's."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = config_in(folder)
        text = config.read_text().replace("https://papers.example.org", address)
        config.write_text(text.replace('"Tom & Ada\'s <Papers>"', json.dumps(name)))
        running: dict[str, Any] = {}
        ready = threading.Event()

        async def run() -> None:
            async with open_app(config, now) as app:
                running["furnished"] = await furnish(app)
                running["server"] = server = uvicorn.Server(
                    uvicorn.Config(
                        site(app),
                        lifespan="off",
                        log_config=None,
                        log_level="error",
                        timeout_graceful_shutdown=1,
                    )
                )
                ready.set()
                await server.serve(sockets=[listening])

        def work() -> None:
            try:
                asyncio.run(run())
            finally:
                ready.set()

        thread = threading.Thread(target=work)
        thread.start()
        ready.wait()
        yield address, running["furnished"]
        running["server"].should_exit = True
        thread.join()
