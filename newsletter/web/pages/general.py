"""What belongs to the site as a whole."""

import asyncio
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from newsletter.errors import StoreError
from newsletter.web.pages.common import Common

__all__ = ["GeneralPages"]

_NOT_FOR_ROBOTS = ("unsubscribe", "preferences", "more", "confirm", "approve", "c")
"""Below these the address says who is reading."""
_A_DAY = {"Cache-Control": "public, max-age=86400"}

_FRESH = {"Cache-Control": "no-cache"}
_PATIENCE = 5.0
"""Seconds for an answer of the database."""


class GeneralPages:
    """The way in, the style sheet, and what is said where something is amiss."""

    def __init__(self, common: Common, headers: Mapping[str, str]) -> None:
        self._common = common
        self._headers = headers
        """Those of every answer; the page of an unhandled exception does not get them otherwise."""

    async def home(self, request: Request) -> Response:
        """Leads to the archive."""
        return RedirectResponse(f"{self._common.base}/archive")

    async def health(self, request: Request) -> Response:
        """For whoever watches the server: whether the database answers, and the scheduler lives."""
        app = self._common.app
        try:
            async with asyncio.timeout(_PATIENCE):
                trouble = await app.watch.pulse(app.clock.now())
        except TimeoutError:
            return _ill(f"the database did not answer within {_PATIENCE:g} s")
        except StoreError:
            # Its text names a path of this machine, which is nobody's business here.
            return _ill("the database cannot be used")
        return _ill(trouble.what) if trouble else JSONResponse({"status": "ok"}, headers=_FRESH)

    async def style(self, request: Request) -> Response:
        """In the colours of the theme."""
        sheet = self._common.render("style.css")
        return Response(sheet, media_type="text/css", headers={"Cache-Control": "max-age=3600"})

    async def icon(self, request: Request) -> Response:
        """In the colour of the theme."""
        return Response(self._common.render("favicon.svg"), media_type="image/svg+xml", headers=_A_DAY)

    async def robots(self, request: Request) -> Response:
        """What search engines should not ask for."""
        lines = [f"Disallow: {self._common.base}/{purpose}/" for purpose in _NOT_FOR_ROBOTS]
        return PlainTextResponse("\n".join(["User-agent: *", *lines, ""]), headers=_A_DAY)

    async def problem(self, request: Request, error: Exception) -> Response:
        """The page of an HTTP error; what nobody foresaw is a 500, and the server logs it."""
        known = error if isinstance(error, HTTPException) else HTTPException(500)
        headers = {**self._headers, **(known.headers or {})}
        return self._common.page("problem.html", known.status_code, headers, status=known.status_code)


def _ill(reason: str) -> Response:
    return JSONResponse({"status": "ill", "reason": reason}, status_code=503, headers=_FRESH)
