"""/api/v1/archive and /retention: what is stored and what goes next; what one may not see is not there."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from access.visitor import Limits, Visitor
from storage.indexer import rebuild
from storage.layout import TRAIL, Layout, StreamName
from storage.settings import RetentionSettings, StorageSettings
from tests.web.archives import stored
from tests.web.operators import GIB, client_of, seen, telling
from web.appliance import Appliance

DAY = date(2026, 11, 20)
FRAMES = [b"<13>1 - fw app - - - message %d" % number for number in range(7)]
OPERATOR = Visitor("olga", "operator")
WEB = StreamName("lab", "web")
PATHS = ("archive", "archive/default/syslog", "retention")


def keeps(days: int, days_at_once: int = 31) -> Appliance:
    """Give an appliance that goes by these settings of the retention."""
    settings = RetentionSettings(days=days, days_at_once=days_at_once)
    return Appliance(storage=StorageSettings(retention=settings), look=telling(seen()))


def on_days(layout: Layout, name: StreamName, *days: date) -> None:
    """Store messages on each of these days, oldest first."""
    for number, day in enumerate(days, 1):
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        stored(layout, name, FRAMES, number=number, at=int(noon.timestamp()) * 10**9)


def test_streams(layout: Layout) -> None:
    """Each with its messages, days, sizes and index, and all of them together."""
    stored(layout, StreamName(), FRAMES)
    stored(layout, WEB, FRAMES)
    rebuild(layout, WEB)
    with client_of(layout, visitor=OPERATOR) as client:
        found = client.get("/api/v1/archive").json()
    plain, web = found["streams"]
    assert (plain["tenant"], plain["stream"], web["tenant"], web["stream"]) == (
        "default", "syslog", "lab", "web",
    )  # fmt: skip
    assert (plain["messages"], plain["first_day"], plain["last_day"]) == (7, "2026-11-20", "2026-11-20")
    assert [(one["segments"], one["segments_waiting"]) for one in (plain, web)] == [(1, 1), (1, 0)]
    assert (plain["index_octets"], plain["health"], plain["damaged"]) == (0, "whole", [])
    assert found["total"]["messages"] == 14
    assert found["total"]["archive_octets"] == plain["archive_octets"] + web["archive_octets"] > 0
    assert 0 <= found["age_seconds"] < 60


def test_damage(layout: Layout) -> None:
    """What cannot be read is named with its place and reason, and so is a day's index."""
    stored(layout, StreamName(), FRAMES)
    rebuild(layout, StreamName())
    (layout.index_day(StreamName(), DAY) / "manifest.json").write_bytes(b"{")
    broken = layout.archive_day(StreamName(), DAY) / f"{100:020d}-{200:020d}.parquet"
    broken.write_bytes(b"no parquet")
    with client_of(layout, visitor=OPERATOR) as client:
        (found,) = client.get("/api/v1/archive").json()["streams"]
        days = client.get("/api/v1/archive/default/syslog").json()["days"]
    (place,) = found["damaged"]
    assert (Path(place["path"]).name, place["offset_octets"]) == (broken.name, 0)
    assert place["reason"]
    assert (found["health"], found["index_damaged_days"]) == ("damaged", ["2026-11-20"])
    assert [day["index_damaged"] for day in days] == [True]


def test_days_of_a_stream(layout: Layout) -> None:
    """Newest first, with when each expires; older ones come with `before`, which each answer says."""
    on_days(layout, StreamName(), date(2026, 11, 18), date(2026, 11, 19), DAY)
    with client_of(layout, keeps(30), OPERATOR) as client:
        whole = client.get("/api/v1/archive/default/syslog").json()
        first = client.get("/api/v1/archive/default/syslog?limit=2").json()
        second = client.get(f"/api/v1/archive/default/syslog?limit=2&before={first['next']}").json()
        assert client.get("/api/v1/archive/default/syslog?before=yesterday").status_code == 400
        assert client.get("/api/v1/archive/default/syslog?limit=0").status_code == 400
    assert (whole["keep_days"], whole["next"], whole["archived"]["days"]) == (30, None, 3)
    assert [(one["day"], one["messages"], one["expires"]) for one in whole["days"]] == [
        ("2026-11-20", 7, "2026-12-21"), ("2026-11-19", 7, "2026-12-20"), ("2026-11-18", 7, "2026-12-19"),
    ]  # fmt: skip
    assert first["next"] == "2026-11-19"
    assert first["days"] + second["days"] == whole["days"]
    assert second["next"] is None


