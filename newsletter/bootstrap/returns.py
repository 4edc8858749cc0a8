"""Where returned messages come in, as the configuration has it."""

from collections.abc import Sequence
from email.utils import parseaddr
from typing import TYPE_CHECKING

from newsletter.config import Secrets, Settings
from newsletter.config.returning import ImapTable
from newsletter.core import tokens
from newsletter.core.address import domain_of
from newsletter.core.model import Newsletter
from newsletter.core.proofs import Proofs
from newsletter.ports import Intake

if TYPE_CHECKING:
    from newsletter.adapters.returns import ImapServer

__all__ = ["make_intakes", "make_proofs"]


def make_proofs(newsletter: Newsletter, keys: Sequence[bytes]) -> Proofs:
    """By which the copies of this newsletter are known."""
    _, sender = parseaddr(newsletter.sender)

    def row_named(token: str) -> int | None:
        return tokens.read_envelope(keys, newsletter.id, token)

    def letter_named(token: str) -> int | None:
        return tokens.read_envelope(keys, tokens.letters_of(newsletter.id), token)

    def message_ids(edition: str, subscriber_id: int) -> list[str]:
        domain = domain_of(sender)
        return [tokens.message_id(key, newsletter.id, edition, subscriber_id, domain) for key in keys]

    return Proofs(newsletter.bounces_to or sender, row_named, letter_named, message_ids)


def make_intakes(settings: Settings) -> list[Intake]:
    """What is looked into. Raises ConfigError."""
    # Loaded where they are needed: most commands take nothing in.
    from newsletter.adapters.returns import ImapIntake, MaildirIntake

    table = settings.bounces
    intakes: list[Intake] = []
    if table.maildir:
        intakes.append(MaildirIntake(settings.path(table.maildir), delete=table.delete))
    if table.imap:
        done = None if table.delete else table.imap.done
        server = _imap_server(table.imap, settings)
        intakes.append(ImapIntake(server, table.imap.folder, done, table.imap.most))
    return intakes


def _imap_server(table: ImapTable, settings: Settings) -> "ImapServer":
    from newsletter.adapters.returns import ImapServer

    password = Secrets(settings).password(table.password_env, table.password_file, "[bounces.imap]")
    return ImapServer(
        host=table.host,
        port=table.port,
        username=table.username,
        password=password,
        tls=table.tls,
        ca_file=settings.path(table.ca_file) if table.ca_file else None,
        timeout=table.timeout.total_seconds(),
    )
