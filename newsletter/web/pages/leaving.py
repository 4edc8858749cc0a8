"""Leaving the list."""

from contextlib import suppress
from dataclasses import replace

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from newsletter.core import tokens
from newsletter.core.consent import Event
from newsletter.core.model import SubscriberStatus
from newsletter.web.pages.common import Common

__all__ = ["LeavingPages"]

_MOST = 4096
"""Octets of a body that are looked at."""


class LeavingPages:
    """The question and the answer."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._app = common.app

    async def ask(self, request: Request) -> Response:
        """Who would be unsubscribed from what, and a button."""
        return self._common.unsubscribing(await self._common.reader(request, tokens.UNSUBSCRIBE))

    async def unsubscribe(self, request: Request) -> Response:
        """By the button, or in one click by the reader's mail program. The body says which of the two it was
        and no more: whoever has the address may leave."""
        person = await self._common.reader(request, tokens.UNSUBSCRIBE)
        if person is not None:
            now = self._app.clock.now()
            source = "one-click" if await _is_one_click(request) else "link"
            status = await self._app.subscribers.move(person.id, Event.UNSUBSCRIBE, now, source)
            if status is SubscriberStatus.UNSUBSCRIBED and person.status is not status:
                await self._app.signup.left(person)
            person = replace(person, status=status)
        return self._common.unsubscribing(person)


async def _is_one_click(request: Request) -> bool:
    """As of RFC 8058, `List-Unsubscribe=One-Click`, in a form of either kind."""
    body = b""
    with suppress(ClientDisconnect):
        async for chunk in request.stream():
            body += chunk[: _MOST - len(body)]
            if len(body) >= _MOST:
                break
    return b"List-Unsubscribe" in body and b"One-Click" in body
