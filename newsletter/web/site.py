"""The pages that the emails link to: leaving the list, asking for more like an entry, and the archive.

They work without scripts, and only a POST changes anything: mail scanners follow every link. Whoever has an
unsubscribe link may leave, without signing in (RFC 8058). What papers say is text, never markup, and of their
addresses only http, https and mailto become links.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from newsletter.bootstrap import App
from newsletter.core import tokens
from newsletter.core.consent import Event
from newsletter.core.likeness import like_of
from newsletter.core.model import Entry, Subscriber, SubscriberStatus
from newsletter.core.wishes import Like
from newsletter.errors import NotFound
from newsletter.ports import PublishedEdition
from newsletter.render.text import clean, safe_link
from newsletter.render.view import view_edition
from newsletter.web.headers import SecurityHeaders

__all__ = ["site"]

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
"""For pages whose address says who is reading."""

GONE = {SubscriberStatus.UNSUBSCRIBED, SubscriberStatus.COMPLAINED}


def site(app: App) -> Starlette:
    """The public pages of this newsletter. Raises ConfigError where no secret is there to check links."""
    pages = _Pages(app)
    routes = [route for start in dict.fromkeys(("", pages.base)) for route in _routes(pages, start)]
    public = Starlette(
        routes=routes,
        middleware=[Middleware(SecurityHeaders, headers=HEADERS)],
        exception_handlers={HTTPException: pages.problem, Exception: pages.problem},
    )
    # It would lead to the name in the request's Host, which behind a proxy need not be ours.
    public.router.redirect_slashes = False
    return public


def _routes(pages: "_Pages", start: str) -> list[Route]:
    """Every page below `start`: a proxy may leave the path of base_url on its requests, or take it off."""
    homes = dict.fromkeys((start or "/", f"{start}/"))
    return [
        *(Route(path, pages.home) for path in homes),
        Route(f"{start}/health", pages.health),
        Route(f"{start}/style.css", pages.style),
        Route(f"{start}/archive", pages.archive),
        Route(f"{start}/archive/{{number}}", pages.edition),
        Route(f"{start}/unsubscribe/{{token:path}}", pages.ask, methods=["GET"]),
        Route(f"{start}/unsubscribe/{{token:path}}", pages.unsubscribe, methods=["POST"]),
        Route(f"{start}/more/{{token}}/{{number}}/{{rank}}", pages.ask_for_more, methods=["GET"]),
        Route(f"{start}/more/{{token}}/{{number}}/{{rank}}", pages.more, methods=["POST"]),
        Route(f"{start}/more/{{token}}/{{number}}/{{rank}}/back", pages.no_more, methods=["POST"]),
    ]


class _Title(NamedTuple):
    """An entry of which no more than this is shown."""

    title: str
    href: str | None


class _Pages:
    """One method for each address."""

    def __init__(self, app: App) -> None:
        self.base = urlsplit(app.newsletter.base_url).path
        self._app = app
        self._secret = app.secret
        self._templates = Environment(
            loader=PackageLoader("newsletter.web", "templates/site"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {"base": self.base, "name": clean(app.newsletter.name)}

    async def home(self, request: Request) -> Response:
        return RedirectResponse(f"{self.base}/archive")

    async def health(self, request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def style(self, request: Request) -> Response:
        sheet = self._templates.get_template("style.css").render()
        return Response(sheet, media_type="text/css", headers={"Cache-Control": "max-age=3600"})

    async def ask(self, request: Request) -> Response:
        """Who would be unsubscribed from what, and a button."""
        return self._unsubscribing(await self._reader(request, tokens.UNSUBSCRIBE))

    async def unsubscribe(self, request: Request) -> Response:
        """By the button, or in one click by the reader's mail program. The body is not read: it says nothing
        that the address does not."""
        person = await self._reader(request, tokens.UNSUBSCRIBE)
        if person is not None:
            now = self._app.clock.now()
            status = await self._app.subscribers.move(person.id, Event.UNSUBSCRIBE, now)
            person = replace(person, status=status)
        return self._unsubscribing(person)

    async def ask_for_more(self, request: Request) -> Response:
        """Of what there would be more, and a button; or that it was asked for already."""
        found = await self._liked(request)
        if isinstance(found, Response):
            return found
        person, like = found
        return self._more(request, like, done=any(known.entry == like.entry for known in person.wishes.likes))

    async def more(self, request: Request) -> Response:
        """By the button: editions from the next one on look for entries like this one."""
        found = await self._liked(request)
        if isinstance(found, Response):
            return found
        person, like = found
        await self._app.subscribers.like(person.id, like, self._app.clock.now())
        return self._more(request, like, done=True)

    async def no_more(self, request: Request) -> Response:
        """Takes it back."""
        found = await self._liked(request)
        if isinstance(found, Response):
            return found
        person, like = found
        await self._app.subscribers.unlike(person.id, like.entry, self._app.clock.now())
        return self._more(request, like, done=False)

    async def archive(self, request: Request) -> Response:
        """The editions, newest first."""
        headlines = await self._app.editions.headlines(self._app.newsletter.id)
        editions = [replace(headline, subject=clean(headline.subject)) for headline in headlines]
        language = clean(self._app.newsletter.language)
        return self._page("archive.html", editions=editions, language=language)

    async def edition(self, request: Request) -> Response:
        """One edition: what the email has, and the titles that it had no room for."""
        edition = (await self._published(request.path_params["number"])).edition
        rest = await self._app.entries.get_many(edition.rest)
        view = view_edition(edition, self._app.newsletter, self._app.theme.language)
        return self._page("edition.html", edition=view, rest=[_title(entry) for entry in rest])

    async def problem(self, request: Request, error: Exception) -> Response:
        """The page of an HTTP error; what nobody foresaw is a 500, and the server logs it."""
        known = error if isinstance(error, HTTPException) else HTTPException(500)
        headers = {**HEADERS, **(known.headers or {})}
        return self._page("problem.html", known.status_code, headers, status=known.status_code)

    async def _published(self, number: str) -> PublishedEdition:
        if not _is_number(number):
            raise HTTPException(404)
        try:
            return await self._app.editions.get(self._app.newsletter.id, int(number))
        except NotFound as error:
            raise HTTPException(404) from error

    async def _reader(self, request: Request, purpose: str) -> Subscriber | None:
        """Whose link this is; None where it is not one of ours, or nobody's any more."""
        token = request.path_params["token"]
        number = tokens.read(self._secret, purpose, self._app.newsletter.id, token)
        if number is None:
            return None
        try:
            person = await self._app.subscribers.get(number)
        except NotFound:
            return None
        return None if person.status is SubscriberStatus.ERASED else person

    async def _liked(self, request: Request) -> tuple[Subscriber, Like] | Response:
        """Who asks for more of what; or what to say where nobody does."""
        person = await self._reader(request, tokens.MORE)
        if person is None or person.status in GONE:
            return self._unsubscribing(person)
        edition = (await self._published(request.path_params["number"])).edition
        rank = request.path_params["rank"]
        like = like_of(edition, int(rank)) if _is_number(rank) else None
        if like is None:
            raise HTTPException(404)
        return person, like

    def _more(self, request: Request, like: Like, *, done: bool) -> Response:
        here = "{base}/more/{token}/{number}/{rank}".format(base=self.base, **request.path_params)
        title = clean(like.title) or "Untitled"
        return self._page("more.html", 200, PRIVATE, title=title, done=done, here=here)

    def _unsubscribing(self, person: Subscriber | None) -> Response:
        """To everybody whose link is not ours the same, so that nothing can be learnt by trying."""
        if person is None:
            return self._page("unknown.html", 404, PRIVATE)
        gone = person.status in GONE
        return self._page("unsubscribe.html", 200, PRIVATE, address=_masked(person.email), gone=gone)

    def _page(
        self, template: str, status_code: int = 200, headers: Mapping[str, str] | None = None, **context: Any
    ) -> Response:
        content = self._templates.get_template(template).render(context)
        return HTMLResponse(content, status_code, headers)


def _title(entry: Entry) -> _Title:
    return _Title(clean(entry.title) or "Untitled", safe_link(entry.link))


def _is_number(text: str) -> bool:
    """As digits: a number that no database can hold is just one that there is not."""
    return text.isascii() and text.isdecimal() and len(text) < 10


def _masked(email: str) -> str:
    """Enough for its owner to know it: "a…@example.org"."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"
