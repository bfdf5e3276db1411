"""What is remembered of each tenant, apart from all others'.

What one tenant's questions find remembered, and what they push out of memory, tells in their time. So nothing
that is remembered between questions is shared by two tenants: neither its room nor its lock.
"""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Apart(Generic[T]):
    """One of a kind for each tenant. Safe to use from several threads.

    Args:
        make: makes it, when a tenant is first asked about. It is called once a tenant, and must be quick.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: dict[str, T] = {}
        self._lock = Lock()

    def of(self, tenant: str) -> T:
        """Give that of a tenant."""
        with self._lock:
            if tenant not in self._made:
                self._made[tenant] = self._make()
            return self._made[tenant]
