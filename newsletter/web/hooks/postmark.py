"""Postmark: it signs nothing, but sends a user name and a password that we choose."""

import base64
import hmac
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from starlette.exceptions import HTTPException

from newsletter.bootstrap import App
from newsletter.config import Secrets
from newsletter.core.feedback import Feedback
from newsletter.core.webhooks import postmark_feedback
from newsletter.web.hooks.common import parsed

__all__ = ["PostmarkHook"]


class PostmarkHook:
    """`Hook` for [hooks.postmark]."""

    def __init__(self, app: App) -> None:
        table = app.settings.hooks.postmark
        assert table is not None  # noqa: S101 there is a hook where there is a table
        password = Secrets(app.settings).password(table.password_env, table.password_file, "[hooks.postmark]")
        self._expected = b"Basic " + base64.b64encode(f"{table.username}:{password}".encode())

    @asynccontextmanager
    async def heard(
        self, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> AsyncIterator[Sequence[Feedback]]:
        """See `Hook`."""
        theirs = headers.get("authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(theirs, self._expected):
            raise HTTPException(401, headers={"WWW-Authenticate": 'Basic realm="hooks"'})
        yield postmark_feedback(parsed(body))
