"""Retention by tenant: a tenant's own days, unless a stream has its own; and nobody guesses."""

from datetime import UTC, date, datetime

import pytest

from storage.layout import Layout, StreamName
from storage.retention import days_by, expire
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
    days_of = days_by(layout, settings(30, short__audit=90))
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
