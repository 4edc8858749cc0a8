"""A real IMAP server on loopback with a mailbox of its own: Dovecot, from Debian's dovecot-imapd."""

import getpass
import grp
import imaplib
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

__all__ = ["Dovecot", "dovecot", "needs_dovecot"]

_PROGRAM = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
_CONFIG = """
base_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = yes
imap_capability = {abilities}
mail_location = maildir:{folder}/mail/%u
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
first_valid_gid = 1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {secure_port}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""

needs_dovecot = pytest.mark.skipif(_PROGRAM is None, reason="needs Dovecot, Debian's dovecot-imapd")


@dataclass(frozen=True)
class Dovecot:
    """Where it listens, and who may look into the mailbox."""

    folder: Path
    port: int
    secure_port: int
    username: str = "bounces"
    password: str = 'a "pass\\word'

    @property
    def ca_file(self) -> Path:
        return self.folder / "server.pem"

    def open(self) -> imaplib.IMAP4_SSL:
        context = ssl.create_default_context(cafile=str(self.ca_file))
        connection = imaplib.IMAP4_SSL("127.0.0.1", self.secure_port, ssl_context=context, timeout=20)
        connection.login(self.username, self.password)
        return connection

    def put(self, *messages: bytes) -> None:
        """Into INBOX."""
        connection = self.open()
        for message in messages:
            assert connection.append("INBOX", None, None, message)[0] == "OK"
        connection.logout()

    def count(self, mailbox: str = "INBOX") -> int:
        """How many messages are in there."""
        connection = self.open()
        status, found = connection.select(mailbox, readonly=True)
        connection.logout()
        return int(found[0]) if status == "OK" else 0


@contextmanager
def dovecot(*, can_move: bool = True) -> Iterator[Dovecot]:
    """It runs until left. Where it cannot, it does not say that it can move messages either."""
    assert _PROGRAM is not None
    # Not below pytest's folder, which nobody but its owner may enter.
    folder = Path(tempfile.mkdtemp(prefix="newsletter-dovecot-"))
    server = Dovecot(folder, _free_port(), _free_port())
    try:
        _furnish(server, can_move=can_move)
        process = subprocess.Popen([_PROGRAM, "-F", "-c", folder / "dovecot.conf"])
        try:
            _wait(server, process)
            yield server
        finally:
            process.terminate()
            process.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _furnish(server: Dovecot, *, can_move: bool) -> None:
    # Dovecot opens no mailbox as root.
    user = pwd.getpwnam("nobody" if os.geteuid() == 0 else getpass.getuser())
    folder = server.folder
    folder.chmod(0o755)
    mail = folder / "mail"
    mail.mkdir()
    if os.geteuid() == 0:
        os.chown(mail, user.pw_uid, user.pw_gid)
    (folder / "users").write_text(f"{server.username}:{{PLAIN}}{server.password}\n")
    (folder / "users").chmod(0o644)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-keyout", folder / "key.pem", "-out", folder / "server.pem", "-days", "2", "-subj", "/CN=mailbox",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True,
        capture_output=True,
    )  # fmt: skip
    (folder / "dovecot.conf").write_text(
        _CONFIG.format(
            folder=folder,
            port=server.port,
            secure_port=server.secure_port,
            uid=user.pw_uid,
            gid=user.pw_gid,
            user=user.pw_name,
            group=grp.getgrgid(user.pw_gid).gr_name,
            abilities="+" if can_move else "IMAP4rev1 LITERAL+",
        )
    )


def _wait(server: Dovecot, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert process.poll() is None, (server.folder / "log").read_text()
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", server.secure_port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError((server.folder / "log").read_text())


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
