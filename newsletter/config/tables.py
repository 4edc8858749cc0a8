"""The tables of newsletter.toml, and all of them together."""

from datetime import time, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, PrivateAttr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from newsletter.config.editing import EditionTable, FetchTable, SourceTable
from newsletter.config.holidays import Holiday
from newsletter.config.mailing import DeliveryTable, DkimTable, SmtpTable
from newsletter.config.operating import ApprovalTable, DashboardTable, OperatorTable
from newsletter.config.returning import BouncesTable, HooksTable
from newsletter.config.table import Table
from newsletter.config.values import (
    WEEKDAYS,
    Address,
    BaseUrl,
    BouncesTo,
    Deliver,
    Duration,
    HostName,
    NetworkRange,
    Origin,
    SecureAddress,
    Sender,
    Slug,
    TimeOfDay,
    Weekday,
    Zone,
)

__all__ = ["WEEKDAYS", "Settings"]


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
    holidays: tuple[Holiday, ...] = ()
    catch_up: Duration = timedelta(hours=6)
    deliver: Deliver = None


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
    large_domains: tuple[HostName, ...] = ()
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
    operator: OperatorTable = OperatorTable()
    approval: ApprovalTable = ApprovalTable()
    dashboard: DashboardTable = DashboardTable()
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