def test_for_ever(layout: Layout) -> None:
    """What is kept for ever does not expire, nor does what is kept past the end of the calendar."""
    stored(layout, StreamName(), FRAMES)
    with client_of(layout, keeps(0), OPERATOR) as client:
        found = client.get("/api/v1/archive/default/syslog").json()
        assert (found["keep_days"], found["days"][0]["expires"]) == (0, None)
        ruled = client.get("/api/v1/retention").json()
    assert (ruled["rules"][0]["keep_days"], ruled["expiries"], ruled["stopped"]) == (0, [], None)


def test_retention(layout: Layout) -> None:
    """By whose word a stream is kept, what is due, what is next, the room, and the forecast."""
    today = datetime.now(UTC).date()
    ago = [today - timedelta(days=number) for number in range(10)]
    on_days(layout, StreamName(), ago[9], ago[8])
    on_days(layout, WEB, ago[2])
    with client_of(layout, keeps(7, days_at_once=1), OPERATOR) as client:
        found = client.get("/api/v1/retention").json()
        status = client.get("/api/v1/status").json()
    rules = [
        (one["by"], one["keep_days"], one["days"], one["days_due"], one["held"]) for one in found["rules"]
    ]
    assert rules == [("the setting for all", 7, 2, 2, True), ("the setting for all", 7, 1, 0, False)]
    assert [(one["tenant"], one["day"], one["at"], one["due"]) for one in found["expiries"]] == [
        ("default", str(ago[9]), str(today), True),
        ("default", str(ago[8]), str(today), True),
        ("lab", str(ago[2]), str(today + timedelta(days=6)), False),
    ]
    assert [one["messages"] for one in found["expiries"]] == [7, 7, 7]
    assert found["days_at_once"] == 1
    assert (found["disk_octets"], found["disk_free_octets"]) == (250 * GIB, 73 * GIB)
    forecast = found["forecast"]
    assert (forecast["measured_days"], forecast["full_in_days"], forecast["expires"]) == (9, None, True)
    assert forecast["octets_a_day"] > 0
    assert "what expires makes the room" in forecast["sentence"]
    assert status["forecast"] == forecast


def test_retention_is_held_while_the_registry_is_unreadable(layout: Layout) -> None:
    """Nothing expires while nobody knows for how long tenants are kept: the answer says so, and why."""
    stored(layout, StreamName(), FRAMES)
    layout.tenants.write_bytes(b"{")
    with client_of(layout, keeps(1), OPERATOR) as client:
        found = client.get("/api/v1/retention").json()
    assert found["stopped"].startswith("Nothing expires now")
    assert found["expiries"] == []


def test_the_trail_is_not_there_for_operators(layout: Layout) -> None:
    """It is as a stream that never was, in every answer; an administrator sees it."""
    for name in (StreamName(), TRAIL):
        stored(layout, name, FRAMES)
    with client_of(layout, keeps(1), OPERATOR) as client:
        trail, never = (client.get(f"/api/v1/archive/{name}") for name in ("trail/access", "never/never"))
        assert trail.status_code == never.status_code == 404
        assert trail.text.replace("trail/access", "T/S") == never.text.replace("never/never", "T/S")
        assert [one["tenant"] for one in client.get("/api/v1/archive").json()["streams"]] == ["default"]
        retention = client.get("/api/v1/retention").json()
    assert {one["tenant"] for part in ("rules", "expiries") for one in retention[part]} == {"default"}
    with client_of(layout, visitor=Visitor("root", "administrator")) as client:
        assert client.get("/api/v1/archive/trail/access").json()["archived"]["messages"] == 7


@pytest.mark.parametrize(
    "limits",
    [Limits(tenants=("default",)), Limits(hosts=("fw",)), Limits(start=datetime(2026, 3, 1, tzinfo=UTC))],
)
def test_who_sees_a_part_is_told_of_no_figures(layout: Layout, limits: Limits) -> None:
    """Figures tell of all messages: whose account is limited is refused."""
    stored(layout, StreamName(), FRAMES)
    with client_of(layout, keeps(1), Visitor("olga", "operator", limits)) as client:
        assert [client.get(f"/api/v1/{path}").status_code for path in PATHS] == [403] * len(PATHS)


def test_auditors_do_not_operate(layout: Layout) -> None:
    """These are for operators and administrators."""
    stored(layout, StreamName(), FRAMES)
    with client_of(layout, keeps(1), Visitor("bob", "auditor")) as client:
        for path in PATHS:
            assert client.get(f"/api/v1/{path}").status_code == 403
