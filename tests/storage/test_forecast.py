"""When the disk is full, and what expires until then."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from storage.forecast import HORIZON_DAYS, Kept, Rooms, agenda, daily_mean, due, forecast

TODAY = date(2026, 11, 21)
GIB = 1 << 30


def days(number: int, octets: int = GIB, *, until: date = TODAY) -> dict[date, int]:
    """Give the last days before ``until``, each of one size."""
    return {until - timedelta(days=back): octets for back in range(1, number + 1)}


def test_a_stream_that_is_kept_for_ever_fills_the_disk() -> None:
    """With a GiB a day, ten GiB last for ten days, and the eleventh day does not fit."""
    found = forecast([Kept(0, days(30))], 10 * GIB, TODAY)
    assert (found.a_day, found.measured, found.expires) == (GIB, 14, False)
    assert found.full_in == 11


def test_what_expires_makes_room() -> None:
    """A stream that has all the days it is kept for takes no more room than it has."""
    found = forecast([Kept(30, days(31))], 2 * GIB, TODAY)
    assert found.full_in is None
    assert found.expires


def test_a_young_stream_grows_until_its_days_are_there() -> None:
    """Ten of thirty days are there: twenty-one more must fit, and one less than that does not."""
    stream = Kept(30, days(10))
    assert forecast([stream], 22 * GIB, TODAY).full_in is None
    assert forecast([stream], 19 * GIB, TODAY).full_in == 20


def test_known_days_are_counted_by_their_own_size() -> None:
    """A day that was ten times as large frees ten times as much when it goes, and is no part of the mean."""
    large = {TODAY - timedelta(days=28): 10 * GIB}  # goes on the third day from now
    assert forecast([Kept(30, days(14))], 5 * GIB // 2, TODAY).full_in == 3
    assert forecast([Kept(30, large | days(14))], 5 * GIB // 2, TODAY).full_in == 13
    due_already = {TODAY - timedelta(days=32): 10 * GIB}
    assert forecast([Kept(30, due_already | days(14))], GIB // 2, TODAY).full_in == 11


def test_streams_that_share_a_disk_are_added_up() -> None:
    """Each goes by its own number of days."""
    found = forecast([Kept(0, days(14)), Kept(7, days(20))], 10 * GIB, TODAY)
    assert found.a_day == 2 * GIB
    assert found.full_in == 10 + 13 + 1  # the second has thirteen days that are due, and takes no more


def test_before_the_first_whole_day_nothing_is_foretold() -> None:
    """Today is not over; without any other day there is no mean."""
    found = forecast([Kept(0, {TODAY: GIB})], GIB, TODAY)
    assert (found.a_day, found.measured, found.full_in) == (0, 0, None)
    assert forecast([], GIB, TODAY).full_in is None


def test_a_disk_without_room_is_full_now() -> None:
    """Below what is to be kept free, nothing is stored any more."""
    assert forecast([Kept(0, days(3))], 0, TODAY).full_in == 0
    assert forecast([Kept(0, days(3))], -1, TODAY).full_in == 0


def test_days_without_messages_count() -> None:
    """The mean is over all days since a stream's first, so that a burst a week ago is no daily rate."""
    assert daily_mean({TODAY - timedelta(days=7): 7 * GIB}, TODAY) == (GIB, 7)
    assert daily_mean({TODAY - timedelta(days=100): GIB}, TODAY) == (0.0, 14)
    assert daily_mean({}, TODAY) == (0.0, 0)


def test_what_is_due_is_what_retention_would_take() -> None:
    """A day goes when it is more than the kept days before today; never when they are kept for ever."""
    last_kept = TODAY - timedelta(days=7)
    assert due([last_kept, last_kept - timedelta(days=1)], 7, TODAY) == [last_kept - timedelta(days=1)]
    assert due([date.min], 0, TODAY) == []


def test_the_agenda_names_the_first_run_that_takes_a_day() -> None:
    """What is due goes with the next run, the day after the last kept one tomorrow, and later ones later."""
    late, next_one, later = (TODAY - timedelta(days=back) for back in (9, 7, 4))
    found = agenda([later, late, next_one], 7, TODAY, 3)
    assert found == [(TODAY, late), (TODAY + timedelta(days=1), next_one)]
    assert agenda([late], 0, TODAY, 3) == []


