"""What the fetcher makes of real servers: limits, refusals, redirects, retries, conditional requests."""

import asyncio
import gzip
import shutil
import ssl
import subprocess
import time
import tracemalloc
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.web import (
    Memory,
    Names,
    dripping,
    in_turn,
    pouring,
    redirect,
    reply,
    web_server,
)

from newsletter.adapters.http import FetchLimits, HttpFetcher
from newsletter.errors import SourceError
from newsletter.ports import Page, Validator

LOOPBACK = ("127.0.0.1",)
FEED = b"<feed/>" * 100


def limits(**values: object) -> FetchLimits:
    return FetchLimits(**{"timeout": 5, "total_timeout": 20, "backoff": 0.01} | values)


async def get(url: str, *, memory: Memory | None = None, allow=LOOPBACK, **values: object) -> Page | None:
    """One address through a fetcher of its own; `resolve` and `contact` are the fetcher's, the other values
    its limits."""
    own = {name: values.pop(name) for name in ("resolve", "contact") if name in values}
    async with HttpFetcher(memory or Memory(), limits(**values), allow_hosts=allow, **own) as fetcher:
        return await fetcher.get(url, source="papers")


async def refused(url: str, **values: object) -> str:
    """The text of the error, which always begins with the address."""
    with pytest.raises(SourceError) as caught:
        await get(url, **values)
    return str(caught.value)


# What comes back


async def test_a_page_comes_with_its_type_its_address_and_its_validators():
    """The bytes are as they were sent."""
    headers = {"Content-Type": "application/atom+xml", "ETag": 'W/"1"', "Last-Modified": "Mon, 01 Dec 2025"}
    async with web_server(reply(FEED, headers=headers)) as server:
        page = await get(server.url("/feed?q=%C3%A4#part"))
    assert page == Page(
        server.url("/feed?q=%C3%A4"),
        FEED,
        "application/atom+xml",
        Validator(server.url("/feed?q=%C3%A4#part"), 'W/"1"', "Mon, 01 Dec 2025"),
    )
    assert server.asked[0].path == "/feed?q=%C3%A4"


async def test_the_server_is_told_who_asks():
    """With a contact, where there is one; nothing in it can end the header."""
    async with web_server(reply(FEED)) as server:
        await get(server.url())
        await get(server.url(), contact="https://papers.example.org (Jane)\r\nX-Evil: 1 ä")
    plain, with_contact = (asked.headers for asked in server.asked)
    assert plain["user-agent"].startswith("newsletter")
    assert plain["accept-encoding"] == "gzip, deflate"
    assert with_contact["user-agent"] == (
        f"{plain['user-agent']} (+https://papers.example.org %28Jane%29%0D%0AX-Evil: 1 %C3%A4)"
    )
    assert "x-evil" not in with_contact


def plain_id(value: object) -> str | None:
    """A test's name says nothing of bytes: packed ones differ from process to process."""
    return "bytes" if isinstance(value, bytes) else None


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(FEED)),
        ("x-gzip", gzip.compress(FEED)),
        ("GZIP", gzip.compress(FEED[:300]) + gzip.compress(FEED[300:])),
        ("gzip", gzip.compress(FEED) + bytes(512)),
        ("deflate", zlib.compress(FEED)),
        ("deflate", raw_deflate(FEED)),
        ("identity", FEED),
        ("", FEED),
    ],
    ids=plain_id,
)
@pytest.mark.parametrize("chunk", [1, 7, 10_000])
async def test_a_packed_page_is_unpacked(encoding: str, packed: bytes, chunk: int):
    """gzip with several members or padding, deflate with and without its frame, in pieces of any size."""
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    pieces = [packed[at : at + chunk] for at in range(0, len(packed), chunk)]
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    async with web_server(head + body) as server:
        page = await get(server.url())
    assert page
    assert page.content == FEED


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 131_072, 900_000])
@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, raw_deflate])
async def test_unpacking_in_steps_loses_nothing(size: int, pack):
    """Sizes around the step, of content that packs very well."""
    async with web_server(reply(pack(b"a" * size), headers={"Content-Encoding": "deflate"})) as server:
        page = await get(server.url())
    assert page
    assert page.content == b"a" * size


