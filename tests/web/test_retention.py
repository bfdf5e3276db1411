"""/retention: what is kept for how long, what goes next, and how long the disk lasts."""

from collections.abc import Sequence
from datetime import date, timedelta

from access.visitor import Visitor
from storage.daily import Day, StreamDays
from storage.expiry import Plan, Policy
from storage.forecast import Forecast
from storage.layout import TRAIL, Layout, StreamName
from storage.settings import RetentionSettings, StorageSettings
from tests.web.archives import stored
from tests.web.operators import GIB, client_of, seen, telling
from web.appliance import Appliance
from web.operating import told
from web.retention import Room, Rule, planned_of, rooms, rules, upcoming

TODAY = date(2026, 11, 21)
FRAMES = [b"<13>1 - fw app - - - message %d" % number for number in range(7)]


def days(name: StreamName, *back: int) -> StreamDays:
    """Give a stream with a day of 100 messages and 10 octets each so many days before today."""
    dates = (TODAY - timedelta(days=number) for number in sorted(back, reverse=True))
    return StreamDays(name, tuple(Day(day, 100, 1, 1, 7, 3) for day in dates), 0, 0, 0, (), 0)


def ruled(settings: RetentionSettings, *streams: StreamDays) -> Sequence[Rule]:
    """Give the rules of streams by these settings."""
    return rules(streams, Policy(settings), planned_of(streams, Policy(settings), TODAY))


def test_by_whose_word_a_stream_is_kept() -> None:
    """Its own setting, its tenant's, that for all, or the trail's rule."""
    settings = RetentionSettings(days=30, streams={"default/web": 90})
    names = [StreamName(), StreamName("default", "web"), StreamName("acme", "syslog"), TRAIL]
    of_tenants = {"acme": 7}
    policy = Policy(settings, of_tenants)
    found = rules([days(name, 1) for name in names], policy, Plan((), ()))
    assert [(rule.kept, rule.by) for rule in found] == [
        ("30 days", "the setting for all"), ("90 days", "its own setting"), ("7 days", "its tenant"),
        ("for ever", "the trail's rule"),
    ]  # fmt: skip


def test_days_that_are_due_and_held() -> None:
    """What is older than it is kept is due; more than may go at once is held."""
    settings = RetentionSettings(days=7, days_at_once=2)
    (few,) = ruled(settings, days(StreamName(), 1, 7, 8, 9))
    assert (few.due, few.held) == (2, False)
    (many,) = ruled(settings, days(StreamName(), 8, 9, 10))
    assert (many.due, many.held) == (3, True)
    (all_,) = ruled(settings.model_copy(update={"days_at_once": 0}), days(StreamName(), 8, 9, 10))
    assert not all_.held


def test_what_goes_next_stands_first() -> None:
    """What is due, then what will be, with what it frees; nothing of what is kept longer."""
    settings = RetentionSettings(days=7, streams={"default/web": 0})
    streams = [days(StreamName(), 8, 7, 1), days(StreamName("default", "web"), 400)]
    policy = Policy(settings)
    found = list(upcoming(streams, policy, planned_of(streams, policy, TODAY), TODAY))
    assert [(one.is_due, one.at, one.day) for one in found] == [
        (True, "2026-11-21", "2026-11-13"), (False, "2026-11-22", "2026-11-14"),
        (False, "2026-11-28", "2026-11-20"),
    ]  # fmt: skip
    assert (found[0].messages, found[0].octets, found[0].stream) == (100, 10, "default/syslog")


def test_what_goes_for_want_of_room() -> None:
    """The oldest days, with the next run and for that reason; the others when they are old enough."""
    policy = Policy(RetentionSettings(days=9, room_days=1), rooms={"default": 25})
    streams = [days(StreamName(), 8, 7, 2, 1), days(StreamName("acme", "syslog"), 8)]
    found = list(upcoming(streams, policy, planned_of(streams, policy, TODAY), TODAY))
    assert [(one.stream, one.at, one.day, one.why) for one in found] == [
        ("default/syslog", "2026-11-21", "2026-11-13", "tenant's room"),
        ("default/syslog", "2026-11-21", "2026-11-14", "tenant's room"),
        ("acme/syslog", "2026-11-23", "2026-11-13", "age"),
        ("default/syslog", "2026-11-29", "2026-11-19", "age"),
        ("default/syslog", "2026-11-30", "2026-11-20", "age"),
    ]


