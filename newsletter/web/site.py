"""The public pages: signing up and leaving the list, what one wishes, more like an entry, and the archive.

They work without scripts, and only a POST changes anything, but for the count of clicks: mail scanners follow
every link. Whoever has an
unsubscribe link may leave, without signing in (RFC 8058). What papers say is text, never markup, and of their
addresses only http, https and mailto become links.
"""

from collections.abc import Iterator, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route

from newsletter.bootstrap import App
from newsletter.core.rhythm import Frequency
from newsletter.web.dashboard import dashboard_routes
from newsletter.web.headers import SecurityHeaders
from newsletter.web.hooks import hook_routes
from newsletter.web.pages.approval import ApprovalPages
from newsletter.web.pages.archive import ArchivePages
from newsletter.web.pages.clicks import ClickPages
from newsletter.web.pages.common import Common
from newsletter.web.pages.feed import FeedPages
from newsletter.web.pages.general import GeneralPages
from newsletter.web.pages.joining import JoiningPages
from newsletter.web.pages.leaving import LeavingPages
from newsletter.web.pages.more import MorePages
from newsletter.web.pages.preferences import PreferencesPages

__all__ = ["site"]

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def site(app: App) -> Starlette:
    """The public pages of this newsletter. Raises ConfigError where no secret is there to check links."""
    common = Common(app)
    general = GeneralPages(common, HEADERS)
    starts = tuple(dict.fromkeys(("", common.base)))
    routes: list[BaseRoute] = [route for start in starts for route in _routes(common, general, start)]
    routes += _api_routes(common, starts)
    routes += hook_routes(app, starts)
    routes += dashboard_routes(app, starts)
    public = Starlette(
        routes=routes,
        middleware=[Middleware(SecurityHeaders, headers=HEADERS)],
        exception_handlers={HTTPException: general.problem, Exception: general.problem},
    )
    # It would lead to the name in the request's Host, which behind a proxy need not be ours.
    public.router.redirect_slashes = False
    return public


def _api_routes(common: Common, starts: Sequence[str]) -> Iterator[BaseRoute]:
    """The API for programs and the page about it, where the operator has set a token."""
    if not common.app.api_tokens:
        return
    # Loaded where it is needed: FastAPI takes its time.
    from newsletter.web.api import api, schema_of
    from newsletter.web.pages.manual import ManualPage

    inside, manual = api(common.app), ManualPage(common, schema_of(common.app))
    for start in starts:
        yield Route(f"{start}/api/docs", manual.show)
        yield Mount(f"{start}/api", inside)


def _routes(common: Common, general: GeneralPages, start: str) -> list[Route]:
    """Every page below `start`: a proxy may leave the path of base_url on its requests, or take it off."""
    clicks, leaving = ClickPages(common), LeavingPages(common)
    archive, weeks = (ArchivePages(common, often) for often in Frequency)
    more, preferences = MorePages(common), PreferencesPages(common)
    joining, approval = JoiningPages(common), ApprovalPages(common)
    form = [
        Route(f"{start}/subscribe", joining.form, methods=["GET"]),
        Route(f"{start}/subscribe", joining.subscribe, methods=["POST"]),
        Route(f"{start}/subscribe", joining.preflight, methods=["OPTIONS"]),
    ]
    homes = dict.fromkeys((start or "/", f"{start}/"))
    return [
        *(Route(path, general.home) for path in homes),
        Route(f"{start}/health", general.health),
        Route(f"{start}/style.css", general.style),
        Route(f"{start}/favicon.svg", general.icon),
        Route(f"{start}/robots.txt", general.robots),
        Route(f"{start}/feed.atom", FeedPages(common).feed),
        Route(f"{start}/archive", archive.list),
        *(form if common.app.settings.signup.enabled else ()),
        Route(f"{start}/confirm/{{token:path}}", joining.ask, methods=["GET"]),
        Route(f"{start}/confirm/{{token:path}}", joining.confirm, methods=["POST"]),
        Route(f"{start}/c/{{token}}", clicks.follow, methods=["GET"]),
        Route(f"{start}/c/{{token}}/{{reader}}", clicks.follow, methods=["GET"]),
        Route(f"{start}/approve/{{token}}", approval.show, methods=["GET"]),
        Route(f"{start}/approve/{{token}}", approval.act, methods=["POST"]),
        Route(f"{start}/approve/{{token}}/preview", approval.preview),
        Route(f"{start}/archive/weekly", weeks.list),
        Route(f"{start}/archive/weekly/{{number}}", weeks.edition),
        Route(f"{start}/archive/{{number}}", archive.edition),
        Route(f"{start}/unsubscribe/{{token:path}}", leaving.ask, methods=["GET"]),
        Route(f"{start}/unsubscribe/{{token:path}}", leaving.unsubscribe, methods=["POST"]),
        Route(f"{start}/preferences/{{token:path}}", preferences.show, methods=["GET"]),
        Route(f"{start}/preferences/{{token:path}}", preferences.save, methods=["POST"]),
        Route(f"{start}/more/{{token}}/{{number}}/{{rank}}", more.ask, methods=["GET"]),
        Route(f"{start}/more/{{token}}/{{number}}/{{rank}}", more.more, methods=["POST"]),
        Route(f"{start}/more/{{token}}/{{number}}/{{rank}}/back", more.no_more, methods=["POST"]),
    ]
