"""The tables of sending, with their keys, defaults and limits."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from newsletter.config.table import Table
from newsletter.config.values import DomainOrAny, Duration, HostName

__all__ = ["DeliveryTable", "DkimTable", "DomainTable", "ServerTable", "SmtpTable", "WarmUpTable"]


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
    lease: Duration = Field(timedelta(seconds=30), ge=timedelta(seconds=1), le=timedelta(hours=1))
    pause_at: float = Field(0.1, gt=0, le=1)
