"""How many messages a sender may send: a token bucket for each. Pure: the clock is an argument."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

_REMEMBERED: Final = 65_536  # senders; who comes back after so many others begins with a full bucket


@dataclass(frozen=True, slots=True)
class Rate:
    """A bound: ``messages`` a second, and ``burst`` at once after a rest."""

    messages: float
    burst: float


class Buckets:
    """The senders' buckets.

    Each holds up to ``burst`` tokens, and gets ``messages`` a second. A message takes one.
    """

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when

    def __len__(self) -> int:
        """How many senders are remembered."""
        return len(self._buckets)

    def take(self, sender: str, rate: Rate, count: int, now: float) -> int:
        """Give how many of ``count`` messages are within the bound; they are taken from it."""
        tokens = self._filled(sender, rate, now)
        granted = max(0, min(count, int(tokens)))
        self._keep(sender, tokens - granted, now)
        return granted

    def owe(self, sender: str, rate: Rate, count: int, now: float) -> float:
        """Take ``count`` messages that were read already; give the seconds until the bound allows another."""
        tokens = self._filled(sender, rate, now) - count
        self._keep(sender, tokens, now)
        return max(0.0, (1.0 - tokens) / rate.messages) if tokens < 1.0 else 0.0

    def _filled(self, sender: str, rate: Rate, now: float) -> float:
        tokens, then = self._buckets.get(sender, (rate.burst, now))
        return min(rate.burst, tokens + (now - then) * rate.messages)

    def _keep(self, sender: str, tokens: float, now: float) -> None:
        self._buckets[sender] = tokens, now
        self._buckets.move_to_end(sender)
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
