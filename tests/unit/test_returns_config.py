"""[bounces] of newsletter.toml: what it may say, and what is said of the rest."""

from pathlib import Path

import pytest
from support.newsroom import write_config

from newsletter.adapters.returns import ImapIntake, MaildirIntake
from newsletter.bootstrap import open_app
from newsletter.errors import ConfigError

IMAP = '[bounces.imap]\nhost = "imap.example.org"\nusername = "bounces"\n'


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ("[bounces]\nthreshold = 3", r"\[bounces\] threshold"),
        ('[bounces]\nevery = "30s"', r"\[bounces\] every"),
        ('[bounces]\nmaildr = "x"', 'did you mean "maildir"'),
        (f"{IMAP}ports = 993", 'did you mean "port"'),
        (f'{IMAP}tls = "none"', "would send the password in clear"),
        (f'{IMAP}folder = "a\\nb"', "write the name of a mailbox"),
        ('[bounces.lmtp]\nlisten = "2424"', "write an address and a port"),
        ('[bounces.lmtp]\nlisten = "127.0.0.1:70000"', "write an address and a port"),
        ('[bounces.lmtp]\nprotocol = "esmtp"', "protocol"),
    ],
)
async def test_what_it_may_not_say(tmp_path: Path, tables: str, said: str):
    """Each with its key and how to mend it."""
    with pytest.raises(ConfigError, match=said):
        async with open_app(write_config(tmp_path, more=tables)):
            pass


async def test_a_mailbox_without_a_password_is_said(tmp_path: Path):
    """Before anything is asked of its server."""
    async with open_app(write_config(tmp_path, more=IMAP)) as app:
        with pytest.raises(ConfigError, match=r"\[bounces.imap\]: there is no password"):
            _ = app.intakes


async def test_what_is_looked_into_is_what_it_names(tmp_path: Path):
    """A path lies beside the file; `delete` is for both."""
    (tmp_path / "password").write_text("secret\n")
    tables = f'[bounces]\nmaildir = "returned"\ndelete = true\n{IMAP}password_file = "password"'
    async with open_app(write_config(tmp_path, more=tables)) as app:
        maildir, imap = app.intakes
    assert isinstance(maildir, MaildirIntake)
    assert isinstance(imap, ImapIntake)
    assert (maildir.name, imap.name) == (str(tmp_path / "returned"), "bounces at imap.example.org:993")
    assert "secret" not in repr(imap._server)


@pytest.mark.parametrize(
    ("line", "tables", "leaves"),
    [
        ('bounces_to = "b@example.org"', '[bounces]\nmaildir = "x"', True),
        ('bounces_to = "b@example.org"', "[bounces.lmtp]", True),
        ('bounces_to = "b@example.org"', "", False),
        ("", '[bounces]\nmaildir = "x"', False),
    ],
)
async def test_readers_are_told_of_a_mail_only_where_it_is_read(
    tmp_path: Path, line: str, tables: str, leaves: bool
):
    """It needs an address that knows the copy, and somebody who looks what comes there."""
    config = write_config(tmp_path, more=tables)
    config.write_text(config.read_text().replace("\nid = ", f"\n{line}\nid = "))
    async with open_app(config) as app:
        assert app.newsletter.leaves_by_mail is leaves


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("papers@example.org", True),
        ("Papers@EXAMPLE.org", True),
        ("papers+x@example.org", False),
        ("papers@example.com", False),
        ("", False),
        ("papers", False),
    ],
)
async def test_without_bounces_to_returned_mail_comes_to_the_sender(
    tmp_path: Path, address: str, taken: bool
):
    """And to nobody else."""
    async with open_app(write_config(tmp_path)) as app:
        assert app.proofs.takes(address) is taken
