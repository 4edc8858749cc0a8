"""Getting onto the list: the form, what it answers, and the question behind the link of the first letter."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from newsletter.core import tokens
from newsletter.core.model import Subscriber, SubscriberStatus
from newsletter.errors import IllegalMove, InputError
from newsletter.services.signup import LONGEST_NAME
from newsletter.web.clients import client_of
from newsletter.web.pages.common import PRIVATE, TRAP, Common, masked
from newsletter.web.pages.form import read_fields

__all__ = ["JoiningPages"]

_LONGEST = 1000
"""Characters of a field: no address has as many."""
_LOOK = "look into your mailbox"
"""To programs."""


@dataclass(frozen=True)
class _Asked:
    """What stands in the fields."""

    email: str = ""
    name: str = ""
    trap: str = ""

    @classmethod
    async def by(cls, request: Request) -> "_Asked":
        fields = await read_fields(request)
        return cls(*(fields.get(name, [""])[-1].strip()[:_LONGEST] for name in ("email", "name", TRAP)))


class JoiningPages:
    """Signing up and confirming."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._app = common.app
        self._table = common.app.settings.signup

    # Signing up

    async def form(self, request: Request) -> Response:
        """Empty."""
        return self._form(_Asked())

    async def subscribe(self, request: Request) -> Response:
        """The same answer for whoever was known, unknown or has left, and for programs that fill in the field
        that people do not see."""
        headers = self._cors(request)
        asked = await _Asked.by(request)
        if asked.trap:
            await self._app.signup.pretend()
            return self._taken(request, headers)
        visitor = client_of(request, self._app.settings.web.trusted_proxies)
        try:
            wait = await self._app.signup.subscribe(asked.email, asked.name, visitor)
        except InputError:
            return self._wrong(request, asked, headers)
        return self._later(request, wait, headers) if wait else self._taken(request, headers)

    async def preflight(self, request: Request) -> Response:
        """A browser asks whether a page of another site may send the form by a script."""
        headers = self._cors(request)
        if "Access-Control-Allow-Origin" in headers:
            headers |= {
                "Access-Control-Allow-Methods": "POST",
                "Access-Control-Allow-Headers": "Content-Type",
                "Access-Control-Max-Age": "600",
            }
        return Response(status_code=204, headers={**headers, "Allow": "GET, HEAD, POST, OPTIONS"})

    def _taken(self, request: Request, headers: dict[str, str]) -> Response:
        if _wants_json(request):
            return JSONResponse({"status": _LOOK}, headers=headers)
        return self._common.page("subscribed.html", 200, headers)

    def _wrong(self, request: Request, asked: _Asked, headers: dict[str, str]) -> Response:
        if _wants_json(request):
            return JSONResponse({"error": "this is not an email address"}, 422, headers)
        return self._form(asked, 422, headers, wrong=True)

    def _later(self, request: Request, wait: timedelta, headers: dict[str, str]) -> Response:
        headers = {**headers, "Retry-After": str(int(wait.total_seconds()) + 1)}
        if _wants_json(request):
            return JSONResponse({"error": "too many sign-ups, try later"}, 429, headers)
        raise HTTPException(429, headers=headers)

    def _form(
        self,
        asked: _Asked,
        status: int = 200,
        headers: dict[str, str] | None = None,
        *,
        wrong: bool = False,
    ) -> Response:
        return self._common.page(
            "subscribe.html",
            status,
            headers,
            asked=asked,
            wrong=wrong,
            longest_name=LONGEST_NAME,
            trap=TRAP,
        )

    def _cors(self, request: Request) -> dict[str, str]:
        """Only pages of the sites that the operator names may read the answer."""
        headers = {"Cache-Control": "no-store", "Vary": "Accept, Origin"}
        origin = request.headers.get("origin", "")
        return headers | (
            {"Access-Control-Allow-Origin": origin} if origin in self._table.allow_origins else {}
        )

    # Confirming

    async def ask(self, request: Request) -> Response:
        """Who would get it, and a button."""
        return self._confirming(await self._common.reader(request, tokens.CONFIRM))

    async def confirm(self, request: Request) -> Response:
        """By the button."""
        person = await self._common.reader(request, tokens.CONFIRM)
        if person is None or person.status is not SubscriberStatus.PENDING:
            return self._confirming(person)
        with suppress(IllegalMove):  # left in the same moment
            await self._app.signup.confirm(person)
        return self._confirming(await self._common.reader(request, tokens.CONFIRM))

    def _confirming(self, person: Subscriber | None) -> Response:
        if person is None:
            return self._common.unsubscribing(None)
        return self._common.page(
            "confirm.html",
            200,
            PRIVATE,
            language=person.language,
            address=masked(person.email),
            pending=person.status is SubscriberStatus.PENDING,
            active=person.status is SubscriberStatus.ACTIVE,
            preferences=self._common.link(tokens.PREFERENCES, person),
        )


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")
