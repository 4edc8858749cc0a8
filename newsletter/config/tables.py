"""The tables of newsletter.toml with their keys, defaults and limits."""

from collections.abc import Sequence
from datetime import date, time, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from newsletter.config.values import (
    WEEKDAYS,
    Address,
    BaseUrl,
    BouncesTo,
    DomainOrAny,
    Duration,
    HostName,
    ListenAddress,
    MailboxName,
    NetworkRange,
    Origin,
    SecureAddress,
    SegmentText,
    Sender,
    Slug,
    TimeOfDay,
    WebAddress,
    Weekday,
    Zone,
)

__all__ = ["SOURCE_KINDS", "WEEKDAYS", "ImapTable", "ServerTable", "Settings", "SourceTable"]


class Table(BaseModel):
    """One table of the file. An unknown key is an error, because a misspelt one would do nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class NewsletterTable(Table):
    name: str = Field(min_length=1, max_length=200)
    from_: Sender = Field(alias="from")
    reply_to: Sender | None = None
    bounces_to: BouncesTo | None = None
    base_url: BaseUrl
    id: Slug = "newsletter"
    theme: Slug = "digest"
    weekly_theme: Slug = "weekly"
    language: str = Field("en", min_length=2, max_length=35)
    entry_language: str = Field("en", min_length=2, max_length=35)
    logo: SecureAddress | None = None
    address: str = ""
    secret_env: str = "NEWSLETTER_SECRET"  # noqa: S105 the name of the variable, not its value
    secret_file: str | None = None


class ScheduleTable(Table):
    time: TimeOfDay = time(7, 30)
    days: tuple[Weekday, ...] = Field(WEEKDAYS, min_length=1)
    weekly: Weekday = "fri"
    timezone: Zone = ZoneInfo("UTC")
    catch_up: Duration = timedelta(hours=6)


class FileTable(Table):
    """A file, or every file in a folder whose name fits `pattern`."""

    kind: Literal["file"]
    name: str = Field(min_length=1)
    path: str
    pattern: str = "*"
    search_url: str | None = None


class HuggingFaceTable(Table):
    """The daily papers; each run asks for the lists of so many days, today's among them, since they keep
    growing."""

    kind: Literal["huggingface"]
    name: str = Field(min_length=1)
    url: WebAddress = "https://huggingface.co/api/daily_papers"
    days: int = Field(3, ge=1, le=31)


class ArxivTable(Table):
    """The API where there is a `query`, else the feed of `categories`."""

    kind: Literal["arxiv"]
    name: str = Field(min_length=1)
    query: str | None = None
    categories: tuple[str, ...] = ()
    url: WebAddress | None = None
    max_entries: int = Field(500, ge=1, le=10_000)
    announce: tuple[Literal["new", "cross", "replace", "replace-cross"], ...] = ("new", "cross")

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not (self.query or self.categories or self.url):
            raise ValueError('set query = "cat:cs.CL AND all:agents" or categories = ["cs.AI", "cs.CL"]')
        return self


class FeedTable(Table):
    """RSS, Atom or JSON Feed."""

    kind: Literal["feed"]
    name: str = Field(min_length=1)
    url: WebAddress


SourceTable = Annotated[FileTable | HuggingFaceTable | ArxivTable | FeedTable, Field(discriminator="kind")]

SOURCE_KINDS: dict[str, type[Table]] = {
    "file": FileTable,
    "huggingface": HuggingFaceTable,
    "arxiv": ArxivTable,
    "feed": FeedTable,
}


class TopicTable(Table):
    name: str = Field(min_length=1)
    keywords: tuple[str, ...] = ()
    description: str = ""


def _topic(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


class WeightsTable(Table):
    """What each signal counts; as `core.ranking.Weights`."""

    votes: float = Field(1.0, ge=0, le=10)
    interest: float = Field(1.0, ge=0, le=10)
    comments: float = Field(0.1, ge=0, le=10)
    stars: float = Field(0.05, ge=0, le=10)
    links: float = Field(0.0, ge=0, le=10)
    freshness: float = Field(0.2, ge=0, le=10)
    position: float = Field(0.5, ge=0, le=10)
    sameness: float = Field(1.0, ge=0, le=10)


class BoostTable(Table):
    """One of `keyword`, `author`, `organization` and `topic`."""

    keyword: str | None = Field(None, min_length=1)
    author: str | None = Field(None, min_length=1)
    organization: str | None = Field(None, min_length=1)
    topic: str | None = Field(None, min_length=1)
    weight: float = Field(0.3, ge=-10, le=10)

    @model_validator(mode="after")
    def _names_one_thing(self) -> Self:
        if (
            sum(value is not None for value in (self.keyword, self.author, self.organization, self.topic))
            != 1
        ):
            raise ValueError("set one of keyword, author, organization and topic; a table for each boost")
        return self


class EditionTable(Table):
    max_entries: int = Field(25, ge=1, le=200)
    weekly_entries: int = Field(40, ge=1, le=200)
    min_entries: int = Field(1, ge=1)
    max_age_days: int = Field(14, ge=1, le=3650)
    settle: Duration = timedelta(0)
    reasons: bool = False
    segment: SegmentText | None = None
    topics: tuple[Annotated[TopicTable, BeforeValidator(_topic)], ...] = ()
    weights: WeightsTable = WeightsTable()
    boosts: tuple[BoostTable, ...] = ()


class FetchTable(Table):
    allow_hosts: tuple[str, ...] = ()
    contact: str | None = None
    timeout: Duration = timedelta(seconds=30)
    total_timeout: Duration = timedelta(seconds=300)
    max_bytes: int = Field(50_000_000, ge=1000)
    max_entries: int = Field(20_000, ge=1)


class DkimTable(Table):
    domain: HostName
    selector: HostName
    key_file: str
    ed25519_selector: HostName | None = None
    ed25519_key_file: str | None = None

    @model_validator(mode="after")
    def _both_of_the_second_key(self) -> Self:
        if (self.ed25519_selector is None) != (self.ed25519_key_file is None):
            raise ValueError("set ed25519_selector and ed25519_key_file, or neither")
        if self.ed25519_selector == self.selector:
            raise ValueError("ed25519_selector and selector are names of two keys, so they must differ")
        return self


class ServerTable(Table):
    """A mail server."""

    host: str = "127.0.0.1"
    port: int = Field(2525, ge=1, le=65535)
    username: str | None = None
    password_env: str | None = None
    password_file: str | None = None
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    ca_file: str | None = None
    connections: int = Field(4, ge=1, le=200)
    rate: float | None = Field(None, gt=0)
    timeout: Duration = timedelta(seconds=60)
    weight: int = Field(1, ge=0, le=1000)

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> Self:
        if self.username and self.tls == "none" and self.host not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError('tls = "none" would send the password in clear; use "starttls" or "implicit"')
        return self


class DomainTable(Table):
    """How fast to send to readers of one domain, or of each domain without a table of its own ("*")."""

    domain: DomainOrAny
    rate: float | None = Field(None, gt=0)
    connections: int | None = Field(None, ge=1)


class WarmUpTable(Table):
    """So many copies a day from a domain that nobody knows yet."""

    started: date
    first_day: int = Field(200, ge=1)
    growth: float = Field(1.5, ge=1, le=10)


class SmtpTable(ServerTable):
    """One mail server, or several, and how fast they are used."""

    servers: tuple[ServerTable, ...] = ()
    domains: tuple[DomainTable, ...] = ()
    warmup: WarmUpTable | None = None

    @model_validator(mode="after")
    def _one_way_to_name_servers(self) -> Self:
        own = self.model_fields_set - {"servers", "domains", "warmup"}
        if self.servers and own:
            raise ValueError(f"{min(own)} belongs into each of the [[smtp.servers]], since there are some")
        if self.servers and not any(server.weight for server in self.servers):
            raise ValueError("one of the servers must have a weight above 0; those with 0 only stand by")
        _refuse_twice([f"{server.host}:{server.port}" for server in self.servers], "servers")
        _refuse_twice([domain.domain for domain in self.domains], "domains")
        return self

    @property
    def all_servers(self) -> tuple[ServerTable, ...]:
        """As configured in one way or the other."""
        return self.servers or (self,)


def _refuse_twice(names: Sequence[str], what: str) -> None:
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"{twice[0]} is there twice in {what}")


class DeliveryTable(Table):
    ambiguous: Literal["resend", "hold"] = "resend"
    lifetime: Duration = timedelta(days=2)
    hold_after: Duration = timedelta(days=1)
    pause_at: float = Field(0.1, gt=0, le=1)


class ImapTable(Table):
    """A mailbox of returned messages on an IMAP server."""

    host: HostName
    port: int = Field(993, ge=1, le=65535)
    username: str = Field(min_length=1)
    password_env: str | None = None
    password_file: str | None = None
    tls: Literal["implicit", "starttls", "none"] = "implicit"
    ca_file: str | None = None
    folder: MailboxName = "INBOX"
    done: MailboxName = "Processed"
    most: int = Field(1000, ge=1, le=100_000)
    timeout: Duration = timedelta(seconds=60)

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> Self:
        if self.tls == "none" and self.host not in ("127.0.0.1", "localhost"):
            raise ValueError('tls = "none" would send the password in clear; use "implicit" or "starttls"')
        return self


class LmtpTable(Table):
    """Where `serve` takes returned messages from a mail server."""

    listen: ListenAddress = "127.0.0.1:2424"
    protocol: Literal["lmtp", "smtp"] = "lmtp"


class BouncesTable(Table):
    """Where returned messages come in, and what they cost."""

    threshold: float = Field(5.0, gt=3, le=100)
    every: Annotated[Duration, Field(ge=timedelta(minutes=1))] = timedelta(minutes=5)
    aside: str = "bounces-aside"
    delete: bool = False
    maildir: str | None = None
    imap: ImapTable | None = None
    lmtp: LmtpTable | None = None

    @property
    def takes_mail(self) -> bool:
        """Whether there is a way in at all."""
        return bool(self.maildir or self.imap or self.lmtp)


class SesTable(Table):
    topic_arn: str = Field(pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?$")


class SendgridTable(Table):
    public_key: str = Field(min_length=1)


class MailgunTable(Table):
    signing_key_env: str | None = None
    signing_key_file: str | None = None


class PostmarkTable(Table):
    username: str = Field(min_length=1)
    password_env: str | None = None
    password_file: str | None = None


class HooksTable(Table):
    """Providers that tell of what came back by asking a page of ours."""

    ses: SesTable | None = None
    sendgrid: SendgridTable | None = None
    mailgun: MailgunTable | None = None
    postmark: PostmarkTable | None = None


class StoreTable(Table):
    url: str = "sqlite:///newsletter.db"


class WebTable(Table):
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    trusted_proxies: tuple[NetworkRange, ...] = (ip_network("127.0.0.1"), ip_network("::1"))


class SignupTable(Table):
    """The form by which readers come, and how much of it is let through."""

    enabled: bool = True
    per_ip_hour: int = Field(5, ge=1)
    per_ip_day: int = Field(20, ge=1)
    per_domain_hour: int = Field(100, ge=1)
    per_hour: int = Field(1000, ge=1, le=100_000)
    allow_origins: tuple[Origin, ...] = ()
    goodbye: bool = False


class ApiTable(Table):
    """For programs of the operator's; there is no API where no token is set."""

    token_env: str = "NEWSLETTER_API_TOKEN"  # noqa: S105 the name of the variable, not its value
    token_file: str | None = None
    test_addresses: tuple[Address, ...] = ()


