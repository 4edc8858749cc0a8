"""The routes about subscribers."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from newsletter.bootstrap import App
from newsletter.core.address import normalise_address
from newsletter.core.model import SubscriberStatus
from newsletter.services.roster import Registrar
from newsletter.web.api.people import Body, NewPerson, PeoplePage, Person, PersonChanges

__all__ = ["SubscriberRoutes"]

_Email = Annotated[str, Path(description="The address, percent-encoded; in any case", max_length=320)]


class PageQuery(Body):
    """Which subscribers."""

    status: SubscriberStatus | None = None
    tag: str | None = Field(None, max_length=100)
    after: str = Field("", max_length=320, description="next of the page before")
    limit: int = Field(100, ge=1, le=1000)


class LeavingQuery(Body):
    """How somebody leaves."""

    erase: bool = Field(False, description="Forget all that is known of them as well")


class SubscriberRoutes:
    """Reading and changing the list."""

    def __init__(self, app: App, base: str) -> None:
        """`base` is the path of the API."""
        self._app = app
        self._base = base
        self._registrar = Registrar(app.subscribers, app.roster, app.signup.signups, app.bell.set, "api")
        self.router = APIRouter(tags=["Subscribers"])
        add = self.router.add_api_route
        add("/subscribers", self.page, methods=["GET"])
        add("/subscribers", self.add, methods=["POST"], status_code=201, responses={200: {"model": Person}})
        add("/subscribers/{email:path}", self.show, methods=["GET"])
        add("/subscribers/{email:path}", self.change, methods=["PATCH"])
        add("/subscribers/{email:path}", self.remove, methods=["DELETE"], status_code=204)

    async def page(self, query: Annotated[PageQuery, Query()]) -> PeoplePage:
        """The list by address, a page at a time."""
        people = await self._app.roster.page(
            after=query.after, limit=query.limit, status=query.status, tag=query.tag
        )
        full = len(people) == query.limit
        return PeoplePage(
            subscribers=[Person.of(person) for person in people], next=people[-1].email if full else None
        )

    async def add(self, body: NewPerson, response: Response) -> Person:
        """Add somebody, or refresh what is known of them: 201 where they are new, else 200. With
        confirmed: false they are pending, and a letter asks them. Whoever has left is neither brought back
        nor asked, which is a 409."""
        enrol = self._registrar.add if body.confirmed else self._registrar.ask
        person, new = await enrol(body.email, body.changes(), self._app.clock.now())
        response.status_code = 201 if new else 200
        response.headers["Location"] = f"{self._base}/subscribers/{quote(person.email, safe='@')}"
        return Person.of(person)

    async def show(self, email: _Email) -> Person:
        """One subscriber."""
        return Person.of(await self._registrar.find(normalise_address(email)))

    async def change(self, email: _Email, body: PersonChanges) -> Person:
        """Change what is named in the body; it counts from the next edition."""
        found = normalise_address(email)
        return Person.of(await self._registrar.change(found, body.changes(), self._app.clock.now()))

    async def remove(self, email: _Email, query: Annotated[LeavingQuery, Query()]) -> None:
        """Unsubscribe somebody: they get nothing more, copies that are planned included; or erase all that is
        known of them. Doing it twice is fine."""
        leave = self._registrar.erase if query.erase else self._registrar.unsubscribe
        await leave(normalise_address(email), self._app.clock.now())
