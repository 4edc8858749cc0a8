"""Who asks for a page, as far as the network says, and what stands for them in memory."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

__all__ = ["Address", "Network", "address_of", "digest", "visitor"]

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_SUBNET = 64
"""Bits of an IPv6 address that are one visitor's: what a provider gives to a household."""
_LONGEST = 100
"""Proxies that are believed in one header."""


def visitor(address: Address) -> Address | IPv6Network:
    """Whom an address stands for.

    >>> visitor(ip_address("2001:db8:1:2::3"))
    IPv6Network('2001:db8:1:2::/64')
    >>> visitor(ip_address("::ffff:192.0.2.1"))
    IPv4Address('192.0.2.1')
    """
    if isinstance(address, IPv4Address):
        return address
    return address.ipv4_mapped or IPv6Network((address, _SUBNET), strict=False)


def digest(key: bytes, address: Address | None) -> bytes:
    """What stands for a visitor in memory: nothing that says who it is without the key."""
    who = "" if address is None else str(visitor(address))
    return blake2b(who.encode(), key=key[:64], digest_size=16).digest()


def address_of(peer: str | None, forwarded: Iterable[str], trusted: Sequence[Network]) -> Address | None:
    """Who asks: the peer of the connection, or where that is a trusted proxy whom it names in the header
    X-Forwarded-For, and so on from right to left. None where there is no address, as behind a socket file.

    What stands further left than the first that is not trusted was written by anybody.
    """
    found = _parsed(peer or "")
    hops = [hop for line in forwarded for hop in line.split(",")]
    for hop in reversed(hops[-_LONGEST:]):
        named = _parsed(hop)
        if named is None or found is None or not _within(found, trusted):
            return found
        found = named
    return found


def _within(address: Address, networks: Iterable[Network]) -> bool:
    plain = address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
    return any(plain in network for network in networks)


def _parsed(text: str) -> Address | None:
    """An address, with or without a port; proxies write both."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return found
