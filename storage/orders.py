"""What the storage role and the indexer are ordered: the appliance's state, and new settings.

In warning journals are sealed early, which makes room on the disk; in shedding and panic merging and
indexing pause, which only make later searches faster. Sealing never pauses: a journal takes five times the
room of its segment.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Protocol

OK: Final = "ok"
PAUSED_IN: Final = frozenset({"shedding", "panic"})
EARLY: Final = 1 / 8  # of each limit of a journal file, when the state is not ok

HearState = Callable[[str], None]
Reload = Callable[[Any, Sequence[tuple[str, int]]], Awaitable[None]]


class Obey(Protocol):
    """Takes what a role wants to hear."""

    def __call__(self, *, state: HearState | None = None, reload: Reload | None = None) -> None:
        """Call these when the state changes, and with new settings."""
        ...


def obey_nobody(*, state: HearState | None = None, reload: Reload | None = None) -> None:
    """Have nobody who orders: for a role that runs by itself."""
