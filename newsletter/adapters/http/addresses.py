"""Which addresses may be asked at all.

A feed's author, or whoever answers for a name in DNS, could otherwise have this program ask the machine
it runs on, the network behind it or the cloud's metadata service.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx

from newsletter.adapters.http.trouble import Trouble
from newsletter.errors import ConfigError

__all__ = ["Gate", "Resolve", "resolve_by_system", "why_not_public"]

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""From a host name and a port to its IP addresses. Raises OSError where there are none."""

_WEB_PORTS = (80, 443)
_WELL_KNOWN = 1024
_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?", re.ASCII)
_MEND = "where this is meant, put the host into allow_hosts of [fetch]"

_SPECIAL_V4 = {
    IPv4Network(network): meaning
    for network, meaning in {
        "0.0.0.0/8": "an unspecified",
        "10.0.0.0/8": "a private",
        "100.64.0.0/10": "a carrier's internal",
        "127.0.0.0/8": "a loopback",
        "168.63.129.16/32": "a metadata service's",
        "169.254.0.0/16": "a link-local",
        "172.16.0.0/12": "a private",
        "192.0.0.0/24": "a reserved",
        "192.0.2.0/24": "a documentation",
        "192.88.99.0/24": "a 6to4 relay's",
        "192.168.0.0/16": "a private",
        "198.18.0.0/15": "a benchmark",
        "198.51.100.0/24": "a documentation",
        "203.0.113.0/24": "a documentation",
        "224.0.0.0/4": "a multicast",
        "240.0.0.0/4": "a reserved",
    }.items()
}
_PUBLIC_V6 = IPv6Network("2000::/3")
_SPECIAL_V6 = {
    IPv6Network(network): meaning
    for network, meaning in {
        "::/128": "an unspecified",
        "::1/128": "a loopback",
        "::ffff:0:0/96": "a disguised IPv4",
        "64:ff9b::/96": "a NAT64",
        "64:ff9b:1::/48": "a NAT64",
        "2001::/32": "a Teredo",
        "2001::/23": "a reserved",
        "2001:db8::/32": "a documentation",
        "2002::/16": "a 6to4",
        "3fff::/20": "a documentation",
        "fc00::/7": "a private",
        "fe80::/10": "a link-local",
        "fec0::/10": "a site-local",
        "ff00::/8": "a multicast",
    }.items()
}


def why_not_public(address: IPv4Address | IPv6Address) -> str | None:
    """What kind of address this is ("a loopback"), where it is not a public one. The forms of IPv6 that
    carry an IPv4 address are not, whatever they carry."""
    if isinstance(address, IPv4Address):
        return next((kind for network, kind in _SPECIAL_V4.items() if address in network), None)
    kind = next((kind for network, kind in _SPECIAL_V6.items() if address in network), None)
    return kind or (None if address in _PUBLIC_V6 else "a reserved")


async def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """As the machine is set up: hosts file, DNS."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class Gate:
    """Says where a request to a URL may go. What `allow_hosts` names, host names or IP addresses as they
    stand in a URL, may be anywhere and on any port. Raises ConfigError if one of them is neither."""

    def __init__(self, allow_hosts: Iterable[str], resolve: Resolve, timeout: float) -> None:
        self._allowed = frozenset(map(_allowed, allow_hosts))
        self._resolve = resolve
        self._timeout = timeout

    async def addresses(self, url: httpx.URL) -> tuple[str, ...]:
        """The IP addresses that may be connected to, in the order of preference. Raises Trouble if the
        URL is none to be asked, or if any of its addresses is not public."""
        host = _spelling(url.raw_host.decode("ascii"))
        port = url.port if url.port is not None else (443 if url.scheme == "https" else 80)
        allowed = host in self._allowed
        _check(url, host, port, allowed)
        addresses = await self._look_up(host, port)
        for address in () if allowed else addresses:
            kind = why_not_public(address)
            if kind:
                raise Trouble(f"{host} leads to {address}, {kind} address; {_MEND}")
        return tuple(map(str, addresses))

    async def _look_up(self, host: str, port: int) -> tuple[IPv4Address | IPv6Address, ...]:
        literal = _literal(host)
        if literal:
            return (literal,)
        try:
            async with asyncio.timeout(self._timeout):
                found = await self._resolve(host, port)
            addresses = tuple(map(ip_address, found))
        except TimeoutError as error:
            raise Trouble(f"the name {host} was not resolved in {self._timeout:g} s", passing=True) from error
        except (OSError, ValueError) as error:
            passing = isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN
            raise Trouble(
                f"the name {host} cannot be resolved; is it spelt right?", passing=passing
            ) from error
        if not addresses:
            raise Trouble(f"the name {host} has no address")
        return addresses


def _check(url: httpx.URL, host: str, port: int, allowed: bool) -> None:
    """What can be said of a URL without asking anybody."""
    if url.scheme not in ("http", "https"):
        raise Trouble("only http and https addresses are fetched")
    if url.userinfo:
        raise Trouble("a user name in the address is not sent; leave it out")
    if not (_HOST_NAME.fullmatch(host) or _literal(host)):
        raise Trouble("there is no valid host name in the address")
    if not 0 < port < 65536:
        raise Trouble(f"there is no port {port}")
    if port < _WELL_KNOWN and port not in _WEB_PORTS and not allowed:
        raise Trouble(f"port {port} belongs to another service than the web; {_MEND}")


def _allowed(host: str) -> str:
    spelling = _spelling(host)
    if not (_literal(spelling) or _HOST_NAME.fullmatch(spelling)):
        raise ConfigError(
            f"allow_hosts of [fetch]: {host[:200]!r} is no host; write a name or an IP address as it stands"
            ' in the URL, without port or path, such as "feeds.intranet" or "192.168.1.20"'
        )
    return spelling


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _spelling(host: str) -> str:
    """One for all ways to write a host."""
    host = host.strip().strip("[]").rstrip(".").lower()
    literal = _literal(host)
    if literal or host.isascii():
        return str(literal or host)
    try:
        return httpx.URL(scheme="http", host=host).raw_host.decode("ascii")
    except httpx.InvalidURL:
        return host
