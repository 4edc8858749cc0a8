"""`newsletter doctor`, started as a person starts it, on newsletters that are well and ill."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
import uvicorn
from support.authority import Authority
from support.commands import answer, dump, newsletter
from support.dnsserver import NameServer, Zone, backwards, dns_server, txt
from support.newsroom import newsroom, write_config
from support.rawsmtp import RawServer, raw_server
from support.room import paper
from support.site import NOW, config_in
from typer.testing import CliRunner

from newsletter.adapters.dkim import DkimKey
from newsletter.adapters.machine import ThisMachine
from newsletter.bootstrap import open_app
from newsletter.bootstrap.doctor import examine
from newsletter.cli import app
from newsletter.config import ConfigFile
from newsletter.core.doctor import CHECKS, Finding
from newsletter.errors import InputError
from newsletter.web.site import site

T = TypeVar("T")
DOMAIN = "papers.press"
SLOT = datetime(2026, 3, 11, 7, 30, tzinfo=UTC)
"""Of every newsletter that says nothing else."""
CONFIG = """
[newsletter]
name = "Papers"
from = "Papers <papers@papers.press>"
bounces_to = "bounces@papers.press"
base_url = "{base_url}"
secret_file = "newsletter.secret"
address = "1 Street"

[edition]
max_entries = 3

[smtp]
port = {port}
tls = "none"

[dkim]
domain = "papers.press"
selector = "nl"
key_file = "dkim.pem"

[bounces]
maildir = "bounces"

[[sources]]
kind = "file"
name = "Page"
path = "page.jsonl"
"""


@dataclass(frozen=True)
class Surroundings:
    """What a newsletter in `folder` has around it."""

    folder: Path
    names: NameServer
    mail: RawServer
    asked: list[str]
    """Requests to the pages."""

    async def doctor(self, *, offline: bool = False) -> tuple[Finding, ...]:
        """What is found, without the command around it."""
        config = self.folder / "newsletter.toml"
        return await examine(ConfigFile(config), None, offline=offline, resolver=self.names.place)

    async def command(self, run: Callable[..., T], code: int) -> T:
        """The command, by servers that go on answering meanwhile."""
        words = ("doctor", "--resolver", self.names.place)
        return await asyncio.to_thread(run, *words, cwd=self.folder, code=code)


def own_zone(key: DkimKey) -> Zone:
    """All that the DNS should have, whatever this machine's own addresses are."""
    addresses = [str(address) for address in ThisMachine().addresses()]
    allowed = " ".join(f"ip{6 if ':' in address else 4}:{address}" for address in addresses)
    four = [address for address in addresses if ":" not in address]
    six = [address for address in addresses if ":" in address]
    return {
        (DOMAIN, "TXT"): [txt(f"v=spf1 {allowed} -all")],
        (DOMAIN, "MX"): ["10 mx.papers.press."],
        ("mx.papers.press", "A"): [*four, "192.0.2.1"],
        ("mx.papers.press", "AAAA"): [*six, "2001:db8::1"],
        (f"nl._domainkey.{DOMAIN}", "TXT"): [txt(key.record)],
        (f"_dmarc.{DOMAIN}", "TXT"): [txt(f"v=DMARC1; p=reject; rua=mailto:d@{DOMAIN}")],
        **{(backwards(address), "PTR"): ["mx.papers.press."] for address in addresses},
    }


@asynccontextmanager
async def pages(folder: Path, authority: Authority) -> AsyncIterator[tuple[str, list[str]]]:
    """The real ones by https: their address, and what they are asked."""
    authority.server()
    asked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        async with open_app(config_in(folder), NOW) as app:
            inner = site(app)

            async def kept(scope, receive, send):  # type: ignore[no-untyped-def]
                asked.append(f"{scope['method']} {scope['path']}")
                await inner(scope, receive, send)

            config = uvicorn.Config(
                kept,
                lifespan="off",
                log_config=None,
                log_level="error",
                ssl_certfile=authority.folder / "server.pem",
            )
            server = uvicorn.Server(config)
            running = asyncio.create_task(server.serve(sockets=[listening]))
            try:
                yield f"https://127.0.0.1:{listening.getsockname()[1]}", asked
            finally:
                server.should_exit = True
                await running


@pytest.fixture
async def well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Surroundings]:
    """A newsletter that has all it needs, around it real servers of every kind."""
    folders = [tmp_path / name for name in ("papers", "site", "authority")]
    for folder in folders:
        folder.mkdir()
    papers, pages_folder, authority_folder = folders
    authority = Authority(authority_folder)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    key = DkimKey.generate("nl", "rsa")
    for name, content in (("dkim.pem", key.pem), ("newsletter.secret", b"0123456789abcdef" * 2)):
        (papers / name).touch(0o600)
        (papers / name).write_bytes(content)
    async with (
        dns_server(own_zone(key)) as names,
        raw_server() as mail,
        pages(pages_folder, authority) as (base_url, asked),
    ):
        (papers / "newsletter.toml").write_text(CONFIG.format(base_url=base_url, port=mail.port))
        yield Surroundings(papers, names, mail, asked)


