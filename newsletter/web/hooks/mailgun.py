"""Mailgun: an HMAC over a time and a token that is good for one event."""

import hmac
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from newsletter.bootstrap import App
from newsletter.config import Secrets
from newsletter.core.feedback import Feedback
from newsletter.core.webhooks import mailgun_feedback
from newsletter.core.webhooks.fields import instant, text
from newsletter.web.hooks.common import parsed, require, require_fresh

__all__ = ["MailgunHook"]

_MOST_TOKENS = 100_000
"""Remembered, of events that were not recorded; those that were are known by their token for good."""


class MailgunHook:
    """`Hook` for [hooks.mailgun]."""

    def __init__(self, app: App) -> None:
        table = app.settings.hooks.mailgun
        assert table is not None  # noqa: S101 there is a hook where there is a table
        self._key = (
            Secrets(app.settings)
            .password(table.signing_key_env, table.signing_key_file, "[hooks.mailgun]", "signing_key")
            .encode()
        )
        self._tokens: OrderedDict[str, None] = OrderedDict()

    @asynccontextmanager
    async def heard(
        self, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> AsyncIterator[Sequence[Feedback]]:
        """See `Hook`. The signature does not cover the event, so a token is good for one request."""
        sent = parsed(body)
        time, token, theirs = (text(sent, "signature", key) for key in ("timestamp", "token", "signature"))
        ours = hmac.new(self._key, f"{time}{token}".encode(), "sha256").hexdigest()
        require(token and hmac.compare_digest(ours.encode(), theirs.encode()))
        require_fresh(instant(time), now)
        require(token not in self._tokens)
        yield mailgun_feedback(sent)
        self._tokens[token] = None
        if len(self._tokens) > _MOST_TOKENS:
            self._tokens.popitem(last=False)
