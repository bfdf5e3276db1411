"""Quotas: what came of a tenant today by the books of all collectors, told once when it is too much."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector.book_opening import open_book
from collector.books import Book, tenant_octets
from collector.quotas import Quotas, received
from tenants.registry import Registry
from tests.collector.running import play

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def count(book: Book, tenant: str, octets: int) -> None:
    """Count octets of a tenant, as an intake does."""
    book.count("udp", tenant_octets(tenant), octets)


def test_octets_are_added_up_over_processes_and_starts(folder: Path) -> None:
    """Each process has a book of its own, and each start a new one; other entries are none of it."""
    first, second = open_book(folder, "collector-1", "a"), open_book(folder, "collector-2", "b")
    count(first, "acme", 100)
    count(second, "acme", 20)
    count(second, "bank", 3)
    second.count("udp", "framed", 7)
    first.close()
    third = open_book(folder, "collector-1", "c")
    count(third, "acme", 1)
    today = datetime.now(UTC).date()
    assert received(folder, today) == {"acme": 121, "bank": 3}
    assert received(folder, today - timedelta(days=1)) == {}
    assert received(folder / "none", today) == {}


def test_who_is_above_the_quota_is_told_once(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With the tenant, both numbers and what to do; who is within, and who has none, is not told."""
    book = open_book(folder, "collector", "a")
    for tenant in ("acme", "bank", "free"):
        count(book, tenant, 100)
    registry = Registry()
    for tenant, quota in (("acme", 99), ("bank", 100), ("free", None)):
        registry = registry.add(tenant, "", NOW).change(tenant, quota=quota)

    async def scene() -> None:
        quotas = Quotas(folder)
        for _ in range(2):
            quotas.use(registry)  # so that it looks again at once
            quotas.look()
            await quotas.looked()
        assert quotas.report() == {
            "acme": {"octets_today": 100, "quota": 99},
            "bank": {"octets_today": 100, "quota": 100},
        }

    with caplog.at_level(logging.WARNING):
        play(scene)
    (told,) = caplog.records
    assert "tenant acme is above its quota: 100 octets" in told.getMessage()


def test_without_quotas_nothing_is_read(folder: Path) -> None:
    """Nobody opens books for nobody."""

    async def scene() -> None:
        quotas = Quotas(folder / "there is none")
        quotas.look()
        await asyncio.wait_for(quotas.looked(), 10)
        assert quotas.report() == {}

    play(scene)