# Limits


async def test_a_gzip_bomb_is_dropped_early():
    """300 MB of zeros in 300 kB: next to nothing of it is ever unpacked."""
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(300)) + packer.flush()
    async with web_server(reply(bomb, headers={"Content-Encoding": "gzip"})) as server:
        tracemalloc.start()
        begun = time.monotonic()
        error = await refused(server.url())
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert "as a bomb would" in error
    assert server.connections == 1
    assert peak < 64_000_000
    assert time.monotonic() - begun < 30


async def test_a_bomb_of_very_many_members_is_dropped():
    """Each holds nothing, so that neither size nor ratio would ever be too large."""
    async with web_server(reply(gzip.compress(b"") * 50_000, headers={"Content-Encoding": "gzip"})) as server:
        assert "members, as a bomb would" in await refused(server.url())


async def test_what_unpacks_to_more_than_the_limit_is_refused():
    """Though its ratio is an honest one."""
    body = gzip.compress(b"".join(b"<item>%d</item>" % number for number in range(300_000)))
    async with web_server(reply(body, headers={"Content-Encoding": "gzip"})) as server:
        assert len(body) < 2_000_000
        error = await refused(server.url(), max_bytes=2_000_000)
    assert "larger than 2 MB" in error
    assert "max_bytes" in error


@pytest.mark.parametrize("length", [b"", b"Content-Length: 100000000\r\n"])
async def test_a_body_of_100_mb_is_cut_off(length: bytes):
    """At once where it is announced, else at the limit; memory holds no more than that."""
    head = b"HTTP/1.1 200 OK\r\n" + length + b"\r\n"
    async with web_server(lambda _: pouring(head, bytes(1_000_000), 100)) as server:
        tracemalloc.start()
        error = await refused(server.url(), max_bytes=5_000_000)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert "larger than 5 MB" in error
    assert server.connections == 1
    assert peak < 30_000_000


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (dripping(first=b"HTTP/1.1 200 OK\r\n\r\n"), "not done within 0.6 s in all"),
        (dripping(first=b"HTTP/1.1 200 OK\r\nX-"), "not done within 0.6 s in all"),
        (
            dripping(every=0.01, first=b"", drop=b"HTTP/1.1 100 Continue\r\n\r\n"),
            "not done within 0.6 s in all",
        ),
    ],
    ids=["body", "headers", "informational"],
)
async def test_a_slow_server_is_ended_by_the_total_time(answer, reason: str):
    """One byte at a time keeps every single read short; the whole is limited all the same."""
    async with web_server(lambda _: answer) as server:
        begun = time.monotonic()
        assert reason in await refused(server.url(), total_timeout=0.6)
    assert time.monotonic() - begun < 30


async def test_the_waits_between_attempts_count_towards_the_total_time():
    """A server that always wants more patience does not hold up the others."""
    async with web_server(reply(status=503, headers={"Retry-After": "50"})) as server:
        begun = time.monotonic()
        assert "not done within 0.5 s" in await refused(server.url(), total_timeout=0.5)
    assert time.monotonic() - begun < 30


async def test_a_silent_server_is_given_up_after_the_timeout():
    """It accepted the connection and says nothing."""
    async with web_server(lambda _: dripping(drop=b"")) as server:
        error = await refused(server.url(), timeout=0.3, attempts=2)
    assert "nothing came for 0.3 s; tried 2 times" in error
    assert server.connections == 2


