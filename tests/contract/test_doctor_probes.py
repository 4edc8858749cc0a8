"""What the doctor asks with: real name servers, mail servers, web pages and databases."""

import socket
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from support.authority import Authority
from support.dnsserver import backwards, dns_server, txt
from support.rawsmtp import hang, raw_server
from support.web import redirect, reply, web_server

from newsletter.adapters.dns import Resolver
from newsletter.adapters.http.visit import Visitor
from newsletter.adapters.machine import ThisMachine
from newsletter.adapters.offline import is_offline
from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.schema import REVISION
from newsletter.adapters.transports import probe
from newsletter.adapters.transports.probe import SmtpProbe
from newsletter.adapters.transports.smtp import SmtpServer
from newsletter.core.doctor.pages import Visit
from newsletter.core.doctor.questions import NoAnswer, Question
from newsletter.core.doctor.servers import Refusal, Welcome
from newsletter.errors import InputError


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


# The DNS


async def test_every_kind_of_record_is_read_as_it_is_judged():
    """Strings of TXT put together, names without the dot at their end."""
    long = "v=DKIM1; p=" + "A" * 400
    zone = {
        ("d.test", "TXT"): [txt(long), txt("ünï")],
        ("d.test", "MX"): ["10 mx.d.test.", "0 ."],
        ("d.test", "A"): ["192.0.2.1"],
        ("d.test", "AAAA"): ["2001:db8::1"],
        (backwards("192.0.2.1"), "PTR"): ["mx.d.test."],
    }
    async with dns_server(zone) as server:
        ask = Resolver.at(server.place).ask
        texts = await ask(Question("d.test", "TXT"))
        assert long in texts
        assert sorted(await ask(Question("d.test", "MX"))) == ["0 .", "10 mx.d.test"]
        assert await ask(Question("d.test", "A")) == ("192.0.2.1",)
        assert await ask(Question("d.test", "AAAA")) == ("2001:db8::1",)
        assert await ask(Question("192.0.2.1", "PTR")) == ("mx.d.test",)


async def test_nothing_is_an_answer_and_silence_is_none(monkeypatch: pytest.MonkeyPatch):
    """No such name, no such record, what is no name; a server that fails, one that says nothing, none."""
    monkeypatch.setattr("newsletter.adapters.dns._SECONDS", 0.3)
    async with dns_server({("d.test", "A"): ["192.0.2.1"]}, fails=["f.test"], silent=["s.test"]) as server:
        ask = Resolver.at(server.place).ask
        for name in ("gone.test", "d.test", "a..b", "x" * 64 + ".test", ".".join(["x" * 60] * 5), "\ud800"):
            assert await ask(Question(name, "TXT")) == ()
        assert await ask(Question("no address", "PTR")) == ()
        for name, said in (("f.test", "fail"), ("s.test", "no name server answered")):
            with pytest.raises(NoAnswer, match=said):
                await ask(Question(name, "TXT"))


@pytest.mark.parametrize("place", ["", "a b", "127.0.0.1:0", "127.0.0.1:70000", "[::1", "x:y", "http://a"])
def test_what_is_no_name_server_is_refused(place: str):
    """With an example of one."""
    with pytest.raises(InputError, match="write one such as"):
        Resolver.at(place)


async def test_a_name_server_may_be_given_by_name():
    """As an authoritative one is known."""
    async with dns_server({("d.test", "A"): ["192.0.2.1"]}) as server:
        found = await Resolver.at(f"localhost:{server.port}").ask(Question("d.test", "A"))
    assert found == ("192.0.2.1",)


# Mail servers


def smtp(port: int, **values: object) -> SmtpProbe:
    known = {"host": "127.0.0.1", "port": port, "tls": "none", "greeting_name": "d.test"}
    return SmtpProbe(SmtpServer(**known | values))


async def greeted(probe: SmtpProbe) -> Welcome:
    seen = await probe.greet()
    assert isinstance(seen, Welcome), seen
    return seen


async def refused(probe: SmtpProbe) -> str:
    seen = await probe.greet()
    assert isinstance(seen, Refusal), seen
    assert not seen.offline
    return seen.reason


async def test_a_mail_server_is_greeted_as_for_sending_and_sent_nothing(authority: Authority):
    """By STARTTLS, signed in; what it offers and until when its certificate holds is seen."""
    async with raw_server(
        offers=("PIPELINING", "SIZE 5000000", "SMTPUTF8"), tls=authority.server()
    ) as server:
        signed = {"username": "me", "password": "secret", "ca_file": authority.file}
        seen = await greeted(smtp(server.port, tls="starttls", **signed))
    assert (seen.pipelining, seen.utf8, seen.limit, seen.offers_sign_in) == (True, True, 5_000_000, True)
    assert seen.tls_version.startswith("TLS")
    assert seen.expires is not None
    assert timedelta(days=29) < seen.expires - datetime.now(UTC) <= timedelta(days=30)
    assert server.phases == ["banner", "EHLO", "STARTTLS", "EHLO", "AUTH", "QUIT"]
    assert server.messages == []
    assert b"secret" not in server.clear


async def test_a_mail_server_in_clear(authority: Authority):
    """Whether it would encrypt is seen."""
    async with raw_server(tls=authority.server()) as server:
        seen = await greeted(smtp(server.port))
    assert (seen.tls_version, seen.offers_tls, seen.expires) == ("", True, None)


