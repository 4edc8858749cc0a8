"""The pages of the local mailbox: what came in, and one message as HTML, as text, its headers, its source.

Mail is hostile: every text is escaped, and the HTML part is a page of its own that may neither run a script
nor fetch anything, shown in a sandboxed frame. Only the names of this machine are answered to, so that no
page elsewhere can read the mail by pointing its own name here. Nothing that a request does changes anything.
"""

from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from newsletter.adapters.mailbox import LoadedMessage, count_messages, load, read_messages
from newsletter.errors import NotFound
from newsletter.web.headers import SecurityHeaders

__all__ = ["mailbox_app"]

PAGE_SIZE = 100
"""Messages on one page of the list."""

SHOWN = 500_000
"""Characters of a text or a source that a page shows; the file has them all."""

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
PART_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-DNS-Prefetch-Control": "off",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

LINKS_OPEN_OUTSIDE = '<base target="_blank">'
"""Behind the HTML part, so that its links work: the frame itself may not be led elsewhere."""


def mailbox_app(folder: Path) -> Starlette:
    """The pages of the Maildir `folder`, to be served on this machine's own address only."""
    pages = _Pages(folder)
    routes = [
        Route("/", pages.list),
        Route("/style.css", pages.style),
        Route("/messages/{key}", pages.first),
        Route("/messages/{key}/html", pages.html),
        Route("/messages/{key}/html/part", pages.part),
        Route("/messages/{key}/text", pages.text),
        Route("/messages/{key}/headers", pages.headers),
        Route("/messages/{key}/source", pages.source),
        Route("/messages/{key}/message.eml", pages.download),
    ]
    middleware = [
        Middleware(SecurityHeaders, headers=HEADERS),
        Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"], www_redirect=False),
    ]
    return Starlette(routes=routes, middleware=middleware)


class _Pages:
    """One method for each address. They are plain functions, since they read files: each runs in a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        environment = Environment(
            loader=PackageLoader("newsletter.web", "templates/mailbox"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters |= {"size": _size, "clock": _clock}
        self._templates = Jinja2Templates(env=environment)

    def list(self, request: Request) -> Response:
        """The messages, newest first; the page renews itself unless it is asked not to."""
        count = count_messages(self._folder)
        pages = max(1, -(-count // PAGE_SIZE))
        page = min(max(1, _number(request.query_params.get("page"))), pages)
        messages = read_messages(self._folder, start=(page - 1) * PAGE_SIZE, limit=PAGE_SIZE)
        return self._page(
            request,
            "list.html",
            messages=messages,
            count=count,
            page=page,
            pages=pages,
            refresh=request.query_params.get("refresh") != "off",
            folder=str(self._folder),
        )

    def style(self, request: Request) -> Response:
        return self._templates.TemplateResponse(request, "style.css", media_type="text/css")

    def first(self, request: Request) -> Response:
        """To the HTML part, or to the text where there is none."""
        message = self._message(request)
        tab = "text" if message.html is None and message.text is not None else "html"
        return RedirectResponse(f"/messages/{quote(message.stored.key)}/{tab}")

    def html(self, request: Request) -> Response:
        query = request.query_params
        return self._tab(
            request,
            "html.html",
            width="phone" if query.get("width") == "phone" else "desk",
            scheme="dark" if query.get("scheme") == "dark" else "light",
        )

    def part(self, request: Request) -> Response:
        """The HTML part itself, for the frame."""
        content = (self._message(request).html or "") + LINKS_OPEN_OUTSIDE
        return HTMLResponse(content, headers={"Content-Security-Policy": PART_POLICY})

    def text(self, request: Request) -> Response:
        return self._tab(request, "text.html", shown=SHOWN)

    def headers(self, request: Request) -> Response:
        return self._tab(request, "headers.html")

    def source(self, request: Request) -> Response:
        message = self._message(request)
        source = message.raw[:SHOWN].decode("utf-8", "replace").replace("\0", "\ufffd")
        return self._tab(request, "source.html", source=source, cut=len(message.raw) > SHOWN)

    def download(self, request: Request) -> Response:
        message = self._message(request)
        disposition = {"Content-Disposition": 'attachment; filename="message.eml"'}
        return Response(message.raw, media_type="message/rfc822", headers=disposition)

    def _message(self, request: Request) -> LoadedMessage:
        try:
            return load(self._folder, request.path_params["key"])
        except NotFound as error:
            raise HTTPException(404, "There is no such message.") from error

    def _tab(self, request: Request, template: str, **context: Any) -> Response:
        return self._page(request, template, message=self._message(request), **context)

    def _page(self, request: Request, template: str, **context: Any) -> Response:
        return self._templates.TemplateResponse(request, template, context)


def _number(text: str | None) -> int:
    """A page number from a query; 1 where it is none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 1


def _size(size: int) -> str:
    """A size in bytes for people."""
    return f"{size / 1000:,.0f} kB" if size >= 1000 else f"{size} bytes"


def _clock(moment: datetime) -> str:
    """A moment in the time of this machine, which is the reader's."""
    return moment.astimezone().strftime("%a %d %b %Y, %H:%M:%S")
