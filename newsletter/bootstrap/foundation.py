"""What everything else of a newsletter is built on: its name and times, its stores, its looks."""

from dataclasses import dataclass, replace
from email.utils import parseaddr
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.adapters.stores.backups import Backups
from newsletter.adapters.stores.clicks import SqlClicks
from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.drafts import SqlDrafts
from newsletter.adapters.stores.editions import SqlEditions
from newsletter.adapters.stores.entries import SqlEntries
from newsletter.adapters.stores.letters import SqlLetters
from newsletter.adapters.stores.outbox import SqlOutbox
from newsletter.adapters.stores.paces import SqlPaces
from newsletter.adapters.stores.pulses import SqlPulses
from newsletter.adapters.stores.roster import SqlRoster
from newsletter.adapters.stores.slots import SqlSlots
from newsletter.adapters.stores.sources import SqlSourceMemory
from newsletter.adapters.stores.subscribers import SqlSubscribers
from newsletter.adapters.stores.tellings import SqlTellings
from newsletter.adapters.stores.workers import SqlWorkers
from newsletter.bootstrap.editing import phrases_of
from newsletter.bootstrap.sending import make_servers, worker_name
from newsletter.config import Secrets, Settings
from newsletter.config.holidays import holiday_names
from newsletter.config.tables import WEEKDAYS
from newsletter.core.address import domain_of
from newsletter.core.model import Newsletter
from newsletter.core.phrases import Phrases
from newsletter.core.slots import Schedule
from newsletter.core.tokens import erased_key
from newsletter.errors import ConfigError
from newsletter.ports import Clock, Feed, Signer
from newsletter.render.theme import Theme
from newsletter.services.ways import Server

if TYPE_CHECKING:
    from newsletter.adapters.stores.bounces import SqlBounces
    from newsletter.adapters.stores.insight import SqlInsight
    from newsletter.adapters.stores.leased import LeasedOutbox

__all__ = ["Foundation", "shipped"]

_PACKAGE = Path(__file__).parents[1]


def shipped(name: str) -> Path:
    """A folder that comes with the program: "templates", "seeds" or "subscribers". It lies inside an
    installed package, and beside the package in a checkout."""
    inside = _PACKAGE / "shipped" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


@dataclass(frozen=True)
class Foundation:
    """One configured newsletter. Parts are built when first asked for, so that a command needs only what it
    uses: `subscribers list` no secret, `preview` no mail server."""

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
        return Schedule(table.time, table.timezone, days, table.catch_up, holiday_names(table.holidays))

    @cached_property
    def weekly_schedule(self) -> Schedule:
        """When those of the week are due."""
        day = frozenset({WEEKDAYS.index(self.settings.schedule.weekly)})
        return replace(self.schedule, weekdays=day, instead=self.schedule.weekdays)

    @cached_property
    def keys(self) -> tuple[bytes, ...]:
        """Those that links may be signed with."""
        return Secrets(self.settings).signing_keys()

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
    def drafts(self) -> SqlDrafts:
        """What waits for a person's word."""
        return SqlDrafts(self.database)

    @cached_property
    def outbox(self) -> SqlOutbox:
        """What is to be sent: all of it where one process sends, batches where there can be several."""
        return self.leased if self.database.kind == "postgresql" else SqlOutbox(self.database)

    @cached_property
    def leased(self) -> "LeasedOutbox":
        """The outbox of one of several workers, which claims whatever is due."""
        return self.leased_outbox(None)

    def leased_outbox(self, feed: Feed | None) -> "LeasedOutbox":
        """One that claims what it is fed with."""
        from newsletter.adapters.stores.leased import LeasedOutbox

        return LeasedOutbox(self.database, self.worker, feed, self.settings.delivery.lease.total_seconds())

    @cached_property
    def paces(self) -> SqlPaces:
        """What mail servers taught us of their pace."""
        return SqlPaces(self.database)

    @cached_property
    def worker(self) -> str:
        """The name of this process among those that send from one database."""
        return worker_name()

    @cached_property
    def workers(self) -> SqlWorkers:
        """Who sends from the same database."""
        return SqlWorkers(self.database)

    @cached_property
    def slots(self) -> SqlSlots:
        """What became of each slot."""
        return SqlSlots(self.database)

    @cached_property
    def tellings(self) -> SqlTellings:
        """What the operator was told."""
        return SqlTellings(self.database)

    @cached_property
    def pulses(self) -> SqlPulses:
        """Signs of life."""
        return SqlPulses(self.database)

    @cached_property
    def subscribers(self) -> SqlSubscribers:
        """Who gets it."""
        return SqlSubscribers(self.database, self._tombstones)

    @cached_property
    def letterbox(self) -> SqlLetters:
        """Letters that wait to be sent."""
        return SqlLetters(self.database)

    @cached_property
    def roster(self) -> SqlRoster:
        """The same people, for the API."""
        return SqlRoster(self.database)

    @cached_property
    def clicks(self) -> SqlClicks:
        """Which links were followed."""
        return SqlClicks(self.database)

    @cached_property
    def bounces(self) -> "SqlBounces":
        """What came back."""
        # Brings the classifying with it, which takes its time to load.
        from newsletter.adapters.stores.bounces import SqlBounces

        return SqlBounces(self.database)

    @property
    def backups(self) -> Backups:
        """Whole copies of all of it."""
        return Backups(self.database)

    @cached_property
    def insight(self) -> "SqlInsight":
        """How things stand; whoever looks keeps no delivery waiting."""
        # Brings the classifying with it, too.
        from newsletter.adapters.stores.insight import SqlInsight

        return SqlInsight(self.database.again())

    @cached_property
    def theme(self) -> Theme:
        """How it looks and speaks."""
        return self.themed("theme", self.settings.newsletter.theme)

    @cached_property
    def phrases(self) -> Phrases:
        """The words of subjects and sections, in the newsletter's language."""
        return phrases_of(self.theme)

    def signer(self) -> Signer | None:
        """What signs messages, if anything does here."""
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

    def servers(self) -> list[Server]:
        """What they may go through."""
        return make_servers(self.settings, domain_of(parseaddr(self.newsletter.sender)[1]))

    def themed(self, key: str, name: str) -> Theme:
        """The operator's own folder, else the one that comes with the program."""
        own, ours = self.settings.path("templates"), shipped("templates")
        folders = [folder / name for folder in (own, ours) if (folder / name).is_dir()]
        if not folders:
            raise ConfigError(
                f"[newsletter] {key}: neither {own / name} nor a shipped theme of that name exists."
            )
        shared = [folder / "base" for folder in (own, ours) if (folder / "base").is_dir()]
        return Theme.load(folders[0], shared, language=self.settings.newsletter.language)

    def _tombstones(self, email_key: str) -> tuple[str, ...]:
        """What could stand in the place of an address that was erased, the newest key first."""
        return tuple(f"erased:{erased_key(key, email_key)}" for key in self.keys)
