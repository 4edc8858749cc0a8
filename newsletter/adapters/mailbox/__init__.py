"""The local mailbox, for trying things out: an SMTP server that keeps what it gets, and its reader."""

from newsletter.adapters.mailbox.reader import (
    LoadedMessage,
    StoredMessage,
    count_messages,
    load,
    read_messages,
)
from newsletter.adapters.mailbox.server import LocalMailbox, MaildirHandler

__all__ = [
    "LoadedMessage",
    "LocalMailbox",
    "MaildirHandler",
    "StoredMessage",
    "count_messages",
    "load",
    "read_messages",
]
