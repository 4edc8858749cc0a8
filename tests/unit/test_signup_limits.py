"""How many sign-ups are let through, and who a visitor is."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.signup import Limits, Turnstile
from newsletter.core.visitors import address_of, digest

START = datetime(2026, 11, 20, tzinfo=UTC)
HOUR, DAY, ZERO = timedelta(hours=1), timedelta(days=1), timedelta(0)
FEW = Limits(per_ip_hour=2, per_ip_day=3, per_domain_hour=4, per_hour=5)
VISITS = st.lists(
    st.tuples(st.integers(0, 4000), st.sampled_from([b"a", b"b", b"c"]), st.sampled_from(["x.org", "y.org"])),
    max_size=80,
)
"""Seconds since the last one, by whom, for which domain."""
PROXIES = (ip_network("127.0.0.1"), ip_network("::1"), ip_network("10.0.0.0/8"))


@given(VISITS)
def test_no_limit_is_passed_in_any_hour_or_day(visits: list[tuple[int, bytes, str]]) -> None:
    """Wherever one looks; who is sent away comes through at the time that they are told, if nobody else has
    come meanwhile; and no more is remembered than came through in a day."""
    turnstile, now, through = Turnstile(FEW), START, []
    for seconds, who, domain in visits:
        now += timedelta(seconds=seconds)
        if turnstile.enter(who, domain, now) == ZERO:
            through.append((now, who, domain))
    for end, who, domain in through:
        hour = [visit for visit in through if end - HOUR < visit[0] <= end]
        day = [visit for visit in through if end - DAY < visit[0] <= end]
        assert len(hour) <= FEW.per_hour
        assert sum(visit[1] == who for visit in hour) <= FEW.per_ip_hour
        assert sum(visit[2] == domain for visit in hour) <= FEW.per_domain_hour
        assert sum(visit[1] == who for visit in day) <= FEW.per_ip_day
    assert turnstile.remembered <= 4 * len(through)
    wait = turnstile.enter(b"a", "x.org", now)
    assert wait == ZERO or turnstile.enter(b"a", "x.org", now + wait) == ZERO


@given(VISITS)
def test_nobody_is_sent_away_for_nothing(visits: list[tuple[int, bytes, str]]) -> None:
    """Only where one of the limits is reached."""
    turnstile, now, through = Turnstile(FEW), START, []
    for seconds, who, domain in visits:
        now += timedelta(seconds=seconds)
        hour = [visit for visit in through if now - HOUR < visit[0]]
        day = [visit for visit in through if now - DAY < visit[0]]
        full = (
            len(hour) >= FEW.per_hour
            or sum(visit[1] == who for visit in hour) >= FEW.per_ip_hour
            or sum(visit[2] == domain for visit in hour) >= FEW.per_domain_hour
            or sum(visit[1] == who for visit in day) >= FEW.per_ip_day
        )
        assert (turnstile.enter(who, domain, now) > ZERO) == full
        if not full:
            through.append((now, who, domain))


def test_a_large_provider_is_no_domain_of_somebodys() -> None:
    """Its addresses are limited by visitor and over all only."""
    turnstile = Turnstile(Limits(per_domain_hour=1, per_hour=50))
    for number in range(50):
        assert turnstile.enter(bytes([number]), "gmail.com", START) == timedelta(0)
    assert turnstile.enter(b"another", "gmail.com", START) == timedelta(hours=1)


def test_a_flood_of_visitors_takes_no_memory() -> None:
    """What is sent away leaves nothing behind, and after a day all is forgotten."""
    turnstile = Turnstile(Limits(per_hour=10))
    for number in range(10_000):
        turnstile.enter(str(number).encode(), f"{number}.example.org", START)
    assert turnstile.remembered == 40
    turnstile.enter(b"later", "example.org", START + DAY)
    assert turnstile.remembered == 4


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["203.0.113.9", "198.51.100.7, 10.1.2.3"], "198.51.100.7"),
        ("::ffff:127.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("127.0.0.1", ["198.51.100.7:4711"], "198.51.100.7"),
        ("127.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("127.0.0.1", ["unknown"], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.7, _hidden, 10.1.2.3"], "10.1.2.3"),
    ],
)
def test_a_forwarded_address_counts_where_a_trusted_proxy_says_so(
    peer: str, forwarded: list[str], found: str
) -> None:
    """Whatever stands left of the first that is not trusted may be made up."""
    assert address_of(peer, forwarded, PROXIES) == ip_address(found)


@given(st.lists(st.text(max_size=60), max_size=5))
def test_no_header_breaks_it(forwarded: list[str]) -> None:
    """And none makes a peer that is not trusted somebody else."""
    address_of("127.0.0.1", forwarded, PROXIES)
    assert address_of("192.0.2.1", forwarded, PROXIES) == ip_address("192.0.2.1")
    assert address_of(None, forwarded, PROXIES) is None


def test_a_visitor_is_an_address_or_a_household() -> None:
    """IPv6 counts by /64, an IPv4 address in IPv6 as itself; other keys make other digests."""
    same = [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"),
        ("192.0.2.1", "::ffff:192.0.2.1"),
    ]
    for one, other in same:
        assert digest(b"k", ip_address(one)) == digest(b"k", ip_address(other))
    known = {digest(b"k", ip_address(text)) for pair in same for text in pair}
    assert len(known) == 2
    assert digest(b"k", ip_address("2001:db8:1:3::1")) not in known
    assert digest(b"other", ip_address("192.0.2.1")) not in known
    assert b"192.0.2.1" not in digest(b"k", ip_address("192.0.2.1"))
