"""What `why` says of somebody and what was planned for them never differ."""

import asyncio
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.samples import edition, entry

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.editions import SqlEditions
from newsletter.adapters.stores.entries import SqlEntries
from newsletter.adapters.stores.person import rhythm_to_row
from newsletter.adapters.stores.schema import subscribers as readers
from newsletter.adapters.stores.signups import SqlSignups
from newsletter.adapters.stores.subscribers import SqlSubscribers
from newsletter.core.audience import Audience
from newsletter.core.consent import Event
from newsletter.core.listfile import NewSubscriber
from newsletter.core.rhythm import Frequency, Rhythm
from newsletter.core.segments import parse_segment
from newsletter.core.series import series_of
from newsletter.core.why import Obstacle
from newsletter.errors import IllegalMove
from newsletter.services.why import Investigator

BERLIN = ZoneInfo("Europe/Berlin")
RHYTHMS = st.builds(
    Rhythm,
    frequency=st.sampled_from(Frequency),
    weekdays=st.sets(st.integers(0, 6)).map(sorted).map(tuple),
    paused_until=st.none() | st.dates(date(2026, 3, 9), date(2026, 3, 14)),
)
START = datetime(2026, 3, 9, 6, tzinfo=UTC)
STEP = timedelta(hours=3)
SEGMENT = parse_segment("tag:beta")
PEOPLE = ("ada", "bo", "cy")
WHO = st.sampled_from(PEOPLE)
EVENTS = st.sampled_from((Event.UNSUBSCRIBE, Event.BOUNCE, Event.COMPLAIN))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("import"), WHO, st.lists(st.just("beta"), max_size=1)),
        st.tuples(st.just("form"), WHO, st.none()),
        st.tuples(st.just("confirm"), WHO, st.none()),
        st.tuples(st.just("move"), WHO, EVENTS),
        st.tuples(st.just("publish"), st.sampled_from(Frequency), st.booleans()),
    ),
    max_size=16,
)


class World:
    """A store in which things happen one after the other."""

    def __init__(self, database: Database, rhythms: dict[str, Rhythm]) -> None:
        self.database = database
        self.now = START
        self.entry = 0
        self.subscribers = SqlSubscribers(database)
        self.editions = SqlEditions(database)
        self.signups = SqlSignups(database)
        self.rhythms = rhythms
        self.ids: dict[str, int] = {}
        self.investigator = Investigator(
            "papers",
            self.subscribers,
            self.editions,
            lambda often: Audience(frequency=often, zone=BERLIN),
            lambda often: iter(()),
        )

    async def run(self, steps: Iterable[tuple[str, str, object]]) -> None:
        for what, who, how in steps:
            self.now += STEP
            await getattr(self, f"do_{what}")(who, how)

    async def do_import(self, who: str, tags: list[str]) -> None:
        """The first word on tags stays, since why knows only those of now."""
        if who not in self.ids:
            await self.subscribers.add([NewSubscriber(f"{who}@example.org", tags=tuple(tags))], self.now)
            await self._known(who)

    async def do_form(self, who: str, _: None) -> None:
        await self.signups.subscribe(f"{who}@example.org", "", self.now)
        await self._known(who)

    async def do_confirm(self, who: str, _: None) -> None:
        if who in self.ids:
            await self._try(self.signups.confirm(self.ids[who], self.now))

    async def do_move(self, who: str, event: Event) -> None:
        if who in self.ids:
            await self._try(self.subscribers.move(self.ids[who], event, self.now, "test"))

    async def do_publish(self, often: Frequency, aside: bool) -> None:
        audience = Audience(frequency=often, zone=BERLIN)
        series = series_of("papers", often)
        number = await self.editions.next_number(series)
        self.entry += 1
        await SqlEntries(self.database).add([entry(self.entry)], self.now)
        made = replace(edition(number, self.entry, slot=self.now.astimezone(BERLIN)), newsletter=series)
        audience = audience.part(SEGMENT) if aside else audience.at_once()
        assert await self.editions.publish(made, "", "", "0" * 16, self.now, audience)

    async def _known(self, who: str) -> None:
        """Their rhythm is that of the whole story: `why` knows only the one of now."""
        if who not in self.ids:
            self.ids[who] = (await self.subscribers.find(f"{who}@example.org")).id
            one = sa.update(readers).where(readers.c.id == self.ids[who])
            async with self.database.begin() as connection:
                await connection.execute(one.values(rhythm_to_row(self.rhythms[who])))

    async def _try(self, move: Awaitable[object]) -> None:
        with suppress(IllegalMove):
            await move

    async def compare(self) -> None:
        """For everybody and every edition."""
        for often in Frequency:
            for planning in await self.editions.plannings(series_of("papers", often), 100):
                for number in self.ids.values():
                    record = await self.subscribers.record(number)
                    told = self.investigator._missed(record, planning).refusal.obstacle
                    got = any(
                        (copy.series, copy.planned) == (planning.series, planning.at)
                        for copy in record.copies
                    )
                    assert got == (told is Obstacle.CHANGED), (record, planning, told)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rhythms=st.tuples(RHYTHMS, RHYTHMS, RHYTHMS), steps=STEPS)
@example(
    rhythms=(Rhythm(), Rhythm(), Rhythm()),
    steps=[
        ("form", "ada", None),
        ("import", "bo", ["beta"]),
        ("publish", Frequency.DAILY, False),
        ("confirm", "ada", None),
        ("publish", Frequency.DAILY, True),
        ("move", "bo", Event.UNSUBSCRIBE),
        ("publish", Frequency.DAILY, False),
        ("move", "ada", Event.BOUNCE),
    ],
)
@example(
    rhythms=(Rhythm(), Rhythm(), Rhythm()),
    steps=[
        ("form", "ada", None),
        ("publish", Frequency.DAILY, False),
        ("move", "ada", Event.UNSUBSCRIBE),
    ],
)
def test_why_agrees_with_what_was_planned(
    tmp_path: Path, rhythms: tuple[Rhythm, ...], steps: list[tuple[str, str, object]]
):
    """For random people with a history, at whatever moment each edition was planned: nothing that is known of
    somebody kept it from them just where they have a copy."""

    async def live() -> None:
        database = Database(f"sqlite:///{len(list(tmp_path.iterdir()))}.db", tmp_path)
        world = World(database, dict(zip(PEOPLE, rhythms, strict=True)))
        await world.run(steps)
        await world.compare()
        await database.close()

    asyncio.run(live())
