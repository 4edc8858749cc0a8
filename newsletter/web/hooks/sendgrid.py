"""SendGrid: an ECDSA signature over a time and the request."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from newsletter.bootstrap import App
from newsletter.core.feedback import Feedback
from newsletter.core.webhooks import sendgrid_feedback
from newsletter.core.webhooks.fields import instant
from newsletter.web.hooks.common import parsed, require, require_fresh

__all__ = ["SendgridHook"]

_HEADER = "x-twilio-email-event-webhook-"


class SendgridHook:
    """`Hook` for [hooks.sendgrid]."""

    def __init__(self, app: App) -> None:
        # Brings cryptography with it.
        from newsletter.adapters.signatures import EcdsaKey

        table = app.settings.hooks.sendgrid
        assert table is not None  # noqa: S101 there is a hook where there is a table
        self._key = EcdsaKey(table.public_key, "[hooks.sendgrid] public_key")

    @asynccontextmanager
    async def heard(
        self, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> AsyncIterator[Sequence[Feedback]]:
        """See `Hook`."""
        time, signature = headers.get(f"{_HEADER}timestamp", ""), headers.get(f"{_HEADER}signature", "")
        require(self._key.has_signed(signature, time.encode("utf-8", "replace") + body))
        require_fresh(instant(time), now)
        yield sendgrid_feedback(parsed(body))
