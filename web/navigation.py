"""The pages at the top of every page, for who asks: those that the visitor's role leads to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from access.visitor import Permission, current


@dataclass(frozen=True, slots=True)
class Entry:
    """One page at the top: its word in handlers and templates, what it is called, where it is."""

    page: str
    title: str
    path: str


ENTRIES: Final = (
    Entry("search", "Search", "/search"),
    Entry("saved", "Saved", "/saved"),
    Entry("reviews", "Reviews", "/reviews"),
    Entry("findings", "Findings", "/findings"),
    Entry("trail", "Trail", "/trail"),
    Entry("overview", "Overview", "/overview"),
    Entry("sources", "Sources", "/sources"),
    Entry("tenants", "Tenants", "/tenants"),
    Entry("users", "Users", "/users"),
)


class Navigation:
    """The entries of an application.

    Args:
        needs: by path, the permission without which nobody gets there; of those paths that there are.
    """

    def __init__(self, needs: Mapping[str, Permission | None]) -> None:
        self._needs = needs

    def entries(self) -> list[Entry]:
        """Give those that who asks may go to."""
        visitor = current()
        return [
            entry
            for entry in ENTRIES
            if entry.path in self._needs
            and ((needed := self._needs[entry.path]) is None or visitor.may(needed))
        ]
