"""Looking at the newsletter's own pages as a reader's mail program would: one request, no redirects."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any, Self

import httpx

from newsletter.adapters.clock import SystemClock
from newsletter.adapters.http.addresses import Gate, resolve_by_system, why_not_public
from newsletter.adapters.http.answers import web_url
from newsletter.adapters.http.transport import PinnedTransport
from newsletter.adapters.http.trouble import Trouble
from newsletter.adapters.offline import is_offline
from newsletter.adapters.transports.probe import expires
from newsletter.core.doctor.pages import Visit
from newsletter.core.doctor.servers import Refusal

__all__ = ["Visitor"]

_SECONDS = 5.0
"""For the name, for each of its addresses, for each pause in an answer."""
_LOOKED_AT = 2000
"""Octets of an answer."""
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Visitor:
    """`ports.Pages` for what begins with `base_url`, which the operator has named: it may be anywhere."""

    def __init__(self, base_url: str) -> None:
        self._base = base_url
        host = httpx.URL(base_url).host
        self._gate = Gate([host], resolve_by_system, _SECONDS)
        self._transport = PinnedTransport(self._gate, _SECONDS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._transport.close()

    async def visit(self, path: str, form: bytes | None = None) -> Visit | Refusal:
        """See `ports.Pages`."""
        headers = {"User-Agent": "newsletter-doctor", "Accept-Encoding": "identity"}
        try:
            url = web_url(f"{self._base}{path}")
            private = await self._private(url)
        except Trouble as trouble:
            return Refusal(trouble.reason, offline=trouble.passing)
        try:
            async with self._transport.answer(url, headers | (_FORM if form else {}), form) as response:
                ahead = _ahead(response.headers.get("Date", ""), SystemClock().now())
                body = await _beginning(response)
                return Visit(response.status_code, body, private, _expiry(response), ahead)
        except Trouble as trouble:
            return Refusal(trouble.reason, offline=is_offline(trouble))

    async def _private(self, url: httpx.URL) -> str:
        kinds = (why_not_public(ip_address(address)) for address in await self._gate.addresses(url))
        return next(filter(None, kinds), "")


async def _beginning(response: httpx.Response) -> bytes:
    body = b""
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) >= _LOOKED_AT:
            break
    return body[:_LOOKED_AT]


def _ahead(date: str, now: datetime) -> timedelta | None:
    try:
        said = parsedate_to_datetime(date)
    except (ValueError, TypeError):
        return None
    return now - (said if said.tzinfo else said.replace(tzinfo=UTC))


def _expiry(response: httpx.Response) -> datetime | None:
    stream: Any = response.extensions.get("network_stream")
    secured = stream.get_extra_info("ssl_object") if stream else None
    return expires(secured) if secured else None
