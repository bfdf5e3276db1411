"""What a search is asked and what it answers: plain values, shared by search, command line and web."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal

import pyarrow as pa

from storage.catalogue import Damage
from storage.layout import StreamName

__all__ = ["Counted", "Cursor", "Damage", "Histogram", "Page", "Request", "Scope", "TimeKind"]

TimeKind = Literal["received", "device"]
_CURSOR: Final = re.compile(r"([0-9]{1,19})-([0-9]{1,19})")


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in a result: just after the record that has this receive time and this seq.

    ``received_at`` is in nanoseconds since the epoch.
    """

    received_at: int
    seq: int

    def __str__(self) -> str:
        return f"{self.received_at}-{self.seq}"

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """Read what ``str`` gave.

        Raises:
            ValueError: when it is not that.
        """
        found = _CURSOR.fullmatch(text)
        if found is None or max(map(int, found.groups())) >= 1 << 63:
            raise ValueError(
                f"not a cursor: {text[:50]!r}; follow the page's own link, or leave it out to start anew"
            )
        return cls(*map(int, found.groups()))


@dataclass(frozen=True, slots=True)
class Request:
    """What is looked for, and where.

    ``start`` and ``end`` bound the receive time, or the originator's own with ``time="device"``:
    start ≤ t < end; both must know their zone. A record without a device time is in no range of device
    times. ``limit`` None means all; ``before`` goes on where a page ended. Records come newest first, or
    with ``oldest_first`` the other way round.
    """

    query: str = ""
    name: StreamName = field(default_factory=StreamName)
    start: datetime | None = None
    end: datetime | None = None
    time: TimeKind = "received"
    limit: int | None = 100
    before: Cursor | None = None
    oldest_first: bool = False


@dataclass(slots=True)
class Scope:
    """What a search has looked at, so that an answer says how much it covers.

    ``files`` and ``blocks`` are those in the time range, as far back as the search came before it stopped;
    blocks = skipped_by_time + skipped_by_index + scanned_indexed + scanned_unindexed + those that an early
    stop did not reach. A block that reaches over midnight may be counted for either day.
    """

    files: int = 0
    blocks: int = 0
    skipped_by_time: int = 0  # the block's own statistics said no: time, seq
    skipped_by_index: int = 0
    scanned_indexed: int = 0
    scanned_unindexed: int = 0  # journals, and segments that have no index or a damaged one
    rows_scanned: int = 0
    complete: bool = True  # False: stopped early because the page was full
    damaged: list[Damage] = field(default_factory=list)  # these records are NOT in the result
    damaged_indexes: list[Damage] = field(default_factory=list)  # their blocks were scanned instead
    missing: int = (
        0  # records between those looked at that are in no file; told when complete, without limits
    )
    days: int = field(default=0, compare=False)  # UTC days of receipt that the blocks reach over

    def add(self, part: "Scope") -> None:
        """Add what was looked at in single blocks."""
        self.scanned_indexed += part.scanned_indexed
        self.scanned_unindexed += part.scanned_unindexed
        self.rows_scanned += part.rows_scanned
        self.damaged += [damage for damage in part.damaged if damage not in self.damaged]


def copied(scope: Scope) -> Scope:
    """Give a scope as it is now, which no longer grows."""
    return replace(scope, damaged=[*scope.damaged], damaged_indexes=[*scope.damaged_indexes])


@dataclass(frozen=True, slots=True)
class Page:
    """Records of ARCHIVE_SCHEMA, newest received_at first, then highest seq, or oldest and lowest first.

    ``next`` is None at the end.
    """

    records: pa.Table
    scope: Scope
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class Counted:
    """How many records matched."""

    count: int
    scope: Scope


@dataclass(frozen=True, slots=True)
class Histogram:
    """Matches over time: bar ``i`` covers starts[i] ≤ t < starts[i] + width.

    ``starts`` and ``width`` are nanoseconds since the epoch and nanoseconds; ``counts[i][s]`` is the
    number of matches of severity ``s`` (0 to 7) in bar i. Bars begin at round times, so that the first and
    the last may reach out of the range asked for; only what is inside is counted.
    """

    starts: Sequence[int]
    width: int
    counts: Sequence[Sequence[int]]
    scope: Scope
