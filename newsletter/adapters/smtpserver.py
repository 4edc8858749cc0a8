"""Servers of aiosmtpd in the running event loop, whose connections end with them."""

import asyncio
import os
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP

from newsletter.errors import ConfigError

__all__ = ["Connection", "Listening"]


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


class Listening(ABC):
    """A server as an async context manager: each client has a connection of its own, which is given the
    others. Port 0 means any free one."""

    def __init__(self, host: str, port: int, refused: str) -> None:
        """`refused` says in the error what cannot listen, with a place for {address} and for the {reason}."""
        self.host = host
        self.port = port
        """The real port, once it has started."""
        self._refused = refused
        self._connections: set[Connection] = set()

    @abstractmethod
    def connection(self, others: set[Connection]) -> Connection:
        """Who serves the next client."""

    async def __aenter__(self) -> Self:
        try:
            self._server = await asyncio.get_running_loop().create_server(
                lambda: self.connection(self._connections), self.host, self.port
            )
        except OSError as error:
            address, reason = f"{self.host} port {self.port}", os.strerror(error.errno or 0)
            raise ConfigError(self._refused.format(address=address, reason=reason)) from error
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        ending = [task for one in [*self._connections] if (task := one.hang_up())]
        await asyncio.gather(*ending, return_exceptions=True)
        await self._server.wait_closed()
