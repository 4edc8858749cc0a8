"""Links that are counted: they lead on to where the entry's source says, and nowhere else."""

import os
from collections import OrderedDict
from datetime import datetime
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from newsletter.core import tokens
from newsletter.core.clicks import Click, address_in
from newsletter.core.series import weekly_of
from newsletter.core.visitors import digest
from newsletter.ports import PublishedEdition
from newsletter.render.text import safe_link
from newsletter.web.clients import client_of
from newsletter.web.pages.common import PRIVATE, Common

__all__ = ["ClickPages"]

_KEPT = 16
"""Editions of which the addresses are kept: the newest get nearly all clicks."""
_WEB = ("https://", "http://")


class _Destination(NamedTuple):
    href: str
    edition: int
    sent: datetime


class ClickPages:
    """Leads on, and takes note of it."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._app = common.app
        self._series = (self._app.newsletter.id, weekly_of(self._app.newsletter.id))
        """What editions have as their newsletter."""
        self._editions: OrderedDict[tuple[str, int], PublishedEdition] = OrderedDict()
        self._salt = os.urandom(32)
        """New with each process, so that nobody can tell from what is noted who it was."""

    async def follow(self, request: Request) -> Response:
        """The way to the entry. What nobody but us could have written leads somewhere, all else nowhere."""
        series, number, place, link = self._named(request.path_params["token"])
        reader = self._reader(request)
        destination = self._destination(await self._edition(series, number), place, link)
        if self._app.newsletter.counts_clicks:
            self._note(request, destination, place, link, reader)
        # As it is: starlette's own quoting would change what the entry's source has encoded.
        headers = PRIVATE | {"Location": destination.href}
        return Response(status_code=302, headers=headers)

    def _named(self, token: str) -> tuple[str, int, int, int]:
        """Series and number of the edition, rank of the entry, and which of its links."""
        for series in self._series:
            if named := tokens.read_link(self._app.keys, series, token):
                return series, *named
        raise HTTPException(404)

    def _reader(self, request: Request) -> int | None:
        """Whose link it is, where it is anybody's."""
        token = request.path_params.get("reader")
        if token is None:
            return None
        reader = tokens.read(self._app.keys, tokens.CLICK, self._app.newsletter.id, token)
        if reader is None:
            raise HTTPException(404)
        return reader

    def _destination(self, published: PublishedEdition, place: int, link: int) -> _Destination:
        href = safe_link(address_in(published.edition, place, link))
        if href is None or not href.startswith(_WEB):
            raise HTTPException(404)
        return _Destination(
            href, published.id, max(published.created, published.resumed or published.created)
        )

    async def _edition(self, series: str, number: int) -> PublishedEdition:
        """It does not change any more, so it is read once."""
        key = (series, number)
        if key not in self._editions:
            self._editions[key] = await self._common.published(series, number)
            while len(self._editions) > _KEPT:
                self._editions.popitem(last=False)
        self._editions.move_to_end(key)
        return self._editions[key]

    def _note(self, request: Request, found: _Destination, place: int, link: int, reader: int | None) -> None:
        client = digest(self._salt, client_of(request, self._app.settings.web.trusted_proxies))
        self._app.click_counter.note(
            Click(
                at=self._app.clock.now(),
                edition=found.edition,
                place=place,
                link=link,
                client=client,
                agent=request.headers.get("User-Agent", "")[:300],
                sent=found.sent,
                head=request.method == "HEAD",
                reader=reader if self._app.newsletter.clicks_by_reader else None,
            )
        )
