"""The public pages of several newsletters behind one address, each below the path of its own base_url.

A proxy may leave on its requests the path that all have in common, or take it off. Where the hosts differ,
the Host of a request decides; a host that is none of theirs is taken for any.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from os.path import commonpath
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from newsletter.bootstrap import App
from newsletter.web.headers import SecurityHeaders
from newsletter.web.pages.common import Common
from newsletter.web.pages.general import GeneralPages
from newsletter.web.site import HEADERS, site

__all__ = ["Door", "Sites", "doors_of", "open_door"]

_FRESH = {"Cache-Control": "no-store"}


@dataclass(frozen=True)
class Door:
    """One way to the pages of a newsletter."""

    host: str
    path: str
    """Below which they are; empty where it is the root."""
    newsletter: int
    """Its place among them."""

    def leads(self, path: str) -> bool:
        """Whether a request for this path is for its newsletter."""
        return path == self.path or path.startswith(f"{self.path}/")


def doors_of(base_urls: Sequence[str]) -> list[Door]:
    """All ways to them, the longest path first."""
    shared = shared_path(base_urls)
    doors: list[Door] = []
    for number, url in enumerate(base_urls):
        parts = urlsplit(url)
        paths = dict.fromkeys((parts.path, parts.path.removeprefix(shared)))
        doors += [Door(parts.hostname or "", path, number) for path in paths]
    return sorted(doors, key=lambda door: -len(door.path))


def shared_path(base_urls: Sequence[str]) -> str:
    """The path that all of them are below, or are; empty where that is the root."""
    paths = [urlsplit(url).path for url in base_urls]
    return commonpath(paths).rstrip("/") if all(paths) else ""


def open_door(doors: Sequence[Door], host: str, path: str) -> Door | None:
    """The one with the longest path; None where there is none, or it could be either of two."""
    ours = [door for door in doors if door.host == host] or doors
    leading = [door for door in ours if door.leads(path)]
    longest = [door for door in leading if len(door.path) == len(leading[0].path)]
    return longest[0] if len({door.newsletter for door in longest}) == 1 else None


class Sites:
    """Leads each request to the pages of its newsletter, and has a list of the newsletters at the root.
    Raises ConfigError where the pages of one cannot be made."""

    def __init__(self, apps: Sequence[App]) -> None:
        urls = [app.newsletter.base_url for app in apps]
        self._doors = doors_of(urls)
        self._sites = [site(app) for app in apps]
        self._hall = _Hall(apps, self._sites).pages(shared_path(urls))
        self._common_pages = {f"{start}/health" for start in ("", shared_path(urls))}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        host = Request(scope).headers.get("host", "").partition(":")[0].lower()
        door = None if path in self._common_pages else open_door(self._doors, host, path)
        if door is None:
            await self._hall(scope, receive, send)
            return
        inside = {key: value for key, value in scope.items() if key != "raw_path"}
        inside["path"] = path.removeprefix(door.path) or "/"
        await self._sites[door.newsletter](inside, receive, send)


class _Hall:
    """What belongs to none of them, in the looks of the first."""

    def __init__(self, apps: Sequence[App], sites: Sequence[ASGIApp]) -> None:
        self._apps = apps
        self._sites = sites
        self._common = Common(apps[0])
        self._general = GeneralPages(self._common, HEADERS)

    def pages(self, path: str) -> Starlette:
        """Below this path and at the root."""
        pages = {
            "/": self.list,
            "/health": self.health,
            "/style.css": self._general.style,
            "/favicon.svg": self._general.icon,
        }
        starts = dict.fromkeys(("", path))
        routes = [Route(start + name, page) for start in starts for name, page in pages.items()]
        made = Starlette(
            routes=[*routes, *([Route(path, self.list)] if path else [])],
            middleware=[Middleware(SecurityHeaders, headers=HEADERS)],
            exception_handlers={HTTPException: self.problem},
        )
        made.router.redirect_slashes = False
        return made

    async def list(self, request: Request) -> Response:
        """All newsletters."""
        return self._list(200)

    async def problem(self, request: Request, error: Exception) -> Response:
        """Whoever came to the wrong place sees which there are."""
        return self._list(error.status_code if isinstance(error, HTTPException) else 500)

    async def health(self, request: Request) -> Response:
        """For whoever watches the server: whether each says that it is well, and what each says."""
        said: dict[str, object] = {}
        worst = 200
        for app, inside in zip(self._apps, self._sites, strict=True):
            transport = httpx.ASGITransport(inside, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                answer = await client.get("/health")
            is_told = answer.headers.get("content-type") == "application/json"
            said[app.newsletter.id] = answer.json() if is_told else {"status": "ill"}
            worst = max(worst, answer.status_code)
        status = "ok" if worst == 200 else "ill"
        return JSONResponse({"status": status, "newsletters": said}, worst, headers=_FRESH)

    def _list(self, status: int) -> Response:
        return self._common.page(
            "newsletters.html", status, newsletters=[app.newsletter for app in self._apps]
        )
