"""How many sign-ups are let through, by visitor, by domain of the address and over all.

What was let through is remembered for as long as a limit looks back, and what was not is not, so the limit
over all bounds the memory too. Visitors are known by keyed digests of their addresses.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta

__all__ = ["Limits", "Turnstile"]

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_NOW = timedelta(0)
_LARGE_DOMAINS = frozenset((
    "126.com", "163.com", "aol.com", "fastmail.com", "gmail.com", "gmx.de", "gmx.net", "googlemail.com",
    "hey.com", "hotmail.com", "icloud.com", "live.com", "mac.com", "mail.ru", "me.com", "msn.com",
    "naver.com", "outlook.com", "pm.me", "proton.me", "protonmail.com", "qq.com", "t-online.de", "web.de",
    "yahoo.co.jp", "yahoo.com", "yandex.ru", "ymail.com",
))  # fmt: skip
"""The mailbox providers of the public."""


@dataclass(frozen=True)
class Limits:
    """Sign-ups that are let through."""

    per_ip_hour: int = 5
    per_ip_day: int = 20
    per_domain_hour: int = 100
    per_hour: int = 1000
    large_domains: frozenset[str] = frozenset()
    """Besides the well-known: where so many have their mail that only the limit over all holds."""


class Turnstile:
    """Lets through no more than the limits allow, in whatever hour or day one looks at."""

    def __init__(self, limits: Limits) -> None:
        self._visitor_hour = _Counted(limits.per_ip_hour, _HOUR)
        self._visitor_day = _Counted(limits.per_ip_day, _DAY)
        self._large = _LARGE_DOMAINS | limits.large_domains
        self._domain = _Counted(limits.per_domain_hour, _HOUR)
        self._all = _Counted(limits.per_hour, _HOUR)

    def enter(self, who: bytes, domain: str, now: datetime) -> timedelta:
        """How long this visitor has to wait; zero where they went through."""
        rules = [(self._visitor_hour, who), (self._visitor_day, who), (self._all, b"")]
        if domain not in self._large:
            rules.append((self._domain, domain.encode()))
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
