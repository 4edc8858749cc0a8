"""uvicorn inside an event loop that has other work to do, stopped by that loop's own signals."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from newsletter.errors import ConfigError

__all__ = ["WebServer", "listen"]


class WebServer(uvicorn.Server):
    """Leaves the signals to its caller: uvicorn's own way ends the process by the signal, and being
    asked to stop is no failure."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,  # its words go where ours go
                log_level="warning",
                access_log=False,
                server_header=False,
                # Whom to believe of where a request comes from is the application's to say.
                proxy_headers=False,
                timeout_graceful_shutdown=1,
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield

    def stop(self) -> None:
        """Answer what was asked, and end."""
        self.should_exit = True


def listen(host: str, port: int, key: str) -> socket.socket:
    """A listening socket; whoever connects before the server runs just waits a moment. Raises ConfigError
    that names `key`, the option or key with which another port is chosen."""
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise ConfigError(
            f"cannot listen on {host} port {port}: {os.strerror(error.errno or 0)}. "
            f"Choose another port with {key}; 0 takes any that is free."
        ) from error
