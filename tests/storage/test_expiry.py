"""What is to expire: what is older than it is kept, and the oldest of whoever takes more than its room."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as some

from storage.expiry import ALL, Crowded, Due, Policy, plan
from storage.layout import TRAIL, StreamName
from storage.settings import RetentionSettings

TODAY = date(2026, 11, 21)
ACME, WEB, BANK = StreamName("acme", "syslog"), StreamName("acme", "web"), StreamName("bank", "syslog")


def back(number: int) -> date:
    """Give the day so many days before today."""
    return TODAY - timedelta(days=number)


def days(*numbers: int, octets: int = 10) -> dict[date, int]:
    """Give days of one size, each so many days before today."""
    return {back(number): octets for number in numbers}


def policy(acme: int = 0, **settings: object) -> Policy:
    """Give what retention goes by: a room of acme's, if any, and settings."""
    found = RetentionSettings.model_validate({"room_days": 1, **settings})
    return Policy(found, rooms={"acme": acme} if acme else {})


def test_without_rooms_age_alone_says() -> None:
    """Whatever is older than it is kept, of its own size, and nothing else."""
    found = plan({ACME: days(3, 2, 1), BANK: days(9)}, policy(days=2), TODAY)
    assert found.due == (Due(ACME, back(3), 10), Due(BANK, back(9), 10))
    assert found.crowded == ()


def test_a_tenant_loses_its_oldest_days_and_nobody_else_does() -> None:
    """Over all its streams together, until it fits: not one day more."""
    sizes = {ACME: days(5, 3, 2), WEB: days(4, 2), BANK: days(9, 8, 7)}
    found = plan(sizes, policy(acme=30), TODAY)
    assert [(one.name, one.day, one.why) for one in found.due] == [
        (ACME, back(5), "tenant's room"), (WEB, back(4), "tenant's room"),
    ]  # fmt: skip
    assert found.crowded == (Crowded("acme", 30, 50, 30),)
    assert found.gone_for("acme") == list(found.due)
    assert plan(sizes, policy(acme=50), TODAY).due == ()


def test_what_is_older_than_it_is_kept_goes_first() -> None:
    """It frees room, so that less goes for want of it, and for its age it goes in any case."""
    found = plan({ACME: days(9, 3, 2)}, policy(acme=20, days=5), TODAY)
    assert [(one.day, one.why) for one in found.due] == [(back(9), "age")]
    assert found.crowded == ()


def test_the_last_days_stay_whatever_the_room() -> None:
    """Today and the days of room_days before it, and days that a clock ahead has made."""
    sizes = {ACME: days(4, 3, 2, 1, 0, -3)}
    found = plan(sizes, policy(acme=1, room_days=2), TODAY)
    assert [one.day for one in found.due] == [back(4), back(3)]
    assert found.crowded == (Crowded("acme", 1, 60, 40),)
    assert not found.crowded[0].fits
    assert [one.day for one in plan(sizes, policy(acme=1, room_days=0), TODAY).due] == [
        back(4), back(3), back(2), back(1),
    ]  # fmt: skip


def test_what_a_setting_names_and_the_trail_stay() -> None:
    """They count, and others make room for them."""
    sizes = {ACME: days(9, 8), WEB: days(7, 6), TRAIL: days(30, octets=1000)}
    found = plan(sizes, policy(acme=30, streams={"acme/syslog": 365}), TODAY)
    assert [(one.name, one.day) for one in found.due] == [(WEB, back(7))]
    assert {one.name for one in plan(sizes, policy(room=1), TODAY).due} == {ACME, WEB}


def test_the_room_of_all() -> None:
    """The oldest days of whoever has them go, after those that a tenant's own room has taken."""
    sizes = {ACME: days(5, 4, 3), BANK: days(9, 2)}
    found = plan(sizes, policy(acme=20, room=30), TODAY)
    assert [(one.name, one.day, one.why) for one in found.due] == [
        (ACME, back(5), "tenant's room"), (BANK, back(9), "room of all"),
    ]  # fmt: skip
    assert found.crowded == (Crowded("acme", 20, 30, 20), Crowded(ALL, 30, 40, 30))


def test_of_one_day_the_largest_goes_first() -> None:
    """So that fewer streams lose it."""
    found = plan({ACME: days(5), WEB: days(5, octets=90)}, policy(acme=10), TODAY)
    assert [one.name for one in found.due] == [WEB]


@given(
    sizes=some.dictionaries(some.integers(-2, 20).map(back), some.integers(0, 50), max_size=15),
    room=some.integers(1, 400),
    least=some.integers(0, 10),
)
def test_it_fits_or_all_has_gone_that_may(sizes: dict[date, int], room: int, least: int) -> None:
    """Whatever the days: what goes is older than all that stays and might go, and is not one too many."""
    found = plan({ACME: sizes}, policy(acme=room, room_days=least), TODAY)
    gone = [one.day for one in found.due]
    left = sum(octets for day, octets in sizes.items() if day not in gone)
    others = [day for day in sizes if day not in gone and day < back(least)]
    assert left <= room or not others
    assert all(day < back(least) for day in gone)
    assert not others or not gone or max(gone) < min(others)
    assert not gone or left + sizes[max(gone)] > room