def statuses(found: Iterable[Finding]) -> dict[str, set[str]]:
    """By check."""
    checks: dict[str, set[str]] = {}
    for finding in found:
        checks.setdefault(finding.check, set()).add(finding.status)
    return checks


async def test_a_newsletter_that_is_well(well: Surroundings):
    """No problem, each check made, nothing sent, nothing changed, nobody unsubscribed."""
    found = await well.command(answer, code=0)
    known = statuses(Finding(**finding) for finding in found["findings"])
    assert found["ok"] is True
    assert list(known) == [check.id for check in CHECKS if check.id != "postgresql"]
    for check in ("sender", "signature", "email", "dkim", "dmarc", "mx", "smtp", "unsubscribe", "clock"):
        assert known[check] == {"ok"}, check
    assert well.mail.phases == ["banner", "EHLO", "QUIT"]
    void = "/unsubscribe/" + "A" * 32
    assert well.asked == ["GET /health", f"GET {void}", f"POST {void}"]
    assert sorted(path.name for path in well.folder.iterdir()) == [
        "dkim.pem",
        "newsletter.secret",
        "newsletter.toml",
    ]


async def test_what_is_ill_is_found_with_its_mend(well: Surroundings):
    """Wrong records, nobody at the mail server's port, files that others read."""
    well.names.zone = {
        (DOMAIN, "TXT"): [txt("v=spf1 include:gone.test +all")],
        (DOMAIN, "MX"): ["0 ."],
        (f"nl._domainkey.{DOMAIN}", "TXT"): [txt("v=DKIM1; p=AAAA")],
    }
    (well.folder / "dkim.pem").chmod(0o644)
    config = well.folder / "newsletter.toml"
    config.write_text(config.read_text().replace(f"port = {well.mail.port}", f"port = {well.names.port}"))
    found = await well.doctor()
    known = statuses(found)
    for check in ("spf", "dkim", "dmarc", "mx", "smtp"):
        assert known[check] == {"problem"}, check
    assert known["secret-files"] == {"warning"}
    mends = {finding.check: finding.mend for finding in found}
    assert mends["dmarc"].endswith(
        '_dmarc.papers.press. TXT "v=DMARC1; p=none; rua=mailto:dmarc@papers.press"'
    )
    assert mends["secret-files"].endswith("/dkim.pem")


async def test_what_people_read(well: Surroundings):
    """Groups in their order, a mark for each line, records to copy in one piece at 80 columns."""
    well.names.zone = {}
    ended = await well.command(newsletter, code=1)
    lines = ended.stdout.splitlines()
    key = next(line for line in lines if "nl._domainkey.papers.press. TXT" in line)
    assert key.endswith('"')
    assert len(key) > 300
    assert "  ✗ papers.press has no SPF record" in lines
    assert all(len(line) <= 80 for line in lines if not line.startswith("      "))
    groups = list(dict.fromkeys(check.group for check in CHECKS if check.group != "Daily job"))
    assert [line for line in lines if line in groups] == groups
    assert lines[-1].endswith("in order.")


async def test_a_relay_is_looked_up_and_what_it_lacks_is_a_warning(well: Surroundings):
    """Its addresses come from the DNS; nobody need be at home there for that."""
    relay = "smtp.relay.invalid"
    well.names.zone = {**well.names.zone, (relay, "A"): ["9.9.9.9"]}
    config = well.folder / "newsletter.toml"
    config.write_text(config.read_text().replace("[smtp]", f'[smtp]\nhost = "{relay}"'))
    found = await well.doctor()
    titles = {finding.title: finding.status for finding in found}
    assert titles[f"SPF of {DOMAIN} does not name {relay}"] == "warning"
    assert titles[f"9.9.9.9 ({relay}) has no name"] == "warning"
    assert statuses(found)["smtp"] <= {"problem", "unknown"}


async def test_offline_asks_nobody(well: Surroundings):
    """The checks that would are listed as not asked."""
    known = statuses(await well.doctor(offline=True))
    assert {check.id for check in CHECKS if known.get(check.id) == {"not asked"}} >= {
        check.id for check in CHECKS if check.network
    }
    assert (well.names.asked, well.mail.phases, well.asked) == ([], [], [])


