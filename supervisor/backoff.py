"""The pause before a role that died is started again."""

from dataclasses import dataclass


@dataclass(slots=True)
class Backoff:
    """The pause before the next start: doubles with every failure, begins anew after a good time."""

    first: float
    most: float
    failures: int = 0

    def pause(self, ran: float) -> float:
        """Give the seconds to wait after a process that ran for ``ran`` seconds."""
        if ran > 2 * self.most:
            self.failures = 0
        pause = min(self.first * 2.0**self.failures, self.most)
        self.failures = min(self.failures + 1, 32)
        return pause
