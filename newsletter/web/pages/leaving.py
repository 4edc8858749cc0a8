"""Leaving the list."""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from newsletter.core import tokens
from newsletter.core.consent import Event
from newsletter.web.pages.common import Common

__all__ = ["LeavingPages"]


class LeavingPages:
    """The question and the answer."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._app = common.app

    async def ask(self, request: Request) -> Response:
        """Who would be unsubscribed from what, and a button."""
        return self._common.unsubscribing(await self._common.reader(request, tokens.UNSUBSCRIBE))

    async def unsubscribe(self, request: Request) -> Response:
        """By the button, or in one click by the reader's mail program. The body is not read: it says nothing
        that the address does not."""
        person = await self._common.reader(request, tokens.UNSUBSCRIBE)
        if person is not None:
            now = self._app.clock.now()
            status = await self._app.subscribers.move(person.id, Event.UNSUBSCRIBE, now, "link")
            person = replace(person, status=status)
        return self._common.unsubscribing(person)
