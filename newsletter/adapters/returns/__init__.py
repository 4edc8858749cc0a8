"""Where returned messages come in: a Maildir, a mailbox of an IMAP server, and a mail server of our own.

maildir     looks into a folder
imap        looks into a mailbox of another machine
listener    takes mail by LMTP or SMTP
aside       keeps what cannot be read
"""

from newsletter.adapters.returns.aside import Aside
from newsletter.adapters.returns.imap import ImapIntake, ImapServer
from newsletter.adapters.returns.listener import ReturnsListener
from newsletter.adapters.returns.maildir import MaildirIntake

__all__ = ["Aside", "ImapIntake", "ImapServer", "MaildirIntake", "ReturnsListener"]
