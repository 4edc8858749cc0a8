"""Which clicks are people's."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.samples import edition

from newsletter.core.clicks import BURST, LINKS, SWEEP, SWEEP_LINKS, Click, Watch, address_in

SENT = datetime(2026, 3, 11, 7, 30, tzinfo=UTC)
READ = SENT + timedelta(minutes=5)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LATER = READ + timedelta(days=1)


def click(at: float = 0, place: int = 1, link: int = 0, **more: object) -> Click:
    """So many seconds after the copy was read."""
    at = more.pop("on", READ + timedelta(seconds=at))
    known = {"edition": 1, "client": b"a", "agent": FIREFOX, "sent": SENT}
    return Click(**known | {"at": at, "place": place, "link": link} | more)


def machines(*clicks: Click) -> list[bool]:
    """Which of these are taken for a machine's, each judged once, in their order."""
    watch = Watch()
    for one in clicks:
        watch.add(one)
    judged = dict(watch.settled(LATER))
    assert watch.settled(LATER) == watch.close() == []
    return [judged[one] for one in clicks]


# One by one


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "curl/8.5.0",
        "python-requests/2.32",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; BingPreview/1.0b)",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120.0.0.0 Safari/537.36",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "Barracuda Sentinel (EE)",
        "Mozilla/5.0 (Mimecast URL Protect)",
    ],
)
def test_programs_are_known_by_their_names(agent: str):
    """Those that say what they are, and those that say nothing."""
    assert machines(click(agent=agent)) == [True]


@pytest.mark.parametrize(
    "agent",
    [
        FIREFOX,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/18.0 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 "
        "Safari/537.36 Edg/142.0.0.0",
        "Mozilla/5.0 (Linux; Android 14; CUBOT X70) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36",
    ],
)
def test_browsers_are_people(agent: str):
    """Whatever they run on, but for a telephone that calls itself a bot."""
    assert machines(click(agent=agent)) == ["CUBOT" in agent]


def test_asking_by_head_is_no_reading():
    """The page is not wanted, only whether there is one; a person who follows it later counts."""
    assert machines(click(head=True), click(7)) == [True, False]


def test_nobody_reads_within_seconds_of_the_sending():
    """What comes so soon, or even before, is a scanner's; what comes after is not."""
    before, soon, after = (
        click(on=SENT + wait, place=place)
        for place, wait in enumerate((-BURST, BURST - timedelta(seconds=1), BURST), start=1)
    )
    assert machines(before, soon, after) == [True, True, False]


# By company


def test_whoever_follows_many_links_at_once_is_a_machine():
    """All of its clicks, the first of them too, which looked like a person's when it came."""
    assert machines(*(click(n, place=n) for n in range(SWEEP_LINKS))) == [True] * SWEEP_LINKS


def test_whoever_opens_a_few_is_a_person():
    """One link fewer, or the same number with time to read."""
    assert not any(machines(*(click(n, place=n) for n in range(SWEEP_LINKS - 1))))
    assert not any(machines(*(click(n * 2, place=n) for n in range(20))))


def test_a_sweep_takes_its_neighbours_along_and_nobody_else():
    """A client that read before and after stays a person there, and so do other clients and editions."""
    swept = [click(100 + n / 10, place=n) for n in range(SWEEP_LINKS)]
    others = [click(0, place=50), click(200, place=51), click(100, client=b"b"), click(100, edition=2)]
    everything = sorted([*swept, *others], key=lambda one: one.at)
    found = dict(zip(everything, machines(*everything), strict=True))
    assert [found[one] for one in swept] == [True] * SWEEP_LINKS
    assert [found[one] for one in others] == [False] * 4


def test_the_same_link_twice_at_once_is_one_click():
    """Browsers load a page twice; a minute later it is another one."""
    watch = Watch()
    watch.add(click())
    watch.add(click(1))
    assert len(watch.settled(READ + timedelta(seconds=20))) == 1
    watch.add(click(60))
    assert len(watch.close()) == 1


def test_a_click_waits_until_enough_is_known():
    """Then it is told, and never again."""
    watch = Watch()
    watch.add(click())
    assert watch.settled(READ + SWEEP - timedelta(seconds=1)) == []
    assert len(watch.settled(READ + SWEEP)) == 1
    assert watch.settled(LATER) == []


def test_memory_is_bounded():
    """What there is no room for is judged by itself, and beyond as much again it is not counted."""
    watch = Watch(room=5)
    for n in range(20):
        watch.add(click(n / 100, place=n))
    assert sorted(machine for _, machine in watch.settled(LATER)) == [False] * 5 + [True] * 5
    watch.add(click(60))
    assert len(watch.close()) == 1


CLICKS = st.lists(
    st.builds(
        click,
        at=st.floats(0, 60),
        place=st.integers(1, 6),
        link=st.integers(0, 1),
        client=st.sampled_from([b"a", b"b"]),
        head=st.booleans(),
        reader=st.sampled_from([None, 7]),
    ),
    max_size=40,
).map(lambda clicks: sorted(clicks, key=lambda one: one.at))


@given(clicks=CLICKS, looks=st.lists(st.floats(0, 70), max_size=8).map(sorted))
def test_when_it_is_looked_does_not_change_what_is_found(clicks: list[Click], looks: list[float]):
    """Whether once a second or once in the end; and a sweep is what a simpler look over all finds."""
    often, once = Watch(), Watch()
    found, ahead = [], [READ + timedelta(seconds=at) for at in looks]
    for one in clicks:
        while ahead and ahead[0] < one.at:
            found += often.settled(ahead.pop(0))
        often.add(one)
        once.add(one)
    found += often.close()
    assert sorted(found, key=repr) == sorted(once.close(), key=repr)
    everything = [judged.click for judged in found]
    for one, machine in found:
        own = [other for other in everything if other.client == one.client]
        windows = [
            {(other.place, other.link) for other in own if start.at <= other.at <= start.at + SWEEP}
            for start in own
            if start.at <= one.at <= start.at + SWEEP
        ]
        assert machine == (one.head or max(map(len, windows)) >= SWEEP_LINKS)


# Where a link leads


def test_a_link_leads_where_the_stored_entry_says():
    """By rank and kind; what is not there leads nowhere."""
    known = edition(1, 1, 2)
    assert address_in(known, 2, LINKS.index("paper")) == "https://arxiv.org/abs/2603.00002"
    assert address_in(known, 2, LINKS.index("code")) is None
    assert address_in(known, 3, 0) is None
    assert address_in(known, 1, len(LINKS)) is None
