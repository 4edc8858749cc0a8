"""What is known of a newsletter before anybody is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from newsletter.core.doctor.dkim import SigningKey
from newsletter.core.doctor.servers import MailServer
from newsletter.core.doctor.setting import Setting
from newsletter.core.slots import Schedule
from newsletter.core.warmup import WarmUp
from newsletter.ports.doctor import Greeter, Newsroom, Pages, StoreServer

__all__ = ["Patient", "Post"]


@dataclass(frozen=True)
class Post:
    """A mail server of [smtp]."""

    server: MailServer
    host: str
    connections: int
    greeter: Greeter


@dataclass(frozen=True)
class Patient:
    """One configured newsletter."""

    setting: Setting
    domain: str
    """Of From."""
    envelope: str
    """The domain of the envelope sender, which SPF is about."""
    replies: str
    """The domain that replies go to."""
    posts: Sequence[Post]
    keys: Sequence[SigningKey]
    key_trouble: str
    """Why they cannot be loaded; empty where they can."""
    schedule: Schedule
    warm_up: WarmUp | None
    sources: Sequence[str]
    """Their names."""
    database: Path
    """The file, or what those on this machine begin with that belong to it."""
    server: StoreServer | None
    """The one that keeps the data, where no file does."""
    revision: str
    """Of the schema that this program works with."""
    newsroom: Newsroom
    pages: Pages
