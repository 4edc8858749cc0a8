"""The tables of what comes back, with their keys, defaults and limits."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from newsletter.config.table import Table
from newsletter.config.values import Duration, HostName, ListenAddress, MailboxName

__all__ = [
    "BouncesTable",
    "HooksTable",
    "ImapTable",
    "LmtpTable",
    "MailgunTable",
    "PostmarkTable",
    "SendgridTable",
    "SesTable",
]


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
