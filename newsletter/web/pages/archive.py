"""The editions that were sent, for everybody: they never change, so each page is made once."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from newsletter.core.rhythm import Frequency
from newsletter.core.series import archive_of, series_of
from newsletter.ports import Headline
from newsletter.render.text import clean, safe_link
from newsletter.render.view import EditionView, view_edition
from newsletter.web.kept import Kept
from newsletter.web.pages.common import Common, is_number

__all__ = ["PAGE", "ArchivePages", "anchors"]

PAGE = 50
"""Editions on a page of the list."""
_HTML = "text/html"
_MAX_AGE = 600
"""Seconds: the newest edition gets a link to the next one when that comes."""
_TAKEN = ("lead", "also", "rest")
"""What the page itself calls its parts."""


class _Title(NamedTuple):
    """An entry of which no more than this is shown."""

    title: str
    href: str | None


class ArchivePages:
    """The list of one series, and one edition of it."""

    def __init__(self, common: Common, frequency: Frequency) -> None:
        self._common = common
        self._app = common.app
        self._series = series_of(common.app.newsletter.id, frequency)
        other = Frequency.DAILY if frequency is Frequency.WEEKLY else Frequency.WEEKLY
        self._other = series_of(common.app.newsletter.id, other)
        self._here, self._there = archive_of(frequency), archive_of(other)
        self._known = 0
        """The number of the newest edition when somebody last looked."""

    async def list(self, request: Request) -> Response:
        """The editions, newest first, a page at a time: those with numbers below `?before=`."""
        asked = request.query_params.get("before")
        newest = await self._newest()
        if asked is not None and not (is_number(asked) and int(asked) > 1):
            raise HTTPException(404)
        before = min(int(asked) if asked else newest + 1, newest + 1)
        there = await self._common.newest(self._other) > 0
        count = await self._app.editions.count(self._series)  # one that waited may come after its successor
        kept = await self._common.shelf.get(
            (self._here, before, count, there),
            partial(self._list, before=before, newest=newest, there=there),
        )
        return kept.answer(request)

    async def edition(self, request: Request) -> Response:
        """One edition: what the email has, and the titles that it had no room for."""
        asked = request.path_params["number"]
        number = int(asked) if is_number(asked) else 0
        newest = self._known
        if number >= newest:  # there may be a newer one by now
            newest = await self._newest()
        if not 0 < number <= newest:
            raise HTTPException(404)
        last = number == newest
        kept = await self._common.shelf.get(
            (self._here, "edition", number, last), partial(self._edition, number=number, last=last)
        )
        return kept.answer(request)

    async def _newest(self) -> int:
        self._known = await self._common.newest(self._series)
        return self._known

    async def _list(self, before: int, newest: int, *, there: bool) -> Kept:
        headlines = await self._app.editions.headlines(self._series, before, PAGE)
        editions = [replace(headline, subject=clean(headline.subject)) for headline in headlines]
        last = editions[-1].number if editions else 1
        text = self._common.render(
            "archive.html",
            here=self._here,
            there=self._there if there else None,
            months=_by_month(editions),
            before=before if before <= newest else None,
            newer=before + PAGE if before <= newest else None,
            newest=newest,
            older=last if last > 1 else None,
        )
        return Kept.of(text, _HTML, self._common.started, _MAX_AGE)

    async def _edition(self, number: int, *, last: bool) -> Kept:
        published = await self._common.published(self._series, number)
        edition = published.edition
        rest = await self._app.entries.get_many(edition.rest)
        earlier, later = await self._app.editions.beside(self._series, number)
        view = view_edition(edition, self._app.newsletter, self._common.language)
        text = self._common.render(
            "edition.html",
            here=self._here,
            edition=view,
            anchors=anchors(view),
            subject=clean(edition.subject),
            preheader=clean(edition.preheader),
            rest=[_Title(self._common.title(entry.title), safe_link(entry.link)) for entry in rest],
            earlier=earlier,
            later=later,
        )
        return Kept.of(text, _HTML, max(published.created, self._common.started), _MAX_AGE)


def anchors(edition: EditionView) -> dict[int, str]:
    """The name by which one links to each section, by its index: "agents", "vision-and-language"."""
    found: dict[int, str] = {}
    for section in edition.sections:
        words = "".join(sign if sign.isalnum() else " " for sign in section.topic.casefold()).split()
        name = "-".join(words) or "section"
        if name in (*_TAKEN, *found.values()) or name.startswith("paper-"):
            name = f"{name}-{section.index + 1}"
        found[section.index] = name
    return found


def _by_month(editions: Iterable[Headline]) -> list[list[Headline]]:
    months = groupby(editions, key=lambda headline: (headline.slot.year, headline.slot.month))
    return [list(month) for _, month in months]
