"""The routes about editions and how they fare."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.exceptions import HTTPException

from newsletter.bootstrap import App
from newsletter.core.delivery import Reply
from newsletter.core.model import Subscriber, SubscriberStatus
from newsletter.core.rhythm import Frequency
from newsletter.core.series import parse_edition_name, series_of
from newsletter.core.slots import local_time, next_slot
from newsletter.errors import NotFound
from newsletter.ports import PublishedEdition
from newsletter.web.api.newsletter import (
    EDITION_NAME,
    ClickCount,
    Copies,
    EditionPage,
    EditionStats,
    FullEdition,
    Heading,
    ListStats,
    Slot,
    TestMail,
    TestMailSent,
)
from newsletter.web.api.people import Body

__all__ = ["EditionRoutes"]

_Name = Annotated[str, Path(pattern=EDITION_NAME, description="5, or w5 for one of the week")]
_ACCEPTED = range(200, 300)


class EditionQuery(Body):
    """Which editions."""

    series: Frequency = Field(Frequency.DAILY, description="weekly: those of the week, w1, w2 and so on")
    before: int = Field(2**31, ge=1, le=2**31, description="next of the page before")
    limit: int = Field(100, ge=1, le=1000)


class EditionRoutes:
    """What was published, and one copy to look at."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.router = APIRouter(tags=["Editions"])
        add = self.router.add_api_route
        add("/editions", self.page, methods=["GET"])
        add("/editions/{name}", self.show, methods=["GET"])
        add("/editions/{name}/stats", self.stats, methods=["GET"])
        add("/stats", self.overall, methods=["GET"])
        add("/test-mail", self.test_mail, methods=["POST"])

    async def page(self, query: Annotated[EditionQuery, Query()]) -> EditionPage:
        """The editions, the newest first."""
        series = series_of(self._app.newsletter.id, query.series)
        headlines = await self._app.editions.headlines(series, query.before, query.limit)
        found = [Heading.of(headline) for headline in headlines]
        return EditionPage(editions=found, next=found[-1].number if len(found) == query.limit else None)

    async def show(self, name: _Name) -> FullEdition:
        """One edition with its sections and entries."""
        return FullEdition.whole(await self._published(name))

    async def stats(self, name: _Name) -> EditionStats:
        """How its copies stand, and which of its links were followed."""
        published = await self._published(name)
        return EditionStats(
            number=published.edition.number,
            copies=Copies.of(await self._app.outbox.accounting(published.id)),
            clicks=[ClickCount.of(found) for found in await self._app.clicks.of(published.id)],
        )

    async def overall(self) -> ListStats:
        """How many subscribers and editions there are, and when the next one is due."""
        app = self._app
        outcomes = await app.slots.outcomes(app.newsletter.id)
        return ListStats(
            subscribers=await app.subscribers.counts(),
            editions=await app.editions.count(app.newsletter.id),
            last_slot=Slot.of(outcomes[0]) if outcomes else None,
            next_slot=next_slot(app.schedule, app.clock.now()),
        )

    async def test_mail(self, body: TestMail) -> TestMailSent:
        """Send one copy at once to an active subscriber, or to one of [api] test_addresses. Its subject
        begins with [Test]; its links are nobody's, and the ledger does not know of it."""
        person = await self._tester(body.email)
        published = await (self._newest() if body.edition is None else self._published(str(body.edition)))
        reply = await self._app.send_test(published, person)
        if reply.code not in _ACCEPTED:
            raise HTTPException(502, f"The mail server did not take it: {_words(reply)}")
        edition = published.edition
        return TestMailSent(
            email=person.email, edition=edition.number, subject=edition.subject, reply=_words(reply)
        )

    async def _published(self, name: str) -> PublishedEdition:
        found = parse_edition_name(self._app.newsletter.id, name)
        if found is None:
            raise NotFound(f"there is no edition {name}.")
        return await self._app.editions.get(*found)

    async def _newest(self) -> PublishedEdition:
        """What would go out now, else what went out last."""
        app, now = self._app, self._app.clock.now()
        proposed = await app.desk.propose(local_time(now, app.schedule.zone), now)
        if proposed is not None:
            return app.desk.draft(proposed, now).published
        newest = await app.editions.newest(app.newsletter.id)
        if newest is None:
            raise NotFound("nothing was published yet, and nothing is new: run `newsletter collect` first.")
        return newest

    async def _tester(self, email: str) -> Subscriber:
        """Who gets a copy for testing: nobody who did not ask for the newsletter, but for the operator."""
        try:
            person = await self._app.subscribers.find(email)
        except NotFound:
            person = None
        if person is not None and person.status is SubscriberStatus.ACTIVE:
            return person
        if email in self._app.settings.api.test_addresses:
            return Subscriber(id=0, email=email)
        raise HTTPException(
            403, f"{email} is not an active subscriber: name it in [api] test_addresses, or take another one."
        )


def _words(reply: Reply) -> str:
    return f"{reply.code} {reply.text}" if reply.code else reply.text or "the connection broke"
