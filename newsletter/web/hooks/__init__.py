"""Where providers tell what came back: POST only, signed, and answered 200 once it is on the disk.

What is forged, stale or was heard before is refused and changes nothing. A hook that is not configured does
not exist.
"""

from collections.abc import Callable, Iterable, Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from newsletter.bootstrap import App
from newsletter.errors import StoreError
from newsletter.web.body import read_body
from newsletter.web.hooks.common import Hook
from newsletter.web.hooks.mailgun import MailgunHook
from newsletter.web.hooks.postmark import PostmarkHook
from newsletter.web.hooks.sendgrid import SendgridHook
from newsletter.web.hooks.ses import SesHook

__all__ = ["hook_routes"]

_LARGEST = 4 * 2**20
"""Octets of a request: SendGrid sends up to a thousand events in one."""
_KINDS: Mapping[str, Callable[[App], Hook]] = {
    "ses": SesHook,
    "sendgrid": SendgridHook,
    "mailgun": MailgunHook,
    "postmark": PostmarkHook,
}


def hook_routes(app: App, starts: Iterable[str]) -> list[Route]:
    """One for each provider that is configured, below each of `starts`. Raises ConfigError."""
    configured = [name for name in _KINDS if getattr(app.settings.hooks, name) is not None]
    endpoints = {name: _Endpoint(app, _KINDS[name](app)) for name in configured}
    return [
        Route(f"{start}/hooks/{name}", endpoint.hear, methods=["POST"])
        for start in starts
        for name, endpoint in endpoints.items()
    ]


class _Endpoint:
    """Of one provider."""

    def __init__(self, app: App, hook: Hook) -> None:
        self._app = app
        self._hook = hook

    async def hear(self, request: Request) -> Response:
        """Record what is said. Where that cannot be done now, the provider is to try again."""
        body = await read_body(request, _LARGEST)
        async with self._hook.heard(request.headers, body, self._app.clock.now()) as said:
            try:
                await self._app.returns.hear(said, "webhook")
            except StoreError as error:
                raise HTTPException(503) from error
        return PlainTextResponse("")
