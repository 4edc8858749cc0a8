"""Servers of aiosmtpd in the running event loop, whose connections end with them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiosmtpd.smtp import SMTP

__all__ = ["Connection", "listening"]


class Connection(SMTP):
    """One client. Its lines may be as long as a message: they are not passed on to anybody."""

    def __init__(
        self,
        handler: Any,
        others: "set[Connection]",
        *,
        largest: int,
        ident: str,
        most: int | None = None,
        timeout: float = 300,
    ) -> None:
        """`largest` is in octets, `timeout` in seconds between two commands; with `most` connections among
        the `others` there is no further one."""
        self.line_length_limit = largest  # the base class looks at it while it is made
        super().__init__(
            handler,
            data_size_limit=largest,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident=ident,
            timeout=timeout,
            loop=asyncio.get_running_loop(),
        )
        self._others = others
        self._most = most

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._most is not None and len(self._others) >= self._most:
            transport.close()
            return
        self._others.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self in self._others:
            self._others.discard(self)
            super().connection_lost(error)

    def hang_up(self) -> "asyncio.Task[None] | None":
        """Close the connection; the task that serves it and is about to end."""
        if self.transport is not None:
            self.transport.close()
        return self._handler_coroutine


@asynccontextmanager
async def listening(
    connection: Callable[[set[Connection]], Connection], host: str, port: int
) -> AsyncIterator[int]:
    """Serve each client by a connection of its own, which is given the others. Yields the port, which 0
    leaves open. Raises OSError where it cannot be had."""
    connections: set[Connection] = set()
    server = await asyncio.get_running_loop().create_server(lambda: connection(connections), host, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        ending = [task for one in [*connections] if (task := one.hang_up())]
        await asyncio.gather(*ending, return_exceptions=True)
        await server.wait_closed()
