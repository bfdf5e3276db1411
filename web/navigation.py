"""The pages at the top of every page, for who asks: those that the visitor's role leads to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from access.visitor import Permission, Visitor, current


@dataclass(frozen=True, slots=True)
class Entry:
    """One page at the top: its word in handlers and templates, what it is called, where it is.

    ``waiting`` is how much waits for the visitor there.
    """

    page: str
    title: str
    path: str
    waiting: int = 0


ENTRIES: Final = (
    Entry("search", "Search", "/search"),
    Entry("saved", "Saved", "/saved"),
    Entry("reviews", "Reviews", "/reviews"),
    Entry("findings", "Findings", "/findings"),
    Entry("ledger", "Ledger", "/ledger"),
    Entry("trail", "Trail", "/trail"),
    Entry("overview", "Overview", "/overview"),
    Entry("sources", "Sources", "/sources"),
    Entry("tenants", "Tenants", "/tenants"),
    Entry("users", "Users", "/users"),
)


def _nothing(_visitor: Visitor) -> Mapping[str, int]:
    return {}


class Navigation:
    """The entries of an application.

    Args:
        needs: by path, the permission without which nobody gets there; of those paths that there are.
        waiting: gives how much waits for a visitor, by page.
    """

    def __init__(
        self,
        needs: Mapping[str, Permission | None],
        waiting: Callable[[Visitor], Mapping[str, int]] = _nothing,
    ) -> None:
        self._needs = needs
        self._waiting = waiting

    def entries(self) -> list[Entry]:
        """Give those that who asks may go to."""
        visitor = current()
        waiting = self._waiting(visitor)
        return [
            replace(entry, waiting=waiting.get(entry.page, 0))
            for entry in ENTRIES
            if entry.path in self._needs
            and ((needed := self._needs[entry.path]) is None or visitor.may(needed))
        ]
