"""The only place that builds objects: configuration in, a working newsletter out."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parseaddr
from functools import cached_property, partial
from pathlib import Path
from secrets import token_bytes
from typing import TYPE_CHECKING

from newsletter.adapters.clock import FixedClock, SystemClock
from newsletter.adapters.stores.clicks import SqlClicks
from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.editions import SqlEditions
from newsletter.adapters.stores.entries import SqlEntries
from newsletter.adapters.stores.firstlines import FirstLines
from newsletter.adapters.stores.letters import SqlLetters
from newsletter.adapters.stores.outbox import SqlOutbox
from newsletter.adapters.stores.paces import SqlPaces
from newsletter.adapters.stores.roster import SqlRoster
from newsletter.adapters.stores.signups import SqlSignups
from newsletter.adapters.stores.slots import SqlSlots
from newsletter.adapters.stores.sources import SqlSourceMemory
from newsletter.adapters.stores.subscribers import SqlSubscribers
from newsletter.bootstrap.editing import daily_audience, edition_policy, phrases_of, speak, weekly_policy
from newsletter.bootstrap.returns import make_intakes, make_listener, make_proofs
from newsletter.bootstrap.sending import (
    delivery_options,
    make_servers,
    signup_limits,
    warm_up_allowance,
)
from newsletter.config import Secrets, Settings, load_settings
from newsletter.config.tables import WEEKDAYS
from newsletter.core.address import domain_of
from newsletter.core.delivery import Decision, Reply
from newsletter.core.letters import LetterKind
from newsletter.core.model import Newsletter, Subscriber
from newsletter.core.phrases import Phrases
from newsletter.core.proofs import Proofs
from newsletter.core.rhythm import Frequency
from newsletter.core.segments import Segment
from newsletter.core.series import frequency_of
from newsletter.core.signup import Turnstile
from newsletter.core.slots import Schedule, local_time, next_slot
from newsletter.core.tokens import erased_key
from newsletter.core.translation import Translator
from newsletter.errors import ConfigError
from newsletter.ports import Clock, Intake, PublishedEdition, Signer
from newsletter.render.exhibit import Exhibit, edition_exhibit
from newsletter.render.preview import PREVIEW_FILES, preview_pages
from newsletter.render.theme import Theme
from newsletter.services.clicks import ClickCounter
from newsletter.services.collect import SourceReport, collect
from newsletter.services.compose import Composer
from newsletter.services.daily import DailyJob
from newsletter.services.deliver import Delivery
from newsletter.services.letters import LetterWriter
from newsletter.services.post import Post
from newsletter.services.publish import Draft, EditorialDesk
from newsletter.services.signup import SignUp
from newsletter.services.testmail import send_test
from newsletter.services.ways import Server

if TYPE_CHECKING:
    from newsletter.adapters.returns import ReturnsListener
    from newsletter.adapters.stores.bounces import SqlBounces
    from newsletter.services.inspect import Inspection
    from newsletter.services.returns import Returns

__all__ = ["App", "open_app", "shipped"]

_PACKAGE = Path(__file__).parents[1]

_SAMPLE_READER = Subscriber(id=0, email="reader@example.org", name="Sample Reader")


def shipped(name: str) -> Path:
    """A folder that comes with the program: "templates", "seeds" or "subscribers". It lies inside an
    installed package, and beside the package in a checkout."""
    inside = _PACKAGE / "shipped" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


@dataclass(frozen=True)
class App:
    """One configured newsletter. Parts are built when first asked for, so that a command needs only
    what it uses: `subscribers list` no secret, `preview` no mail server."""

    settings: Settings
    database: Database
    clock: Clock

    @cached_property
    def newsletter(self) -> Newsletter:
        """What every edition has in common."""
        table = self.settings.newsletter
        return Newsletter(
            id=table.id,
            name=table.name,
            sender=table.from_,
            base_url=table.base_url,
            reply_to=table.reply_to,
            bounces_to=table.bounces_to,
            leaves_by_mail=table.bounces_to is not None and self.settings.bounces.takes_mail,
            language=table.language,
            entry_language=table.entry_language,
            logo=table.logo,
            postal_address=table.address,
            show_reasons=self.settings.edition.reasons,
            counts_clicks=self.settings.clicks.enabled,
            clicks_by_reader=self.settings.clicks.by_reader,
        )

    @cached_property
    def schedule(self) -> Schedule:
        """When editions are due."""
        table = self.settings.schedule
        days = frozenset(WEEKDAYS.index(day) for day in table.days)
        return Schedule(table.time, table.timezone, days, table.catch_up)

    @cached_property
    def keys(self) -> tuple[bytes, ...]:
        """Those that links may be signed with."""
        return Secrets(self.settings).signing_keys()

    @cached_property
    def weekly_schedule(self) -> Schedule:
        """When those of the week are due."""
        return replace(self.schedule, weekdays=frozenset({WEEKDAYS.index(self.settings.schedule.weekly)}))

    @property
    def secret(self) -> bytes:
        """Signs links and Message-IDs: the newest of the keys."""
        return self.keys[0]

    @cached_property
    def entries(self) -> SqlEntries:
        """What was seen."""
        return SqlEntries(self.database)

    @cached_property
    def memory(self) -> SqlSourceMemory:
        """What is known of each source."""
        return SqlSourceMemory(self.database)

    @cached_property
    def editions(self) -> SqlEditions:
        """What was published."""
        return SqlEditions(self.database)

    @cached_property
    def outbox(self) -> SqlOutbox:
        """What is to be sent."""
        return SqlOutbox(self.database)

    @cached_property
    def paces(self) -> SqlPaces:
        """What mail servers taught us of their pace."""
        return SqlPaces(self.database)

    @cached_property
    def slots(self) -> SqlSlots:
        """What became of each slot."""
        return SqlSlots(self.database)

    @cached_property
    def subscribers(self) -> SqlSubscribers:
        """Who gets it."""
        return SqlSubscribers(self.database, self._tombstones)

    def first_lines(self) -> FirstLines:
        """Who stands where in a list that is imported."""
        return FirstLines()

    @cached_property
    def letterbox(self) -> SqlLetters:
        """Letters that wait to be sent."""
        return SqlLetters(self.database)

    @cached_property
    def bell(self) -> asyncio.Event:
        """Set where this process has a new letter to send."""
        return asyncio.Event()

    @cached_property
    def signup(self) -> SignUp:
        """Who comes and who goes."""
        # Others than those of this process cannot be told, so another start may forget who visitors were.
        key = token_bytes(32)
        turnstile = Turnstile(signup_limits(self.settings))
        goodbye = self.settings.signup.goodbye
        return SignUp(SqlSignups(self.database), turnstile, self.clock, key, self.bell.set, goodbye)

    @cached_property
    def roster(self) -> SqlRoster:
        """The same people, for the API."""
        return SqlRoster(self.database)

    @cached_property
    def clicks(self) -> SqlClicks:
        """Which links were followed."""
        return SqlClicks(self.database)

    @cached_property
    def click_counter(self) -> ClickCounter:
        """Who counts them while they come."""
        return ClickCounter(self.clicks, self.subscribers, self.outbox, self.clock)

    @cached_property
    def api_tokens(self) -> tuple[str, ...]:
        """What programs may use the API with; none where there is no API."""
        return Secrets(self.settings).api_tokens()

    @cached_property
    def bounces(self) -> "SqlBounces":
        """What came back."""
        # Brings the classifying with it, which takes its time to load.
        from newsletter.adapters.stores.bounces import SqlBounces

        return SqlBounces(self.database)

    @cached_property
    def proofs(self) -> Proofs:
        """By which copies are known that came back."""
        return make_proofs(self.newsletter, self.keys)

    @cached_property
    def returns(self) -> "Returns":
        """Who takes in what comes back."""
        # Likewise.
        from newsletter.adapters.returns import Aside
        from newsletter.services.returns import Returns

        table = self.settings.bounces
        aside = Aside(self.settings.path(table.aside))
        return Returns(self.bounces, aside, self.proofs, self.clock, table.threshold)

    @cached_property
    def intakes(self) -> Sequence[Intake]:
        """Mailboxes of returned messages."""
        return make_intakes(self.settings)

    @property
    def listener(self) -> "ReturnsListener | None":
        """What takes returned messages from a mail server, if anything is to."""
        return make_listener(self.settings, self.proofs, self.returns.accept)

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
            daily_audience(self.settings),
            speak,
        )

    @cached_property
    def weekly_desk(self) -> EditorialDesk:
        """Who does it for the best of the week."""
        return replace(
            self.desk,
            policy=weekly_policy(self.settings),
            theme=self._theme("weekly_theme", self.settings.newsletter.weekly_theme),
            phrases=self.phrases.of_week(),
            audience=replace(self.desk.audience, frequency=Frequency.WEEKLY),
        )

    @cached_property
    def theme(self) -> Theme:
        """How it looks and speaks."""
        return self._theme("theme", self.settings.newsletter.theme)

    def _theme(self, key: str, name: str) -> Theme:
        """The operator's own folder, else the one that comes with the program."""
        own, ours = self.settings.path("templates"), shipped("templates")
        folders = [folder / name for folder in (own, ours) if (folder / name).is_dir()]
        if not folders:
            raise ConfigError(
                f"[newsletter] {key}: neither {own / name} nor a shipped theme of that name exists."
            )
        shared = [folder / "base" for folder in (own, ours) if (folder / "base").is_dir()]
        return Theme.load(folders[0], shared, language=self.settings.newsletter.language)

    @cached_property
    def phrases(self) -> Phrases:
        """The words of subjects and sections, in the newsletter's language."""
        return phrases_of(self.theme)

    @cached_property
    def letters(self) -> LetterWriter:
        """Who writes the small mails."""
        return LetterWriter(self.newsletter, self.theme, self.secret, self._signer(), self._abroad)

    @cached_property
    def daily(self) -> DailyJob:
        """Which slot is due, and what becomes of it."""
        return DailyJob(self.desk, self.slots, self.schedule)

    @cached_property
    def weekly(self) -> DailyJob:
        """The same for the best of the week."""
        return DailyJob(self.weekly_desk, self.slots, self.weekly_schedule)

    def aside(self, segment: Segment) -> DailyJob:
        """For extra editions that only these readers get."""
        return replace(self.daily, desk=replace(self.desk, audience=self.desk.audience.part(segment)))

    async def jobs(self) -> tuple[DailyJob, ...]:
        """The daily one, and that of the week where somebody wants it today."""
        audience = replace(self.desk.audience, frequency=Frequency.WEEKLY)
        today = local_time(self.clock.now(), self.schedule.zone)
        wanted = await self.editions.has_readers(audience, today)
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

    async def fetch(self, url: str) -> bytes:
        """What a page answers that a provider has told of, by the vetted way to the network. Raises
        SourceError."""
        from newsletter.bootstrap.sources import make_fetcher

        brief = {
            "timeout": timedelta(seconds=10),
            "total_timeout": timedelta(seconds=20),
            "max_bytes": 100_000,
        }
        table = self.settings.fetch.model_copy(update=brief)
        async with make_fetcher(table, self.memory, self.newsletter.base_url) as fetcher:
            page = await fetcher.get(url, source="hooks")
        return page.content if page else b""

    def composer(self, published: PublishedEdition) -> Composer:
        """Who writes the copies of this edition."""
        spoken = speak(self.theme, published.language) if published.language else None
        phrases = spoken[1] if spoken else self.phrases
        translator = Translator(self.phrases, phrases) if spoken else None
        if frequency_of(published.edition) is Frequency.WEEKLY:
            phrases = phrases.of_week()
        return Composer(published, self.newsletter, self.secret, self._signer(), phrases, translator)

    async def inspect(self, draft: Draft, email: str | None = None, *, spam: bool = True) -> "Inspection":
        """A draft as this subscriber would get it, else a reader without wishes, with all that can be said of
        it; SpamAssassin is asked unless `spam` is False."""
        # Loaded where they are needed: most commands judge nothing, and lxml takes its time.
        from newsletter.adapters.spamassassin import judge
        from newsletter.services.inspect import Inspector

        person = await self.subscribers.find(email) if email else _SAMPLE_READER
        desk, translator = self.desk, None
        if abroad := self.desk.abroad(person.language):
            desk, translator = abroad, Translator(self.phrases, abroad.phrases)
            draft = desk.draft(translator.edition(draft.edition), draft.created)
        inspector = Inspector(desk, self.newsletter, self.secret, self._signer(), translator)
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

    async def delivery(self, progress: Callable[[Decision], None] = lambda _: None) -> Delivery:
        """One run over everything that is due."""
        options = delivery_options(self.settings, await self.allowance())
        return Delivery(
            self.outbox, self.paces, self._servers(), self.composer, self.clock, options, progress
        )

    def post(self) -> Post:
        """Who sends the small mails."""
        upcoming = partial(next_slot, self.schedule)
        return Post(self.letterbox, self.letters, self._servers(), self.clock, upcoming)

    async def send_test(self, published: PublishedEdition, person: Subscriber) -> Reply:
        """One copy to this person at once, by the server that takes most of them; the ledger does not know of
        it. Raises DeliveryError or NotFound."""
        now = self.clock.now()
        composer = Composer(published, self.newsletter, self.secret, self._signer(), self.phrases, test=now)
        return await send_test(composer, person, max(self._servers(), key=lambda way: way.weight).transport)

    async def allowance(self) -> int | None:
        """How many copies may still go out today by the warm-up plan; None where there is none."""
        today = local_time(self.clock.now(), self.schedule.zone)
        allowed = warm_up_allowance(self.settings, today.date())
        if allowed is None:
            return None
        midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
        return max(allowed - await self.outbox.begun_since(midnight), 0)

    def _servers(self) -> list[Server]:
        return make_servers(self.settings, domain_of(parseaddr(self.newsletter.sender)[1]))

    def _abroad(self, language: str) -> Theme | None:
        spoken = speak(self.theme, language)
        return spoken[0] if spoken else None

    def _tombstones(self, email_key: str) -> tuple[str, ...]:
        """What could stand in the place of an address that was erased, the newest key first."""
        return tuple(f"erased:{erased_key(key, email_key)}" for key in self.keys)

    def _signer(self) -> Signer | None:
        table = self.settings.dkim
        if table is None:
            return None
        # Brings cryptography with it, and most newsletters leave signing to their mail server.
        from newsletter.adapters.dkim import DkimKey, DkimSigner

        keys = [DkimKey.load(table.selector, self.settings.path(table.key_file))]
        if table.ed25519_selector and table.ed25519_key_file:
            file = self.settings.path(table.ed25519_key_file)
            keys.append(DkimKey.load(table.ed25519_selector, file, "ed25519_key_file"))
        return DkimSigner(table.domain, keys)


@asynccontextmanager
async def open_app(
    config: Path, now: datetime | None = None, *, smtp_port: int | None = None
) -> AsyncIterator[App]:
    """The newsletter that this file configures. `now` stops its clock at an instant; `smtp_port` is used
    in place of the configured one."""
    settings = load_settings(config)
    if smtp_port is not None:
        settings = settings.model_copy(update={"smtp": settings.smtp.model_copy(update={"port": smtp_port})})
    database = Database(settings.store.url, config.parent)
    app = App(settings, database, FixedClock(now) if now else SystemClock())
    try:
        yield app
    finally:
        if "click_counter" in app.__dict__:  # else nobody has counted
            await app.click_counter.close()
        await database.close()
