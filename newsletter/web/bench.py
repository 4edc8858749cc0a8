"""The work bench of a preview in the browser: renewed while somebody works on a theme.

It shows what is rendered for it and nothing else of this machine. Only the names of this machine are answered
to, so that no page elsewhere can read it by pointing its own name here. Nothing that a request does changes
anything.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from newsletter.errors import NewsletterError
from newsletter.web.headers import SecurityHeaders

__all__ = ["Bench", "Render", "bench_app"]

Render = Callable[[], Awaitable[dict[str, bytes]]]
"""Makes the four files of a preview anew, from what is on disk now; raises NewsletterError."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-DNS-Prefetch-Control": "off",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
INDEX_POLICY = "object-src 'none'; frame-ancestors 'none'"
"""The page names the hashes of its own style and script in a policy of its own, and both policies hold."""
EMAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data: https:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)

LINKS_OPEN_OUTSIDE = b'<base target="_blank">'
"""Behind the email, so that its links work: the frame itself may not be led elsewhere."""
RELOADS = '<script src="/live.js" data-version="{}"></script>\n'
"""Behind the page: loads it anew when its version is not the latest any more."""


class Bench:
    """What can be seen now, and who waits for what comes next."""

    def __init__(self, render: Render) -> None:
        self.files: dict[str, bytes] = {}
        """By name; none while there is a problem."""
        self.problem: NewsletterError | None = None
        """Why nothing can be seen."""
        self.version = ""
        """The same for the same files or the same problem."""
        self._render = render
        self._rendering = asyncio.Lock()
        self._renewed = asyncio.Event()
        self._closed = False

    async def renew(self) -> bool:
        """Render anew; whether there is something else to see now."""
        async with self._rendering:
            try:
                self.files, self.problem = await self._render(), None
            except NewsletterError as error:
                self.files, self.problem = {}, error
            before, self.version = self.version, _digest(self.files, self.problem)
            if self.version == before:
                return False
            self._wake()
            return True

    async def versions(self) -> AsyncIterator[str]:
        """The version now, and each that comes, until the bench is closed; one may be passed over."""
        while not self._closed:
            renewed = self._renewed
            yield self.version
            await renewed.wait()

    def close(self) -> None:
        """Let nobody wait any longer."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        self._renewed.set()
        self._renewed = asyncio.Event()


def _digest(files: dict[str, bytes], problem: NewsletterError | None) -> str:
    digest = hashlib.sha256(str(problem).encode("utf-8", "replace"))
    for name in sorted(files):
        digest.update(files[name])
    return digest.hexdigest()[:16]


def bench_app(bench: Bench) -> Starlette:
    """The pages of `bench`, to be served on this machine's own address only."""
    pages = _Pages(bench)
    routes = [
        Route("/", pages.index),
        Route("/index.html", pages.index),
        Route("/email.html", pages.email),
        Route("/email.txt", pages.text),
        Route("/email.eml", pages.message),
        Route("/changes", pages.changes),
        Route("/live.js", pages.live),
        Route("/problem.css", pages.style),
    ]
    middleware = [
        Middleware(SecurityHeaders, headers=HEADERS),
        Middleware(
            TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]"], www_redirect=False
        ),
    ]
    return Starlette(routes=routes, middleware=middleware)


class _Pages:
    """One method for each address. They are coroutines, since all is in memory."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        environment = Environment(
            loader=PackageLoader("newsletter.web", "templates/bench"),
            autoescape=True,
            undefined=StrictUndefined,
        )
        self._templates = Jinja2Templates(env=environment)

    async def index(self, request: Request) -> Response:
        """The work bench, which reloads itself when there is something else to see."""
        if self._bench.problem:
            return self._problem(request)
        content = self._bench.files["index.html"] + RELOADS.format(self._bench.version).encode()
        return HTMLResponse(content, headers={"Content-Security-Policy": INDEX_POLICY})

    async def email(self, request: Request) -> Response:
        """The email itself, for the frames. It runs no script."""
        if self._bench.problem:
            return self._problem(request)
        content = self._bench.files["email.html"] + LINKS_OPEN_OUTSIDE
        return HTMLResponse(content, headers={"Content-Security-Policy": EMAIL_POLICY})

    async def text(self, request: Request) -> Response:
        if self._bench.problem:
            return self._problem(request)
        return PlainTextResponse(self._bench.files["email.txt"])

    async def message(self, request: Request) -> Response:
        if self._bench.problem:
            return self._problem(request)
        disposition = {"Content-Disposition": 'attachment; filename="email.eml"'}
        return Response(self._bench.files["email.eml"], media_type="message/rfc822", headers=disposition)

    async def changes(self, request: Request) -> Response:
        """Server-Sent Events: the version now, and each that comes."""
        events = (f"data: {version}\n\n" async for version in self._bench.versions())
        return StreamingResponse(events, media_type="text/event-stream")

    async def live(self, request: Request) -> Response:
        return self._templates.TemplateResponse(request, "live.js", media_type="text/javascript")

    async def style(self, request: Request) -> Response:
        return self._templates.TemplateResponse(request, "problem.css", media_type="text/css")

    def _problem(self, request: Request) -> Response:
        context = {"problem": str(self._bench.problem), "version": self._bench.version}
        return self._templates.TemplateResponse(request, "problem.html", context, status_code=500)
