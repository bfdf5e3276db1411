"""Who reads: one place that knows every reason to make senders wait, or to turn them away. Pure.

    state      streams (TCP, TLS, RELP)      datagrams
    ok         read                          read
    warning    read; batches go early        read
    shedding   wait                          read
    panic      wait, new ones turned away    read, and dropped by severity as memory fills

While the memory for batches is full, all of them wait, whatever the state. In panic alone datagrams are read
even then, up to a bound: else the kernel would drop them, and that knows no severities.

Nothing here waits for itself: memory empties while nobody is read, and the states follow from that.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

State = Literal["ok", "warning", "shedding", "panic"]
STATES: Final[tuple[State, ...]] = get_args(State)
_PAST_FULL: Final = 1.25  # of the memory: so far emergencies may go when nothing else is taken any more


@dataclass(slots=True)
class Gate:
    """What is known of the appliance's state and of this process' memory.

    Attributes:
        state: of the appliance.
        full: whether the memory for batches is full, as the hand-off sees it.
        fullness: how full it is; 1 is full.
    """

    state: State = "ok"
    full: bool = False
    fullness: float = 0.0

    @property
    def streams_wait(self) -> bool:
        """Whether connections are not read."""
        return self.full or self.state in {"shedding", "panic"}

    @property
    def datagrams_wait(self) -> bool:
        """Whether datagrams are left to the kernel's buffer."""
        return self.fullness >= _PAST_FULL if self.state == "panic" else self.full

    @property
    def turns_away(self) -> bool:
        """Whether new connections are refused."""
        return self.state == "panic"

    @property
    def hurries(self) -> bool:
        """Whether batches go early, so that little is held here."""
        return self.state != "ok"