async def test_a_mail_server_that_takes_nothing_says_why(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
):
    """A certificate of nobody's, one that has ended, no STARTTLS, a wrong password, silence, nobody there."""
    monkeypatch.setattr(probe, "_SECONDS", 0.3)
    secure = {"tls": "starttls", "ca_file": authority.file, "username": "me", "password": "x"}
    for context in (authority.server(own=True), authority.server(days=-1)):
        async with raw_server(tls=context) as server:
            assert "its certificate" in await refused(smtp(server.port, **secure))
    async with raw_server() as server:
        assert "STARTTLS" in await refused(smtp(server.port, **secure))
    async with raw_server({"AUTH": b"535 5.7.8 no\r\n"}) as server:
        assert "sign-in refused" in await refused(smtp(server.port, username="me", password="x"))
    async with raw_server({"banner": hang}) as server:
        assert await refused(smtp(server.port))
    assert "refused" in await refused(smtp(server.port))


def test_no_network_is_not_the_servers_fault():
    """Names that cannot be asked for now, no way out; a name that does not exist is another thing."""
    again, unknown = socket.gaierror(socket.EAI_AGAIN, ""), socket.gaierror(socket.EAI_NONAME, "")
    wrapped = RuntimeError()
    wrapped.__cause__ = OSError(101, "no way")
    assert [is_offline(error) for error in (again, wrapped, unknown, None)] == [True, True, False, False]


# Web pages


async def test_pages_are_visited_once_and_not_followed(monkeypatch: pytest.MonkeyPatch, authority: Authority):
    """By https with a certificate that is verified; the Date, the beginning, where it comes from."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    said = datetime.now(UTC) - timedelta(hours=1)
    page = reply(b"x" * 5000, headers={"Date": format_datetime(said)})
    async with web_server(page, tls=authority.server()) as server, Visitor(server.url("")) as visitor:
        seen = await visitor.visit("/health")
        posted = await visitor.visit("/unsubscribe/x", b"List-Unsubscribe=One-Click")
    assert isinstance(seen, Visit)
    assert isinstance(posted, Visit)
    assert (seen.status, len(seen.body), seen.private) == (200, 2000, "a loopback")
    assert seen.expires is not None
    assert seen.ahead is not None
    assert abs(seen.ahead - timedelta(hours=1)) < timedelta(minutes=1)
    assert [(asked.method, asked.path) for asked in server.asked] == [
        ("GET", "/health"),
        ("POST", "/unsubscribe/x"),
    ]
    assert server.asked[1].headers["content-type"] == "application/x-www-form-urlencoded"
    async with web_server(redirect("/elsewhere")) as server, Visitor(server.url("")) as visitor:
        seen = await visitor.visit("/health")
    assert isinstance(seen, Visit)
    assert (seen.status, len(server.asked)) == (302, 1)


async def test_pages_that_cannot_be_reached_say_why(authority: Authority):
    """Nobody there, a certificate of nobody's."""
    own = authority.server(own=True)
    async with web_server(reply(), tls=own) as server, Visitor(server.url("")) as visitor:
        seen = await visitor.visit("/health")
    assert isinstance(seen, Refusal)
    assert "certificate" in seen.reason
    async with Visitor(server.url("")) as visitor:
        seen = await visitor.visit("/health")
    assert isinstance(seen, Refusal)
    assert (seen.reason, seen.offline) == ("connection refused", False)


# This machine


async def test_the_database_is_looked_at_and_left_as_it_is(tmp_path: Path):
    """None yet, one of ours, one of a stranger's, a damaged one."""
    look = ThisMachine().database
    file = tmp_path / "papers.db"
    assert (await look(file)).size == 0
    assert not file.exists()
    database = Database("sqlite:///papers.db", tmp_path)
    async with database.read():
        pass
    await database.close()
    before = file.read_bytes()
    seen = await look(file)
    assert (seen.trouble, seen.revision, seen.journal) == ("", REVISION, "wal")
    assert file.read_bytes() == before
    file.write_bytes(before[:5000] + b"\xff" * 9000 + before[14000:])
    assert (await look(file)).trouble
    file.write_bytes(b"no database at all" * 1000)
    assert "not a database" in (await look(file)).trouble
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE t (a)")
    assert (await look(tmp_path / "other.db")).revision == ""


async def test_a_look_at_a_large_database_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What was seen until then is told."""
    monkeypatch.setattr("newsletter.adapters.machine._SECONDS", -1.0)
    monkeypatch.setattr("newsletter.adapters.machine._STEPS", 2000)
    with closing(sqlite3.connect(tmp_path / "large.db")) as large:
        large.execute("CREATE TABLE t (a)")
        large.executemany("INSERT INTO t VALUES (?)", (("x" * 100,) for _ in range(20_000)))
        large.commit()
    seen = await ThisMachine().database(tmp_path / "large.db")
    assert (seen.unfinished, seen.trouble) == (True, "")


def test_a_folder_and_the_zones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What is not there, what may not be written; data of the system and of the package."""
    machine = ThisMachine()
    assert machine.space(tmp_path / "gone").free is None
    here = machine.space(tmp_path)
    assert here.writable
    assert here.free
    monkeypatch.setattr("newsletter.adapters.machine.TZPATH", (str(tmp_path),))
    packaged = machine.zones("UTC")
    assert packaged.origin == "the package tzdata"
    assert packaged.version[:2] == "20"
    (tmp_path / "UTC").write_bytes(b"TZif2")
    assert machine.zones("UTC").version == ""
    (tmp_path / "tzdata.zi").write_text("# version 2024b\nR A\n")
    zones = machine.zones("UTC")
    assert (zones.version, zones.origin) == ("2024b", "the system")
