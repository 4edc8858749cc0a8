"""What several workers share: turns of one rate, and seats for connections. The arithmetic alone; the rows
are in `tests/contract/test_throttles.py`."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from newsletter.core.seats import Wish, arrange
from newsletter.core.turns import chunk, reserve

# Turns


@given(
    st.floats(1 / 60, 2000),
    st.lists(st.tuples(st.floats(0, 3), st.integers(1, 50)), max_size=40),
)
def test_turns_are_never_closer_than_the_rate(rate: float, asked: list[tuple[float, int]]):
    """Whoever asks, whenever: each turn of all that were given comes at least 1/rate after the one before,
    and nobody waits for turns that nobody has."""
    now, free, last = 0.0, 0.0, float("-inf")
    for pause, before in asked:
        now += pause
        most = chunk(before, rate, lapsed=False)
        turns, ahead = reserve(free - now, rate, most)
        first = now + turns.wait
        assert turns.count == most
        assert first >= max(now, last + 1 / rate) - 1e-6
        assert first <= max(now, free) + 1e-6
        last, free = first + (most - 1) / rate, now + ahead


@pytest.mark.parametrize(("ahead", "wait"), [(-1e6, 0), (0, 0), (99.9, 99.9), (3600, 0)])
def test_a_clock_that_was_put_back_stops_nobody(ahead: float, wait: float):
    """A next turn that is further away than any queue reaches is not waited for."""
    turns, later = reserve(ahead, 10.0, 5)
    assert (turns.wait, later) == (wait, wait + 0.5)


def test_a_message_a_minute_may_have_a_long_queue():
    """Two hundred workers at the slowest rate each wait for their turn."""
    assert reserve(60.0 * 199, 1 / 60, 1)[0].wait == 60.0 * 199


def test_who_uses_all_turns_asks_for_more_at_a_time():
    """Up to half a second of them; whoever lets some lapse gets fewer again, and never none."""
    asked = [1]
    for _ in range(6):
        asked.append(chunk(asked[-1], 20.0, lapsed=False))
    assert asked == [1, 2, 4, 8, 10, 10, 10]
    assert [chunk(10, 20.0, lapsed=True), chunk(1, 20.0, lapsed=True)] == [5, 1]
    assert chunk(1, 0.1, lapsed=False) == 1


# Seats


class Room(RuleBasedStateMachine):
    """Workers that come, use what they have, stop using it and die, round one table of seats. What is settled
    is settled one after the other, as in the database."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: dict[int, str] = {}
        self.queue: list[str] = []
        self.used: Counter[str] = Counter()
        self.usable: Counter[str] = Counter()
        self.most = 1

    @initialize(most=st.integers(1, 8))
    def open(self, most: int) -> None:
        self.most = most

    @rule(who=st.sampled_from("abcde"), wanted=st.integers(0, 9), had=st.booleans())
    def ask(self, who: str, wanted: int, had: bool) -> None:
        self.settle(who, wanted, had)

    @rule(who=st.sampled_from("abcde"), count=st.integers(0, 9))
    def use(self, who: str, count: int) -> None:
        self.used[who] = min(count, max(self.usable[who], min(self.used[who], count)))

    @rule(who=st.sampled_from("abcde"))
    def die(self, who: str) -> None:
        """And all leases lapse."""
        self.taken = {number: holder for number, holder in self.taken.items() if holder != who}
        self.queue = [holder for holder in self.queue if holder != who]
        self.used[who] = self.usable[who] = 0

    @rule(most=st.integers(1, 8))
    def learn(self, most: int) -> None:
        """Fewer: what is open above it closes; nothing is taken while anybody knows the old limit."""
        self.most = most
        for who in sorted({*self.taken.values()}):
            self.used[who] = 0
            self.settle(who, 0, False)

    def settle(self, who: str, wanted: int, had: bool) -> None:
        wish = Wish(self.most, wanted, self.used[who], had)
        plan = arrange(who, self.taken, self.queue, wish)
        assert all(self.taken.get(number, who) == who for number in plan.held), "taken from another"
        kept = {number: holder for number, holder in self.taken.items() if holder != who}
        self.taken = kept | dict.fromkeys(plan.held, who)
        if plan.waits and who not in self.queue:
            self.queue.append(who)
        elif not plan.waits and who in self.queue:
            self.queue.remove(who)
        self.usable[who] = plan.usable

    @invariant()
    def nobody_has_too_many(self) -> None:
        held = Counter(self.taken.values())
        assert all(self.usable[who] <= held[who] for who in "abcde")
        assert all(self.used[who] <= held[who] for who in "abcde"), "a connection without a seat"
        assert sum(self.used.values()) <= self.most, "too many are open"


TestSeats = Room.TestCase


@given(st.integers(1, 12), st.integers(1, 6), st.data())
def test_everybody_comes_to_have_a_part(most: int, count: int, data: st.DataObject):
    """However they came: when all want all and each has asked some times, the seats are shared as evenly as
    they can be, or, where there are too few, each has had one."""
    room = Room()
    room.open(most)
    names = "abcdef"[:count]
    for who in data.draw(st.lists(st.sampled_from(names), max_size=10)):
        room.settle(who, most, False)
        room.used[who] = room.usable[who]
    had: Counter[str] = Counter()
    for _ in range(4 * count):
        for who in names:
            # As a worker does that is told to leave: it leaves, and gives the seats back.
            room.settle(who, most, bool(had[who]) and most < count)
            room.used[who] = min(room.used[who], room.usable[who])
            room.settle(who, most, bool(had[who]) and most < count and room.usable[who] == 0)
            room.used[who] = room.usable[who]
            had[who] += room.usable[who] > 0
            room.nobody_has_too_many()
    assert all(had[who] for who in names)
    if most >= count:
        assert all(most // count <= room.usable[who] <= -(-most // count) for who in names)
        assert sum(room.usable.values()) == most


def test_one_alone_has_all_and_gives_up_half_for_another():
    """As soon as that one waits; what is in use first comes to its end."""
    all_four = dict.fromkeys(range(4), "a")
    assert arrange("a", {}, (), Wish(4, 4)).held == (0, 1, 2, 3)
    other = arrange("b", all_four, (), Wish(4, 4))
    assert (other.held, other.usable, other.waits) == ((), 0, True)
    asked = arrange("a", all_four, ("b",), Wish(4, 4, used=3))
    assert (asked.held, asked.usable) == ((0, 1, 2), 2)
    left = arrange("a", dict.fromkeys(range(3), "a"), ("b",), Wish(4, 4, used=2))
    assert (left.held, left.usable) == ((0, 1), 2)
    other = arrange("b", {0: "a", 1: "a"}, ("b",), Wish(4, 4))
    assert (other.held, other.waits) == ((2, 3), False)


def test_who_came_first_is_served_first():
    """A free seat is not for one who comes by while another has waited for it."""
    assert arrange("c", {}, ("b",), Wish(1, 1)).held == ()
    assert arrange("b", {}, ("b", "c"), Wish(1, 1)).held == (0,)


def test_a_limit_that_became_less_is_kept():
    """Seats above it are left as soon as nobody sits there, and are not used again."""
    plan = arrange("a", {0: "a", 3: "a", 1: "b"}, (), Wish(2, 4, used=2))
    assert (plan.held, plan.usable) == ((0, 3), 1)
    assert arrange("a", {0: "a", 3: "a", 1: "b"}, (), Wish(2, 4, used=1)).held == (0,)
    alone = arrange("a", {0: "a", 3: "a"}, (), Wish(2, 4, used=2))
    assert (alone.held, alone.usable) == ((0, 1), 2)
