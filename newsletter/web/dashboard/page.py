"""The page: made anew every few seconds at the most, however many look."""

import asyncio
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from newsletter.bootstrap import App
from newsletter.render.language import Language
from newsletter.render.text import clean
from newsletter.render.theme import environment
from newsletter.services.waiting import loop_time
from newsletter.web.dashboard import figures, words
from newsletter.web.dashboard.access import PRIVATE
from newsletter.web.dashboard.glance import Glance, look
from newsletter.web.dashboard.verdict import level_of

__all__ = ["TEMPLATES", "DashboardPage"]

TEMPLATES = Path(__file__).parents[1] / "templates" / "dashboard"
_KEPT = 5.0
"""Seconds."""
_EVERY = 60
"""Seconds after which a browser asks again, where that is wanted."""


class DashboardPage:
    """Answers `/dashboard`."""

    def __init__(self, app: App) -> None:
        self._app = app
        folders = (TEMPLATES, *app.theme.folders)
        english = Language.load("en", app.theme.folders)
        self._templates = environment(folders, english, autoescape=True)
        self._making = asyncio.Lock()
        self._glance: Glance | None = None
        self._made = 0.0

    async def show(self, request: Request) -> Response:
        """How things stand; with `?every=60` the browser asks again by itself."""
        by_itself = request.query_params.get("every") == str(_EVERY)
        glance = await self._look()
        text = self._templates.get_template("dashboard.html").render(
            glance=glance,
            name=clean(self._app.newsletter.name),
            level=level_of(glance.reasons),
            by_itself=by_itself,
            figures=figures,
            words=words,
            zone=self._app.schedule.zone,
            clean=clean,
        )
        headers = {**PRIVATE, "Refresh": str(_EVERY)} if by_itself else PRIVATE
        return HTMLResponse(text, headers=headers)

    async def style(self, request: Request) -> Response:
        """In the colours of the theme."""
        sheet = self._templates.get_template("dashboard.css").render()
        return Response(sheet, media_type="text/css", headers=PRIVATE)

    async def _look(self) -> Glance:
        async with self._making:
            if self._glance is None or loop_time() - self._made > _KEPT:
                self._glance, self._made = await look(self._app), loop_time()
            return self._glance
