"""mailbox: a place to send to and to look at, on this machine only."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.options import DEFAULT_CONFIG, Json, async_command
from newsletter.cli.output import print_json, print_lines

__all__ = ["mailbox"]

HOST = "127.0.0.1"

Directory = Annotated[
    Path | None,
    typer.Option(
        "--dir",
        metavar="DIR",
        help="The Maildir.",
        show_default="mailbox, next to the configuration",
        file_okay=False,
    ),
]
SmtpPort = Annotated[
    int, typer.Option("--smtp-port", metavar="PORT", min=0, max=65535, help="0 takes any that is free.")
]
WebPort = Annotated[
    int, typer.Option("--web-port", metavar="PORT", min=0, max=65535, help="0 takes any that is free.")
]
WebHost = Annotated[
    str,
    typer.Option("--web-host", metavar="HOST", help="Where the pages listen; inside a container, 0.0.0.0."),
]

Beside = Annotated[
    Path, typer.Option("--config", metavar="FILE", help="The configuration that the Maildir lies beside.")
]


@async_command
async def mailbox(
    directory: Directory = None,
    smtp_port: SmtpPort = 2525,
    web_port: WebPort = 8025,
    web_host: WebHost = HOST,
    config: Beside = DEFAULT_CONFIG.path,
    json: Json = False,
) -> None:
    """A local mail server that shows what it gets, for trying things out.

    Listens on this machine only, keeps every message in a Maildir and shows it in the browser.
    """
    # Servers are loaded where they are needed: every other command starts without them.
    from newsletter.adapters.mailbox import LocalMailbox
    from newsletter.web.mailbox import mailbox_app
    from newsletter.web.server import WebServer, listen

    folder = directory or (config.parent if config.exists() else Path()) / "mailbox"
    async with LocalMailbox(folder, HOST, smtp_port) as local:
        with listen(web_host, web_port, "--web-port") as web:
            server = WebServer(mailbox_app(folder))
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, server.stop)
            address = f"http://{HOST}:{web.getsockname()[1]}/"
            _announce(folder, f"{HOST}:{local.port}", address, json=json)
            await server.serve(sockets=[web])
        if not json:
            print_lines(["", f"Kept {local.count} {'message' if local.count == 1 else 'messages'}."])


def _announce(folder: Path, smtp: str, web: str, *, json: bool) -> None:
    if json:
        print_json({"mailbox": str(folder), "smtp": smtp, "web": web})
    else:
        print_lines(
            [
                f"Send to  {smtp} (no TLS, no login)",
                f"Look at  {web}",
                f"Kept in  {folder}",
                "Stop with Ctrl-C.",
            ]
        )