async def test_endless_headers_are_cut_off():
    """As fast as they can come."""
    head = b"HTTP/1.1 200 OK\r\n"
    async with web_server(lambda _: pouring(head, b"X-More: of the same\r\n" * 1000, 1000)) as server:
        assert "no HTTP" in await refused(server.url(), attempts=1)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply(FEED, headers={"Content-Encoding": "br"}), "packed as 'br'"),
        (reply(FEED, headers={"Content-Encoding": "gzip, gzip"}), "packed as 'gzip, gzip'"),
        (reply(b"\x1f\x8bnonsense", headers={"Content-Encoding": "gzip"}), "damaged"),
        (reply(FEED, headers={"Content-Encoding": "gzip"}), "damaged"),
        (reply(gzip.compress(FEED)[:-9], headers={"Content-Encoding": "gzip"}), "cut short"),
        (reply(b"\x1f", headers={"Content-Encoding": "gzip"}), "cut short"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", "cut short"),
        (b"220 mail.example.org ESMTP\r\n", "no HTTP"),
        (b"", "no HTTP"),
        (reply(status=204), "204 No Content"),
        (reply(status=206), "206 Partial Content"),
        (reply(status=304), "304 Not Modified"),
        (reply(status=418), "418"),
        (b"HTTP/1.1 799 \xff\x1b[31m\r\nContent-Length: 0\r\n\r\n", "answers 799"),
    ],
    ids=plain_id,
)
async def test_an_answer_that_is_none(answer: bytes, reason: str):
    """Each is an error that names the address and says what is wrong."""
    async with web_server(answer) as server:
        error = await refused(server.url(), attempts=1)
    assert error.startswith(f"{server.url()}: ")
    assert reason in error
    assert error.isprintable()


# Where it may go


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("file:///etc/passwd", "only http and https"),
        ("http://169.254.169.254/latest/meta-data/", "a link-local address"),
        ("http://10.0.0.1/", "a private address"),
        ("http://[::1]/", "a loopback address"),
        ("http://other.test/", "a loopback address"),
        ("http://user:secret@127.0.0.1/", "user name"),
        ("//localhost:1/", "port 1 belongs"),
        ("//unknown.test/", "cannot be resolved"),
        ("http://[bad", "no valid host name"),
        ("http://127.0.0.1/\x01", "no web address"),
        ("", "without saying where to"),
    ],
)
async def test_a_redirect_is_vetted_like_the_first_address(target: str, reason: str):
    """That the first host is allowed is worth nothing for the second."""
    names = Names(other_test=[["127.0.0.1"]])
    async with web_server(redirect(target)) as server:
        error = await refused(server.url(), resolve=names)
    assert error.startswith(f"{server.url()}: redirects ")
    assert reason in error
    assert "secret" not in error
    assert server.connections == 1


async def test_a_redirect_to_a_private_server_never_reaches_it():
    """It listens, on an address of its own, and hears nothing."""
    async with (
        web_server(reply(b"secret"), host="127.0.0.2") as private,
        web_server(lambda _: redirect(private.url())) as server,
    ):
        assert "127.0.0.2, a loopback address" in await refused(server.url())
    assert private.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed(status: int):
    """Relative ones too; the page says where it was, its validator what was asked for."""
    there = reply(FEED, headers={"ETag": '"1"'})
    script = in_turn(redirect("../b/feed?x=1#y", status), there)
    async with web_server(script) as server:
        page = await get(server.url("/a/feed"))
    assert page
    assert page.url == server.url("/b/feed?x=1")
    assert page.validator == Validator(server.url("/a/feed"), '"1"')


@pytest.mark.parametrize(("hops", "arrives"), [(5, True), (6, False)])
async def test_redirects_end_somewhere(hops: int, arrives: bool):
    """Five are followed and the sixth is not."""
    async with web_server(in_turn(*[redirect("/next")] * hops, reply(FEED))) as server:
        if arrives:
            assert await get(server.url())
        else:
            assert "redirects more than 5 times" in await refused(server.url())
    assert server.connections == 6


