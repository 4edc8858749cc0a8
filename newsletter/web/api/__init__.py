"""The JSON API, for programs of the operator's: the list, the editions, and how they fare.

Loaded only where a token is set, since FastAPI takes its time. Nothing of it is for browsers: it has no
cookies, allows no other origin, and each request bears a token.
"""

from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.types import ASGIApp

from newsletter.bootstrap import App
from newsletter.web.api.access import Access, Gate
from newsletter.web.api.editions import EditionRoutes
from newsletter.web.api.problems import handlers
from newsletter.web.api.schema import described
from newsletter.web.api.subscribers import SubscriberRoutes
from newsletter.web.headers import SecurityHeaders

__all__ = ["api", "schema_of"]

_VERSION = "1"
"""Rises where a program that uses it would have to change."""
_HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


def api(app: App) -> ASGIApp:
    """The API of this newsletter behind its tokens. Raises ConfigError where one of them is no good."""
    inside = _routes(app)
    return SecurityHeaders(
        Gate(inside, Access(app.api_tokens), app.clock, app.settings.web.trusted_proxies), _HEADERS
    )


def schema_of(app: App) -> dict[str, Any]:
    """What OpenAPI 3.1 says of it."""
    return _routes(app).openapi()


def _routes(app: App) -> FastAPI:
    base = urlsplit(app.newsletter.base_url).path
    found = FastAPI(
        title=app.newsletter.name,
        version=_VERSION,
        servers=[{"url": f"{app.newsletter.base_url}/api"}],
        openapi_url=None,
        redirect_slashes=False,
        exception_handlers=handlers(),
    )
    found.include_router(SubscriberRoutes(app, f"{base}/api").router)
    found.include_router(EditionRoutes(app).router)
    schema = described(found)

    async def openapi() -> dict[str, Any]:
        """This description."""
        return schema

    found.openapi = lambda: schema  # type: ignore[method-assign] # the way that FastAPI documents
    found.add_api_route("/openapi.json", openapi, methods=["GET"], include_in_schema=False)
    return found
