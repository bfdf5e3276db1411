"""What came of each tenant today, by the books of all collectors, against the number that was agreed upon.

A quota refuses nothing: what is refused is lost, and a log that is lost is worth nothing. What is above it is
stored like the rest, and told of, once a tenant and day, to those who can talk to whoever sends it.
"""

import asyncio
import logging
import time
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from collector.book_sums import books_of
from collector.books import tenant_of
from tenants.registry import Registry

LOOK_SECONDS: Final = 60.0

log = logging.getLogger(__name__)


def received(books: Path, day: date) -> dict[str, int]:
    """Give the octets of messages that came of each tenant on a UTC day, as far as there are tenants.

    Args:
        books: the folder of the books.
        day: the UTC day of receipt.
    """
    sums: Counter[str] = Counter()
    if (found := books_of(books, day)) is not None:
        for (_, _, what), number in found.sums.items():
            if (tenant := tenant_of(what)) is not None:
                sums[tenant] += number
    return dict(sums)


class Quotas:
    """Tells when more came of a tenant than was agreed upon.

    Args:
        books: the folder of the books; without it, nothing is ever looked at.
    """

    def __init__(self, books: Path | None) -> None:
        self._books = books
        self._quotas: dict[str, int] = {}
        self._received: dict[str, int] = {}
        self._told: set[tuple[date, str]] = set()
        self._look_at = 0.0
        self._looking: asyncio.Future[None] | None = None

    def use(self, registry: Registry) -> None:
        """Go by the quotas of a registry, from the next look on."""
        self._quotas = {one.name: one.quota for one in registry.tenants if one.quota is not None}
        self._look_at = 0.0

    def look(self) -> None:
        """Look, in a thread, when it is time to; to be called every second or so in the event loop."""
        if self._books is None or not self._quotas or time.monotonic() < self._look_at:
            return
        if self._looking is None or self._looking.done():
            self._look_at = time.monotonic() + LOOK_SECONDS
            loop = asyncio.get_running_loop()
            self._looking = loop.run_in_executor(None, self._look, self._books, datetime.now(UTC).date())

    async def looked(self) -> None:
        """Wait until the look at hand is over, if there is one."""
        if self._looking is not None:
            await self._looking

    def _look(self, books: Path, today: date) -> None:
        try:
            self._received = received(books, today)
        except OSError as error:
            log.warning("the books cannot be read, so nobody knows who is above a quota: %s", error)
            return
        self._told = {(day, tenant) for day, tenant in self._told if day == today}
        for tenant, quota in self._quotas.items():
            came = self._received.get(tenant, 0)
            if came > quota and (today, tenant) not in self._told:
                self._told.add((today, tenant))
                log.warning(
                    "tenant %s is above its quota: %d octets of messages came today (UTC), %d were agreed "
                    "upon; all of it is stored, and the rest of the day is only counted: see who sends so "
                    "much, or raise the quota with `sysledger tenant set`",
                    tenant,
                    came,
                    quota,
                )

    def report(self) -> dict[str, Any]:
        """Give what came today of the tenants that have a quota, and the quota, in JSON's types."""
        return {
            tenant: {"octets_today": self._received.get(tenant, 0), "quota": quota}
            for tenant, quota in self._quotas.items()
        }