async def test_a_name_that_changes_its_mind_gains_nothing():
    """The address that was vetted is the one that is connected to: the name is asked once."""
    names = Names(feeds_test=[["127.0.0.1"], ["127.0.0.2"]])
    async with (
        web_server(reply(FEED)) as server,
        web_server(reply(b"private"), host="127.0.0.2", port=server.port) as other,
    ):
        page = await get(server.url(host="feeds.test"), allow=["feeds.test"], resolve=names)
    assert page
    assert page.content == FEED
    assert names.questions == ["feeds.test"]
    assert server.asked[0].headers["host"] == f"feeds.test:{server.port}"
    assert other.connections == 0


@pytest.mark.parametrize("answers", [[["127.0.0.1"]], [["8.8.8.8", "127.0.0.1"]]])
async def test_a_name_that_leads_to_a_private_address_reaches_nobody(answers: list[list[str]]):
    """Not even where it has a public address too."""
    async with web_server(reply(b"private")) as server:
        error = await refused(server.url(host="rebind.test"), allow=(), resolve=Names(rebind_test=answers))
    assert "127.0.0.1, a loopback address" in error
    assert "allow_hosts" in error
    assert server.connections == 0


async def test_the_next_address_of_a_name_is_tried():
    """Where nobody listens at the first."""
    names = Names(feeds_test=[["127.0.0.9", "127.0.0.1"]])
    async with web_server(reply(FEED)) as server:
        assert await get(server.url(host="feeds.test"), allow=["feeds.test"], resolve=names, attempts=1)


async def test_a_user_name_is_neither_sent_nor_told():
    """It would be a secret in clear."""
    async with web_server(reply(FEED)) as server:
        error = await refused(server.url().replace("//", "//user:secret@"))
    assert error.startswith(f"{server.url()}: a user name")
    assert "secret" not in error
    assert server.connections == 0


async def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Neither its proxies nor the passwords in .netrc."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login user password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    async with web_server(reply(FEED)) as server, web_server(reply(b"proxy")) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url(""))
        page = await get(server.url())
    assert page
    assert page.content == FEED
    assert proxy.connections == 0
    assert "authorization" not in server.asked[0].headers


async def test_cookies_are_not_kept():
    """Neither over a redirect nor from one request to the next."""
    crumbs = {"Set-Cookie": "id=1; Path=/", "Location": "/feed"}
    script = in_turn(reply(status=302, headers=crumbs), reply(FEED, headers=crumbs))
    async with (
        web_server(script) as server,
        HttpFetcher(Memory(), limits(), allow_hosts=LOOPBACK) as fetcher,
    ):
        for _ in range(2):
            await fetcher.get(server.url("/"), source="papers")
    assert len(server.asked) == 3
    assert all("cookie" not in asked.headers for asked in server.asked)


# Asking only for what is new


async def test_an_unchanged_page_is_none():
    """What the first answer gave is sent along with the second request."""
    memory = Memory()
    modified = "Mon, 01 Dec 2025 07:00:00 GMT"
    script = in_turn(reply(FEED, headers={"ETag": '"1"', "Last-Modified": modified}), reply(status=304))
    async with web_server(script) as server:
        page = await get(server.url(), memory=memory)
        assert page
        await memory.succeeded("papers", [page.validator], datetime(2025, 12, 1, tzinfo=UTC))
        assert await get(server.url(), memory=memory) is None
        assert "304" in await refused(server.url("/other"), memory=memory)
    first, second, other = (asked.headers for asked in server.asked)
    assert (second["if-none-match"], second["if-modified-since"]) == ('"1"', modified)
    assert not {"if-none-match", "if-modified-since"} & (first.keys() | other.keys())


@pytest.mark.parametrize("etag", ['"' + "x" * 300 + '"', '"\xe4"', '"a\tb"', " "])
async def test_an_odd_validator_is_not_remembered(etag: str):
    """Only what is short and printable ASCII is ever sent back."""
    async with web_server(reply(FEED, headers={"ETag": etag, "Last-Modified": etag})) as server:
        page = await get(server.url())
    assert page
    assert page.validator == Validator(server.url())


