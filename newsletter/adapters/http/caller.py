"""Calling an address that the operator has configured: a watch, a webhook."""

import asyncio
import json
from collections.abc import Mapping, Sequence

import httpx

from newsletter.adapters.http.addresses import Gate, Resolve, resolve_by_system
from newsletter.adapters.http.answers import REDIRECTS, web_url
from newsletter.adapters.http.fetcher import user_agent
from newsletter.adapters.http.transport import PinnedTransport
from newsletter.adapters.http.trouble import Trouble
from newsletter.errors import SourceError

__all__ = ["HttpCaller"]

_PASSING = (429, 500, 502, 503, 504)


class HttpCaller:
    """`ports.Caller` over HTTP/1.1. The host of the address may be in a private network, since whoever runs
    the newsletter has named it; no redirect is followed, so nothing leads to another.

    `timeout` is in seconds, for a connection and for the answer; `pauses` are those before further tries
    where what goes wrong may pass.
    """

    def __init__(
        self,
        contact: str,
        *,
        timeout: float = 10,
        pauses: Sequence[float] = (1.0,),
        resolve: Resolve = resolve_by_system,
    ) -> None:
        self._headers = {"User-Agent": user_agent(contact), "Accept": "*/*"}
        self._timeout = timeout
        self._pauses = pauses
        self._resolve = resolve

    async def call(self, url: str, data: Mapping[str, object] | None = None) -> None:
        """See `ports.Caller`."""
        content = None if data is None else json.dumps(data).encode()
        try:
            address = web_url(url)
            for pause in self._pauses:
                try:
                    return await self._call(address, content)
                except Trouble as trouble:
                    if not trouble.passing:
                        raise
                    await asyncio.sleep(pause)
            await self._call(address, content)
        except Trouble as trouble:
            raise SourceError(f"{_host(url)}: {trouble.reason}") from trouble

    async def _call(self, url: httpx.URL, content: bytes | None) -> None:
        headers = self._headers if content is None else {**self._headers, "Content-Type": "application/json"}
        transport = PinnedTransport(Gate([url.host], self._resolve, self._timeout), self._timeout)
        try:
            async with (
                asyncio.timeout(2 * self._timeout),
                transport.answer(url, headers, content) as response,
            ):
                # Its body is nobody's business, and may be long.
                if response.status_code in REDIRECTS:
                    raise Trouble("it redirects, which is not followed: configure the address it leads to")
                if not response.is_success:
                    status = response.status_code
                    raise Trouble(f"it answers {status}", passing=status in _PASSING)
        except TimeoutError as error:
            raise Trouble(f"no answer within {2 * self._timeout:g} s", passing=True) from error
        finally:
            await transport.close()


def _host(url: str) -> str:
    try:
        return httpx.URL(url).host or "the address"
    except httpx.InvalidURL:
        return "the address"
