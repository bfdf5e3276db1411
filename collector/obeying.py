"""How a role's main says which orders it obeys. Who gives them is not ours to know."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol


class Obey(Protocol):
    """Is told once, early, what to call in the event loop when an order comes."""

    def __call__(
        self,
        *,
        state: Callable[[str], None] | None = None,
        reload: Callable[[Any, Sequence[tuple[str, int]]], Awaitable[None]] | None = None,
    ) -> None:
        """Take these.

        Args:
            state: is given the appliance's state whenever it changes: ok, warning, shedding or panic.
            reload: is given new settings, and new listening sockets by name and descriptor. All or nothing.
        """
        ...


def obey_nobody(
    *,
    state: Callable[[str], None] | None = None,
    reload: Callable[[Any, Sequence[tuple[str, int]]], Awaitable[None]] | None = None,
) -> None:
    """Have nobody give orders."""