async def test_a_remembered_validator_cannot_end_its_header():
    """Whatever came into the memory."""
    async with web_server(reply(FEED)) as server:
        await get(server.url(), memory=Memory(Validator(server.url(), '"1"\r\nX-Evil: 1', "x\0")))
    assert not {"x-evil", "if-none-match", "if-modified-since"} & server.asked[0].headers.keys()


# Patience


@pytest.mark.parametrize("trouble", [429, 500, 502, 503, 504, "hang up", "cut short"])
async def test_what_passes_is_tried_again(trouble: int | str):
    """Two failures, then the page."""
    answer = {"hang up": b"", "cut short": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"}.get(
        str(trouble)
    )
    failure = reply(status=int(trouble)) if answer is None else answer
    async with web_server(in_turn(failure, failure, reply(FEED))) as server:
        page = await get(server.url())
    assert page
    assert page.content == FEED
    assert server.connections == 3


@pytest.mark.parametrize(
    ("status", "mend"),
    [
        (400, "400 Bad Request"),
        (401, "sign-in"),
        (403, "set contact"),
        (404, "correct the address"),
        (410, "take this source out"),
        (501, "501 Not Implemented"),
    ],
)
async def test_what_does_not_pass_is_an_error_at_once(status: int, mend: str):
    """With its number, and how to mend it where that is known."""
    async with web_server(reply(status=status)) as server:
        error = await refused(server.url())
    assert error.startswith(f"{server.url()}: the server answers {status}")
    assert mend in error
    assert server.connections == 1


async def test_attempts_are_counted():
    """The last error says how many there were."""
    async with web_server(reply(status=503)) as server:
        error = await refused(server.url(), attempts=3)
    assert error == f"{server.url()}: the server answers 503 Service Unavailable; tried 3 times"
    assert server.connections == 3


async def test_nobody_listens():
    """The system's own words."""
    async with web_server(reply()) as server:
        pass
    assert "connection refused; tried 2 times" in await refused(server.url(), attempts=2)


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "1"},
        {"Retry-After": "Mon, 01 Dec 2025 07:00:01 GMT", "Date": "Mon, 01 Dec 2025 07:00:00 GMT"},
    ],
    ids=["seconds", "date"],
)
async def test_a_server_that_says_when_to_come_back_is_heeded(headers: dict[str, str]):
    """A date counts by the server's own clock."""
    async with web_server(in_turn(reply(status=429, headers=headers), reply(FEED))) as server:
        begun = time.monotonic()
        assert await get(server.url())
    assert time.monotonic() - begun >= 1


@pytest.mark.parametrize("value", ["nonsense", "-1", "Mon, 01 Dec 2025 07:00:01 GMT", "²", "1e3"])
async def test_a_wait_that_cannot_be_understood_is_passed_over(value: str):
    """Then it is as if it had not been said."""
    headers = {"Retry-After": value}
    async with web_server(in_turn(reply(status=429, headers=headers), reply(FEED))) as server:
        assert await get(server.url())


async def test_a_server_that_wants_too_long_a_wait_is_left_alone():
    """Asking earlier than it wants would be rude, and the next run comes anyway."""
    async with web_server(reply(status=429, headers={"Retry-After": "3600"})) as server:
        assert "wants to be left alone for 3600 s" in await refused(server.url())
    assert server.connections == 1


async def test_one_request_at_a_time_to_a_host_that_wants_pauses():
    """The wait for its turn does not count towards an address's own total time."""
    async with (
        web_server(reply(FEED)) as server,
        HttpFetcher(
            Memory(), limits(intervals={"127.0.0.1": 0.3}, total_timeout=0.5), allow_hosts=LOOPBACK
        ) as fetcher,
    ):
        begun = time.monotonic()
        pages = await asyncio.gather(*(fetcher.get(server.url(f"/{n}"), source="papers") for n in range(4)))
    assert all(pages)
    assert time.monotonic() - begun >= 0.9
    assert server.most_busy == 1


