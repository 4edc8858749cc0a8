"""The editions that were sent, for everybody."""

from dataclasses import replace
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from newsletter.render.text import clean, safe_link
from newsletter.render.view import view_edition
from newsletter.web.pages.common import Common, is_number

__all__ = ["ArchivePages"]


class _Title(NamedTuple):
    """An entry of which no more than this is shown."""

    title: str
    href: str | None


class ArchivePages:
    """The list, and one edition."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._app = common.app

    async def list(self, request: Request) -> Response:
        """The editions, newest first."""
        headlines = await self._app.editions.headlines(self._app.newsletter.id)
        editions = [replace(headline, subject=clean(headline.subject)) for headline in headlines]
        return self._common.page("archive.html", editions=editions)

    async def edition(self, request: Request) -> Response:
        """One edition: what the email has, and the titles that it had no room for."""
        return await self._page(_digits(request))

    async def weekly(self, request: Request) -> Response:
        """The same of the best of a week."""
        return await self._page(f"w{_digits(request)}")

    async def _page(self, name: str) -> Response:
        edition = await self._common.edition(name)
        rest = await self._app.entries.get_many(edition.rest)
        return self._common.page(
            "edition.html",
            edition=view_edition(edition, self._app.newsletter, self._common.language),
            subject=clean(edition.subject),
            rest=[_Title(self._common.title(entry.title), safe_link(entry.link)) for entry in rest],
        )


def _digits(request: Request) -> str:
    number: str = request.path_params["number"]
    if not is_number(number):
        raise HTTPException(404)
    return number
