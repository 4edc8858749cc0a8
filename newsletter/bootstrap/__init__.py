"""The only place that builds objects: configuration in, a working newsletter out."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.adapters.clock import FixedClock, SystemClock
from newsletter.adapters.stores.database import Database
from newsletter.bootstrap.editing import audience_of, edition_policy, speak, weekly_policy
from newsletter.bootstrap.foundation import shipped
from newsletter.bootstrap.readers import Readers
from newsletter.bootstrap.sending import delivery_options, make_throttle, warm_up_allowance
from newsletter.bootstrap.watching import make_heartbeat, make_pulse, make_watch
from newsletter.config import ConfigFile, load_settings
from newsletter.core.audience import Audience
from newsletter.core.delivery import Decision, Reply
from newsletter.core.letters import LetterKind
from newsletter.core.model import Subscriber
from newsletter.core.rhythm import Frequency
from newsletter.core.segments import Segment
from newsletter.core.series import frequency_of, series_of
from newsletter.core.slots import Schedule, local_time, next_slot, slots_between
from newsletter.core.translation import Translator
from newsletter.ports import Feed, PublishedEdition
from newsletter.render.exhibit import Exhibit, edition_exhibit
from newsletter.render.preview import PREVIEW_FILES, preview_pages
from newsletter.render.theme import Theme
from newsletter.services.approval import Approval
from newsletter.services.asking import Asking
from newsletter.services.collect import SourceReport, collect
from newsletter.services.compose import Composer
from newsletter.services.daily import DailyJob
from newsletter.services.deliver import Delivery
from newsletter.services.heartbeat import Heartbeat
from newsletter.services.operator import OperatorPost
from newsletter.services.publish import Draft, EditorialDesk
from newsletter.services.pulse import Pulse
from newsletter.services.testmail import send_test
from newsletter.services.watch import Watch
from newsletter.services.why import Investigator

if TYPE_CHECKING:
    from newsletter.services.inspect import Inspection

__all__ = ["App", "open_app", "shipped"]

_YEAR = timedelta(days=366)
_SAMPLE_READER = Subscriber(id=0, email="reader@example.org", name="Sample Reader")


@dataclass(frozen=True)
class App(Readers):
    """All of it: making editions and sending them, too."""

    @cached_property
    def desk(self) -> EditorialDesk:
        """Who chooses and lays out."""
        return EditorialDesk(
            self.newsletter,
            edition_policy(self.settings),
            self.theme,
            self.phrases,
            self.secret,
            self.entries,
            self.editions,
            self.audience(Frequency.DAILY),
            speak,
        )

    @cached_property
    def weekly_desk(self) -> EditorialDesk:
        """Who does it for the best of the week."""
        return replace(
            self.desk,
            policy=weekly_policy(self.settings),
            theme=self.themed("weekly_theme", self.settings.newsletter.weekly_theme),
            phrases=self.phrases.of_week(),
            audience=self.audience(Frequency.WEEKLY),
        )

    @cached_property
    def daily(self) -> DailyJob:
        """Which slot is due, and what becomes of it."""
        return DailyJob(self.desk, self.slots, self.schedule, self.drafts, self._patience)

    @cached_property
    def weekly(self) -> DailyJob:
        """The same for the best of the week."""
        return DailyJob(self.weekly_desk, self.slots, self.weekly_schedule, self.drafts, self._patience)

    @property
    def _patience(self) -> timedelta | None:
        table = self.settings.approval
        return table.deadline if table.required else None

    def extra_job(self, segment: Segment | None = None) -> DailyJob:
        """For editions off the schedule, which a person wants at once and nobody else is asked about; perhaps
        only for these readers."""
        everybody = self.desk.audience
        audience = everybody.part(segment) if segment else everybody.at_once()
        return replace(self.daily, desk=replace(self.desk, audience=audience), patience=None)

    @cached_property
    def approval(self) -> Approval:
        """What a person may say to editions that wait for it, whether or not others are to."""
        own, weekly = (series_of(self.newsletter.id, often) for often in Frequency)

        def desk(series: str) -> EditorialDesk:
            return self.weekly_desk if series == weekly else self.desk

        late = self.settings.approval.otherwise == "send"
        return Approval((own, weekly), desk, self.drafts, self.entries, self.composer, late)

    def audience(self, frequency: Frequency) -> Audience:
        """Whom the editions of this series are for."""
        return audience_of(self.settings, self._schedule_of(frequency), frequency)

    def upcoming(self, frequency: Frequency) -> Iterator[datetime]:
        """The slots of this series that are still to come, for a year."""
        now = self.clock.now()
        return slots_between(self._schedule_of(frequency), now, now + _YEAR)

    def _schedule_of(self, frequency: Frequency) -> Schedule:
        return self.weekly_schedule if frequency is Frequency.WEEKLY else self.schedule

    @cached_property
    def investigator(self) -> Investigator:
        """Who finds out why somebody got no copy."""
        return Investigator(self.newsletter.id, self.subscribers, self.editions, self.audience, self.upcoming)

    async def jobs(self) -> tuple[DailyJob, ...]:
        """The daily one, and that of the week where somebody wants it today."""
        today = local_time(self.clock.now(), self.schedule.zone)
        wanted = await self.editions.has_readers(self.weekly_desk.audience, today)
        return (self.daily, self.weekly) if wanted else (self.daily,)

    @cached_property
    def bench(self) -> Theme:
        """The page around a preview."""
        return Theme.load(shipped("templates") / "preview", files=PREVIEW_FILES)

    async def collect(self) -> tuple[SourceReport, ...]:
        """Pick up what every source has."""
        # Brings the parsers of feeds and the network with it, and most commands read no source.
        from newsletter.bootstrap.sources import make_fetcher, make_source

        table = self.settings.fetch
        async with make_fetcher(table, self.memory, table.contact or self.newsletter.base_url) as fetcher:
            sources = [make_source(source, self.settings, fetcher) for source in self.settings.sources]
            return await collect(sources, self.entries, self.memory, self.clock.now(), table.total_timeout)

    def composer(self, published: PublishedEdition) -> Composer:
        """Who writes the copies of this edition."""
        spoken = speak(self.theme, published.language) if published.language else None
        phrases = spoken[1] if spoken else self.phrases
        translator = Translator(self.phrases, phrases) if spoken else None
        if frequency_of(published.edition) is Frequency.WEEKLY:
            phrases = phrases.of_week()
        return Composer(published, self.newsletter, self.secret, self.signer(), phrases, translator)

    async def inspect(self, draft: Draft, email: str | None = None, *, spam: bool = True) -> "Inspection":
        """A draft as this subscriber would get it, else a reader without wishes, with all that can be said of
        it; SpamAssassin is asked unless `spam` is False."""
        # Loaded where they are needed: most commands judge nothing, and lxml takes its time.
        from newsletter.adapters.spamassassin import judge
        from newsletter.services.inspect import Inspector

        person = await self.subscribers.find(email) if email else _SAMPLE_READER
        is_weekly = frequency_of(draft.edition) is Frequency.WEEKLY
        desk, translator = self.weekly_desk if is_weekly else self.desk, None
        if abroad := desk.abroad(person.language):
            desk, translator = abroad, Translator(desk.phrases, abroad.phrases)
            draft = desk.draft(translator.edition(draft.edition), draft.created)
        inspector = Inspector(desk, self.newsletter, self.secret, self.signer(), translator)
        return await inspector.inspect(draft, person, judge if spam else None)

    def preview(self, draft: Draft, seen: "Inspection") -> dict[str, bytes]:
        """The files that show what was seen of it."""
        exhibit = edition_exhibit(
            draft.edition,
            self.newsletter,
            seen.copy,
            seen.message,
            findings=seen.findings,
            fitting=draft.fitting,
            arrangement=seen.arrangement,
        )
        return preview_pages(exhibit, self.bench)

    async def preview_letter(self, kind: LetterKind, email: str | None = None) -> dict[str, bytes]:
        """The files that show a small mail, to this subscriber or to a sample reader."""
        person = await self.subscribers.find(email) if email else _SAMPLE_READER
        now = self.clock.now()
        copy, message = self.letters.write(kind, person, now, next_slot(self.schedule, now))
        exhibit = Exhibit(newsletter=self.newsletter, label=kind.title(), copy=copy, message=message.data)
        return preview_pages(exhibit, self.bench)

    async def delivery(
        self, progress: Callable[[Decision], None] = lambda _: None, feed: Feed | None = None
    ) -> Delivery:
        """One run over everything that is due, or over the batches that it is fed with."""
        return Delivery(
            self.leased_outbox(feed) if feed else self.outbox,
            self.paces,
            self.servers(),
            self.composer,
            self.clock,
            delivery_options(self.settings, await self.allowance(), self.allowance),
            progress,
            make_throttle(self.database, self.worker, self.settings.delivery.lease.total_seconds()),
        )

    async def send_test(self, published: PublishedEdition, person: Subscriber) -> Reply:
        """One copy to this person at once, by the server that takes most of them; the ledger does not know of
        it. Raises DeliveryError or NotFound."""
        now = self.clock.now()
        composer = Composer(published, self.newsletter, self.secret, self.signer(), self.phrases, test=now)
        return await send_test(composer, person, max(self.servers(), key=lambda way: way.weight).transport)

    @cached_property
    def operator_post(self) -> OperatorPost | None:
        """Who writes to the operator; None where no address is given."""
        to = self.settings.operator.mail
        if not to:
            return None
        servers = sorted(self.servers(), key=lambda server: -server.weight)
        ways = [server.transport for server in servers]
        return OperatorPost(self.newsletter, self.secret, self.signer(), ways, to)

    @cached_property
    def heartbeat(self) -> Heartbeat:
        """Who tells the operator how each slot ended."""
        return make_heartbeat(self)

    @cached_property
    def watch(self) -> Watch:
        """Who knows whether all is well."""
        return make_watch(self)

    def pulse(self) -> Pulse:
        """The signs of life of a scheduler."""
        return make_pulse(self)

    @cached_property
    def asking(self) -> Asking | None:
        """Who asks the operator for a word by mail; None where no address is given."""
        post = self.operator_post
        return Asking(self.approval, self.drafts, post) if post else None

    async def allowance(self) -> int | None:
        """How many copies may still go out today by the warm-up plan; None where there is none."""
        today = local_time(self.clock.now(), self.schedule.zone)
        allowed = warm_up_allowance(self.settings, today.date())
        if allowed is None:
            return None
        midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
        return max(allowed - await self.outbox.begun_since(midnight), 0)


@asynccontextmanager
async def open_app(
    config: Path | ConfigFile, now: datetime | None = None, *, smtp_port: int | None = None
) -> AsyncIterator[App]:
    """The newsletter that this file configures. `now` stops its clock at an instant; `smtp_port` is used
    in place of the configured one."""
    settings = load_settings(config)
    if smtp_port is not None:
        settings = settings.model_copy(update={"smtp": settings.smtp.model_copy(update={"port": smtp_port})})
    database = Database(settings.store.url, settings.path(""))
    app = App(settings, database, FixedClock(now) if now else SystemClock())
    try:
        yield app
    finally:
        if "click_counter" in app.__dict__:  # else nobody has counted
            await app.click_counter.close()
        if "insight" in app.__dict__:
            await app.insight.close()
        await database.close()
