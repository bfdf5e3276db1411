"""How often a source usually sends: the longest pauses of its last days, and what silence is unusual then.

A source that sends by day only has one long pause a day, one that rests at weekends one a week. So the
longest two pauses of each of the last 16 days are kept, and the second longest of them all is what is usual:
a pause that came once is an accident, one that came twice is a habit.
"""

from dataclasses import dataclass, field
from typing import Final

DAYS: Final = 16  # two weekends are among them
SECONDS_A_DAY: Final = 86_400.0


@dataclass(slots=True)
class Cadence:
    """The pauses of one source: ``days`` has (day since 1970, longest, second longest), oldest first."""

    days: list[tuple[int, float, float]] = field(default_factory=list)

    def learn(self, pause: float, end: float) -> None:
        """Take a pause, in seconds, that ended at ``end``, seconds since 1970."""
        day = int(end // SECONDS_A_DAY)
        if self.days and self.days[-1][0] >= day:
            day, longest, second = self.days.pop()
        else:
            longest = second = 0.0
        if pause > longest:
            longest, second = pause, longest
        elif pause > second:
            second = pause
        self.days.append((day, longest, second))
        del self.days[:-DAYS]

    def usual(self) -> float | None:
        """Give the pause in seconds that is usual; None while fewer than two are known."""
        pauses = sorted((pause for _, *two in self.days for pause in two if pause > 0), reverse=True)
        return pauses[1] if len(pauses) > 1 else None
