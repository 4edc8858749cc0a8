"""The tables of newsletter.toml with their keys, defaults and limits."""

import re
from datetime import time, timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from newsletter.core.address import normalise_address
from newsletter.errors import InputError
from newsletter.render.headers import mailbox as header_line
from newsletter.render.text import safe_link

__all__ = ["SOURCE_KINDS", "WEEKDAYS", "Settings", "SourceTable"]

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DURATION = re.compile(r"(\d+)\s*(s|m|h|d)")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LONGEST = 3650 * 86_400


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        raise ValueError('write a number and a unit, such as "30m", "6h" or "2d"')
    seconds = int(match[1]) * _UNITS[match[2]]
    if seconds > _LONGEST:
        raise ValueError("at most ten years")
    return timedelta(seconds=seconds)


def _time_of_day(value: object) -> time:
    try:
        found = value if isinstance(value, time) else time.fromisoformat(str(value))
    except ValueError:
        raise ValueError('write hours and minutes, such as "07:30"') from None
    if found.tzinfo is not None:
        raise ValueError('write the time without an offset, such as "07:30"; the zone is in timezone')
    return found


def _zone(value: object) -> ZoneInfo:
    try:
        return value if isinstance(value, ZoneInfo) else ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError('write a name of the IANA list, such as "Europe/Berlin" or "UTC"') from None


def _sender(value: str) -> str:
    """As it will stand in the header, the domain as A-label."""
    name, address = parseaddr(value)
    try:
        mailbox = f"{name} <{normalise_address(address)}>" if name else normalise_address(address)
        header_line("From", mailbox)
    except InputError as error:
        raise ValueError(
            f'write an address, such as "Morning Papers <papers@example.org>": {error}'
        ) from None
    return mailbox


def _base_url(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value) or safe_link(value) is None:
        raise ValueError('write the address of the web pages, such as "https://papers.example.org"')
    return value.rstrip("/")


def _web_address(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+\S*", value):
        raise ValueError('write an http or https address, such as "https://example.org/feed.xml"')
    return value


def _secure_address(value: str) -> str:
    if not value.startswith("https://") or safe_link(value) is None:
        raise ValueError('write an https address, such as "https://example.org/logo.png"')
    return value


def _host_name(value: str) -> str:
    if not re.fullmatch(r"(?=.{1,253}$)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*", value):
        raise ValueError('write a name such as "example.org"')
    return value


def _slug(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", value):
        raise ValueError('write lower-case letters, digits and hyphens, such as "morning-papers"')
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
Sender = Annotated[str, AfterValidator(_sender)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
SecureAddress = Annotated[str, AfterValidator(_secure_address)]
HostName = Annotated[str, AfterValidator(_host_name)]
Slug = Annotated[str, AfterValidator(_slug)]


class Table(BaseModel):
    """One table of the file. An unknown key is an error, because a misspelt one would do nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class NewsletterTable(Table):
    name: str = Field(min_length=1, max_length=200)
    from_: Sender = Field(alias="from")
    reply_to: Sender | None = None
    base_url: BaseUrl
    id: Slug = "newsletter"
    theme: Slug = "digest"
    language: str = Field("en", min_length=2, max_length=35)
    entry_language: str = Field("en", min_length=2, max_length=35)
    logo: SecureAddress | None = None
    address: str = ""
    secret_env: str = "NEWSLETTER_SECRET"  # noqa: S105 the name of the variable, not its value
    secret_file: str | None = None


class ScheduleTable(Table):
    time: TimeOfDay = time(7, 30)
    days: tuple[Weekday, ...] = Field(WEEKDAYS, min_length=1)
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
    min_entries: int = Field(1, ge=1)
    max_age_days: int = Field(14, ge=1, le=3650)
    settle: Duration = timedelta(0)
    reasons: bool = False
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


class SmtpTable(Table):
    host: str = "127.0.0.1"
    port: int = Field(2525, ge=1, le=65535)
    username: str | None = None
    password_env: str | None = None
    password_file: str | None = None
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    connections: int = Field(4, ge=1, le=200)
    rate: float | None = Field(None, gt=0)
    timeout: Duration = timedelta(seconds=60)

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> Self:
        if self.username and self.tls == "none" and self.host not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError('tls = "none" would send the password in clear; use "starttls" or "implicit"')
        return self


class DeliveryTable(Table):
    ambiguous: Literal["resend", "hold"] = "resend"


class StoreTable(Table):
    url: str = "sqlite:///newsletter.db"


class WebTable(Table):
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)


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
    fetch: FetchTable = FetchTable()
    store: StoreTable = StoreTable()
    web: WebTable = WebTable()
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
