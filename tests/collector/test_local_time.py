"""The machine's own time zone."""

from datetime import UTC, datetime, timedelta

import pytest

from collector.local_time import local_timezone


def test_zone_has_its_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The zone that TZ names knows summer and winter, unlike a fixed offset."""
    monkeypatch.setenv("TZ", ":Europe/Vienna")
    zone = local_timezone()
    offsets = [datetime(2026, month, 1, tzinfo=zone).utcoffset() for month in (1, 7)]
    assert offsets == [timedelta(hours=1), timedelta(hours=2)]


def test_zone_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    """A TZ that names no zone means UTC, as it does for the C library."""
    monkeypatch.setenv("TZ", "Nowhere/Land")
    assert local_timezone() is UTC


def test_without_tz(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without TZ it is the zone of /etc/localtime, which agrees with the C library's."""
    monkeypatch.delenv("TZ", raising=False)
    moment = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert moment.astimezone(local_timezone()).utcoffset() == moment.astimezone().utcoffset()