class ClicksTable(Table):
    """Whether it is counted which links of an edition are followed, and whether it is kept by whom."""

    enabled: bool = False
    by_reader: bool = False

    @model_validator(mode="after")
    def _by_reader_is_a_way_to_count(self) -> Self:
        if self.by_reader and not self.enabled:
            raise ValueError("by_reader says how clicks are kept: set enabled = true as well")
        return self


class Settings(BaseSettings):
    """The whole configuration."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="NEWSLETTER_", env_nested_delimiter="__"
    )

    newsletter: NewsletterTable
    schedule: ScheduleTable = ScheduleTable()
    sources: tuple[SourceTable, ...] = ()
    edition: EditionTable = EditionTable()
    smtp: SmtpTable = SmtpTable()
    dkim: DkimTable | None = None
    delivery: DeliveryTable = DeliveryTable()
    bounces: BouncesTable = BouncesTable()
    hooks: HooksTable = HooksTable()
    fetch: FetchTable = FetchTable()
    store: StoreTable = StoreTable()
    web: WebTable = WebTable()
    signup: SignupTable = SignupTable()

    api: ApiTable = ApiTable()
    clicks: ClicksTable = ClicksTable()
    _folder: Path = PrivateAttr(default=Path())

    @model_validator(mode="after")
    def _one_name_a_source(self) -> Self:
        names = [source.name for source in self.sources]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(
                f"two sources are named {twice[0]!r}; what is known of a source goes by its name"
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings

    def path(self, relative: str) -> Path:
        """A path that the file names, relative to where the file lies."""
        return self._folder / relative