async def test_sources_do_not_wait_for_each_other():
    """One is slow to its end; the others have their pages."""
    async with (
        web_server(lambda asked: dripping() if asked.path == "/slow" else reply(FEED)) as server,
        HttpFetcher(Memory(), limits(total_timeout=2), allow_hosts=LOOPBACK) as fetcher,
    ):
        slow = asyncio.create_task(fetcher.get(server.url("/slow"), source="slow"))
        pages = await asyncio.gather(*(fetcher.get(server.url(f"/{n}"), source="papers") for n in range(9)))
        assert all(pages)
        assert not slow.done()
        with pytest.raises(SourceError, match="not done within 2 s"):
            await slow


# https


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of feeds.test, signed by itself, with its key in one file."""
    if not shutil.which("openssl"):
        pytest.skip("needs the openssl command to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-subj", "/CN=feeds.test", "-addext", "subjectAltName=DNS:feeds.test",
         "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    both = folder / "both.pem"
    both.write_text(key.read_text() + cert.read_text())
    return both


class Tls:
    """A server's side of TLS, which keeps the names that it was asked for."""

    def __init__(self, certificate: Path) -> None:
        self.names: list[str | None] = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.context.sni_callback = lambda _object, name, _context: self.names.append(name)


HTTPS_NAMES = {"feeds_test": [["127.0.0.1"]], "other_test": [["127.0.0.1"]]}


async def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Path):
    """At once, with the reason; nothing is sent."""
    async with web_server(reply(FEED), tls=Tls(certificate).context) as server:
        error = await refused(
            server.url(host="feeds.test"), allow=["feeds.test"], resolve=Names(**HTTPS_NAMES)
        )
    assert "its certificate is not accepted: self-signed certificate" in error
    assert server.connections <= 1
    assert not server.asked


async def test_the_name_stays_with_the_pinned_address(certificate: Path, monkeypatch: pytest.MonkeyPatch):
    """In SNI, in the Host header and in the check of the certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    tls = Tls(certificate)
    async with web_server(reply(FEED), tls=tls.context) as server:
        assert await get(server.url(host="feeds.test"), allow=["feeds.test"], resolve=Names(**HTTPS_NAMES))
    assert tls.names == ["feeds.test"]
    assert server.asked[0].headers["host"] == f"feeds.test:{server.port}"


async def test_a_certificate_counts_for_its_own_name_only(certificate: Path, monkeypatch: pytest.MonkeyPatch):
    """Also right after its own name was asked for at the same address, whose connection is not shared."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with web_server(reply(FEED), tls=Tls(certificate).context) as server:
        fetcher = HttpFetcher(
            Memory(), limits(), allow_hosts=["feeds.test", "other.test"], resolve=Names(**HTTPS_NAMES)
        )
        async with fetcher:
            assert await fetcher.get(server.url(host="feeds.test"), source="papers")
            with pytest.raises(SourceError, match="certificate is not accepted: Hostname mismatch"):
                await fetcher.get(server.url(host="other.test"), source="papers")


async def test_a_redirect_from_https_into_the_clear_is_refused(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
):
    """Nobody in between may choose what readers get."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with (
        web_server(reply(b"anything")) as clear,
        web_server(lambda _: redirect(clear.url()), tls=Tls(certificate).context) as server,
    ):
        allow = ["feeds.test", "127.0.0.1"]
        error = await refused(server.url(host="feeds.test"), allow=allow, resolve=Names(**HTTPS_NAMES))
    assert f"redirects from https to {clear.url()}" in error
    assert clear.connections == 0


async def test_https_where_http_is_spoken():
    """A wrong scheme is a mistake and not a passing trouble."""

    async def speak_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(status=400))
        await reader.read()
        writer.close()

    async with await asyncio.start_server(speak_first, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        error = await refused(f"https://127.0.0.1:{port}/")
    assert "no secure connection" in error
    assert "tried" not in error