async def test_a_name_server_that_fails_makes_nothing_fail(well: Surroundings):
    """What could not be asked is not known, with the reason, and no problem."""
    well.names.fails = [DOMAIN, f"nl._domainkey.{DOMAIN}", f"_dmarc.{DOMAIN}"]
    found = await well.doctor()
    known = statuses(found)
    assert [known[check] for check in ("spf", "dkim", "dmarc", "mx")] == [{"unknown"}] * 4
    assert any("name servers fail" in finding.detail for finding in found)
    assert "problem" not in set[str]().union(*known.values())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[newsletter\n", "not valid TOML"),
        ("[smtp]\nconections = 4\n", 'did you mean "connections"?'),
        ("\xff", "cannot be read"),
        (None, "no such file"),
    ],
)
def test_a_configuration_that_does_not_load_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, said: str
):
    """With the key; what needs no configuration is looked at all the same."""
    monkeypatch.chdir(tmp_path)
    if text is not None:
        (tmp_path / "newsletter.toml").write_text(text, encoding="latin-1")
    ended = CliRunner().invoke(app, ["doctor", "--json"])
    assert ended.exit_code == 1, ended.output
    found = [Finding(**finding) for finding in json.loads(ended.stdout)["findings"]]
    known = statuses(found)
    assert known["configuration"] == {"problem"}
    assert said in " ".join(finding.title for finding in found)
    assert known["disk"] == {"ok"}
    assert known["spf"] == {"not asked"}
    assert "the configuration does not load" in CliRunner().invoke(app, ["doctor"]).output


async def test_secrets_that_are_missing_are_findings(tmp_path: Path):
    """Of links, of the mail server, of signatures; nothing else stops for them."""
    text = CONFIG.format(base_url="https://papers.example.org", port=2525)
    text = text.replace('tls = "none"', 'tls = "none"\nusername = "me"\npassword_file = "gone"')
    config = tmp_path / "newsletter.toml"
    config.write_text(text.replace("papers.press", "example.org"))
    known = statuses(await examine(ConfigFile(config), None, offline=False, resolver=None))
    assert [known[check] for check in ("secret", "signature", "smtp")] == [
        {"problem"},
        {"problem"},
        {"problem"},
    ]
    assert known["email"] == {"problem"}
    assert known["spf"] == known["web"] == {"not asked"}


async def test_other_secrets_and_a_theme_that_is_not_there_are_findings(tmp_path: Path):
    """Of the API, of the mailbox of bounces, of a provider; the theme of the week."""
    (tmp_path / "token").write_text("short")
    more = """[api]
token_file = "token"
[bounces.imap]
host = "imap.papers.press"
username = "me"
[hooks.postmark]
username = "me"
[hooks.mailgun]
"""
    config = write_config(tmp_path, more=more)
    config.write_text(config.read_text().replace("[newsletter]", '[newsletter]\nweekly_theme = "gone"'))
    found = await examine(ConfigFile(config), None, offline=True, resolver=None)
    details = [
        finding.detail for finding in found if finding.check == "secret" and finding.status == "problem"
    ]
    assert [detail.split("]")[0] for detail in details] == [
        "[api",
        "[bounces.imap",
        "[hooks.postmark",
        "[hooks.mailgun",
    ]
    (email,) = (finding for finding in found if finding.check == "email")
    assert (email.status, "weekly_theme" in email.detail) == ("problem", True)


def test_what_is_no_name_server_is_an_error(tmp_path: Path):
    """Said at once."""
    write_config(tmp_path)
    config = str(tmp_path / "newsletter.toml")
    ended = CliRunner().invoke(app, ["doctor", "--resolver", "a b", "--config", config])
    assert isinstance(ended.exception, InputError)


async def test_the_daily_job_is_looked_at_and_nothing_is_changed(tmp_path: Path):
    """Before it has run, after it has, and days later; the database stays as it is."""
    page = '\n[edition]\nmax_entries = 3\n[[sources]]\nkind = "file"\nname = "Page"\npath = "page.jsonl"\n'
    (tmp_path / "page.jsonl").write_text(paper(1))

    async def looked(now: datetime) -> dict[str, set[str]]:
        before = dump(tmp_path)
        config = ConfigFile(tmp_path / "newsletter.toml")
        known = statuses(await examine(config, now, offline=True, resolver=None))
        assert dump(tmp_path) == before
        return known

    async with newsroom(tmp_path, readers=3, more=page) as app:
        first = await looked(SLOT)
        assert [first[check] for check in ("schedule", "sources")] == [{"warning"}] * 2
        await app.collect()
        await app.daily.publish(SLOT, SLOT)
    second = await looked(SLOT + timedelta(hours=7))
    assert [second[check] for check in ("schedule", "sources", "database", "readers")] == [{"ok"}] * 4
    assert (await looked(SLOT + timedelta(days=2)))["schedule"] == {"problem"}
