"""Where TLS is asked for: neither a password nor a message in clear, and nobody but the server gets them."""

import asyncio
import ssl
from pathlib import Path

import pytest
from support.authority import Authority
from support.rawsmtp import Act, RawServer, Talk, endless, hang, raw_server, then
from support.sessions import Mutant, WireChecks, message, send_all, transport

from newsletter.adapters.transports import opening, smtp
from newsletter.adapters.transports.smtp import SmtpTransport
from newsletter.errors import ServerRefused, ServerUnavailable

CHECKS = WireChecks()
PASSWORD = "a password that nobody may see"
HARMLESS = (b"EHLO example.org\r\n", b"STARTTLS\r\n")


def secured(server: RawServer, authority: Authority, **values: object) -> SmtpTransport:
    """With a password."""
    known = {
        "tls": "starttls",
        "username": "me",
        "password": PASSWORD,
        "ca_file": authority.file,
        "timeout": 5,
    }
    return transport(server.port, **known | values)


async def nothing_gets_out(
    server: RawServer, way: SmtpTransport, trouble: type[Exception] | tuple[type[Exception], ...]
) -> None:
    """Neither in clear nor at all, and it is said."""
    with pytest.raises(trouble):
        async with way.session() as session:
            await session.send(message())
    await asyncio.sleep(0.02)
    assert server.messages == []
    assert "AUTH" not in server.phases
    nothing_in_clear(server)


def nothing_in_clear(server: RawServer) -> None:
    """But the greeting; what follows it may only be the beginning of TLS."""
    rest = bytes(server.clear)
    for line in HARMLESS:
        rest = rest.removeprefix(line)
    assert not rest or rest.startswith(b"\x16\x03"), rest


@CHECKS.add
async def a_proper_server_gets_everything_under_tls(authority: Authority) -> None:
    """After STARTTLS, and where TLS comes first."""
    for implicit in (False, True):
        async with raw_server(tls=authority.server(), implicit=implicit) as server:
            way = secured(server, authority, tls="implicit" if implicit else "starttls")
            async with way.session() as session:
                got = await send_all(session, ["a@example.org", "b@example.org"])
            assert [reply.code for reply in got] == [250, 250]
            assert server.recipients == ["a@example.org", "b@example.org"]
            assert "AUTH" in server.phases
            assert bytes(server.clear) == (b"" if implicit else b"".join(HARMLESS))


@CHECKS.add
async def a_stranger_gets_nothing(authority: Authority) -> None:
    """Wrong host, expired, vouched for by itself: a person must look."""
    strangers = (
        authority.server("127.0.0.2"),
        authority.server(days=-1),
        authority.server(own=True),
    )
    for context in strangers:
        for implicit in (False, True):
            async with raw_server(tls=context, implicit=implicit) as server:
                way = secured(server, authority, tls="implicit" if implicit else "starttls")
                await nothing_gets_out(server, way, ServerRefused)


@CHECKS.add
async def a_server_without_starttls_gets_nothing(authority: Authority) -> None:
    """Also where somebody in between has taken the offer out, or the answer is not the one."""
    async with raw_server() as server:
        await nothing_gets_out(server, secured(server, authority), ServerRefused)
    for answer, trouble in (
        (b"454 4.7.0 TLS not available\r\n", ServerUnavailable),
        (b"502 5.5.1 what?\r\n", ServerRefused),
        (b"250 OK\r\n", (ServerRefused, ServerUnavailable)),
        (b"220 go ahead\r\n250 and then?\r\n", ServerUnavailable),
    ):
        async with raw_server({"STARTTLS": answer}, tls=authority.server()) as server:
            await nothing_gets_out(server, secured(server, authority), trouble)


@CHECKS.add
async def what_came_in_clear_is_not_believed(authority: Authority) -> None:
    """A reply injected behind that to STARTTLS, or before it, ends the session before anything is told."""
    surplus = b"250-test.example.org\r\n250 AUTH PLAIN\r\n"
    acts: list[dict[str, Act]] = [
        {"STARTTLS": b"220 go ahead\r\n" + surplus},
        {"banner": b"220 test\r\n" + surplus},
        {"EHLO": surplus.replace(b"AUTH PLAIN", b"STARTTLS") + b"220 go ahead\r\n"},
    ]
    for injected in acts:
        async with raw_server(injected, tls=authority.server()) as server:
            await nothing_gets_out(server, secured(server, authority), (ServerRefused, ServerUnavailable))


