"""How many sign-ups are let through, by visitor, by domain of the address and over all; and who a visitor is.

What was let through is remembered for as long as a limit looks back, and what was not is not, so the limit
over all bounds the memory too. Addresses of visitors are kept as keyed digests.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

__all__ = ["Address", "Limits", "Network", "Turnstile", "address_of", "digest", "visitor"]

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_NOW = timedelta(0)
_SUBNET = 64
"""Bits of an IPv6 address that are one visitor's: what a provider gives to a household."""
_LONGEST = 100
"""Proxies that are believed in one header."""


@dataclass(frozen=True)
class Limits:
    """Sign-ups that are let through."""

    per_ip_hour: int = 5
    per_ip_day: int = 20
    per_domain_hour: int = 100
    per_hour: int = 1000


class Turnstile:
    """Lets through no more than the limits allow, in whatever hour or day one looks at."""

    def __init__(self, limits: Limits) -> None:
        self._visitor_hour = _Counted(limits.per_ip_hour, _HOUR)
        self._visitor_day = _Counted(limits.per_ip_day, _DAY)
        self._domain = _Counted(limits.per_domain_hour, _HOUR)
        self._all = _Counted(limits.per_hour, _HOUR)

    def enter(self, who: bytes, domain: str, now: datetime) -> timedelta:
        """How long this visitor has to wait; zero where they went through."""
        rules = (
            (self._visitor_hour, who),
            (self._visitor_day, who),
            (self._domain, domain.encode()),
            (self._all, b""),
        )
        wait = max(rule.wait(key, now) for rule, key in rules)
        if wait == _NOW:
            for rule, key in rules:
                rule.count(key, now)
        return wait

    @property
    def remembered(self) -> int:
        """How many moments are kept."""
        return sum(map(len, (self._visitor_hour, self._visitor_day, self._domain, self._all)))


class _Counted:
    """At most so many in any stretch of time of this length, for each key."""

    def __init__(self, most: int, period: timedelta) -> None:
        self._most = most
        self._period = period
        self._moments: OrderedDict[bytes, deque[datetime]] = OrderedDict()
        """The keys by their latest moment, the oldest first."""

    def wait(self, key: bytes, now: datetime) -> timedelta:
        """Until there is room for one more."""
        self._forget(now)
        moments = self._moments.get(key)
        if moments is None or len(moments) < self._most:
            return _NOW
        return max(moments[0] + self._period - now, _NOW)

    def count(self, key: bytes, now: datetime) -> None:
        """One more, where there is room."""
        moments = self._moments.setdefault(key, deque(maxlen=self._most))
        moments.append(now)
        self._moments.move_to_end(key)

    def __len__(self) -> int:
        return sum(map(len, self._moments.values()))

    def _forget(self, now: datetime) -> None:
        while self._moments:
            key, moments = next(iter(self._moments.items()))
            if moments[-1] + self._period > now:
                return
            del self._moments[key]


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
