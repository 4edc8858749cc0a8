"""Getting an address for a source: redirects, retries with patience, and asking only for what is new."""

import asyncio
import random
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from typing import Self
from urllib.parse import quote

import httpx

from newsletter.adapters.http.addresses import Gate, Resolve, resolve_by_system
from newsletter.adapters.http.answers import (
    REDIRECTS,
    conditions_from,
    header_value,
    redirect_target,
    refusal,
    shown,
    web_url,
)
from newsletter.adapters.http.body import ENCODINGS, read_body
from newsletter.adapters.http.limits import FetchLimits
from newsletter.adapters.http.transport import PinnedTransport
from newsletter.adapters.http.trouble import Trouble
from newsletter.adapters.http.turns import Turns
from newsletter.errors import SourceError
from newsletter.ports import Page, SourceMemory, Validator

__all__ = ["HttpFetcher", "user_agent"]

_SAFE = " !#$%&'*+,-./:;<=>?@[]^_`{|}~"
"""What may stand between brackets in a header, besides letters and digits."""


class HttpFetcher:
    """`ports.Fetcher` over HTTP/1.1.

    `allow_hosts` are names or IP addresses that may be asked though they are not public, or on ports that
    are not the web's: raises ConfigError if one is neither. `contact`, a mail address or a page, tells
    servers who asks.
    """

    def __init__(
        self,
        memory: SourceMemory,
        limits: FetchLimits,
        *,
        allow_hosts: Iterable[str] = (),
        contact: str | None = None,
        resolve: Resolve = resolve_by_system,
    ) -> None:
        self._memory = memory
        self._limits = limits
        self._turns = Turns(limits.intervals)
        self._transport = PinnedTransport(Gate(allow_hosts, resolve, limits.timeout), limits.timeout)
        self._headers = {"User-Agent": user_agent(contact), "Accept": "*/*", "Accept-Encoding": ENCODINGS}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._transport.close()

    async def get(self, url: str, *, source: str) -> Page | None:
        """See `ports.Fetcher`. A SourceError names the address without any user name in it."""
        known = (await self._memory.validators(source)).get(url)
        try:
            async with asyncio.timeout(self._limits.total_timeout) as clock:
                return await self._patiently(url, conditions_from(known), clock)
        except TimeoutError as error:
            seconds = self._limits.total_timeout
            raise SourceError(f"{shown(url)}: not done within {seconds:g} s in all") from error
        except Trouble as trouble:
            raise SourceError(f"{shown(url)}: {trouble.reason}") from trouble

    async def _patiently(
        self, url: str, conditions: Mapping[str, str], clock: asyncio.Timeout
    ) -> Page | None:
        """Ask, and ask again as long as what goes wrong may pass."""
        attempt = 1
        while True:
            try:
                return await self._follow(url, conditions, clock)
            except Trouble as trouble:
                await asyncio.sleep(self._wait(trouble, attempt))
            attempt += 1

    def _wait(self, trouble: Trouble, attempt: int) -> float:
        """Seconds until the next attempt. Raises the trouble where there is none to be made."""
        if not trouble.passing:
            raise trouble
        if attempt >= self._limits.attempts:
            raise Trouble(f"{trouble.reason}; tried {attempt} times") from trouble
        if trouble.wait is not None and trouble.wait > self._limits.max_wait:
            raise Trouble(f"{trouble.reason}, and wants to be left alone for {trouble.wait:g} s") from trouble
        backoff = self._limits.backoff * 2.0 ** (attempt - 1) * random.uniform(0.5, 1)  # noqa: S311 no secret
        return min(max(backoff, trouble.wait or 0), self._limits.max_wait)

    async def _follow(self, asked: str, conditions: Mapping[str, str], clock: asyncio.Timeout) -> Page | None:
        """Redirects are walked one by one, because each address is vetted anew."""
        url = web_url(asked)
        for hop in range(self._limits.redirects + 1):
            try:
                answer = await self._hop(asked, url, conditions, clock)
            except Trouble as trouble:
                if hop:
                    trouble.reason = f"redirects to {shown(url)}: {trouble.reason}"
                raise
            if not isinstance(answer, httpx.URL):
                return answer
            url = answer
        raise Trouble(f"redirects more than {self._limits.redirects} times")

    async def _hop(
        self, asked: str, url: httpx.URL, conditions: Mapping[str, str], clock: asyncio.Timeout
    ) -> Page | httpx.URL | None:
        """The page, or where to go instead, or None where nothing has changed."""
        headers = {**self._headers, **conditions}
        async with self._turns.turn(url.host, clock), self._transport.answer(url, headers) as response:
            if response.status_code in REDIRECTS:
                return redirect_target(url, response.headers.get("Location", ""))
            if response.status_code == HTTPStatus.NOT_MODIFIED and conditions:
                return None
            if response.status_code != HTTPStatus.OK:
                raise refusal(response)
            content = await read_body(response, self._limits)
            etag, modified = (header_value(response.headers.get(name)) for name in ("ETag", "Last-Modified"))
            kind = response.headers.get("Content-Type", "")
            return Page(str(url), content, kind, Validator(asked, etag, modified))


def user_agent(contact: str | None) -> str:
    """Who asks; `contact` is a mail address or a page."""
    try:
        ours = f"newsletter/{version('newsletter')}"
    except PackageNotFoundError:
        ours = "newsletter"
    return f"{ours} (+{quote(contact[:200], safe=_SAFE)})" if contact else ours