@CHECKS.add
async def a_server_that_is_silent_about_tls_has_no_more_time(authority: Authority) -> None:
    """Nor one that never ends to speak."""
    for act in (hang, then(b"220 go ahead\r\n", hang), endless(b"220-x\r\n")):
        async with raw_server({"STARTTLS": act}, tls=authority.server()) as server:
            await nothing_gets_out(server, secured(server, authority, timeout=0.3), ServerUnavailable)


@CHECKS.add
async def a_refused_sign_in_is_told_with_its_code(authority: Authority) -> None:
    """For now or for good."""
    for answer, trouble in (
        (b"454 4.7.0 not now\r\n", ServerUnavailable),
        (b"535 5.7.8 no\r\n", ServerRefused),
    ):
        async with raw_server({"AUTH": answer}, tls=authority.server()) as server:
            with pytest.raises(trouble) as refused:
                async with secured(server, authority).session():
                    pass
            assert refused.value.code == int(answer[:3])
            assert PASSWORD not in str(refused.value)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.mark.parametrize("name", CHECKS)
async def test_tls(name: str, authority: Authority):
    """Whatever is wrong with TLS, nothing gets out."""
    await CHECKS.run(name, authority)


async def test_an_endless_greeting_under_tls_ends(authority: Authority):
    """And so does its connection, although the server would go on."""
    ended = asyncio.Event()

    async def until_cut(talk: Talk) -> None:
        try:
            await endless(b"220-x\r\n")(talk)
        finally:
            ended.set()

    async with raw_server({"banner": until_cut}, tls=authority.server(), implicit=True) as server:
        await nothing_gets_out(server, secured(server, authority, tls="implicit"), ServerUnavailable)
        async with asyncio.timeout(5):
            await ended.wait()


async def test_a_ca_file_that_cannot_be_read_is_said(tmp_path: Path):
    """Before anything is connected to."""
    with pytest.raises(ServerRefused, match=r"nothing\.pem"):
        async with transport(25, tls="implicit", ca_file=tmp_path / "nothing.pem").session():
            pass


def test_old_tls_is_not_spoken(authority: Authority):
    """Nor is any certificate left unverified."""
    context = opening.tls_context(opening.SmtpServer("mail.example.org", 465, "implicit", "example.org"))
    assert context is not None
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)


async def _optional(client: opening.SMTP, server: opening.SmtpServer, context: ssl.SSLContext) -> None:
    """STARTTLS where it works, else without."""
    try:
        await START_TLS(client, server, context)
    except (opening.SMTPException, OSError):
        return


def _gullible(server: opening.SmtpServer) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _clear(client: opening.SMTP, server: opening.SmtpServer, context: ssl.SSLContext) -> None:
    """Not at all."""


START_TLS = opening._start_tls
MUTANTS: list[Mutant] = [
    ("a_proper_server_gets_everything_under_tls", (opening, "_start_tls", _clear)),
    ("a_stranger_gets_nothing", (smtp, "tls_context", _gullible)),
    ("a_server_without_starttls_gets_nothing", (opening, "_start_tls", _optional)),
    ("what_came_in_clear_is_not_believed", (opening, "_demand_silence", lambda client: None)),
    ("a_server_that_is_silent_about_tls_has_no_more_time", (opening, "_start_tls", _clear)),
    ("a_refused_sign_in_is_told_with_its_code", (opening, "_trouble", lambda _, error: ServerRefused("no"))),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=WireChecks.label)
async def test_a_broken_client_is_noticed(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, mutant: Mutant
):
    """Each check can fail: it does, where the client is wrong in what it is about."""
    await CHECKS.notice_without(monkeypatch, mutant, authority)


def test_every_check_has_been_seen_to_fail():
    """Or nobody would know whether it can."""
    assert {name for name, *_ in MUTANTS} == set(CHECKS)
