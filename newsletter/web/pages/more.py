"""More like this: behind the link under each entry of an email."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from newsletter.core import tokens
from newsletter.core.likeness import like_of
from newsletter.core.model import Subscriber
from newsletter.core.wishes import Like
from newsletter.web.pages.common import PRIVATE, Common, is_number

__all__ = ["MorePages"]


class MorePages:
    """Asking for more, and taking it back."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._app = common.app

    async def ask(self, request: Request) -> Response:
        """Of what there would be more, and a button; or that it was asked for already."""
        found = await self._liked(request)
        if isinstance(found, Response):
            return found
        person, like = found
        done = any(known.entry == like.entry for known in person.wishes.asked_for)
        return self._page(request, person, like, done=done)

    async def more(self, request: Request) -> Response:
        """By the button: editions from the next one on look for entries like this one."""
        found = await self._liked(request)
        if isinstance(found, Response):
            return found
        person, like = found
        await self._app.subscribers.like(person.id, like, self._app.clock.now())
        return self._page(request, person, like, done=True)

    async def no_more(self, request: Request) -> Response:
        """Takes it back."""
        found = await self._liked(request)
        if isinstance(found, Response):
            return found
        person, like = found
        await self._app.subscribers.unlike(person.id, like.entry, self._app.clock.now())
        return self._page(request, person, like, done=False)

    async def _liked(self, request: Request) -> tuple[Subscriber, Like] | Response:
        """Who asks for more of what; or what to say where nobody does."""
        person = await self._common.member(request, tokens.MORE)
        if isinstance(person, Response):
            return person
        edition = await self._common.edition(request.path_params["number"])
        rank = request.path_params["rank"]
        like = like_of(edition, int(rank)) if is_number(rank) else None
        if like is None:
            raise HTTPException(404)
        return person, like

    def _page(self, request: Request, person: Subscriber, like: Like, *, done: bool) -> Response:
        here = "{base}/more/{token}/{number}/{rank}".format(base=self._common.base, **request.path_params)
        title = self._common.title(like.title)
        return self._common.page(
            "more.html", headers=PRIVATE, language=person.language, title=title, done=done, here=here
        )
