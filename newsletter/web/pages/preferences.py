"""Preferences: what a reader sees first, never, and more of."""

from collections import Counter
from itertools import chain

from starlette.requests import Request
from starlette.responses import Response

from newsletter.core import tokens
from newsletter.core.model import Subscriber
from newsletter.core.wishes import LONGEST_WISH, MOST_WISHES
from newsletter.web.pages.common import PRIVATE, Common, masked
from newsletter.web.pages.form import WishForm, read_fields

__all__ = ["PreferencesPages"]

_RECENT = 10
"""Editions whose topics are offered."""
_MOST_OFFERED = 24


class PreferencesPages:
    """The form, and what becomes of it."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._app = common.app

    async def show(self, request: Request) -> Response:
        """The form as things are."""
        person = await self._common.member(request, tokens.PREFERENCES)
        return person if isinstance(person, Response) else await self._page(person)

    async def save(self, request: Request) -> Response:
        """Keeps all of the form, or none of it where something is amiss. It counts from the next edition."""
        person = await self._common.member(request, tokens.PREFERENCES)
        if isinstance(person, Response):
            return person
        form = WishForm.sent(await read_fields(request))
        if form.problems:
            return await self._page(person, form, 422)
        now = self._app.clock.now()
        await self._app.subscribers.wish(person.id, form.wishes, now)
        for like in person.wishes.likes:
            if like.entry in form.forget:
                await self._app.subscribers.unlike(person.id, like.entry, now)
        return await self._page(await self._app.subscribers.get(person.id), saved=True)

    async def _page(
        self, person: Subscriber, form: WishForm | None = None, status: int = 200, *, saved: bool = False
    ) -> Response:
        return self._common.page(
            "preferences.html",
            status,
            PRIVATE,
            form=form or WishForm.of(person.wishes, await self._offered()),
            likes=[
                (like.entry, self._common.title(like.title)) for like in reversed(person.wishes.asked_for)
            ],
            saved=saved,
            address=masked(person.email),
            unsubscribe=self._common.link(tokens.UNSUBSCRIBE, person),
            most=MOST_WISHES,
            longest=LONGEST_WISH,
        )

    async def _offered(self) -> list[str]:
        """The topics that come up most."""
        recent = await self._app.editions.topics(self._app.newsletter.id, _RECENT)
        return [topic for topic, _ in Counter(chain.from_iterable(recent)).most_common(_MOST_OFFERED)]