@given(
    sizes=some.dictionaries(
        some.integers(1, 60).map(lambda back: TODAY - timedelta(days=back)),
        some.integers(0, 100),
        max_size=40,
    ),
    keep=some.integers(0, 40),
    free=some.integers(-10, 5000),
)
def test_more_room_never_lasts_shorter(sizes: dict[date, int], keep: int, free: int) -> None:
    """Whatever the days, more free octets put the full disk off, or leave it where it is."""
    less, more = (forecast([Kept(keep, sizes)], room, TODAY).full_in for room in (free, free + 100))
    order = [HORIZON_DAYS + 1 if one is None else one for one in (less, more)]
    assert order == sorted(order)


@pytest.mark.parametrize("keep", [1, 30, 36_500])
def test_the_end_of_the_calendar_is_no_error(keep: int) -> None:
    """However long days are kept, there is an answer."""
    assert forecast([Kept(keep, days(3))], 5 * GIB, TODAY).full_in in {None, 6}


def test_who_has_a_room_stays_within_it() -> None:
    """A GiB a day for ever in ten GiB of room takes no more, once it is full; and frees what is above it."""
    rooms = Rooms({"acme": 10 * GIB}, days=1)
    found = forecast([Kept(0, days(5), "acme")], 6 * GIB, TODAY, rooms)
    assert (found.full_in, found.expires) == (None, True)
    assert forecast([Kept(0, days(5), "acme")], 4 * GIB, TODAY, rooms).full_in == 5
    assert forecast([Kept(0, days(50), "acme")], GIB // 2, TODAY, rooms).full_in is None
    assert forecast([Kept(0, days(5), "bank")], 6 * GIB, TODAY, rooms).full_in == 7


def test_what_does_not_go_for_want_of_room_is_counted() -> None:
    """The last days, and streams that a setting names, take what they take."""
    rooms = Rooms({"acme": GIB}, days=4)
    assert forecast([Kept(0, days(3), "acme")], 3 * GIB, TODAY, rooms).full_in is None
    assert forecast([Kept(0, days(3), "acme")], GIB, TODAY, rooms).full_in == 2
    named = [Kept(0, days(3), "acme", is_bound=False)]
    assert forecast(named, 30 * GIB, TODAY, rooms).full_in == 31


def test_the_room_of_all_bounds_everybody() -> None:
    """Whoever the streams belong to."""
    streams = [Kept(0, days(5), "acme"), Kept(0, days(5), "bank")]
    assert forecast(streams, 12 * GIB, TODAY, Rooms(all=20 * GIB, days=1)).full_in is None
    assert forecast(streams, 8 * GIB, TODAY, Rooms(all=20 * GIB, days=1)).full_in == 5


@given(
    sizes=some.dictionaries(
        some.integers(1, 60).map(lambda back: TODAY - timedelta(days=back)),
        some.integers(0, 100),
        max_size=40,
    ),
    keep=some.integers(0, 40),
    free=some.integers(0, 5000),
    room=some.integers(1, 5000),
)
def test_a_room_never_fills_the_disk_sooner(sizes: dict[date, int], keep: int, free: int, room: int) -> None:
    """Whatever the days and the room."""
    kept = [Kept(keep, sizes, "acme")]
    without = forecast(kept, free, TODAY).full_in
    within = forecast(kept, free, TODAY, Rooms({"acme": room}, days=1)).full_in
    assert (HORIZON_DAYS + 1 if within is None else within) >= (
        HORIZON_DAYS + 1 if without is None else without
    )


def test_what_a_setting_keeps_grows_into_the_room_and_beyond() -> None:
    """While it takes the room of others nothing more is taken; when they have no more to give, it is."""
    rooms = Rooms({"acme": 20 * GIB}, days=1)
    streams = [Kept(0, days(9), "acme"), Kept(0, days(9), "acme", is_bound=False)]
    assert forecast(streams, 10 * GIB, TODAY, rooms).full_in == 18
