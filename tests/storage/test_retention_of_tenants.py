"""Retention by tenant: a tenant's own days, unless a stream has its own; and nobody guesses."""

import logging
import shutil
from datetime import UTC, date, datetime, timedelta

import pytest

from storage.layout import Layout, StreamName
from storage.retention import TooManyDaysError, expire, policy_of
from storage.segments import segment_name
from storage.settings import RetentionSettings, StorageSettings
from tenants.file import RegistryError, edit
from tenants.registry import Registry

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)


@pytest.fixture(autouse=True)
def _registry(layout: Layout) -> None:
    """Have tenants with days of their own, for ever, and without."""
    layout.data.mkdir(parents=True)

    def change(registry: Registry) -> tuple[Registry, None]:
        for name, days in (("short", 2), ("ever", 0), ("usual", None)):
            registry = registry.add(name, "", NOW).change(name, days=days)
        return registry, None

    edit(layout.tenants, change)


def settings(days: int = 30, **streams: int) -> StorageSettings:
    """Settings that keep so many days."""
    by_stream = {name.replace("__", "/"): number for name, number in streams.items()}
    return StorageSettings(retention=RetentionSettings(days=days, streams=by_stream))


def test_the_stream_comes_first_then_the_tenant_then_all(layout: Layout) -> None:
    """The trail of who did what goes by none of the last two."""
    days_of = policy_of(layout, settings(30, short__audit=90)).days_of
    assert [
        days_of(StreamName(*names))
        for names in (
            ("short", "syslog"), ("short", "audit"), ("ever", "syslog"), ("usual", "syslog"),
            ("unknown", "syslog"), ("trail", "access"),
        )
    ] == [2, 90, 0, 30, 30, 0]  # fmt: skip


def test_days_expire_by_tenant(layout: Layout) -> None:
    """What one tenant's days let go, another's keep."""
    for tenant in ("short", "ever", "usual"):
        for day in (date(2026, 11, 1), date(2026, 11, 20)):
            layout.archive_day(StreamName(tenant, "syslog"), day).mkdir(parents=True)
    done = expire(layout, settings(30), TODAY, dry_run=False)
    assert [(one.name.tenant, one.day) for one in done] == [("short", date(2026, 11, 1))]


def test_a_damaged_registry_lets_nothing_expire(layout: Layout) -> None:
    """What a tenant is to be kept longer than others must not go because of it."""
    folder = layout.archive_day(StreamName("usual", "syslog"), date(2020, 1, 1))
    folder.mkdir(parents=True)
    layout.tenants.write_text("{")
    with pytest.raises(RegistryError):
        expire(layout, settings(1), TODAY, dry_run=False, however_many=True)
    assert folder.is_dir()


def archived(layout: Layout, tenant: str, *days: date, octets: int = 1 << 20) -> None:
    """Have a tenant's stream take so much each day, most of it in the index."""
    name = StreamName(tenant, "syslog")
    for day in days:
        layout.archive_day(name, day).mkdir(parents=True)
        layout.index_day(name, day).mkdir(parents=True)
        (layout.archive_day(name, day) / segment_name(day.toordinal(), day.toordinal())).write_bytes(b"x" * 9)
        (layout.index_day(name, day) / "segment").write_bytes(b"x" * (octets - 9))


def bound(layout: Layout, tenant: str, room: int) -> None:
    """Give a tenant a room."""
    edit(layout.tenants, lambda registry: (registry.change(tenant, room=room), None))


def test_a_tenant_above_its_room_loses_its_oldest_days(
    layout: Layout, caplog: pytest.LogCaptureFixture
) -> None:
    """Archive and index, before their time, and nobody else's; told with what to do, and why."""
    days = [TODAY - timedelta(days=back) for back in (20, 15, 10, 3, 0)]
    archived(layout, "ever", *days)
    archived(layout, "usual", *days)
    bound(layout, "ever", 3 << 20)
    planned = expire(layout, settings(0), TODAY, dry_run=True)
    assert caplog.messages == []
    done = expire(layout, settings(0), TODAY, dry_run=False)
    assert done == planned
    assert [(one.name.tenant, one.day, one.why) for one in done] == [
        ("ever", day, "tenant's room") for day in days[:2]
    ]
    name = StreamName("ever", "syslog")
    assert list(layout.archived_days(name)) == list(layout.indexed_days(name)) == days[2:]
    assert len(list(layout.archived_days(StreamName("usual", "syslog")))) == 5
    (told,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert "2 days of messages, 2026-11-01 to 2026-11-06, expired before their time" in told
    assert "`sysledger tenant set ever --room`" in told
    assert expire(layout, settings(0), TODAY, dry_run=False) == []


def test_what_is_too_young_to_go_is_told(layout: Layout, caplog: pytest.LogCaptureFixture) -> None:
    """A flood of the last days stays, so that who made it can be seen, and somebody is told."""
    archived(layout, "ever", *(TODAY - timedelta(days=back) for back in range(5)))
    bound(layout, "ever", 1 << 20)
    assert expire(layout, settings(0), TODAY, dry_run=True) == []
    (told,) = caplog.messages
    assert "takes 5242880 octets, its room is 1048576, and nothing more may expire for it" in told
    assert "the 7 days before (storage.retention.room_days)" in told


def test_too_many_days_do_not_go_for_want_of_room_either(layout: Layout) -> None:
    """A room that is too small by mistake costs nothing until a person has said that it is meant."""
    days = [TODAY - timedelta(days=back) for back in range(45, 5, -1)]
    archived(layout, "ever", *days)
    bound(layout, "ever", 1 << 20)
    with pytest.raises(TooManyDaysError, match="38 days of ever/syslog would expire at once"):
        expire(layout, settings(0), TODAY, dry_run=False)
    assert len(list(layout.archived_days(StreamName("ever", "syslog")))) == 40
    assert len(expire(layout, settings(0), TODAY, dry_run=False, however_many=True)) == 38


def test_the_index_of_a_day_that_a_crash_left_goes(layout: Layout) -> None:
    """A day that went for want of room is not older than it is kept, and its index goes all the same."""
    archived(layout, "ever", date(2026, 11, 1), date(2026, 11, 2), TODAY)
    name = StreamName("ever", "syslog")
    for day in (date(2026, 11, 1), TODAY):
        shutil.rmtree(layout.archive_day(name, day))
    expire(layout, settings(0), TODAY, dry_run=False)
    assert list(layout.indexed_days(name)) == [date(2026, 11, 2), TODAY]
