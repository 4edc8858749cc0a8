"""Which addresses the fetcher may ask."""

import socket
from ipaddress import ip_address

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.web import Names

from newsletter.adapters.http.addresses import Gate, resolve_by_system, why_not_public
from newsletter.adapters.http.trouble import Trouble
from newsletter.errors import ConfigError


async def ask(url: str, *allow: str, resolve=None) -> tuple[str, ...]:
    return await Gate(allow, resolve or Names(example_org=[["8.8.8.8"]]), 5).addresses(httpx.URL(url))


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("0.0.0.0", "unspecified"),  # noqa: S104 nobody listens here
        ("10.1.2.3", "private"),
        ("100.64.0.1", "carrier"),
        ("100.100.100.200", "carrier"),
        ("100.127.255.255", "carrier"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("168.63.129.16", "metadata"),
        ("169.254.169.254", "link-local"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.0.0.192", "reserved"),
        ("192.0.2.1", "documentation"),
        ("192.88.99.1", "6to4"),
        ("192.168.1.1", "private"),
        ("198.19.0.1", "benchmark"),
        ("224.0.0.251", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::7f00:1", "reserved"),
        ("::ffff:127.0.0.1", "disguised"),
        ("::ffff:8.8.8.8", "disguised"),
        ("64:ff9b::7f00:1", "NAT64"),
        ("64:ff9b:1::a00:1", "NAT64"),
        ("100::1", "reserved"),
        ("2001:0:7f00:1::", "Teredo"),
        ("2001:db8::1", "documentation"),
        ("2002:7f00:1::", "6to4"),
        ("2002:a00:1::", "6to4"),
        ("3fff::1", "documentation"),
        ("fc00::1", "private"),
        ("fd00:ec2::254", "private"),
        ("fe80::1", "link-local"),
        ("fe80::1%1", "link-local"),
        ("fec0::1", "site-local"),
        ("ff02::1", "multicast"),
    ],
)
def test_what_is_not_public_is_named(address: str, kind: str):
    """Every special range is refused, in words that say which it is."""
    found = why_not_public(ip_address(address))
    assert found
    assert kind in found


@pytest.mark.parametrize(
    "address",
    [
        *("1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.32.0.1", "192.169.0.1"),
        *("223.255.255.255", "2001:4860:4860::8888", "2606:4700::1111", "2a00:1450::1"),
    ],
)
def test_what_is_public_passes(address: str):
    """The neighbours of the special ranges included."""
    assert why_not_public(ip_address(address)) is None


@given(st.ip_addresses())
def test_nothing_passes_that_the_standard_library_calls_special(address):
    """The table is at least as strict as Python's own reading of the registry."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert why_not_public(address)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:///etc/passwd", "only http and https"),
        ("ftp://example.org/", "only http and https"),
        ("gopher://example.org/", "only http and https"),
        ("data:text/plain,x", "only http and https"),
        ("//example.org/", "only http and https"),
        ("nonsense", "only http and https"),
        ("http:///feed", "no valid host name"),
        ("http://a b/", "no valid host name"),
        ("http://%31.com/", "no valid host name"),
        ("http://user@example.org/", "user name"),
        ("http://user:secret@example.org/", "user name"),
        ("http://a\\@example.org/", "user name"),
        ("http://example.org:0/", "no port 0"),
        ("http://example.org:99999/", "no port 99999"),
        ("http://example.org:25/", "port 25 belongs to another service"),
        ("http://example.org:22/", "port 22 belongs to another service"),
        ("http://127.0.0.1/", "127.0.0.1, a loopback address"),
        ("http://[::1]:8080/", "::1, a loopback address"),
        ("http://[::ffff:10.0.0.1]/", "disguised IPv4"),
        ("http://[fe80::1%25eth0]/", "link-local"),
        ("http://169.254.169.254/latest/meta-data/", "link-local"),
        ("http://10.0.0.1./", "private"),
        ("http://unknown.example/", "cannot be resolved"),
    ],
)
async def test_a_url_that_is_refused(url: str, reason: str):
    """Each with its reason, and for good: another attempt would not help."""
    with pytest.raises(Trouble, match=reason) as caught:
        await ask(url)
    assert not caught.value.passing


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "0177.1", "localhost"])
async def test_another_spelling_of_loopback_is_still_loopback(host: str):
    """What counts is what the system makes of it."""
    with pytest.raises(Trouble, match=r"loopback|cannot be resolved"):
        await ask(f"http://{host}/", resolve=resolve_by_system)


@pytest.mark.parametrize("found", [["8.8.8.8", "127.0.0.1"], ["10.0.0.1", "8.8.8.8"], ["8.8.8.8", "::1"]])
async def test_one_private_address_among_public_ones_is_enough(found: list[str]):
    """Whoever chooses among them must not be able to choose that one."""
    with pytest.raises(Trouble, match=r"example\.org leads to"):
        await ask("http://example.org/", resolve=Names(example_org=[found]))


async def test_a_public_name_gives_its_addresses_in_their_order():
    """On the web's ports and on high ones."""
    names = Names(example_org=[["2606:4700::1111", "1.1.1.1"]])
    for url in ("http://example.org/", "https://EXAMPLE.org./", "https://example.org:8443/"):
        assert await ask(url, resolve=names) == ("2606:4700::1111", "1.1.1.1")


@pytest.mark.parametrize(
    ("url", "allow"),
    [
        ("http://127.0.0.1:8080/", "127.0.0.1"),
        ("http://[0:0:0:0:0:0:0:1]/", "::1"),
        ("http://[::1]/", "[::1]"),
        ("http://intranet.example:25/", "Intranet.Example"),
        ("http://intranet.example./", "intranet.example"),
        ("http://bücher.example/", "Bücher.example"),
    ],
)
async def test_an_allowed_host_may_be_anywhere(url: str, allow: str):
    """As it stands in the URL, in any spelling, on any port."""
    names = Names(intranet_example=[["10.0.0.1"]], **{"xn--bcher-kva_example": [["10.0.0.2"]]})
    assert await ask(url, allow, resolve=names)


@pytest.mark.parametrize("allow", ["example", "10.0.0.1", "sub.intranet.example"])
async def test_allowing_a_host_allows_no_other(allow: str):
    """Neither a suffix, nor the address it leads to, nor a name below."""
    with pytest.raises(Trouble, match="private"):
        await ask("http://intranet.example/", allow, resolve=Names(intranet_example=[["10.0.0.1"]]))


@pytest.mark.parametrize("allow", ["http://intranet/", "intranet:8080", "10.0.0.0/8", "*.example", ""])
def test_what_can_never_match_is_a_mistake_in_the_configuration(allow: str):
    """It would silently do nothing."""
    with pytest.raises(ConfigError, match="allow_hosts"):
        Gate((allow,), Names(), 5)


async def test_a_resolver_that_is_out_of_order_may_be_back_soon():
    """The name may well exist."""

    async def broken(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    with pytest.raises(Trouble, match="cannot be resolved") as caught:
        await ask("http://example.org/", resolve=broken)
    assert caught.value.passing
