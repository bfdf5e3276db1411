"""What silence is usual, learned from pauses."""

from watch.cadence import DAYS, Cadence

DAY = 86_400.0
HOUR = 3_600.0


def test_nothing_is_usual_before_two_pauses() -> None:
    """One pause may be an accident: nothing is known from it."""
    cadence = Cadence()
    assert cadence.usual() is None
    cadence.learn(60.0, 10 * DAY)
    assert cadence.usual() is None
    cadence.learn(50.0, 10 * DAY)
    assert cadence.usual() == 50.0


def test_one_long_pause_is_no_habit() -> None:
    """A source that sends each minute is expected each minute, whatever one outage it had."""
    cadence = Cadence()
    for minute in range(3 * 24 * 60):
        cadence.learn(60.0, minute * 60.0)
    cadence.learn(9 * HOUR, 3 * DAY + 9 * HOUR)
    assert cadence.usual() == 60.0


def test_nights_are_learned() -> None:
    """Who sends by day only is expected to rest as long as the nights were, from the second one on."""
    cadence = Cadence()
    for day in range(5):
        cadence.learn(13 * HOUR + day, day * DAY + 7 * HOUR)
        for minute in range(11 * 60):
            cadence.learn(60.0, day * DAY + 7 * HOUR + minute * 60)
    assert cadence.usual() == 13 * HOUR + 3


def test_weekends_are_learned() -> None:
    """Two weekends are remembered, so that the third is none out of the ordinary."""
    cadence = Cadence()
    for day in range(15):
        if day % 7 not in {5, 6}:
            pause = 61 * HOUR if day % 7 == 0 and day else 13 * HOUR
            cadence.learn(pause, day * DAY + 7 * HOUR)
    assert cadence.usual() == 61 * HOUR


def test_what_is_long_ago_is_forgotten() -> None:
    """A source that sends more often than it did is expected more often, after some days."""
    cadence = Cadence()
    for day in range(DAYS):
        cadence.learn(6 * HOUR, day * DAY)
    for day in range(DAYS, 2 * DAYS):
        for minute in range(3):
            cadence.learn(60.0, day * DAY + minute)
    assert cadence.usual() == 60.0
    assert len(cadence.days) == DAYS


def test_a_clock_that_steps_back_loses_no_pause() -> None:
    """A pause that ends on an earlier day than the last is put to the last."""
    cadence = Cadence()
    cadence.learn(60.0, 10 * DAY)
    cadence.learn(70.0, 9 * DAY)
    assert cadence.days == [(10, 70.0, 60.0)]
