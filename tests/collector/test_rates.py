"""Token buckets: what a sender may send, by the clock."""

from hypothesis import given
from hypothesis import strategies as st

from collector.rates import Buckets, Rate

RATE = Rate(messages=10.0, burst=20.0)


def test_burst_then_rate() -> None:
    """A rested sender may send its burst at once, and then so many a second."""
    buckets = Buckets()
    assert buckets.take("a", RATE, 50, 0.0) == 20
    assert buckets.take("a", RATE, 50, 0.5) == 5
    assert buckets.take("a", RATE, 3, 1.0) == 3
    assert buckets.take("a", RATE, 50, 100.0) == 20


def test_each_for_itself() -> None:
    """What one sender sends takes nothing from another."""
    buckets = Buckets()
    assert buckets.take("a", RATE, 1000, 0.0) == 20
    assert buckets.take("b", RATE, 20, 0.0) == 20


def test_debt() -> None:
    """What was read already is owed, and the sender rests until that is paid."""
    buckets = Buckets()
    assert buckets.owe("a", RATE, 10, 0.0) == 0.0
    assert buckets.owe("a", RATE, 40, 0.0) == 3.1
    assert buckets.owe("a", RATE, 0, 3.1) < 1e-9
    assert buckets.take("a", RATE, 5, 3.1) <= 1


def test_memory_is_bounded() -> None:
    """Any number of senders, which may be made up, take bounded memory."""
    buckets = Buckets()
    for number in range(70_000):
        buckets.take(str(number), RATE, 1, 0.0)
    assert len(buckets) == 65_536


@given(st.lists(st.tuples(st.integers(0, 100), st.floats(0, 3))))
def test_never_more_than_rate_and_burst(arrivals: list[tuple[int, float]]) -> None:
    """Over any time no more is granted than the burst and the rate times that."""
    buckets, now, granted = Buckets(), 0.0, 0
    for count, pause in arrivals:
        now += pause
        granted += buckets.take("a", RATE, count, now)
    assert granted <= RATE.burst + now * RATE.messages + 1e-6
