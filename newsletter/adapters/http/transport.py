"""One request to a vetted number.

The name is resolved once; what was vetted is what is connected to, so a name that changes its mind in
between gains nothing. Host header, SNI and the check of the certificate stay with the name. There is no
httpx client on top: so no cookies, no proxies or .netrc from the environment, no redirects on their own.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx

from newsletter.adapters.http.addresses import Gate
from newsletter.adapters.http.trouble import in_words

__all__ = ["PinnedTransport"]


class PinnedTransport:
    """Requests to the addresses that a gate lets through. `timeout` is in seconds, for a connection
    and for every pause in an answer."""

    def __init__(self, gate: Gate, timeout: float) -> None:
        context = httpx.create_ssl_context(trust_env=False)
        context.load_default_certs()  # the operator's own authorities, besides the public ones
        # A kept connection would be taken up by the IP address alone: for another name than the one that
        # its certificate was checked for.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._http = httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits)
        self._gate = gate
        self._timeout = timeout

    @asynccontextmanager
    async def answer(
        self, url: httpx.URL, headers: Mapping[str, str], content: bytes | None = None
    ) -> AsyncIterator[httpx.Response]:
        """The answer to a GET, or to a POST of `content`, with its body still on the way. Raises Trouble,
        also while the body is read."""
        addresses = await self._gate.addresses(url)
        with in_words(self._timeout):
            response = await self._first(url, headers, content, addresses)
            try:
                yield response
            finally:
                await response.aclose()

    async def close(self) -> None:
        """Ends what is still open."""
        await self._http.aclose()

    async def _first(
        self,
        url: httpx.URL,
        headers: Mapping[str, str],
        content: bytes | None,
        addresses: tuple[str, ...],
    ) -> httpx.Response:
        """From the first of the addresses that takes a connection."""
        for address in addresses[:-1]:
            try:
                return await self._http.handle_async_request(self._request(url, headers, content, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._http.handle_async_request(self._request(url, headers, content, addresses[-1]))

    def _request(
        self, url: httpx.URL, headers: Mapping[str, str], content: bytes | None, address: str
    ) -> httpx.Request:
        return httpx.Request(
            "GET" if content is None else "POST",
            url.copy_with(host=address),
            content=content,
            headers={"Host": url.netloc.decode("ascii"), **headers, "Connection": "close"},
            extensions={
                "timeout": httpx.Timeout(self._timeout).as_dict(),
                "sni_hostname": url.raw_host.decode("ascii").rstrip("."),
            },
        )