def test_rooms_are_told_to_who_sees_all_that_is_in_them() -> None:
    """Whoever sees some streams only would learn what the others take."""
    policy = Policy(RetentionSettings(room=1000, room_days=1), rooms={"acme": 25, "bank": 100})
    every = [days(StreamName("acme", "web"), 3, 2, 1), days(StreamName("acme", "syslog"), 3, 1)]
    every += [days(StreamName("bank", "syslog"), 3)]
    planned = planned_of(every, policy, TODAY)
    assert rooms(every, every, policy, planned) == [
        Room("acme", 25, 50, 20, 3), Room("bank", 100, 10, 10, 0), Room("", 1000, 60, 60, 0),
    ]  # fmt: skip
    assert [one.tenant for one in rooms(every, every[1:], policy, planned)] == ["bank"]


def test_the_page_tells_rooms(layout: Layout) -> None:
    """What a tenant may take, takes, and loses; and what stays too much, since it is too young to go."""
    stored(layout, StreamName("acme", "syslog"), FRAMES)
    stored(layout, StreamName(), FRAMES)
    settings = StorageSettings(retention=RetentionSettings(room=1, room_days=0))
    with client_of(layout, Appliance(storage=settings)) as client:
        answer = client.get("/retention").text
        told = client.get("/api/v1/retention").json()
    assert "2 days expire for want of room" in answer
    assert answer.count("want of room of all") == 2
    (given,) = told["rooms"]
    assert (given["tenant"], given["room"], given["days_due"], given["octets_next"]) == (None, 1, 2, 0)
    assert {one["why"] for one in told["expiries"]} == {"room of all"}
    younger = StorageSettings(retention=RetentionSettings(room=1, room_days=36_500))
    with client_of(layout, Appliance(storage=younger)) as client:
        assert "too much stays" in client.get("/retention").text


def test_the_page(layout: Layout) -> None:
    """The rules, what is due with the next run, the room, and that too much is held, with what to do."""
    stored(layout, StreamName(), FRAMES)
    settings = StorageSettings(retention=RetentionSettings(days=1, days_at_once=31))
    appliance = Appliance(storage=settings, look=telling(seen()))
    with client_of(layout, appliance) as client:
        answer = client.get("/retention").text
    for said in ("1 day", "2026-11-20", "the setting for all", "73.0 GiB of 250.0 GiB are free", "64.0 MiB"):
        assert said in answer, said
    assert "Held:" not in answer
    stored(layout, TRAIL, FRAMES)
    with client_of(layout, appliance, Visitor("ann", "operator")) as client:
        assert "trail/access" not in client.get("/retention").text
    with client_of(layout, appliance, Visitor("ann", "auditor")) as client:
        assert client.get("/retention").status_code == 403


def test_a_registry_that_cannot_be_read(layout: Layout) -> None:
    """Nothing expires while nobody knows for how long tenants are kept: the page says so, and why."""
    stored(layout, StreamName(), FRAMES)
    layout.tenants.write_bytes(b"{")
    settings = StorageSettings(retention=RetentionSettings(days=1))
    with client_of(layout, Appliance(storage=settings)) as client:
        answer = client.get("/retention").text
    assert "Nothing expires now" in answer
    assert "Restore it from a backup" in answer


def test_a_forecast_in_words() -> None:
    """Days, the pace and its basis; what is not known is said to be so."""
    assert told(None) == "How much room is left is not known."
    assert "after the first whole day" in told(Forecast(0, 0, None, expires=False))
    assert told(Forecast(GIB, 14, 60, expires=True)).startswith("Full in about 60 days at 1.0 GiB a day")
    assert "last 1 day" in told(Forecast(GIB, 1, 1, expires=True))
    assert "what expires makes the room" in told(Forecast(GIB, 14, None, expires=True))
