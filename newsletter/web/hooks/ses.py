"""Amazon SES, which speaks through SNS: an RSA signature whose certificate is fetched from SNS."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from starlette.exceptions import HTTPException

from newsletter.bootstrap import App
from newsletter.core.feedback import Feedback
from newsletter.core.webhooks import ses_feedback
from newsletter.core.webhooks.fields import instant
from newsletter.core.webhooks.sns import (
    CONFIRMATIONS,
    HASHES,
    is_certificate_address,
    is_confirmation_address,
    signed_text,
)
from newsletter.errors import SourceError
from newsletter.web.hooks.common import parsed, require, require_fresh

__all__ = ["SesHook"]

log = structlog.get_logger()

_KEPT = timedelta(days=1)
_MOST_CERTIFICATES = 16


class SesHook:
    """`Hook` for [hooks.ses]. `get` fetches what is at an address of the web; raises SourceError."""

    def __init__(self, app: App, get: Callable[[str], Awaitable[bytes]] | None = None) -> None:
        table = app.settings.hooks.ses
        assert table is not None  # noqa: S101 there is a hook where there is a table
        self._topic = table.topic_arn
        self._get = get or app.fetch
        self._certificates: dict[str, tuple[datetime, bytes]] = {}
        self._fetching = asyncio.Lock()

    @asynccontextmanager
    async def heard(
        self, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> AsyncIterator[Sequence[Feedback]]:
        """See `Hook`. A subscription is confirmed where it is that of our topic."""
        message = parsed(body)
        await self._verify(message, now)
        if message["Type"] in CONFIRMATIONS:
            await self._confirm(message)
            yield ()
            return
        try:
            event = json.loads(message["Message"])
        except (ValueError, RecursionError):
            event = None  # SNS says hello in plain words
        yield ses_feedback(event)

    async def _verify(self, message: Any, now: datetime) -> None:
        # Brings cryptography with it.
        from newsletter.adapters.signatures import signed_by_certificate

        text = signed_text(message)
        require(text is not None and message["TopicArn"] == self._topic)
        require_fresh(instant(message, "Timestamp"), now)
        algorithm, url = HASHES.get(str(message.get("SignatureVersion"))), message.get("SigningCertURL")
        require(algorithm and is_certificate_address(url))
        certificate = await self._certificate(str(url), now)
        signature = str(message.get("Signature"))
        require(signed_by_certificate(certificate, signature, text or b"", algorithm or "", now))

    async def _certificate(self, url: str, now: datetime) -> bytes:
        """One at a time, so that nobody has us ask for many."""
        async with self._fetching:
            known = self._certificates.get(url)
            if known and now - known[0] < _KEPT:
                return known[1]
            certificate = await self._fetched(url)
            while len(self._certificates) >= _MOST_CERTIFICATES:
                self._certificates.pop(next(iter(self._certificates)))
            self._certificates[url] = now, certificate
            return certificate

    async def _confirm(self, message: Mapping[str, Any]) -> None:
        if message["Type"] != "SubscriptionConfirmation":
            log.warning("the subscription of the topic has ended", topic=self._topic)
            return
        require(is_confirmation_address(message["SubscribeURL"]))
        await self._fetched(message["SubscribeURL"])
        log.info("subscribed", topic=self._topic)

    async def _fetched(self, url: str) -> bytes:
        try:
            return await self._get(url)
        except SourceError as error:
            log.error("SNS cannot be asked", error=str(error))
            raise HTTPException(503) from error
